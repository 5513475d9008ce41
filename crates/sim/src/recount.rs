//! Votes, counted anew from the acts of the log and the clauses on bodies: the fold is not asked
//! how a motion stands.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Body, Majority, Voting};
use concordat_partnership::act::{MotionPropose, Vote};
use concordat_partnership::{Act, Effect, MotionStatus, State};
use concordat_terms::{BodyId, MotionId, PartyId, Side};

use crate::invariant::{Broken, Invariant, Seen, admitted};

/// The votes that were cast, by motion and party.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recount {
    motions: BTreeMap<MotionId, Put>,
    delegated: BTreeMap<(BodyId, PartyId), PartyId>,
}

#[derive(Clone, Debug)]
struct Put {
    proposed: MotionPropose,
    votes: BTreeMap<PartyId, Vote>,
    aside: BTreeSet<PartyId>,
}

/// What a side has cast: in favour, against, abstained.
#[derive(Clone, Copy, Debug, Default)]
struct Cast {
    pro: u32,
    con: u32,
    abstained: u32,
}

impl Recount {
    /// Takes in an entry. `state` is that before it: whose clauses count, and who follows whom.
    pub(crate) fn hear(&mut self, seen: &Seen, state: &State) -> Result<(), Broken> {
        if let Some((signed, Some(party))) = admitted(seen) {
            match &signed.act {
                Act::MotionPropose(motion) => {
                    let (votes, aside) = (BTreeMap::new(), BTreeSet::new());
                    let put = Put { proposed: motion.clone(), votes, aside };
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
                _ => {}
            }
        }
        self.executed(seen, state)
    }

    /// Every motion that this entry carried out had its quorum, and its majority, on each side.
    fn executed(&self, seen: &Seen, state: &State) -> Result<(), Broken> {
        let concordat_partnership::Verdict::Admitted { effects, .. } = &seen.verdict else {
            return Ok(());
        };
        let done = effects.iter().filter_map(|effect| match effect {
            Effect::MotionStands(id, MotionStatus::Executed) => Some(id),
            _ => None,
        });
        for id in done {
            let lacks = match self.motions.get(id) {
                None => Some("nobody put it".to_owned()),
                Some(put) => self.lacks(put, state.agreement()),
            };
            if let Some(why) = lacks {
                let what = format!("motion `{id}` was carried out, and {why}");
                return Err(Broken { invariant: Invariant::QuorumPerSide, what });
            }
        }
        Ok(())
    }

    fn lacks(&self, put: &Put, agreement: &Agreement) -> Option<String> {
        let id = &put.proposed.body;
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
            let holds = match body.majority {
                Majority::EachSide => pro > con,
                Majority::TwoThirdsOfEachSide => pro * 3 >= (pro + con) * 2 && pro + con > 0,
            };
            if !holds {
                return Some(format!("its {side:?} side was not in favour: {pro} to {con}"));
            }
        }
        None
    }

    /// The votes of a side's members. Where they vote in turns or by nomination this counts all who
    /// may come to have a vote: it is never less than what counts.
    fn cast(&self, put: &Put, body: &Body, agreement: &Agreement, side: Side) -> Cast {
        let mut members: BTreeMap<PartyId, &PartyId> = BTreeMap::new();
        for seat in body.members.iter().filter_map(|seat| agreement.seat(seat)) {
            for named in &seat.terms.filled_by {
                if let Some(party) = agreement.now(named) {
                    members.entry(party).or_insert(named);
                }
            }
        }
        let on = |party: &PartyId| agreement.party(party).map(|p| p.terms.side) == Some(side);
        let mut cast = Cast::default();
        for (party, named) in members.iter().filter(|(party, _)| on(party)) {
            if put.aside.contains(party) {
                continue;
            }
            let own = put.votes.get(party);
            let key = (put.proposed.body.clone(), party.clone());
            let handed = || {
                let to = self.delegated.get(&key)?;
                let counts = body.delegates && !put.aside.contains(to) && on(to);
                put.votes.get(to).filter(|_| counts && members.contains_key(to))
            };
            let votes = match body.voting {
                Some(Voting::Weight) => body.weights.get(*named).copied().unwrap_or_default(),
                _ => 1,
            };
            match own.or_else(handed) {
                Some(Vote::For) => cast.pro += votes,
                Some(Vote::Against) => cast.con += votes,
                Some(Vote::Abstain) => cast.abstained += votes,
                None => {}
            }
        }
        cast
    }
}
