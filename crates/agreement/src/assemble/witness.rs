//! Witness policies that one party cannot stop and one side cannot bend.

use std::collections::BTreeMap;

use concordat_terms::{Severity, Side};

use crate::source::Wrong;
use crate::{Clause, Module, Terms, Witnesses};

use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let all = check.each(|t| if let Terms::Witnesses(w) = t { Some(w) } else { None });
    for (index, (at, terms)) in all.into_iter().enumerate() {
        if index > 0 {
            let what = "an agreement has one witness policy, and this is another";
            check.fail(at, "id", Wrong::new("two-of-a-kind", what, "remove one of them"));
        }
        policy(check, at, terms);
    }
}

/// Whether some witnesses among the parties could do without any one of them, and no side of them
/// be all that two quorums share: n − 1 of n that share n − 2, more than any side has.
fn can_spare_one(check: &Check<'_>) -> bool {
    let on = |side| check.agreement.parties().filter(|party| party.terms.side == side).count();
    let counts = [on(Side::Public), on(Side::Private), on(Side::Independent)];
    // The best choice takes no more of a side than `most`.
    (1..=counts.into_iter().max().unwrap_or_default()).any(|most| {
        let n: usize = counts.iter().map(|count| (*count).min(most)).sum();
        n > most + 2
    })
}

fn policy(check: &mut Check<'_>, at: (&Module, &Clause), terms: &Witnesses) {
    let (n, q) = (terms.witnesses.len(), terms.quorum as usize);
    // Parties under common control fall silent together.
    let mut together: BTreeMap<String, usize> = BTreeMap::new();
    let mut sides: BTreeMap<Side, usize> = BTreeMap::new();
    let known = terms.witnesses.iter().filter_map(|id| Some((id, check.agreement.party(id)?)));
    for (id, party) in known {
        let control = party.terms.control.as_ref().map(|c| format!("control of {c}"));
        *together.entry(control.unwrap_or_else(|| id.to_string())).or_default() += 1;
        *sides.entry(party.terms.side).or_default() += 1;
    }
    let few = !can_spare_one(check);
    let mut fail = |code, what: String, hint: String| {
        check.fail(at, "quorum", Wrong::new(code, what, hint));
    };
    if q == 0 || q > n {
        let what = format!("{q} of {n} witnesses can never be a quorum");
        return fail("bad-quorum", what, format!("write a number from 1 to {n}"));
    }
    if terms.quorum > Witnesses::QUORUM_MOST {
        let most = Witnesses::QUORUM_MOST;
        let what = format!(
            "a checkpoint has room for {most} cosignatures, and {q} would have to stand on it"
        );
        return fail(
            "quorum-too-large",
            what,
            format!("name so few witnesses that {most} are a quorum"),
        );
    }
    if let Some((who, _)) = together.iter().find(|(_, count)| n - **count < q) {
        let what = format!("the silence of `{who}` alone stops the log: {q} of {n} must cosign");
        if few && q == n {
            // Of so few any smaller number could be bent by one side: a log that may stop is the
            // better one of the two.
            let hint = "nothing; with more parties the log could go on without one of them";
            let wrong = Wrong::new("one-silence-stops", what, hint);
            return check.say(Severity::Note, at, "quorum", wrong);
        }
        fail("one-silence-stops", what, "lower `quorum`, or add a witness".to_owned());
    }
    if 2 * q <= n {
        let what = format!("two quorums of {q} among {n} need share no witness: history can split");
        return fail("quorums-apart", what, format!("raise `quorum` to at least {}", n / 2 + 1));
    }
    let shared = 2 * q - n;
    if let Some((side, count)) = sides.iter().find(|(_, count)| **count >= shared) {
        let what = format!(
            "two quorums may share only {shared} witnesses, all of the {side} side, which has {count}"
        );
        let hint = format!("raise `quorum`, so that any two share more than {count} witnesses");
        fail("quorums-meet-in-one-side", what, hint);
    }
}
