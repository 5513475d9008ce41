//! Counting: who votes, and how a motion stands.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Body, Majority, Voting};
use concordat_terms::{BodyId, MotionId, PartyId, SeatId, Side};
use serde::Serialize;

use super::{Motion, MotionStatus, Vote};
use crate::state::State;

/// The votes on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SideTally {
    /// In favour.
    pub votes_for: u32,
    /// Against.
    pub votes_against: u32,
    /// Present without deciding.
    pub abstained: u32,
    /// Votes that have not been cast.
    pub silent: u32,
}

/// The votes on a motion, per side that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tally {
    /// The public side.
    pub public: SideTally,
    /// The private side.
    pub private: SideTally,
    /// Independent members, where the body counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub independent: Option<SideTally>,
    /// Seats of which none has voted, and one must.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<SeatId>,
    /// Parties without whose vote in favour this is not decided, and who have not given it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub reserved: BTreeSet<PartyId>,
    /// Whether the motion has succeeded.
    pub outcome: Outcome,
}

/// How the votes on a motion stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Against, or the quorum was missed.
    Failed,
    /// Votes that are still out could change it, and voting is open.
    Undecided,
    /// In favour.
    Succeeded,
}

impl Tally {
    /// The tally in words.
    pub fn in_words(&self) -> String {
        let side = |name: &str, s: &SideTally| {
            format!(
                "{name} {} for, {} against, {} abstained, {} silent",
                s.votes_for, s.votes_against, s.abstained, s.silent
            )
        };
        let outcome = match self.outcome {
            Outcome::Undecided => "undecided",
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
        };
        let mut parts = vec![side("public", &self.public), side("private", &self.private)];
        parts.extend(self.independent.iter().map(|own| side("independent", own)));
        parts.extend(self.absent.iter().map(|seat| format!("nobody of `{seat}` has voted")));
        parts.extend(self.reserved.iter().map(|party| format!("`{party}` has not agreed")));
        parts.push(outcome.to_owned());
        parts.join("; ")
    }

    fn sides(&self) -> impl Iterator<Item = &SideTally> {
        [&self.public, &self.private].into_iter()
    }
}

/// Who votes in a body, on which side and with how many votes.
pub(super) type Electorate = BTreeMap<PartyId, (Side, u32)>;

/// What a motion must reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    quorum: u32,
    majority: Majority,
    /// Whether nobody has to vote at all.
    voluntary: bool,
}

impl Bar {
    /// Of a motion that is put to a body: a fast one needs less of a quorum, tier 3 two thirds.
    pub(super) fn of(body: &Body, motion: &Motion, tier: Option<u32>) -> Self {
        let fast = body.fast.as_ref().filter(|_| motion.proposed.fast);
        let highest = tier.max(motion.tier) == Some(3);
        Self {
            quorum: fast.map_or(body.quorum_per_side, |fast| fast.quorum_per_side),
            majority: if highest { Majority::TwoThirdsOfEachSide } else { body.majority },
            voluntary: false,
        }
    }

    fn quorum(&self, side: &SideTally) -> bool {
        let cast = side.votes_for.saturating_add(side.votes_against);
        cast.saturating_add(side.abstained) >= self.quorum
    }

    fn holds(&self, votes_for: u32, votes_against: u32, abstained: u32) -> bool {
        let cast = votes_for.saturating_add(votes_against);
        let majority = match self.majority {
            Majority::EachSide => votes_for.saturating_mul(2) > cast,
            Majority::TwoThirdsOfEachSide => {
                cast > 0 && votes_for.saturating_mul(3) >= cast.saturating_mul(2)
            }
        };
        cast.saturating_add(abstained) >= self.quorum && (majority || (self.voluntary && cast == 0))
    }

    /// How one side stands: decided as soon as the silent votes cannot change it, or voting ended.
    fn outcome(&self, side: &SideTally, ended: bool) -> Outcome {
        let now = self.holds(side.votes_for, side.votes_against, side.abstained);
        if ended || side.silent == 0 {
            return if now { Outcome::Succeeded } else { Outcome::Failed };
        }
        // The silent can stay silent, or all vote one way.
        let against = side.votes_against.saturating_add(side.silent);
        let at_worst = now && self.holds(side.votes_for, against, side.abstained);
        let in_favour = side.votes_for.saturating_add(side.silent);
        let at_best = self.holds(in_favour, side.votes_against, side.abstained);
        match (at_worst, at_best) {
            (true, _) => Outcome::Succeeded,
            (false, false) => Outcome::Failed,
            (false, true) => Outcome::Undecided,
        }
    }
}

impl State {
    /// The members of a body who vote now. Who sits in it and stands on neither side is heard,
    /// unless the body counts independent members.
    pub fn voters(&self, body: &BodyId) -> BTreeSet<PartyId> {
        let turn = self.bodies.turns.get(body).copied().unwrap_or_default();
        let clause = self.agreement.body(body);
        clause.map(|b| self.electorate(b.terms, turn).into_keys().collect()).unwrap_or_default()
    }

    /// How the votes on a motion stand now.
    pub fn tally(&self, motion: &MotionId) -> Option<Tally> {
        let motion = self.bodies.motions.get(motion)?;
        let body = self.agreement.body(&motion.proposed.body)?.terms;
        let ended = self.time.is_some_and(|now| now >= motion.open_until);
        let voters = self.electorate(body, motion.turn);
        Some(self.count(motion, body, motion.tier, ended, &voters))
    }

    /// Who votes in a body, in a turn of it.
    pub(super) fn electorate(&self, body: &Body, turn: u32) -> Electorate {
        // Each as it stands now, and as the text names it.
        let mut sides: BTreeMap<Side, Vec<(PartyId, &PartyId)>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for seat in &body.members {
            let Some(cited) = self.agreement.seat(seat) else { continue };
            for named in &cited.terms.filled_by {
                let Some(party) = self.agreement.now(named) else { continue };
                let sits = || {
                    let sitting = self.bodies.seats.get(&(seat.clone(), party.clone()));
                    sitting.is_some_and(|sitting| sitting.member.is_some())
                };
                let must_sit = cited.terms.named || body.voting == Some(Voting::Nomination);
                let side = self.agreement.party(&party).map(|party| party.terms.side);
                let counts = match side {
                    Some(Side::Public | Side::Private) => true,
                    Some(Side::Independent) => body.independents,
                    None => false,
                };
                if counts
                    && (!must_sit || sits())
                    && let Some(side) = side
                    && seen.insert(party.clone())
                {
                    sides.entry(side).or_default().push((party, named));
                }
            }
        }
        let mut voters = Electorate::new();
        for (side, parties) in sides {
            let in_turn = if body.voting == Some(Voting::Rotation) && side != Side::Independent {
                turn_of(&parties, body.votes_per_side, turn)
            } else {
                parties
            };
            for (party, named) in in_turn {
                let votes = match body.voting {
                    Some(Voting::Weight) => body.weights.get(named).copied().unwrap_or_default(),
                    _ => 1,
                };
                if votes > 0 {
                    voters.insert(party, (side, votes));
                }
            }
        }
        voters
    }

    /// What a voter's votes are cast for: by itself, or by whom it handed them to.
    fn cast(&self, motion: &Motion, voters: &Electorate, party: &PartyId) -> Option<Vote> {
        if let Some(own) = motion.votes.get(party) {
            return Some(*own);
        }
        let key = (motion.proposed.body.clone(), party.clone());
        let delegate = self.bodies.delegated.get(&key)?;
        let side = |party| voters.get(party).map(|(side, _)| *side);
        let counts = !motion.recused.contains_key(delegate) && side(delegate) == side(party);
        motion.votes.get(delegate).filter(|_| counts).copied()
    }

    /// Counts the votes of who votes on a motion.
    pub(super) fn count(
        &self,
        motion: &Motion,
        body: &Body,
        tier: Option<u32>,
        ended: bool,
        voters: &Electorate,
    ) -> Tally {
        let bar = Bar::of(body, motion, tier);
        let mut sides: BTreeMap<Side, SideTally> = BTreeMap::new();
        let mut silent = BTreeSet::new();
        let mut in_favour = BTreeSet::new();
        let mut present = BTreeSet::new();
        for (party, (side, votes)) in voters {
            let tally = sides.entry(*side).or_default();
            if motion.recused.contains_key(party) {
                continue;
            }
            let cast = self.cast(motion, voters, party);
            // Those of independents are as heavy as the parties like.
            let add = |own: &mut u32| *own = own.saturating_add(*votes);
            match cast {
                Some(Vote::For) => add(&mut tally.votes_for),
                Some(Vote::Against) => add(&mut tally.votes_against),
                Some(Vote::Abstain) => add(&mut tally.abstained),
                None => add(&mut tally.silent),
            }
            if cast.is_some() {
                present.insert(party)
            } else {
                silent.insert(party)
            };
            if cast == Some(Vote::For) {
                in_favour.insert(party);
            }
        }
        let on = |side| sides.get(&side).copied().unwrap_or_default();
        let (public, private) = (on(Side::Public), on(Side::Private));
        let independent = body.independents.then(|| on(Side::Independent));
        let mut stands = vec![bar.outcome(&public, ended), bar.outcome(&private, ended)];
        let third = Bar { quorum: 0, voluntary: true, ..bar };
        stands.extend(independent.map(|own| third.outcome(&own, ended)));
        let waits =
            |could: bool| if could && !ended { Outcome::Undecided } else { Outcome::Failed };
        let mut absent = BTreeSet::new();
        for seat in &body.at_least_one {
            let parties = self.agreement.parties_of(seat);
            if !parties.iter().any(|party| present.contains(party)) {
                absent.insert(seat.clone());
                stands.push(waits(parties.iter().any(|party| silent.contains(party))));
            }
        }
        let act = motion.proposed.decision.name();
        let reserved = body.reserved.iter().filter(|reserved| reserved.acts.contains(&act));
        let asked = reserved.flat_map(|reserved| &reserved.to);
        let mut missing = BTreeSet::new();
        for party in asked.flat_map(|seat| self.agreement.parties_of(seat)) {
            if !in_favour.contains(party) {
                stands.push(waits(silent.contains(party)));
                missing.insert(party.clone());
            }
        }
        let outcome = stands.into_iter().min().unwrap_or(Outcome::Failed);
        Tally { public, private, independent, absent, reserved: missing, outcome }
    }

    /// Whether enough votes were cast for a decision to count.
    pub(super) fn is_quorate(&self, motion: &Motion, body: &Body, tally: &Tally) -> bool {
        let bar = Bar::of(body, motion, None);
        tally.absent.is_empty() && tally.sides().all(|side| bar.quorum(side))
    }

    /// Whether those who stand aside leave a side below its quorum.
    pub(super) fn recused_below_quorum(
        &self,
        motion: &Motion,
        body: &Body,
        voters: &Electorate,
    ) -> bool {
        let bar = Bar::of(body, motion, None);
        let most = |side: Side, aside: bool| -> u32 {
            let counted = voters.iter().filter(|(party, (on, _))| {
                *on == side && (aside || !motion.recused.contains_key(*party))
            });
            counted.map(|(_, (_, votes))| *votes).sum()
        };
        [Side::Public, Side::Private]
            .into_iter()
            .any(|side| most(side, true) >= bar.quorum && most(side, false) < bar.quorum)
    }
}

/// Those of a side whose turn it is: as many as it has votes, and the next ones the next time.
fn turn_of<T: Clone>(parties: &[T], votes: u32, turn: u32) -> Vec<T> {
    let (count, votes) = (parties.len(), votes as usize);
    if count <= votes {
        return parties.to_vec();
    }
    let first = (turn as usize).wrapping_mul(votes) % count;
    parties.iter().cycle().skip(first).take(votes).cloned().collect()
}

impl Motion {
    /// Whether votes are taken on it; a decision in favour takes dissent until voting ends.
    pub(super) fn takes_votes(&self) -> bool {
        matches!(self.status, MotionStatus::Open | MotionStatus::Succeeded | MotionStatus::Defeated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(quorum: u32, majority: Majority) -> Bar {
        Bar { quorum, majority, voluntary: false }
    }

    fn side(votes_for: u32, votes_against: u32, abstained: u32, silent: u32) -> SideTally {
        SideTally { votes_for, votes_against, abstained, silent }
    }

    #[test]
    fn a_side_is_decided_once_the_silent_cannot_change_it() {
        let council = bar(2, Majority::EachSide);
        assert_eq!(council.outcome(&side(2, 0, 0, 1), false), Outcome::Succeeded);
        assert_eq!(council.outcome(&side(1, 0, 0, 2), false), Outcome::Undecided);
        assert_eq!(council.outcome(&side(0, 2, 0, 1), false), Outcome::Failed);
        assert_eq!(council.outcome(&side(1, 1, 0, 1), false), Outcome::Undecided);
    }

    #[test]
    fn without_a_quorum_on_its_side_a_motion_fails_at_the_end() {
        let council = bar(2, Majority::EachSide);
        assert_eq!(council.outcome(&side(1, 0, 0, 2), true), Outcome::Failed);
        assert_eq!(council.outcome(&side(1, 0, 1, 1), true), Outcome::Succeeded);
        assert_eq!(council.outcome(&side(1, 1, 1, 0), true), Outcome::Failed);
    }

    #[test]
    fn two_thirds_are_two_thirds_of_the_votes_cast() {
        let council = bar(1, Majority::TwoThirdsOfEachSide);
        assert_eq!(council.outcome(&side(2, 1, 0, 0), true), Outcome::Succeeded);
        assert_eq!(council.outcome(&side(1, 1, 0, 1), true), Outcome::Failed);
        assert_eq!(council.outcome(&side(0, 0, 2, 1), true), Outcome::Failed);
    }

    #[test]
    fn turns_go_round_and_nobody_is_left_out() {
        let parties: Vec<PartyId> = ["a", "b", "c"].map(|p| p.parse().unwrap()).into();
        let named =
            |turn| turn_of(&parties, 2, turn).iter().map(ToString::to_string).collect::<String>();
        assert_eq!([named(0), named(1), named(2), named(3)], ["ab", "ca", "bc", "ab"]);
    }
}
