//! Bodies that can decide: sides as strong as each other, quorums that can be met, somebody who
//! may put, vote and carry out.

use std::collections::BTreeMap;

use concordat_terms::{ActName, Aspect, PartyId, Period, SeatId, Side};

use crate::source::Wrong;
use crate::{Body, Clause, Event, Module, Terms, Voting};

use super::Check;
use super::promises::under_a_day;

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>, at: At<'_>, body: &Body) {
    let sides = Sides::of(check, body);
    voting(check, at, body, &sides);
    sides_are_equal(check, at, body, &sides);
    quorum(check, at, body, &sides);
    mix(check, at, body, &sides);
    mute(check, at, body);
    rights(check, at, body, &sides);
    fast(check, at, body);
    if let Some(turn) = body.turn.filter(|turn| under_a_day(*turn)) {
        let what = format!("the members change every {turn}, and they do so once a day at most");
        check.fail(at, "turn", Wrong::new("bad-period", what, "write `P1D` or more"));
    }
    for (field, period) in
        [("lead", body.lead), ("late_guard", body.late_guard), ("vacancy", body.vacancy)]
    {
        if period == Some(Period::default()) {
            let what = format!("`{field}` is no time at all");
            check.fail(at, field, Wrong::new("bad-period", what, "write a period above zero"));
        }
    }
}

/// The members by side.
struct Sides(BTreeMap<Side, Vec<PartyId>>);

impl Sides {
    fn of(check: &Check<'_>, body: &Body) -> Self {
        let mut sides: BTreeMap<Side, Vec<PartyId>> = BTreeMap::new();
        for id in check.agreement.members_of(body) {
            let Some(party) = check.agreement.party(&id) else { continue };
            sides.entry(party.terms.side).or_default().push(id);
        }
        Self(sides)
    }

    fn on(&self, side: Side) -> &[PartyId] {
        self.0.get(&side).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a party's vote can count.
    fn votes(&self, party: &PartyId, body: &Body) -> bool {
        let on = |side| self.on(side).contains(party);
        on(Side::Public) || on(Side::Private) || (body.independents && on(Side::Independent))
    }
}

/// The fields that belong to a way of voting stand with it and nowhere else.
fn voting(check: &mut Check<'_>, at: At<'_>, body: &Body, sides: &Sides) {
    let rotates = body.voting == Some(Voting::Rotation);
    let weighs = body.voting == Some(Voting::Weight);
    if rotates != body.turn.is_some() {
        let what = "`turn` and `voting = \"rotation\"` stand together or not at all";
        check.fail(at, "voting", Wrong::new("half-a-rotation", what, "write both, or neither"));
    }
    if weighs == body.weights.is_empty() {
        let what = "`weights` and `voting = \"weight\"` stand together or not at all";
        check.fail(at, "voting", Wrong::new("half-a-weighting", what, "write both, or neither"));
    }
    for party in body.weights.keys().filter(|party| !sides.votes(party, body)) {
        let what = format!("`{party}` has weight and no vote");
        let hint = "weigh the votes of members of the public and private side";
        check.fail(at, "weights", Wrong::new("weight-without-vote", what, hint));
    }
}

fn sides_are_equal(check: &mut Check<'_>, at: At<'_>, body: &Body, sides: &Sides) {
    let votes = body.votes_per_side as usize;
    let (public, private) = (sides.on(Side::Public), sides.on(Side::Private));
    let weight = |side: &[PartyId]| -> usize {
        side.iter().filter_map(|party| body.weights.get(party)).map(|votes| *votes as usize).sum()
    };
    let (fits, public, private) = match body.voting.unwrap_or(Voting::Each) {
        Voting::Each => {
            let (public, private) = (public.len(), private.len());
            ((public, private) == (votes, votes), public, private)
        }
        Voting::Weight => {
            let (public, private) = (weight(public), weight(private));
            ((public, private) == (votes, votes), public, private)
        }
        Voting::Nomination | Voting::Rotation => {
            let (public, private) = (public.len(), private.len());
            (votes <= public.min(private), public, private)
        }
    };
    if !fits {
        let seats: Vec<String> = body.members.iter().map(|seat| format!("`{seat}`")).collect();
        let what = format!(
            "each side has {votes} votes, but {} holds {public} public and {private} private \
             members",
            seats.join(", ")
        );
        let hint = "seat as many voting members of each side as `votes_per_side` says";
        check.fail(at, "votes_per_side", Wrong::new("unequal-sides", what, hint));
    }
}

fn quorum(check: &mut Check<'_>, at: At<'_>, body: &Body, sides: &Sides) {
    let mut most = body.votes_per_side as usize;
    if matches!(body.voting, None | Some(Voting::Each)) {
        most = most.min(sides.on(Side::Public).len()).min(sides.on(Side::Private).len());
    }
    let mut quorums = vec![("quorum_per_side", body.quorum_per_side)];
    quorums.extend(body.fast.iter().map(|fast| ("fast.quorum_per_side", fast.quorum_per_side)));
    for (field, quorum) in quorums {
        if quorum == 0 || quorum as usize > most {
            let what = format!("a quorum of {quorum} per side can never be reached, or is none");
            let hint = format!("write a number from 1 to {}", most.max(1));
            check.fail(at, field, Wrong::new("bad-quorum", what, hint));
        }
    }
}

/// Of each kind that must have voted somebody can vote.
fn mix(check: &mut Check<'_>, at: At<'_>, body: &Body, sides: &Sides) {
    for (index, seat) in body.at_least_one.iter().enumerate() {
        let field = format!("at_least_one[{index}]");
        missing_vote(check, at, body, sides, seat, &field);
        if !body.members.contains(seat) {
            let what = format!("`{seat}` must have voted, and is no seat of this body");
            check.fail(at, &field, Wrong::new("kind-without-vote", what, "add it to `members`"));
        }
    }
}

fn missing_vote(
    check: &mut Check<'_>,
    at: At<'_>,
    body: &Body,
    sides: &Sides,
    seat: &SeatId,
    field: &str,
) {
    let parties = check.agreement.parties_of(seat);
    if !parties.iter().any(|party| sides.votes(party, body)) {
        let what = format!("no party of `{seat}` has a vote here, so nothing would ever pass");
        let hint = "seat a member of the public or private side there";
        check.fail(at, field, Wrong::new("kind-without-vote", what, hint));
    }
}

fn mute(check: &mut Check<'_>, at: At<'_>, body: &Body) {
    for act in [ActName::MotionPropose, ActName::MotionVote, ActName::MotionExecute] {
        for (index, seat) in body.members.iter().enumerate() {
            let voting = act == ActName::MotionVote;
            // Each member votes; that one of them puts and carries out is enough.
            let enough = !voting && body.members.iter().any(|seat| check.permits(act, seat));
            if enough || check.permits(act, seat) {
                continue;
            }
            let what = format!("no permit lets `{seat}` do `{act}`, so the body is mute");
            let hint = format!("add a clause `permit = \"{act}\"` by `{seat}`");
            let field = if body.members.len() == 1 {
                "members".to_owned()
            } else {
                format!("members[{index}]")
            };
            check.fail(at, &field, Wrong::new("mute-body", what, hint));
        }
    }
}

/// Vetoes and reserved matters are about what a body decides, and of those who can say so.
fn rights(check: &mut Check<'_>, at: At<'_>, body: &Body, sides: &Sides) {
    for (index, veto) in body.veto.iter().enumerate() {
        decided(check, at, &veto.acts, &format!("veto[{index}].acts"));
        if !check.permits(ActName::MotionVeto, &veto.by) {
            let what = format!("no permit lets `{}` do `motion.veto`", veto.by);
            let hint = format!("add a clause `permit = \"motion.veto\"` by `{}`", veto.by);
            let field = format!("veto[{index}].by");
            check.fail(at, &field, Wrong::new("veto-never-used", what, hint));
        }
    }
    for (index, reserved) in body.reserved.iter().enumerate() {
        decided(check, at, &reserved.acts, &format!("reserved[{index}].acts"));
        for (seat, id) in reserved.to.iter().enumerate() {
            let field = format!("reserved[{index}].to[{seat}]");
            missing_vote(check, at, body, sides, id, &field);
        }
    }
}

fn decided(check: &mut Check<'_>, at: At<'_>, acts: &[ActName], field: &str) {
    for act in acts {
        if !act.about().contains(&Aspect::Decision) {
            let what = format!("no body decides `{act}`");
            check.fail(at, field, Wrong::new("not-of-this-act", what, "name another act"));
        }
    }
}

/// What is decided in a hurry is looked at again.
fn fast(check: &mut Check<'_>, at: At<'_>, body: &Body) {
    let Some(fast) = &body.fast else { return };
    decided(check, at, &fast.acts, "fast.acts");
    check.points(at, "fast.review", Some(&fast.review), &["duty"]);
    let review = fast.review.cited(&at.0.id);
    let Some(Terms::Duty(duty)) = check.agreement.clause(&review).map(|clause| &clause.terms)
    else {
        return;
    };
    let own = at.1.id.as_str();
    let opens = match &duty.due.after {
        Some(Event::Fast(body)) => body.clause.as_str() == own,
        _ => false,
    };
    if !opens {
        let what = format!("`{}` is not due after what this body decides in a hurry", fast.review);
        let hint = format!("write `after = \"fast: {own}\"` there");
        check.fail(at, "fast.review", Wrong::new("review-never-due", what, hint));
    }
}
