//! Votes, counted anew from the acts of the log and the clauses on bodies: the fold is not asked
//! how a motion stands.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Body, Majority, Voting};
use concordat_partnership::act::{MotionPropose, Vote};
use concordat_partnership::{Act, Effect, MotionStatus, PartyStatus, State, Verdict};
use concordat_terms::{BodyId, MotionId, PartyId, SeatId, Side, Timestamp};

use crate::invariant::{Broken, Invariant, Seen, admitted};

/// The votes that were cast, by motion and party.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recount {
    motions: BTreeMap<MotionId, Put>,
    delegated: BTreeMap<(BodyId, PartyId), PartyId>,
    /// Since when a body's members take turns.
    began: BTreeMap<BodyId, Timestamp>,
    /// The seats in which somebody sits, and for whom.
    seated: BTreeSet<(SeatId, PartyId)>,
}

#[derive(Clone, Debug)]
struct Put {
    proposed: MotionPropose,
    votes: BTreeMap<PartyId, Vote>,
    aside: BTreeSet<PartyId>,
    /// Whose turn it was when it was put, as a number.
    turn: u32,
    /// Whether two thirds were asked for when it was put.
    highest: bool,
}

/// What a side has cast: in favour, against, abstained.
#[derive(Clone, Copy, Debug, Default)]
struct Cast {
    pro: u32,
    con: u32,
    abstained: u32,
}

impl Recount {
    /// Of a log that was founded before anybody looked.
    pub(crate) fn begun(&mut self, state: &State) {
        self.take_turns(state.agreement(), state.time());
    }

    /// Notes from when on members of bodies take turns.
    fn take_turns(&mut self, agreement: &Agreement, now: Option<Timestamp>) {
        let rotating = agreement.bodies().filter(|body| body.terms.turn.is_some());
        for body in rotating.filter_map(|body| body.id::<BodyId>()) {
            let now = now.unwrap_or(Timestamp::EPOCH);
            self.began.entry(body).or_insert(now);
        }
    }

    /// Takes in an entry. `state` is that before it: whose clauses count, and who follows whom.
    pub(crate) fn hear(&mut self, seen: &Seen, state: &State) -> Result<(), Broken> {
        self.take_turns(state.agreement(), seen.before.time);
        let mut own = admitted(seen).and_then(|(signed, by)| Some((&signed.act, by?)));
        // A motion is put before it can be carried out; what it decides is done with that.
        if let Some((put, by)) = own.take_if(|(act, _)| matches!(act, Act::MotionPropose(_))) {
            self.act(put, by, state);
        }
        self.executed(seen, state)?;
        if let Some((act, by)) = own {
            self.act(act, by, state);
        }
        if let Verdict::Admitted { effects, .. } = &seen.verdict {
            for effect in effects {
                if let Effect::PartyStands(old, PartyStatus::Followed { by, .. }) = effect {
                    self.follow(old, by);
                }
            }
        }
        Ok(())
    }

    fn act(&mut self, act: &Act, party: PartyId, state: &State) {
        match act {
            Act::MotionPropose(motion) => {
                let (votes, aside) = (BTreeMap::new(), BTreeSet::new());
                let (turn, highest) = (self.turn(motion, state), asks_two_thirds(motion, state));
                let put = Put { proposed: motion.clone(), votes, aside, turn, highest };
                self.motions.insert(motion.motion.clone(), put);
            }
            Act::MotionVote(vote) => {
                if let Some(put) = self.motions.get_mut(&vote.motion) {
                    put.votes.insert(party, vote.vote);
                }
            }
            Act::MotionRecuse(recuse) => {
                if let Some(put) = self.motions.get_mut(&recuse.motion) {
                    put.votes.remove(&party);
                    put.aside.insert(party);
                }
            }
            Act::MotionDelegate(delegate) => {
                let key = (delegate.body.clone(), party);
                match &delegate.to {
                    Some(to) => self.delegated.insert(key, to.clone()),
                    None => self.delegated.remove(&key),
                };
            }
            Act::SeatFill(fill) => _ = self.seated.insert((fill.seat.clone(), party)),
            Act::SeatVacate(vacate) => {
                self.seated.remove(&(vacate.seat.clone(), vacate.party.clone()));
            }
            Act::MotionExecute(execute) => {
                let decided = self.motions.get(&execute.motion);
                let decided = decided.map(|put| (*put.proposed.decision).clone());
                if let Some(decided) = decided {
                    self.act(&decided, party, state);
                }
            }
            _ => {}
        }
    }

    /// Who follows a party has cast what that one cast, and sits where it sat.
    fn follow(&mut self, old: &PartyId, new: &PartyId) {
        for put in self.motions.values_mut() {
            if let Some(vote) = put.votes.remove(old) {
                put.votes.entry(new.clone()).or_insert(vote);
            }
            if put.aside.remove(old) {
                put.aside.insert(new.clone());
            }
        }
        let follow = |party: PartyId| if party == *old { new.clone() } else { party };
        let seated = std::mem::take(&mut self.seated);
        self.seated = seated.into_iter().map(|(seat, party)| (seat, follow(party))).collect();
        for ((body, from), to) in std::mem::take(&mut self.delegated) {
            let (from, to) = (follow(from), follow(to));
            if from != to {
                self.delegated.entry((body, from)).or_insert(to);
            }
        }
    }

    /// How many turns of a body were over when a motion was put.
    fn turn(&self, motion: &MotionPropose, state: &State) -> u32 {
        let began = self.began.get(&motion.body);
        let term = state.agreement().body(&motion.body).and_then(|body| body.terms.turn);
        let (Some(began), Some(term), Some(now)) = (began, term, state.time()) else { return 0 };
        let ends = std::iter::successors(Some(began.plus(term)), |end| Some(end.plus(term)));
        u32::try_from(ends.take_while(|end| *end <= now).count()).unwrap_or(u32::MAX)
    }

    /// Every motion that this entry carried out had its quorum, and its majority, on each side.
    fn executed(&self, seen: &Seen, state: &State) -> Result<(), Broken> {
        let Verdict::Admitted { effects, .. } = &seen.verdict else {
            return Ok(());
        };
        let done = effects.iter().filter_map(|effect| match effect {
            Effect::MotionStands(id, MotionStatus::Executed) => Some(id),
            _ => None,
        });
        for id in done {
            let lacks = match self.motions.get(id) {
                None => Some("nobody put it".to_owned()),
                Some(put) => self.lacks(put, state),
            };
            if let Some(why) = lacks {
                let what = format!("motion `{id}` was carried out, and {why}");
                return Err(Broken { invariant: Invariant::QuorumPerSide, what });
            }
        }
        Ok(())
    }

    fn lacks(&self, put: &Put, state: &State) -> Option<String> {
        let (id, agreement) = (&put.proposed.body, state.agreement());
        let highest = put.highest || asks_two_thirds(&put.proposed, state);
        let Some(body) = agreement.body(id).map(|body| body.terms) else {
            return Some(format!("there is no body `{id}`"));
        };
        let fast = body.fast.as_ref().filter(|_| put.proposed.fast);
        let quorum = fast.map_or(body.quorum_per_side, |fast| fast.quorum_per_side);
        for side in [Side::Public, Side::Private] {
            let Cast { pro, con, abstained } = self.cast(put, body, agreement, side);
            if pro + con + abstained < quorum {
                let have = pro + con + abstained;
                return Some(format!("its {side:?} side cast {have} votes of {quorum}"));
            }
            let majority = if highest { Majority::TwoThirdsOfEachSide } else { body.majority };
            let holds = match majority {
                Majority::EachSide => pro > con,
                Majority::TwoThirdsOfEachSide => pro * 3 >= (pro + con) * 2 && pro + con > 0,
            };
            if !holds {
                return Some(format!("its {side:?} side was not in favour: {pro} to {con}"));
            }
        }
        None
    }

    /// Who votes for a side: of its members who sits, those whose turn it was.
    fn voters(&self, put: &Put, body: &Body, agreement: &Agreement, side: Side) -> Voters {
        let mut members: Vec<(PartyId, u32)> = Vec::new();
        for (id, seat) in body.members.iter().filter_map(|id| Some((id, agreement.seat(id)?))) {
            let must_sit = seat.terms.named || body.voting == Some(Voting::Nomination);
            for named in &seat.terms.filled_by {
                let Some(party) = agreement.now(named) else { continue };
                let on = agreement.party(&party).map(|p| p.terms.side) == Some(side);
                let sits = !must_sit || self.seated.contains(&(id.clone(), party.clone()));
                let votes = match body.voting {
                    Some(Voting::Weight) => body.weights.get(named).copied().unwrap_or_default(),
                    _ => 1,
                };
                if on && sits && members.iter().all(|(member, _)| *member != party) {
                    members.push((party, votes));
                }
            }
        }
        let (all, least) = (members.len(), body.votes_per_side as usize);
        if body.voting == Some(Voting::Rotation) && all > least {
            let first = (put.turn as usize).wrapping_mul(least) % all;
            members.rotate_left(first);
            members.truncate(least);
        }
        members.into_iter().collect()
    }

    /// The votes that a side cast, by itself or by whom they were handed to.
    fn cast(&self, put: &Put, body: &Body, agreement: &Agreement, side: Side) -> Cast {
        let voters = self.voters(put, body, agreement, side);
        let mut cast = Cast::default();
        for (party, votes) in voters.iter().filter(|(party, _)| !put.aside.contains(*party)) {
            let handed = || {
                let to = self.delegated.get(&(put.proposed.body.clone(), party.clone()))?;
                let counts = body.delegates && !put.aside.contains(to) && voters.contains_key(to);
                put.votes.get(to).filter(|_| counts)
            };
            match put.votes.get(party).or_else(handed) {
                Some(Vote::For) => cast.pro += votes,
                Some(Vote::Against) => cast.con += votes,
                Some(Vote::Abstain) => cast.abstained += votes,
                None => {}
            }
        }
        cast
    }
}

/// Who votes, with how many votes.
type Voters = BTreeMap<PartyId, u32>;

/// Whether a gate before what is to be decided asks for two thirds: one that speaks of every such act.
fn asks_two_thirds(motion: &MotionPropose, state: &State) -> bool {
    state.agreement().gates(motion.decision.name()).any(|gate| {
        let every = gate.terms.kinds.is_empty() && gate.terms.updates.is_empty();
        gate.terms.tier == Some(3) && gate.terms.motion.as_ref() == Some(&motion.body) && every
    })
}
