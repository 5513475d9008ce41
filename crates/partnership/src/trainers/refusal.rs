//! Why acts change nothing because of an external trainer.

use concordat_agreement::TrainerMode;
use concordat_terms::{AssetId, ClauseRef, Digest, PartyId, RunId};

use crate::refusal::refusals;

refusals! {
    /// A refusal because of an external trainer.
    TrainerRefusal {
        "trainer-not-allowed" NotAllowed { mode: TrainerMode, asset: AssetId, clause: ClauseRef } by clause
            told { "clause `{clause}` lets no external trainer take part by `{mode}` on `{asset}`" }
            then { format!("plan another mode, or agree on `trainers = [\"{mode}\"]` in `{clause}`") },
        "noise-above-signal" NoiseAboveSignal { times: String }
            told { "the noise on a sum of these updates would be {times} times the most that the updates can be" }
            then { "plan less noise, fewer parameters or more participants, or take the mode `features`: it protects persons, and needs far less" },
        "trainer-not-approved" NotApproved { party: PartyId, code: Digest, asset: AssetId }
            told { "`{party}` has not approved trainer `{code}` with this plan beside `{asset}`, or not for now" }
            then { format!("ask `{party}` to rehearse the plan and to approve it (`concordat node rehearse`)") },
        "environment-not-approved" OtherEnvironment { party: PartyId, environment: Digest, approved: Digest }
            told { "`{party}` approved the trainer in environment `{approved}`, and the plan names `{environment}`" }
            then { format!("ask `{party}` to approve the trainer in the environment that the plan names") },
        "approval-used-up" UsedUp { party: PartyId, run: RunId, runs: u32 }
            told { "`{party}` approved the trainer for {runs} runs of this plan, and run `{run}` would be one more" }
            then { format!("ask `{party}` to approve the trainer for more runs") },
    }
}
