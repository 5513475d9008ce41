//! What everybody makes of a round's sum: the next weights. Public, pure, the same bits for all.
//!
//! A round yields a *change*, one number for each parameter: the mean of what participants would
//! move, or, where they sum gradients, the gradient times −1, over a public normaliser. Whatever
//! weighs participants in a mean must be public; their numbers of rows are not.

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

/// How changes become steps. Public, part of a plan.
///
/// m = momentum·m + (1 − momentum)·change, from 0, with no correction for that beginning. Then
/// w = w + rate·m, or with [`Adaptive`] w = w + rate·m/(√v + τ). (Reddi et al., "Adaptive
/// federated optimization", arXiv 2003.00295, algorithm 2. Rate 1 without anything else is
/// FedAvg, McMahan et al., arXiv 1602.05629.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    /// η, above 0.
    pub rate: Decimal,
    /// β₁, from 0 to below 1.
    pub momentum: Decimal,
    /// Divides steps by how large changes have been, number by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptive: Option<Adaptive>,
}

/// A running measure v of squared changes, which begins at τ².
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// How v follows the changes.
    pub rule: Rule,
    /// τ, above 0: keeps steps finite where changes are small.
    pub floor: Decimal,
}

/// How v follows the changes; β₂ = `decay`, from 0 to below 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// FedAdagrad: v + change².
    Adagrad,
    /// FedAdam: β₂·v + (1 − β₂)·change².
    Adam {
        /// β₂.
        decay: Decimal,
    },
    /// FedYogi: v − (1 − β₂)·change²·sign(v − change²).
    Yogi {
        /// β₂.
        decay: Decimal,
    },
}

/// Where steps have led: the weights, and what the optimiser remembers. All of it is public.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    weights: Vec<f64>,
    /// m, one for each weight.
    momentum: Vec<f64>,
    /// v, one for each weight; without [`Adaptive`] it stays as it began.
    squares: Vec<f64>,
}

/// Why there is no next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStep {
    /// A number of the optimiser outside its range.
    #[error("`{field}` must be {range}")]
    OutOfRange {
        /// Which one.
        field: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// Not one number for each weight.
    #[error("there are {weights} weights and {numbers} numbers")]
    Length {
        /// Weights there are.
        weights: usize,
        /// Numbers given.
        numbers: usize,
    },
    /// A weight is no longer finite: the rate is too large.
    #[error("the weights are no longer finite: the rate is too large")]
    Diverged,
}

impl Optimiser {
    /// Whether every number is within its range.
    ///
    /// # Errors
    /// [`NoStep::OutOfRange`], the first found.
    pub fn check(&self) -> Result<(), NoStep> {
        above_zero("rate", self.rate)?;
        part_of_one("momentum", self.momentum)?;
        let Some(Adaptive { rule, floor }) = self.adaptive else { return Ok(()) };
        above_zero("floor", floor)?;
        match rule {
            Rule::Adagrad => Ok(()),
            Rule::Adam { decay } | Rule::Yogi { decay } => part_of_one("decay", decay),
        }
    }
}

fn above_zero(field: &'static str, value: Decimal) -> Result<(), NoStep> {
    let holds = value.to_f64() > 0.0;
    if holds { Ok(()) } else { Err(NoStep::OutOfRange { field, range: "above 0" }) }
}

fn part_of_one(field: &'static str, value: Decimal) -> Result<(), NoStep> {
    let holds = (0.0..1.0).contains(&value.to_f64());
    if holds { Ok(()) } else { Err(NoStep::OutOfRange { field, range: "from 0 to below 1" }) }
}

impl Adaptive {
    fn next(self, squares: f64, change: f64) -> f64 {
        let square = change * change;
        match self.rule {
            Rule::Adagrad => squares + square,
            Rule::Adam { decay } => decay.to_f64() * squares + (1.0 - decay.to_f64()) * square,
            Rule::Yogi { decay } => {
                let part = (1.0 - decay.to_f64()) * square;
                match squares.partial_cmp(&square) {
                    Some(std::cmp::Ordering::Greater) => squares - part,
                    Some(std::cmp::Ordering::Less) => squares + part,
                    _ => squares,
                }
            }
        }
    }
}

impl Steps {
    /// Before the first step.
    pub fn begin(optimiser: &Optimiser, weights: Vec<f64>) -> Self {
        let floor = optimiser.adaptive.map_or(0.0, |adaptive| adaptive.floor.to_f64());
        let momentum = vec![0.0; weights.len()];
        let squares = vec![floor * floor; weights.len()];
        Self { weights, momentum, squares }
    }

    /// After the next change.
    ///
    /// # Errors
    /// [`NoStep`]; `self` is as it was.
    pub fn step(&self, optimiser: &Optimiser, change: &[f64]) -> Result<Self, NoStep> {
        optimiser.check()?;
        if change.len() != self.weights.len() {
            return Err(NoStep::Length { weights: self.weights.len(), numbers: change.len() });
        }
        let (rate, keep) = (optimiser.rate.to_f64(), optimiser.momentum.to_f64());
        let mut next = self.clone();
        let remembered = next.momentum.iter_mut().zip(&mut next.squares);
        for ((weight, (momentum, squares)), change) in
            next.weights.iter_mut().zip(remembered).zip(change)
        {
            *momentum = keep * *momentum + (1.0 - keep) * change;
            match optimiser.adaptive {
                None => *weight += rate * *momentum,
                Some(adaptive) => {
                    *squares = adaptive.next(*squares, *change);
                    *weight += rate * *momentum / (squares.sqrt() + adaptive.floor.to_f64());
                }
            }
        }
        next.finite()
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The weights as a [`Network`](crate::network::Network) takes them, each rounded to the
    /// nearest.
    #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
    pub fn rounded(&self) -> Vec<f32> {
        self.weights.iter().map(|weight| *weight as f32).collect()
    }

    /// m and v.
    pub(crate) fn remembered(&self) -> [&[f64]; 2] {
        [&self.momentum, &self.squares]
    }

    fn finite(self) -> Result<Self, NoStep> {
        let numbers = self.weights.iter().chain(&self.momentum).chain(&self.squares);
        let finite = numbers.copied().all(f64::is_finite);
        if finite { Ok(self) } else { Err(NoStep::Diverged) }
    }
}

/// Adds FedProx's term `pull·(w − anchor)` to a gradient of a participant's mean loss, where the
/// anchor is the model that the round began with: local steps then minimise
/// loss + pull/2·‖w − anchor‖². (Li et al., "Federated optimization in heterogeneous networks",
/// arXiv 1812.06127, algorithm 2; `pull` is its μ, at least 0.)
///
/// # Errors
/// [`NoStep::Length`], [`NoStep::OutOfRange`]; the gradient is as it was.
pub fn add_proximal(
    gradient: &mut [f64],
    weights: &[f64],
    anchor: &[f64],
    pull: Decimal,
) -> Result<(), NoStep> {
    if pull.to_f64() < 0.0 {
        return Err(NoStep::OutOfRange { field: "pull", range: "at least 0" });
    }
    for numbers in [gradient.len(), anchor.len()] {
        if numbers != weights.len() {
            return Err(NoStep::Length { weights: weights.len(), numbers });
        }
    }

    for ((slope, weight), anchor) in gradient.iter_mut().zip(weights).zip(anchor) {
        *slope += pull.to_f64() * (weight - anchor);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// η = 2, τ = 0.5, so that v begins at 0.25.
    fn adaptive(momentum: &str, rule: Rule) -> Optimiser {
        let adaptive = Some(Adaptive { rule, floor: decimal("0.5") });
        Optimiser { rate: decimal("2"), momentum: decimal(momentum), adaptive }
    }

    fn led(optimiser: Optimiser, changes: &[f64]) -> Vec<f64> {
        let mut steps = Steps::begin(&optimiser, vec![1.0]);
        let walk = changes.iter().map(|change| {
            steps = steps.step(&optimiser, &[*change]).unwrap();
            steps.weights()[0]
        });
        walk.collect()
    }

    #[test]
    fn the_mean_with_and_without_momentum_by_hand() {
        let mut plain = Optimiser { rate: decimal("1"), momentum: decimal("0"), adaptive: None };
        assert_eq!(led(plain, &[0.5, -2.0]), [1.5, -0.5]);
        // m = 0.25, then 0.125 − 1 = −0.875.
        plain.momentum = decimal("0.5");
        assert_eq!(led(plain, &[0.5, -2.0]), [1.25, 0.375]);
    }

    #[test]
    fn adagrad_by_hand() {
        // v = 0.25 + 2 = 2.25, √v + τ = 2: a step of 2·√2/2. Then v = 2.25 + 4 = 6.25, 3 below.
        let led = led(adaptive("0", Rule::Adagrad), &[-2.0_f64.sqrt(), 2.0]);
        assert!((led[0] - (1.0 - 2.0_f64.sqrt())).abs() < 1e-15);
        assert!((led[1] - (led[0] + 4.0 / 3.0)).abs() < 1e-15);
    }

    #[test]
    fn adam_by_hand() {
        // v = 0.75·0.25 + 0.25·d² is 1 for d² = 3.25 and then 0.75 + 0.25·6 = 2.25; √v + τ is
        // 1.5 and 2. m = d/2, then d/4 + e/2.
        let (d, e) = (3.25_f64.sqrt(), 6.0_f64.sqrt());
        let led = led(adaptive("0.5", Rule::Adam { decay: decimal("0.75") }), &[d, e]);
        assert!((led[0] - (1.0 + d / 1.5)).abs() < 1e-15);
        assert!((led[1] - (led[0] + d / 4.0 + e / 2.0)).abs() < 1e-15);
    }

    #[test]
    fn yogi_by_hand() {
        // v grows towards larger changes: 0.25 + 0.5·4 = 2.25. Towards smaller ones it falls by
        // them and not by itself: 2.25 − 0.5·1 = 1.75, where Adam would have 1.625.
        let led = led(adaptive("0", Rule::Yogi { decay: decimal("0.5") }), &[2.0, 1.0, 0.0]);
        assert_eq!(led[0], 1.0 + 4.0 / 2.0);
        assert!((led[1] - (3.0 + 2.0 / (1.75_f64.sqrt() + 0.5))).abs() < 1e-15);
        assert_eq!(led[2], led[1]);
    }

    #[test]
    fn the_proximal_term_pulls_back_to_the_anchor() {
        let mut gradient = [1.0, 1.0];
        add_proximal(&mut gradient, &[3.0, -1.0], &[1.0, 1.0], decimal("0.25")).unwrap();
        assert_eq!(gradient, [1.5, 0.5]);
        let fault = add_proximal(&mut gradient, &[0.0; 2], &[0.0], decimal("1")).unwrap_err();
        assert_eq!(fault, NoStep::Length { weights: 2, numbers: 1 });
        let fault = add_proximal(&mut gradient, &[0.0; 2], &[1.0; 2], decimal("-1")).unwrap_err();
        assert_eq!(fault.to_string(), "`pull` must be at least 0");
        assert_eq!(gradient, [1.5, 0.5]);
    }

    #[test]
    fn what_is_out_of_range_makes_no_step() {
        let good = adaptive("0.9", Rule::Yogi { decay: decimal("0.99") });
        let with = |change: fn(&mut Optimiser)| {
            let mut bad = good;
            change(&mut bad);
            bad.check().unwrap_err().to_string()
        };
        assert_eq!(with(|o| o.rate = "0".parse().unwrap()), "`rate` must be above 0");
        assert_eq!(
            with(|o| o.momentum = "1".parse().unwrap()),
            "`momentum` must be from 0 to below 1"
        );
        assert_eq!(
            with(|o| o.adaptive =
                Some(Adaptive { rule: Rule::Adagrad, floor: "0".parse().unwrap() })),
            "`floor` must be above 0"
        );
        assert_eq!(
            with(|o| o.adaptive = Some(Adaptive {
                rule: Rule::Adam { decay: "-0.1".parse().unwrap() },
                floor: "1".parse().unwrap()
            })),
            "`decay` must be from 0 to below 1"
        );
        let steps = Steps::begin(&good, vec![0.0; 2]);
        assert_eq!(steps.step(&good, &[1.0]), Err(NoStep::Length { weights: 2, numbers: 1 }));
        assert_eq!(steps.step(&good, &[f64::NAN, 0.0]), Err(NoStep::Diverged));
        assert_eq!(steps.step(&good, &[f64::MAX, 0.0]), Err(NoStep::Diverged));
    }
}
