//! What a run computes, as far as its room goes along: from which digest each round starts.

use concordat_agreement::RunKind;
use concordat_learn::query::Query;
use concordat_learn::{Charged, Recipe, Training};
use concordat_partnership::act::Plan;
use concordat_secagg::RingVec;
use concordat_terms::{Digest, jcs};

/// What the plan's blob says.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Train(Box<Recipe>),
    /// One round, and nothing is computed of its sum here.
    Query,
}

/// Where a round starts.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Training(Box<Training>),
    Query(Digest),
}

impl Subject {
    /// Reads the blob that a plan names.
    ///
    /// # Errors
    /// Why no round can be held on it.
    pub(crate) fn read(plan: &Plan, bytes: &[u8]) -> Result<Self, String> {
        let differs = || "the recipe differs from the plan".to_owned();
        if Digest::of(bytes) != plan.recipe {
            return Err(differs());
        }
        let dimension = |length: usize| u32::try_from(length) == Ok(plan.dimension);
        if plan.kind == RunKind::Query {
            let query: Query = jcs::from_bytes(bytes).map_err(|e| e.to_string())?;
            query.check().map_err(|e| e.to_string())?;
            let fits = dimension(query.length()) && plan.rounds == 1;
            return if fits { Ok(Self::Query) } else { Err(differs()) };
        }
        let recipe: Recipe = jcs::from_bytes(bytes).map_err(|e| e.to_string())?;
        recipe.check().map_err(|e| e.to_string())?;
        let fits = dimension(recipe.dimension()) && recipe.rounds == plan.rounds;
        if fits { Ok(Self::Train(Box::new(recipe))) } else { Err(differs()) }
    }

    /// How long a trainer of somebody else may take in each round.
    pub(crate) fn trainer_seconds(&self) -> u64 {
        match self {
            Self::Train(recipe) => {
                recipe.trainer.as_ref().map_or(0, |trainer| u64::from(trainer.limits.seconds))
            }
            Self::Query => 0,
        }
    }
}

impl Standing {
    /// Before the first round.
    pub(crate) fn begin(subject: &Subject, plan: &Plan) -> Self {
        match subject {
            Subject::Train(recipe) => Self::Training(Box::new(Training::begin(recipe))),
            Subject::Query => Self::Query(plan.recipe),
        }
    }

    /// What the round is bound to.
    pub(crate) fn digest(&self) -> Digest {
        match self {
            Self::Training(training) => training.digest(),
            Self::Query(digest) => *digest,
        }
    }

    /// What a training told of itself last, where its recipe says so, and after which round.
    pub(crate) fn told(&self, subject: &Subject) -> Option<(u32, Charged)> {
        match (self, subject) {
            (Self::Training(training), Subject::Train(recipe)) => training.told(recipe),
            _ => None,
        }
    }

    /// After a round with this sum; none, where no other can follow it.
    pub(crate) fn step(&self, subject: &Subject, sum: &RingVec, scale_bits: u32) -> Option<Self> {
        match (self, subject) {
            (Self::Training(training), Subject::Train(recipe)) => {
                let step = training.step(recipe, &sum.to_signed(), scale_bits).ok()?;
                Some(Self::Training(Box::new(step)))
            }
            (Self::Query(_), Subject::Query) => Some(Self::Query(sum.digest())),
            _ => None,
        }
    }
}
