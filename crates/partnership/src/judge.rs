//! Judging: one function says everything that stands in an act's way, in the order of the gates.
//!
//! A verdict is its first answer; `why` is all of them.

use std::collections::BTreeSet;

use concordat_agreement::Level;
use concordat_terms::{BodyId, ClauseRef, PartyId, Period, RuledBy, jcs};
use serde::Serialize;

use crate::act::{Act, Header, Signed};
use crate::change::Change;
use crate::deed::Hearing;
use crate::gate::Request;
use crate::people::Signatory;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Admitted, Facts};

/// The longest an act may stay valid after the time at which it is judged.
pub const LIFETIME_MOST: Period = Period { months: 0, days: 31, seconds: 0 };

/// The seat that every party fills by being one: it proposes, signs and enters modules.
pub const SIGNATORY: &str = "signatory";

/// The sequencer's seat: ticks, digest records, aborting runs that nobody can finish.
pub const SEQUENCER: &str = "sequencer";

/// Who signs, resolved against the state.
pub(crate) struct By {
    pub(crate) actor: Actor,
    /// Every party for which somebody signed, the acting one included.
    pub(crate) parties: BTreeSet<PartyId>,
    /// Each signature, for whom it counts.
    pub(crate) signers: Vec<Signatory>,
    /// How strong the signatures are.
    pub(crate) level: Level,
}

impl By {
    /// The acting party, refusing the sequencer where a party must act.
    pub(crate) fn party(&self, out: &mut Vec<Refusal>) -> Option<&PartyId> {
        if self.actor.party.is_none() {
            out.push(Refusal::NotYourSeat {
                seat: self.actor.seat.clone(),
                party: self.actor.seat.as_str().parse().ok()?,
                filled_by: Vec::new(),
            });
        }
        self.actor.party.as_ref()
    }
}

impl State {
    /// Judges one act whose bytes are well-formed and whose signatures are good.
    ///
    /// # Errors
    /// The first refusal in the order of the gates.
    pub fn judge(&self, signed: &Signed, facts: &Facts) -> Result<Admitted, Refusal> {
        let mut refusals = Vec::new();
        let admitted = self.examine(signed, facts, &mut refusals);
        match (refusals.into_iter().next(), admitted) {
            (None, Some(admitted)) => Ok(admitted),
            (Some(refusal), _) => Err(refusal),
            // No examination ends without a refusal or a change; should one, nothing happens.
            (None, None) => Err(Refusal::Malformed { reason: "nothing to judge".to_owned() }),
        }
    }

    /// Everything that stands in the act's way, in the order of the gates: empty if nothing does.
    pub fn why(&self, signed: &Signed, facts: &Facts) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        self.examine(signed, facts, &mut refusals);
        refusals
    }

    /// Who acts, if the header names a registered key, or one that is committed to and takes its
    /// place by this act; for the record of refusals.
    pub fn actor(&self, signed: &Signed) -> Option<Actor> {
        let signer = signed.header.as_ref()?.signers.first()?;
        let party = match self.holder(&signer.key) {
            Some(holder) => holder.party.clone(),
            None => Some(self.committed(&signer.key, &signed.act)?.clone()),
        };
        Some(Actor { seat: signer.seat.clone(), party })
    }

    fn examine(&self, signed: &Signed, facts: &Facts, out: &mut Vec<Refusal>) -> Option<Admitted> {
        if let Act::Genesis(genesis) = &signed.act {
            let change = self.start(signed.id, genesis, facts, out)?;
            return self.admitted(signed, None, None, change, out);
        }
        let Some(header) = &signed.header else {
            out.push(Refusal::Malformed { reason: "the act has no header".to_owned() });
            return None;
        };
        if self.log.is_none() {
            out.push(Refusal::NotStarted);
            return None;
        }
        self.check_header(signed, header, facts, out);
        let by = self.resolve(header, &signed.act, signed.id, out)?;
        let (clause, change) = self.dispatch(&signed.act, &by, None, facts, out);
        self.admitted(signed, Some(by), clause, change?, out)
    }

    fn admitted(
        &self,
        signed: &Signed,
        by: Option<By>,
        clause: Option<ClauseRef>,
        change: Change,
        out: &mut Vec<Refusal>,
    ) -> Option<Admitted> {
        let detail = written(&change, out)?;
        let parties = by.as_ref().map(|by| by.parties.clone()).unwrap_or_default();
        let (index, act, by) = (self.index, signed.act.name(), by.map(|by| by.actor));
        Some(Admitted { index, clause, by, parties, act, change, detail })
    }

    /// Why an act says nothing about who sends it now: it is for another log, was judged before, or
    /// has expired. Anybody who holds a copy can send it, so nobody is charged with its refusal,
    /// and a sequencer does not log it.
    pub fn stale(&self, signed: &Signed) -> Option<Refusal> {
        let header = signed.header.as_ref()?;
        if let Some(this) = self.log.filter(|this| *this != header.log) {
            return Some(Refusal::WrongLog { named: header.log, this });
        }
        if let Some(index) = self.judged(signed) {
            return Some(Refusal::Replayed { index });
        }
        // A tick is not judged by the time it is about to end: after a long silence no expiry
        // would be both in the future of the last tick and near it. Time only moves on, so that
        // a copy of it is refused for that.
        let now = self.time.filter(|_| !matches!(signed.act, Act::Tick(_)))?;
        let expires_at = header.expires_at;
        (expires_at <= now).then_some(Refusal::Expired { expires_at, now })
    }

    fn check_header(
        &self,
        signed: &Signed,
        header: &Header,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) {
        out.extend(self.stale(signed));
        out.extend(facts.foreign_seen.map(|size| Refusal::ForeignSeen { size }));
        if let Some(now) = self.time.filter(|_| !matches!(signed.act, Act::Tick(_))) {
            let latest = now.plus(LIFETIME_MOST);
            if header.expires_at > latest {
                out.push(Refusal::ExpiresTooLate { expires_at: header.expires_at, latest });
            }
        }
    }

    /// Sends the act to the room that knows its noun. `via` is the body that decided it.
    pub(crate) fn dispatch(
        &self,
        act: &Act,
        by: &By,
        via: Option<&BodyId>,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> (Option<ClauseRef>, Option<Change>) {
        let gated = match act {
            Act::ModuleEnter(act) => return self.judge_enter(act, by, via, facts, out),
            // Who orders the log ends runs that nobody can finish.
            Act::RunAbort(_) => by.actor.party.is_some(),
            Act::DeterminationEnter(act) => !self.all_affected_sign(act, by),
            _ => act.name().ruled_by() == RuledBy::Clauses,
        };
        let request = Request { act, by, via };
        let passed = match act.name().ruled_by() {
            _ if gated => self.pass_gates(&request, out),
            RuledBy::Party | RuledBy::Instrument | RuledBy::Rules => self.pass_asked(&request, out),
            RuledBy::Clauses if matches!(act, Act::DeterminationEnter(_)) => {
                self.pass_asked(&request, out)
            }
            _ => None,
        };
        let clause = passed.as_ref().and_then(|passed| passed.clause.clone());
        let (name, by_clause) = (act.name(), clause.as_ref());
        let by_power = passed.as_ref().is_some_and(|passed| passed.by_power);
        let hearing = Hearing { state: self, act: name, by, via, by_clause, by_power, facts };
        self.check_erased(act, out);
        let change = act.deed().judge(&hearing, out);
        let change = change.map(|change| self.by_power(passed.as_ref(), &request, change));
        let (granted, on) = passed.map(|own| (own.granted, own.stood_on)).unwrap_or_default();
        let change = match (granted, change) {
            (Some((verdict, party, content)), Some(change)) => {
                Some(Change::Granted { verdict, party, content, then: Box::new(change) })
            }
            (_, Some(change)) if !on.is_empty() => {
                let by = by.actor.party.clone();
                Some(Change::Relied { act: name, by, on, then: Box::new(change) })
            }
            (_, change) => change,
        };
        (clause, change)
    }
}

/// The canonical JSON that the rolling digest takes in. What has none is not admitted: a change
/// that left no mark in the digest could differ between replicas unseen.
fn written(change: &impl Serialize, out: &mut Vec<Refusal>) -> Option<Vec<u8>> {
    jcs::to_bytes(change)
        .map_err(|why| {
            let reason = format!("the change cannot be recorded: {why}");
            out.push(Refusal::Malformed { reason });
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_cannot_be_recorded_is_refused() {
        let mut refusals = Vec::new();
        assert_eq!(written(&Change::Nothing, &mut refusals), Some(b"\"nothing\"".to_vec()));
        assert!(refusals.is_empty());
        for unwritable in [0.5, 1e300] {
            assert_eq!(written(&unwritable, &mut refusals), None);
        }
        assert_eq!(written(&(1_u64 << 60), &mut refusals), None);
        assert!(refusals.len() == 3 && refusals.iter().all(|r| r.code() == "malformed"));
    }
}
