//! External trainers: programs of others that run beside rows, as the agreement allows and each
//! holder approves.
//!
//! A holder's approval binds code, environment, plan and dataset, for a number of runs and until a
//! date. What has been used of it is counted when a run is joined: nothing runs before.

mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Cited, RunKind, TrainerMode};
use concordat_terms::{AssetId, Decimal, Digest, PartyId, RunId, Timestamp, jcs};
use serde::{Deserialize, Serialize};

use crate::act::{CodeApproval, Plan, Trainer, TrainerApproval};
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::state::State;

pub use self::refusal::TrainerRefusal;

/// How a holder trusts a trainer with one plan beside a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// What it runs in.
    pub environment: Digest,
    /// For how many runs.
    pub runs: u32,
    /// Until then.
    pub until: Timestamp,
    /// The runs that it was used for.
    pub used: BTreeSet<RunId>,
    /// The entry that approved it.
    pub index: u64,
}

/// Holder, dataset, code, plan.
type Key = (PartyId, AssetId, Digest, Digest);

/// What holders approved of trainers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trainers {
    trusted: Shared<BTreeMap<Key, Trusted>>,
}

/// An approval of a trainer ends, is of some runs, and names these by their plan.
pub(crate) fn check_trainer_approval(act: &CodeApproval, out: &mut Vec<Refusal>) {
    let Some(TrainerApproval { runs, .. }) = act.trainer else { return };
    let mut beyond = |reason: &str| out.push(Refusal::BeyondRules { reason: reason.to_owned() });
    if act.until.is_none() {
        beyond("an approval of a trainer ends at some time, and this one names none");
    }
    if !act.runs.is_empty() {
        beyond("an approval of a trainer is of runs of its plan, and names no others");
    }
    if runs == 0 {
        beyond("an approval of a trainer is for one run at least");
    }
}

impl Plan {
    /// SHA-256 of the plan as canonical JSON.
    pub fn digest(&self) -> Digest {
        // Strings and small integers always have a canonical form.
        Digest::of(&jcs::to_bytes(self).unwrap_or_default())
    }
}

impl State {
    /// How a party trusts the trainer of a plan, if it ever did and has not taken it back; whether
    /// for now and for which runs, [`State::trainer_lacks`] says.
    pub fn trusted(&self, party: &PartyId, plan: &Plan) -> Option<&Trusted> {
        let trainer = plan.trainer.as_ref()?;
        let key = (party.clone(), plan.asset.clone(), trainer.code, plan.digest());
        self.trainers.trusted.get(&key)
    }

    /// The trainer beside a dataset that a party approved last, by its code.
    pub fn trusted_last(&self, party: &PartyId, asset: &AssetId) -> Option<(Digest, &Trusted)> {
        let all = self.trainers.trusted.iter();
        let own = all.filter(|((holder, of, ..), _)| holder == party && of == asset);
        own.max_by_key(|(_, trusted)| trusted.index).map(|(key, trusted)| (key.2, trusted))
    }

    /// Whether a party trusts a trainer with any plan.
    pub(crate) fn trusts(&self, party: &PartyId, asset: &AssetId, code: &Digest) -> bool {
        let mut all = self.trainers.trusted.keys();
        all.any(|(holder, of, own, _)| holder == party && of == asset && own == code)
    }

    /// Why a party's approval does not let the trainer of a plan run for a run; for one that the
    /// party has joined, whether it still does.
    pub fn trainer_lacks(
        &self,
        party: &PartyId,
        run: &RunId,
        plan: &Plan,
    ) -> Option<TrainerRefusal> {
        let Trainer { code, environment, .. } = plan.trainer.as_ref()?;
        let now = self.time;
        let trusted = self.trusted(party, plan).filter(|own| now.is_none_or(|now| now < own.until));
        let Some(trusted) = trusted else {
            let (party, asset) = (party.clone(), plan.asset.clone());
            return Some(TrainerRefusal::NotApproved { party, code: *code, asset });
        };
        if trusted.environment != *environment {
            return Some(TrainerRefusal::OtherEnvironment {
                party: party.clone(),
                environment: *environment,
                approved: trusted.environment,
            });
        }
        let used = u32::try_from(trusted.used.len()).unwrap_or(u32::MAX);
        let more = !trusted.used.contains(run) && used >= trusted.runs;
        more.then(|| TrainerRefusal::UsedUp {
            party: party.clone(),
            run: run.clone(),
            runs: trusted.runs,
        })
    }

    /// What a plan with a trainer must hold to, besides what every plan must.
    pub(crate) fn check_trainer(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let Some(Trainer { mode, .. }) = plan.trainer else { return };
        if plan.kind != RunKind::Train {
            let reason = format!("it is no training (`{}`), and has a trainer", plan.kind.as_str());
            out.push(Refusal::BeyondRules { reason });
        }
        // A plan without an account is refused already.
        if let Some(Cited { clause, terms }) = self.agreement.privacy(&plan.asset)
            && !terms.trainers.contains(&mode)
        {
            let asset = plan.asset.clone();
            out.push(TrainerRefusal::NotAllowed { mode, asset, clause }.into());
        }
        if mode == TrainerMode::UpdateDp {
            self.check_update(plan, out);
        }
        if mode != TrainerMode::Features && plan.local_steps.is_none() {
            let reason = "what a trainer sends has no share of others' noise: `local_steps` says how \
                          many releases a round is";
            out.push(Refusal::BeyondRules { reason: reason.to_owned() });
        }
    }

    /// A node clips and noises one update a round: of a whole participant, whoever is in its rows.
    /// Two such updates are up to 2C apart.
    fn check_update(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let one = Decimal::whole(1);
        let steps = plan.local_steps.map_or(0, u32::from);
        if Some(plan.sampling_rate) != one || steps != 1 {
            let reason = "an update of a whole participant is one release a round, of everybody in it: \
                          `sampling_rate` and `local_steps` are 1";
            out.push(Refusal::BeyondRules { reason: reason.to_owned() });
        }
        if let Some(Cited { clause, terms }) = self.agreement.aggregation()
            && plan.clip.plus(plan.clip).is_none_or(|twice| twice > terms.clip_most)
        {
            let (what, value) = ("clipping bound", plan.clip.to_string());
            let allowed = format!("at most half of {} for updates of trainers", terms.clip_most);
            out.push(Refusal::BeyondTerms { what, value, allowed, clause });
        }
        if let Some(times) = noise_above_signal(plan) {
            out.push(TrainerRefusal::NoiseAboveSignal { times }.into());
        }
    }

    pub(crate) fn trust_trainer(&mut self, party: PartyId, act: CodeApproval) {
        let (Some(trainer), Some(until)) = (act.trainer, act.until) else { return };
        let TrainerApproval { environment, plan, runs } = trainer;
        let (used, index) = (BTreeSet::new(), self.index);
        let trusted = Trusted { environment, runs, until, used, index };
        self.trainers.trusted.insert((party, act.asset, act.code, plan), trusted);
    }

    pub(crate) fn distrust_trainer(&mut self, party: &PartyId, act: &CodeApproval) {
        if self.trusts(party, &act.asset, &act.code) {
            let is_of = |(holder, asset, code, _): &Key| {
                holder == party && *asset == act.asset && *code == act.code
            };
            self.trainers.trusted.retain(|key, _| !is_of(key));
        }
    }

    pub(crate) fn use_trainer(&mut self, party: &PartyId, run: &RunId) {
        let Some(plan) = self.runs.get(run).map(|run| &run.proposed.plan) else { return };
        let Some(trainer) = &plan.trainer else { return };
        let key = (party.clone(), plan.asset.clone(), trainer.code, plan.digest());
        if let Some(trusted) = self.trainers.trusted.get_mut(&key) {
            trusted.used.insert(run.clone());
        }
    }
}

/// How many times the noise is the signal, where it is more than once: by how much the L2 norm of
/// the noise on the sum of N updates, √(N·D)·σ·2C, exceeds N·C, which their sum is at most.
///
/// In whole numbers, σ in millionths: 4·D·σ² against N.
pub fn noise_above_signal(plan: &Plan) -> Option<String> {
    let participants = u128::try_from(plan.datasets.len()).unwrap_or(u128::MAX);
    let sigma = plan.noise.millionths_up()?;
    let noise = u128::from(plan.dimension).checked_mul(sigma.checked_pow(2)?)?.checked_mul(4)?;
    let signal = participants.checked_mul(1_000_000_000_000)?;
    if noise <= signal || signal == 0 {
        return None;
    }
    // To two places, rounded up.
    let hundredths = noise.checked_mul(10_000)?.div_ceil(signal).isqrt() + 1;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(noise: &str, dimension: u32, participants: usize) -> Plan {
        let datasets: BTreeMap<String, Digest> =
            (0..participants).map(|nth| (format!("p{nth}"), Digest::of(b"rows"))).collect();
        let written = serde_json::json!({
            "project": "p", "kind": "train", "purpose": "u", "asset": "a", "datasets": datasets,
            "model": "m", "recipe": Digest::of(b"r"), "code": Digest::of(b"c"), "rounds": 1,
            "retries": 0, "sampling_rate": "1", "noise": noise, "clip": "1",
            "dimension": dimension, "local_steps": 1,
        });
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn noise_is_compared_with_what_updates_can_be_at_most() {
        // 4·D·σ² against N: equal is not above.
        assert_eq!(noise_above_signal(&plan("0.5", 4, 4)), None);
        assert_eq!(noise_above_signal(&plan("0.500001", 4, 4)).as_deref(), Some("1.01"));
        assert_eq!(noise_above_signal(&plan("1", 100, 4)).as_deref(), Some("10.01"));
        assert_eq!(noise_above_signal(&plan("1", 100, 400)), None);
    }
}
