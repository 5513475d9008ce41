//! How a model is learned from rows that stay where they are.

use concordat_terms::{Decimal, Digest};
use serde::{Deserialize, Serialize};

use super::RecipeFault;
use crate::network::Network;

/// Layers between what comes in and what is predicted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hidden {
    /// The width of each, 1 to 8 of them.
    pub widths: Vec<u32>,
    /// What lies behind each.
    pub activation: Activation,
    /// Public text from which the weights to begin with are drawn ([`Network::initial`]). Without
    /// hidden layers all weights begin at 0.
    pub seed: String,
}

/// What lies behind a hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// A number above 0 as it is, any other as 0.
    Relu,
}

/// What participants send in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Method {
    /// The sum of its units' clipped gradients at the common model (DP-FedSGD).
    SummedGradients {},
    /// How far its own copy of the model moved in some steps of its own (FedAvg).
    LocalSteps(LocalSteps),
    /// How far the recipe's trainer, a program of somebody else, moved its copy of the model; and
    /// its metrics behind that.
    Updates(Updates),
}

/// Updates by a trainer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// N: what summed updates are divided by. As many as the plan has participants.
    pub participants: u32,
    /// How many releases of a round are charged: 1, unless the program asserts its own noise.
    pub releases: u32,
}

/// Steps that each participant takes on its own within a round: batch, clipped gradient sum over
/// the normaliser, decay; then w − rate·g.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSteps {
    /// K, 1 to 1,000.
    pub steps: u32,
    /// Length of each, above 0.
    pub rate: Decimal,
    /// FedProx's μ, at least 0: how strongly a copy is held back to the common model.
    pub pull: Decimal,
    /// Whether control variates correct each participant's drift (SCAFFOLD, Karimireddy et al.,
    /// arXiv 1910.06378, option II). Twice as many numbers are then sent.
    pub control_variates: bool,
    /// N: what summed moves are divided by. As many as the plan has participants; whoever drops
    /// out of a round counts as having stayed where it was.
    pub participants: u32,
}

/// Whose noise hides a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseShare {
    /// A part at each participant: enough only together, so only for sums of gradients at the
    /// common model. (With local steps a participant's second step would depend on its own,
    /// weaker noise.)
    Split,
    /// All of it at each participant: h = 1, at every step of local ones.
    Full,
    /// None: for public or synthetic rows outside any partnership.
    None,
}

impl Hidden {
    /// What the seed is for [`Network::initial`].
    pub(crate) fn initial(&self, network: &Network) -> Vec<f32> {
        network.initial(&Digest::of(self.seed.as_bytes()))
    }
}

impl Method {
    pub(super) fn check(self, noise: NoiseShare) -> Result<(), RecipeFault> {
        let must = |holds: bool, field, range| {
            holds.then_some(()).ok_or(RecipeFault::OutOfRange { field, range })
        };
        let local = match self {
            Self::SummedGradients {} => return Ok(()),
            Self::Updates(Updates { participants, releases }) => {
                must((1..=1000).contains(&releases), "method.releases", "1 to 1000")?;
                return must(
                    (2..=1_000_000).contains(&participants),
                    "method.participants",
                    "at least 2",
                );
            }
            Self::LocalSteps(local) => local,
        };
        let most = |most| Decimal::whole(most);
        must((1..=1000).contains(&local.steps), "method.steps", "1 to 1000")?;
        let rate = local.rate.is_positive() && most(1_000_000).is_some_and(|m| local.rate <= m);
        must(rate, "method.rate", "above 0, at most 1000000")?;
        let pull = local.pull >= Decimal::ZERO && most(1_000_000).is_some_and(|m| local.pull <= m);
        must(pull, "method.pull", "0 to 1000000")?;
        must((2..=1_000_000).contains(&local.participants), "method.participants", "at least 2")?;
        if noise == NoiseShare::Split { Err(RecipeFault::SplitLocally) } else { Ok(()) }
    }
}
