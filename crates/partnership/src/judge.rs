//! Judging: one function says everything that stands in an act's way, in the order of the gates.
//!
//! A verdict is its first answer; `why` is all of them.

use std::collections::BTreeSet;

use concordat_agreement::Level;
use concordat_terms::{BodyId, ClauseRef, PartyId, Period, SeatId, jcs};
use serde::Serialize;

use crate::act::{Act, Header, Signed};
use crate::change::Change;
use crate::gate::Request;
use crate::refusal::Refusal;
use crate::state::{Standing, State};
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
    /// Every party that signed, the acting one included.
    pub(crate) parties: BTreeSet<PartyId>,
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

    /// Who acts, if the header names a registered key; for the record of refusals.
    pub fn actor(&self, signed: &Signed) -> Option<Actor> {
        let signer = signed.header.as_ref()?.signers.first()?;
        let holder = self.holder(&signer.key)?;
        Some(Actor { seat: signer.seat.clone(), party: holder.party.clone() })
    }

    fn examine(&self, signed: &Signed, facts: &Facts, out: &mut Vec<Refusal>) -> Option<Admitted> {
        if let Act::Genesis(genesis) = &signed.act {
            let change = self.start(signed.id, genesis, out)?;
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
        let by = self.resolve(header, out)?;
        let (clause, change) = self.dispatch(&signed.act, &by, None, facts, out);
        self.admitted(signed, Some(by.actor), clause, change?, out)
    }

    fn admitted(
        &self,
        signed: &Signed,
        by: Option<Actor>,
        clause: Option<ClauseRef>,
        change: Change,
        out: &mut Vec<Refusal>,
    ) -> Option<Admitted> {
        let detail = written(&change, out)?;
        Some(Admitted { index: self.index, clause, by, act: signed.act.name(), change, detail })
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

    /// Resolves keys to parties and checks that each fills the seat it signs for.
    fn resolve(&self, header: &Header, out: &mut Vec<Refusal>) -> Option<By> {
        let mut parties = BTreeSet::new();
        let mut actor = None;
        for signer in &header.signers {
            let Some(holder) = self.holder(&signer.key) else {
                out.push(Refusal::UnknownKey { key: signer.key.to_string() });
                return None;
            };
            self.check_seat(&signer.seat, holder.party.as_ref(), out);
            parties.extend(holder.party.clone());
            actor.get_or_insert(Actor { seat: signer.seat.clone(), party: holder.party.clone() });
        }
        Some(By { actor: actor?, parties, level: header.level() })
    }

    fn check_seat(&self, seat: &SeatId, party: Option<&PartyId>, out: &mut Vec<Refusal>) {
        let filled_by: Vec<PartyId> = self.agreement.parties_of(seat).into_iter().collect();
        let fits = match party {
            None => seat.as_str() == SEQUENCER,
            Some(party) => seat.as_str() == SIGNATORY || filled_by.contains(party),
        };
        if let (false, Some(party)) = (fits, party) {
            out.push(Refusal::NotYourSeat { seat: seat.clone(), party: party.clone(), filled_by });
        } else if !fits && let Ok(party) = SEQUENCER.parse() {
            out.push(Refusal::NotYourSeat { seat: seat.clone(), party, filled_by });
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
        match act {
            Act::Genesis(_) => (None, None),
            Act::Tick(_) | Act::DigestRecord(_) => (None, self.judge_sequencer(act, by, out)),
            Act::ModulePropose(act) => (None, self.judge_propose(act, by, facts, out)),
            Act::ModuleSign(act) => (None, self.judge_sign(act, by, out)),
            Act::ModuleWithdraw(act) => (None, self.judge_withdraw_signature(act, by, out)),
            Act::ModuleEnter(act) => self.judge_enter(act, by, via, facts, out),
            Act::RunAbort(abort) if by.actor.party.is_none() => {
                (None, self.judge_sequencer_abort(abort, out))
            }
            _ => {
                let request = Request { act, by, via };
                let clause = self.pass_gates(&request, out);
                (clause, self.judge_gated(&request, facts, out))
            }
        }
    }

    /// The acts that need a permit, once the gates were asked.
    fn judge_gated(
        &self,
        request: &Request<'_>,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let by = request.by;
        match request.act {
            Act::ModuleSuspend(act) => self.judge_standing(act, Standing::Suspended, out),
            Act::ModuleResume(act) => self.judge_standing(act, Standing::InForce, out),
            Act::ModuleTerminate(act) => self.judge_standing(act, Standing::Ended, out),
            Act::DeterminationEnter(act) => self.judge_determination(act, out),
            Act::PlaceRegister(act) => self.judge_place(act, by, out),
            Act::DatasetRegister(act) => self.judge_dataset(act, by, out),
            Act::DatasetWithdraw(act) => self.judge_withdraw(act, by, out),
            Act::AssetImport(act) => self.judge_import(act, by, out),
            Act::CodeApprove(act) => self.judge_code(act, by, true, out),
            Act::CodeRevoke(act) => self.judge_code(act, by, false, out),
            Act::ProjectCharter(act) => self.judge_charter(act, by, out),
            Act::ProjectOpen(act) => self.judge_project_open(act, out),
            Act::ProjectEnd(act) => self.judge_project_end(act, out),
            Act::MotionPropose(act) => self.judge_motion(act, by, out),
            Act::MotionVote(act) => self.judge_vote(act, by, out),
            Act::MotionExecute(act) => self.judge_execute(act, by, facts, out),
            Act::RunPropose(act) => self.judge_run_propose(act, by, facts, out),
            Act::RunApprove(act) => self.judge_run_approve(act, by, out),
            Act::RunOpen(act) => self.judge_run_open(act, facts, out),
            Act::RunJoin(act) => self.judge_run_join(act, by, facts, out),
            Act::RunClose(act) => self.judge_run_close(act, by, out),
            Act::RunAbort(act) => self.judge_run_abort(act, out),
            Act::EvidenceSubmit(act) => self.judge_evidence(act, by, out),
            Act::ReleasePropose(act) => self.judge_release_propose(act, by, out),
            Act::ReleasePromote(act) => self.judge_release_promote(act, out),
            Act::Genesis(_)
            | Act::Tick(_)
            | Act::DigestRecord(_)
            | Act::ModulePropose(_)
            | Act::ModuleSign(_)
            | Act::ModuleWithdraw(_)
            | Act::ModuleEnter(_) => None,
        }
    }

    /// Ticks and digest records: the sequencer's alone.
    fn judge_sequencer(&self, act: &Act, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        if by.actor.party.is_some() {
            out.push(Refusal::NotTheSequencer { act: act.name() });
        }
        match act {
            Act::Tick(tick) => {
                if let Some(now) = self.time.filter(|now| tick.time <= *now) {
                    out.push(Refusal::TimeRunsBackwards { tick: tick.time, now });
                }
                Some(Change::Time(tick.time))
            }
            Act::DigestRecord(record) => {
                if record.index != self.index || record.rolling != self.rolling() {
                    out.push(Refusal::DigestDiffers { index: self.index });
                }
                Some(Change::Nothing)
            }
            _ => None,
        }
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
