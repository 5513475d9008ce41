//! Who does what: the roles that the answers give, and who usually has the others.

use concordat_terms::Side;

use super::answers::{Answers, BadAnswer, PartyAnswer, Role};
use super::pack::Kind;

/// The parties of each seat, in the order of the answers.
pub(super) struct Seats<'a> {
    pub(super) sponsor: &'a PartyAnswer,
    pub(super) operator: &'a PartyAnswer,
    pub(super) lab: &'a PartyAnswer,
    pub(super) holders: Vec<&'a PartyAnswer>,
    pub(super) developers: Vec<&'a PartyAnswer>,
    pub(super) council: Vec<&'a PartyAnswer>,
    /// How many votes each side has in the Council.
    pub(super) votes: usize,
    pub(super) witnesses: Vec<&'a PartyAnswer>,
    pub(super) quorum: usize,
}

/// How contributions of `n` holders are summed: one of them may collude.
pub(super) struct Sum {
    /// Shares that open a sum.
    pub(super) threshold: usize,
    /// Holders that may drop out of a round.
    pub(super) dropouts: usize,
}

impl Sum {
    /// c < 2t − N, t ≤ N − d and N − d ≥ c + 2 with c = 1; more than two dropouts would cost noise.
    pub(super) fn of(n: usize) -> Self {
        let threshold = n.midpoint(1) + 1;
        Self { threshold, dropouts: (n - threshold.max(3).min(n)).min(2) }
    }
}

impl<'a> Seats<'a> {
    /// # Errors
    /// A role that two parties have and one should, or a role of the wrong side; too few holders.
    pub(super) fn of(answers: &'a Answers, kind: Kind) -> Result<Self, BadAnswer> {
        let (public, private) = (one(answers, Side::Public)?, one(answers, Side::Private)?);
        let independent = answers.side(Side::Independent).next();
        let sponsor = single(answers, Role::Sponsor)?.unwrap_or(public);
        if sponsor.side != Side::Public {
            let what = format!("party `{}` is the sponsor, and not on the public side", sponsor.id);
            return Err(BadAnswer::new(what, "give the role `sponsor` to a public party"));
        }
        let developers = match with(answers, Role::Developer) {
            named if named.is_empty() => vec![private],
            named => named,
        };
        let others = |role: Role| {
            let named = single(answers, role)?;
            let maker = |party: &&PartyAnswer| developers.iter().any(|d| d.id == party.id);
            if let Some(party) = named.filter(|party| role == Role::Lab && maker(party)) {
                let what = format!("party `{}` makes the model and tests it", party.id);
                return Err(BadAnswer::new(what, "give the role `lab` to another party"));
            }
            Ok(named)
        };
        let lab = others(Role::Lab)?.or(independent).unwrap_or(sponsor);
        let operator = single(answers, Role::Operator)?.or(independent).unwrap_or(sponsor);
        let holders = match kind {
            Kind::Testing => Vec::new(),
            Kind::Training | Kind::Data => holders(answers, &developers, lab)?,
        };
        let count = |side| answers.side(side).count();
        let votes = count(Side::Public).min(count(Side::Private));
        let seated = |most: usize| {
            let of = |side, most| answers.side(side).take(most);
            let sides = of(Side::Public, votes).chain(of(Side::Private, votes));
            sides.chain(of(Side::Independent, most)).collect::<Vec<_>>()
        };
        let witnesses = seated(votes);
        let quorum = quorum(&witnesses, votes);
        let council = seated(usize::MAX);
        Ok(Self { sponsor, operator, lab, holders, developers, council, votes, witnesses, quorum })
    }
}

/// All but one, where that is more than a side and a half; else all: of fewer, two quorums could
/// meet in one side alone.
fn quorum(witnesses: &[&PartyAnswer], most_of_a_side: usize) -> usize {
    let n = witnesses.len();
    if n.saturating_sub(2) > most_of_a_side { n - 1 } else { n }
}

fn one(answers: &Answers, side: Side) -> Result<&PartyAnswer, BadAnswer> {
    answers.side(side).next().ok_or_else(|| {
        let hint = format!("add a `[[party]]` with `side = \"{side}\"`");
        BadAnswer::new(format!("there is no party on the {side} side"), hint)
    })
}

fn with(answers: &Answers, role: Role) -> Vec<&PartyAnswer> {
    answers.parties.iter().filter(|party| party.roles.contains(&role)).collect()
}

fn single(answers: &Answers, role: Role) -> Result<Option<&PartyAnswer>, BadAnswer> {
    match with(answers, role).as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        [first, second, ..] => {
            let word = role.word();
            let what = format!("both `{}` and `{}` have the role `{word}`", first.id, second.id);
            Err(BadAnswer::new(what, format!("give the role `{word}` to one party")))
        }
    }
}

/// Three at least, or a sum would say what one of them contributed. Usually those on the sides who
/// do not make the model; where they are too few, its makers and then the others too.
fn holders<'a>(
    answers: &'a Answers,
    developers: &[&PartyAnswer],
    lab: &PartyAnswer,
) -> Result<Vec<&'a PartyAnswer>, BadAnswer> {
    let makes = |party: &PartyAnswer| developers.iter().any(|maker| maker.id == party.id);
    let on_a_side = |party: &PartyAnswer| party.side != Side::Independent;
    let named = with(answers, Role::Holder);
    let usual = |filter: &dyn Fn(&PartyAnswer) -> bool| {
        answers.parties.iter().filter(|party| filter(party)).collect::<Vec<_>>()
    };
    let found = if named.is_empty() {
        let tests = |party: &PartyAnswer| party.id == lab.id && party.side == Side::Independent;
        [
            usual(&|party| on_a_side(party) && !makes(party)),
            usual(&|party| on_a_side(party)),
            usual(&|party| !tests(party)),
        ]
        .into_iter()
        .find(|found| found.len() >= 3)
        .unwrap_or_default()
    } else {
        named
    };
    if found.len() < 3 {
        let what = "fewer than three parties hold rows: a sum of two says what each contributed";
        let hint = "give the role `holder` to three parties, or take `model-testing-only`";
        return Err(BadAnswer::new(what, hint));
    }
    Ok(found)
}
