//! What the acts about runs carry.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use concordat_agreement::{RunKind, TrainerMode};
use concordat_terms::{AssetId, Cost, Decimal, Digest, PartyId, ProjectId, PurposeId, RunId};
use serde::{Deserialize, Serialize};

/// `run.propose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPropose {
    /// The run's name.
    pub run: RunId,
    /// What is to be computed.
    pub plan: Plan,
}

/// What a run computes: all that a node needs in order to refuse it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The project it belongs to.
    pub project: ProjectId,
    /// What kind of run.
    pub kind: RunKind,
    /// For which purpose.
    pub purpose: PurposeId,
    /// On which dataset.
    pub asset: AssetId,
    /// Whose versions of it: the participants.
    pub datasets: BTreeMap<PartyId, Digest>,
    /// The model asset that results; none of a query, which gives no model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<AssetId>,
    /// The learner's recipe (features, label, optimiser), or the query, a blob.
    pub recipe: Digest,
    /// The code that runs beside the data.
    pub code: Digest,
    /// T: rounds, each a charged release.
    pub rounds: u32,
    /// R: how often a lost round may be tried again, each attempt charged.
    pub retries: u32,
    /// q: the probability with which a person takes part in a round.
    pub sampling_rate: Decimal,
    /// σ: noise multiplier against one curious party after every allowed dropout.
    pub noise: Decimal,
    /// C: the clipping bound of one person's contribution; of a query, how far one person moves the
    /// sum.
    pub clip: Decimal,
    /// D: numbers that a participant sends in a round.
    pub dimension: u32,
    /// K: steps that every participant takes on its own within a round, each with all of the noise
    /// and each a charged release. None where the noise is split among the participants, and the
    /// sum of a round is its one release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_steps: Option<NonZeroU32>,
    /// The program of somebody else that takes part beside the rows; none where the node's own code
    /// does all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainer: Option<Trainer>,
}

/// An external trainer: a program of somebody else, pinned by what it consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainer {
    /// How it takes part, and so what protects whom.
    pub mode: TrainerMode,
    /// The digest of its files.
    pub code: Digest,
    /// The digest of what it runs in: a lock file and the packages that it names.
    pub environment: Digest,
}

impl Plan {
    /// Whether it is without noise: an external trainer's sums are protected by nothing else.
    pub fn is_bare(&self) -> bool {
        self.trainer.as_ref().is_some_and(|trainer| trainer.mode == TrainerMode::SecaggOnly)
    }

    /// How many releases are charged: one, or K, for each round and each retry.
    pub fn charges(&self) -> u64 {
        let attempts = u64::from(self.rounds) + u64::from(self.retries);
        attempts.saturating_mul(self.local_steps.map_or(1, |steps| steps.get().into()))
    }
}

/// `run.approve`, `run.open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneRun {
    /// The run.
    pub run: RunId,
}

/// `run.join`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunJoin {
    /// The run.
    pub run: RunId,
    /// The cost of all rounds and retries, reserved before anything leaves.
    pub cost: Cost,
}

/// `run.close`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunClose {
    /// The run.
    pub run: RunId,
    /// The digest of what resulted: a model, or the answer to a query.
    pub model: Digest,
    /// How many rounds gave a sum.
    pub rounds: u32,
    /// How many attempts were charged.
    pub attempts: u32,
    /// The digest over the rounds' transcripts.
    pub transcript: Digest,
    /// Who contributed to the last round.
    pub roster: BTreeSet<PartyId>,
}

/// `run.abort`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunAbort {
    /// The run.
    pub run: RunId,
    /// Why.
    pub reason: AbortReason,
    /// Who was away, or said what cannot be, when the last attempt ended; or who did not sign the
    /// result, or holds another model than most do. The word of whoever aborts, which nothing
    /// follows from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub named: BTreeSet<PartyId>,
}

/// Why a run ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbortReason {
    /// Fewer participants stayed than a round needs.
    TooFewParticipants,
    /// No attempts were left for a lost round.
    RetriesSpent,
    /// The coordinator restarted and could not pick the round up.
    CoordinatorRestarted,
    /// Participants hold different models.
    ModelsDiffer,
    /// Nobody signed the result.
    ResultNotSigned,
    /// Another agreement is in force than the run was approved under.
    AgreementChanged,
    /// The project it belongs to has ended.
    ProjectEnded,
    /// No round can be held: the recipe is not to be had, or does not fit the plan.
    PlanUnusable,
    /// Whoever proposed it took it back.
    Withdrawn,
}
