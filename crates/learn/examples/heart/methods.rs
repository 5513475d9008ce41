//! Training without privacy, with the settings that FLamby published for this task: batches of
//! four; 50 epochs of Adam pooled or alone; 15 rounds of 100 steps of SGD federated.

use concordat_learn::optimiser::{Adaptive, Optimiser, Rule, Steps};
use concordat_terms::Decimal;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::data::{Dealt, Fault, Rows};
use super::scaffold;

const BATCH: usize = 4;
const EPOCHS: usize = 50;
const ROUNDS: usize = 15;
const STEPS: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Pooled,
    Local(usize),
    FedAvg,
    FedAdagrad,
    FedAdam,
    FedYogi,
    Scaffold,
}

pub(crate) const METHODS: [Method; 10] = [
    Method::Pooled,
    Method::Local(0),
    Method::Local(1),
    Method::Local(2),
    Method::Local(3),
    Method::FedAvg,
    Method::FedAdagrad,
    Method::FedAdam,
    Method::FedYogi,
    Method::Scaffold,
];

impl Method {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Pooled => "pooled".into(),
            Self::Local(place) => format!("`{}` alone", super::data::HOSPITALS[place]),
            Self::FedAvg => "FedAvg".into(),
            Self::FedAdagrad => "FedAdagrad".into(),
            Self::FedAdam => "FedAdam".into(),
            Self::FedYogi => "FedYogi".into(),
            Self::Scaffold => "SCAFFOLD".into(),
        }
    }

    /// Accuracy on pooled test rows that FLamby's repository records, the mean of its five seeds
    /// (`flamby/results/results_benchmark_fed_heart_disease`, commit edacf54).
    pub(crate) fn published(self) -> f64 {
        match self {
            Self::Pooled => 0.7953,
            Self::Local(place) => [0.7843, 0.7268, 0.4827, 0.6110][place],
            Self::FedAvg | Self::Scaffold => 0.7480,
            Self::FedAdagrad | Self::FedAdam | Self::FedYogi => 0.7787,
        }
    }

    pub(crate) fn train(self, dealt: &Dealt, seed: u64) -> Result<Vec<f64>, Fault> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let width = dealt.pooled.features[0].len();
        // As a dense layer of PyTorch begins.
        let bound = 1.0 / (width as f64 - 1.0).sqrt();
        let start: Vec<f64> =
            (0..width).map(|_| bound * (rng.next_u32() as f64 / 2_f64.powi(31) - 1.0)).collect();
        let server = |rate: &str, rule: Option<Rule>| -> Result<Optimiser, Fault> {
            let floor: Decimal = "0.00000001".parse()?;
            let momentum = if rule.is_some() { "0.9" } else { "0" }.parse()?;
            let adaptive = rule.map(|rule| Adaptive { rule, floor });
            Ok(Optimiser { rate: rate.parse()?, momentum, adaptive })
        };
        let decay: Decimal = "0.999".parse()?;
        match self {
            Self::Pooled => Ok(adam(&dealt.pooled, start, &mut rng)),
            Self::Local(place) => Ok(adam(&dealt.own[place], start, &mut rng)),
            Self::FedAvg => federated(dealt, start, server("1", None)?, "0.001", false, &mut rng),
            Self::Scaffold => federated(dealt, start, server("1", None)?, "0.001", true, &mut rng),
            Self::FedAdagrad => {
                let server = server("0.316228", Some(Rule::Adagrad))?;
                federated(dealt, start, server, "0.003162", false, &mut rng)
            }
            Self::FedAdam => {
                let server = server("0.01", Some(Rule::Adam { decay }))?;
                federated(dealt, start, server, "0.01", false, &mut rng)
            }
            Self::FedYogi => {
                let server = server("0.01", Some(Rule::Yogi { decay }))?;
                federated(dealt, start, server, "0.003162", false, &mut rng)
            }
        }
    }
}

/// Share of rows on the right side.
pub(crate) fn accuracy(weights: &[f64], rows: &Rows) -> f64 {
    let pairs = rows.features.iter().zip(&rows.labels);
    let right = pairs.filter(|(row, label)| (dot(weights, row) >= 0.0) == (**label > 0.5)).count();
    right as f64 / rows.labels.len() as f64
}

fn federated(
    dealt: &Dealt,
    start: Vec<f64>,
    server: Optimiser,
    rate: &str,
    controlled: bool,
    rng: &mut ChaCha12Rng,
) -> Result<Vec<f64>, Fault> {
    let rate: Decimal = rate.parse()?;
    let width = start.len();
    let total: usize = dealt.own.iter().map(|rows| rows.labels.len()).sum();
    let mut batches: Vec<Batches> = dealt.own.iter().map(Batches::new).collect();
    let mut own = vec![vec![0.0; width]; dealt.own.len()];
    let mut common = vec![0.0; width];
    let mut steps = Steps::begin(&server, start);
    for _ in 0..ROUNDS {
        let (mut change, mut mean) = (vec![0.0; width], vec![0.0; width]);
        for ((rows, batches), own) in dealt.own.iter().zip(&mut batches).zip(&mut own) {
            let begin = steps.weights().to_vec();
            let mut local = begin.clone();
            for _ in 0..STEPS {
                let mut slope = gradient(&local, rows, batches.next(rng));
                if controlled {
                    scaffold::correct(&mut slope, own, &common)?;
                }
                local.iter_mut().zip(&slope).for_each(|(w, g)| *w -= rate.to_f64() * g);
            }
            // FLamby weighs participants by their rows, which without privacy are public.
            let weight = rows.labels.len() as f64 / total as f64;
            for ((to, end), begin) in change.iter_mut().zip(&local).zip(&begin) {
                *to += weight * (end - begin);
            }
            if controlled {
                *own = scaffold::next_own(own, &common, [&begin, &local], STEPS, rate)?;
            }
            mean.iter_mut().zip(own.iter()).for_each(|(to, own)| *to += weight * own);
        }
        common = mean;
        steps = steps.step(&server, &change)?;
    }
    Ok(steps.weights().to_vec())
}

/// Adam as Kingma and Ba have it (arXiv 1412.6980), rate 0.001.
fn adam(rows: &Rows, mut weights: Vec<f64>, rng: &mut ChaCha12Rng) -> Vec<f64> {
    let mut batches = Batches::new(rows);
    let (mut first, mut second) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
    let steps = EPOCHS * rows.labels.len().div_ceil(BATCH);
    for step in 1..=steps {
        let slope = gradient(&weights, rows, batches.next(rng));
        let (keep, follow) = (0.9_f64, 0.999_f64);
        let correct = |keep: f64| 1.0 - keep.powi(step as i32);
        for (place, g) in slope.iter().enumerate() {
            first[place] = keep * first[place] + (1.0 - keep) * g;
            second[place] = follow * second[place] + (1.0 - follow) * g * g;
            let root = (second[place] / correct(follow)).sqrt() + 1e-8;
            weights[place] -= 0.001 * first[place] / correct(keep) / root;
        }
    }
    weights
}

/// Of the mean logistic loss of these rows.
fn gradient(weights: &[f64], rows: &Rows, batch: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; weights.len()];
    for place in batch {
        let row = &rows.features[*place];
        let error = 1.0 / (1.0 + (-dot(weights, row)).exp()) - rows.labels[*place];
        sum.iter_mut().zip(row).for_each(|(to, x)| *to += error * x / batch.len() as f64);
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Batches of a shuffled order, and again of another, without end.
struct Batches {
    order: Vec<usize>,
    next: usize,
}

impl Batches {
    fn new(rows: &Rows) -> Self {
        Self { order: (0..rows.labels.len()).collect(), next: 0 }
    }

    fn next(&mut self, rng: &mut ChaCha12Rng) -> &[usize] {
        if self.next == 0 {
            for place in (1..self.order.len()).rev() {
                self.order.swap(place, rng.next_u64() as usize % (place + 1));
            }
        }
        let from = self.next;
        let to = (from + BATCH).min(self.order.len());
        self.next = if to == self.order.len() { 0 } else { to };
        &self.order[from..to]
    }
}
