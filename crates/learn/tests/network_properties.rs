//! What must hold of every network and every batch.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use concordat_dp::Sensitivity;
use concordat_learn::network::{Batch, ClippedSum, Misfit, Network, NotANetwork, Output};
use concordat_learn::within;
use concordat_terms::Decimal;

/// A network with weights, and units with rows.
#[derive(Clone, Debug)]
struct Work {
    network: Network,
    weights: Vec<f32>,
    units: Vec<Unit>,
}

/// One unit's rows, flat, and their targets.
#[derive(Clone, Debug)]
struct Unit {
    rows: usize,
    features: Vec<f32>,
    targets: Vec<f32>,
}

/// The units as one batch: features, targets, rows of each.
fn together(units: &[Unit]) -> (Vec<f32>, Vec<f32>, Vec<usize>) {
    (
        units.iter().flat_map(|unit| unit.features.clone()).collect(),
        units.iter().flat_map(|unit| unit.targets.clone()).collect(),
        units.iter().map(|unit| unit.rows).collect(),
    )
}

impl Work {
    fn gradient(&self, units: &[Unit]) -> Vec<f64> {
        let (features, targets, rows_of_each) = together(units);
        let batch = Batch { features: &features, targets: &targets, rows_of_each: &rows_of_each };
        self.network.gradient(&self.weights, &batch).unwrap()
    }

    /// Adds each slice of units as a batch of its own.
    fn sum<'a>(
        &self,
        batches: impl IntoIterator<Item = &'a [Unit]>,
        clip: Decimal,
    ) -> ClippedSum<'_> {
        let mut sum = ClippedSum::of_nobody(&self.network, &self.weights, clip).unwrap();
        for units in batches {
            let (features, targets, rows_of_each) = together(units);
            let batch =
                Batch { features: &features, targets: &targets, rows_of_each: &rows_of_each };
            sum.add(&batch).unwrap();
        }
        sum
    }

    /// The summed loss in double precision, by the textbook; `None` near a kink of ReLU.
    fn loss(&self, weights: &[f64], unit: &Unit) -> Option<f64> {
        let network = &self.network;
        let widths = network.widths();
        let mut total = 0.0;
        let rows = unit.features.chunks_exact(network.inputs());
        for (row, target) in rows.zip(unit.targets.chunks_exact(network.outputs())) {
            let mut values: Vec<f64> = row.iter().copied().map(f64::from).collect();
            let mut rest = weights;
            for (place, pair) in widths.windows(2).enumerate() {
                let (own, later) = rest.split_at((pair[0] + 1) * pair[1]);
                rest = later;
                values = (0..pair[1])
                    .map(|to| {
                        let bias = own[pair[0] * pair[1] + to];
                        let from = values.iter().enumerate();
                        bias + from.map(|(from, v)| v * own[from * pair[1] + to]).sum::<f64>()
                    })
                    .collect();
                if place + 2 < widths.len() {
                    if values.iter().any(|value| value.abs() < 1e-3) {
                        return None;
                    }
                    values.iter_mut().for_each(|value| *value = value.max(0.0));
                }
            }
            let pairs = values.iter().zip(target.iter().copied().map(f64::from));
            total += match network.output() {
                Output::SquaredError => pairs.map(|(z, y)| (z - y).powi(2) / 2.0).sum::<f64>(),
                Output::Logistic => pairs.map(|(z, y)| z.exp().ln_1p() - y * z).sum(),
                Output::Softmax => {
                    let all: f64 = values.iter().map(|z| z.exp()).sum();
                    pairs.map(|(z, y)| y * (all.ln() - z)).sum()
                }
            };
        }
        Some(total)
    }
}

/// The clipped sum as it is defined: every unit's gradient, written out.
fn written_out(work: &Work, clip: f64) -> Vec<f64> {
    let mut sum = vec![0.0; work.network.parameters()];
    for unit in &work.units {
        let gradient = work.gradient(std::slice::from_ref(unit));
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let factor = if norm > clip { clip / norm } else { 1.0 };
        sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += factor * g);
    }
    sum
}

fn any_unit(inputs: usize, outputs: usize, output: Output) -> impl Strategy<Value = Unit> {
    (0_usize..7).prop_flat_map(move |rows| {
        let features = prop::collection::vec(-1.0_f32..1.0, rows * inputs);
        let targets = prop::collection::vec(-1.0_f32..1.0, rows * outputs);
        (features, targets).prop_map(move |(features, mut targets)| {
            for target in targets.chunks_exact_mut(outputs) {
                match output {
                    Output::SquaredError => {}
                    Output::Logistic => target.iter_mut().for_each(|y| *y = f32::from(*y > 0.0)),
                    Output::Softmax => {
                        let class = (target[0].abs() * outputs as f32) as usize % outputs;
                        target.fill(0.0);
                        target[class] = 1.0;
                    }
                }
            }
            Unit { rows, features, targets }
        })
    })
}

fn any_work(weight: f32, units: usize) -> impl Strategy<Value = Work> {
    let output =
        prop::sample::select(vec![Output::SquaredError, Output::Logistic, Output::Softmax]);
    let hidden = prop::collection::vec(1_usize..12, 0..3);
    (1_usize..12, hidden, 2_usize..6, output).prop_flat_map(move |(inputs, hidden, outputs, o)| {
        let network = Network::new(inputs, &hidden, outputs, o).unwrap();
        let weights = prop::collection::vec(-weight..weight, network.parameters());
        let units = prop::collection::vec(any_unit(inputs, outputs, o), 0..units);
        (weights, units).prop_map(move |(weights, units)| Work {
            network: network.clone(),
            weights,
            units,
        })
    })
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

proptest! {
    #[test]
    fn the_gradient_is_the_slope_of_the_loss(work in any_work(0.8, 3)) {
        let gradient = work.gradient(&work.units);
        let weights: Vec<f64> = work.weights.iter().copied().map(f64::from).collect();
        for (place, found) in gradient.iter().enumerate() {
            let at = |by: f64| {
                let mut weights = weights.clone();
                weights[place] += by;
                work.units.iter().map(|unit| work.loss(&weights, unit)).sum::<Option<f64>>()
            };
            let (Some(above), Some(below)) = (at(1e-4), at(-1e-4)) else {
                return Err(TestCaseError::reject("near a kink"));
            };
            let slope = (above - below) / 2e-4;
            prop_assert!((found - slope).abs() < 2e-4 * (1.0 + slope.abs()), "{found}, {slope}");
        }
    }

    #[test]
    fn ghosts_clip_as_gradients_written_out_do(
        work in any_work(1.5, 8),
        clip in prop::sample::select(vec!["0.05", "0.5", "1", "4", "1000"]),
    ) {
        let found = work.sum([work.units.as_slice()], decimal(clip));
        let clip: f64 = clip.parse().unwrap();
        for (found, expected) in found.values().iter().zip(written_out(&work, clip)) {
            // A norm is raised by at most 2^-15 of its rows' lengths, where rows cancel.
            prop_assert!((found - expected).abs() < 1e-4 * clip.min(50.0), "{found}, {expected}");
        }
    }

    /// Adding one person, with all their rows, in whatever place, moves the sum by at most S:
    /// in integers, as they are noised.
    #[test]
    fn nobody_moves_the_sum_by_more_than_the_sensitivity(
        work in any_work(3.0, 12),
        place in any::<prop::sample::Index>(),
        louder in prop::sample::select(vec![1.0_f32, 100.0, 1e12, 1e30]),
        clip in prop::sample::select(vec!["0.001", "0.3", "1", "1.7"]),
        bits in 26_u32..=30,
    ) {
        prop_assume!(!work.units.is_empty());
        let place = place.index(work.units.len());
        let mut with = work.clone();
        with.units[place].features.iter_mut().for_each(|value| *value *= louder);
        let mut without = with.clone();
        without.units.remove(place);
        let clip = decimal(clip);
        let [a, b] = [&with, &without].map(|work| {
            let sum = work.sum([work.units.as_slice()], clip);
            sum.unnoised(bits).unwrap().into_values()
        });
        let change: Vec<i64> = a.iter().zip(b.iter()).map(|(a, b)| a - b).collect();
        let dimension = u32::try_from(change.len()).unwrap();
        let most = Sensitivity::new(clip, bits, dimension).unwrap().ring_units();
        prop_assert!(within(&change, most));
    }

    #[test]
    fn a_sum_has_the_same_bits_however_it_is_cut(
        work in any_work(1.0, 40),
        size in 1_usize..9,
    ) {
        let bits = |sum: ClippedSum<'_>| -> Vec<u64> {
            sum.values().iter().map(|value| value.to_bits()).collect()
        };
        let clip = decimal("0.7");
        let whole = bits(work.sum([work.units.as_slice()], clip));
        prop_assert_eq!(&bits(work.sum(work.units.chunks(size), clip)), &whole);
        prop_assert_eq!(&bits(work.sum(work.units.chunks(1), clip)), &whole);
    }
}

/// Two rows of one person that cancel but for the last bit of each number: the rounding of what
/// their norm is summed from is as large as the norm, which therefore is bounded from above.
#[test]
fn rows_that_cancel_hide_nobody() {
    let network = Network::new(8, &[], 8, Output::SquaredError).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for _ in 0..100 {
        let mut any = |scale: f32| -> Vec<f32> {
            let random = (0..8).map(|_| (rng.next_u32() >> 9) as f32 / (1 << 24) as f32);
            random.map(|value| scale * (0.5 + value)).collect()
        };
        let (first, targets) = (any(1.0), any(10_000.0));
        let unit = Unit {
            rows: 2,
            features: first.iter().copied().chain(first.iter().map(|v| v.next_up())).collect(),
            targets: targets.iter().copied().chain(targets.iter().map(|target| -target)).collect(),
        };
        let weights = vec![0.0; network.parameters()];
        let work = Work { network: network.clone(), weights, units: vec![unit] };
        let length = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
        // Shorter than the clip would be no test.
        assert!(length(&work.gradient(&work.units)) > 0.001);
        let sum = work.sum([work.units.as_slice()], decimal("0.001"));
        let clipped = length(sum.values());
        assert!(clipped <= 0.001 * (1.0 + 1.0 / 2048.0), "{clipped}");
    }
}

#[test]
fn what_is_not_finite_adds_nothing() {
    let network = Network::new(2, &[3], 1, Output::Logistic).unwrap();
    let weights = vec![0.5; network.parameters()];
    let good = Unit { rows: 1, features: vec![0.25, -0.5], targets: vec![1.0] };
    let alone = Work { network: network.clone(), weights, units: vec![good.clone()] };
    let expected = alone.sum([alone.units.as_slice()], decimal("1")).values().to_vec();
    assert!(expected.iter().any(|value| *value != 0.0));
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in 0..2 {
            let mut bad = Unit { rows: 2, features: vec![0.5; 4], targets: vec![1.0; 2] };
            bad.features[place] = odd;
            let units = [bad.clone(), good.clone(), bad];
            assert_eq!(alone.sum([&units[..]], decimal("1")).values(), expected);
        }
    }
    let astray = Work { weights: vec![f32::NAN; network.parameters()], ..alone.clone() };
    assert_eq!(
        astray.sum([alone.units.as_slice()], decimal("1")).values(),
        vec![0.0; network.parameters()]
    );
}

#[test]
fn what_does_not_fit_is_told_by_sizes_and_changes_nothing() {
    let network = Network::new(2, &[], 1, Output::Logistic).unwrap();
    let weights = [0.5; 3];
    let mut sum = ClippedSum::of_nobody(&network, &weights, decimal("1")).unwrap();
    let batch = |features, targets, rows_of_each| Batch { features, targets, rows_of_each };
    sum.add(&batch(&[1.0, 2.0], &[0.0], &[1])).unwrap();
    let before = sum.values().to_vec();
    let many = vec![0.0; 2 * 1025];
    for (bad, message) in [
        (batch(&[1.0; 3], &[0.0], &[1]), "a row has 2 numbers, 3 are no whole rows"),
        (batch(&[1.0; 4], &[0.0], &[2]), "the rows need 2 numbers as targets, there are 1"),
        (batch(&[1.0; 4], &[0.0; 2], &[1]), "the units do not have as many rows as there are"),
        (batch(&[1.0; 4], &[0.0; 2], &[usize::MAX, 3]), "a unit has more than 1024 rows"),
        (batch(&many, &many[..1025], &[1025]), "a unit has more than 1024 rows"),
    ] {
        assert_eq!(sum.add(&bad).unwrap_err().to_string(), message);
        assert_eq!(sum.values(), before);
    }
    assert_eq!(format!("{sum:?}"), "ClippedSum(3 values, withheld)");
    assert_eq!(sum.unnoised(31).unwrap_err(), Misfit::Clip);

    // As many rows as the bounds on rounding allow, and not one more.
    let (features, targets, rows_of_each) = (vec![0.0; 2048], vec![0.0; 1024], [1024]);
    let full = batch(&features, &targets, &rows_of_each);
    for _ in 0..1023 {
        sum.add(&full).unwrap();
    }
    let fault = sum.add(&full).unwrap_err();
    assert_eq!(fault.to_string(), "a sum is of more than 1048576 rows");

    let fault = ClippedSum::of_nobody(&network, &[0.0; 2], decimal("1")).unwrap_err();
    assert_eq!(fault.to_string(), "the network has 3 parameters, there are 2 weights");
    let fault = ClippedSum::of_nobody(&network, &weights, decimal("0")).unwrap_err();
    assert_eq!(fault.to_string(), "clip or scale is out of range");
}

#[test]
fn nobody_is_zeros() {
    let network = Network::new(4, &[5], 3, Output::Softmax).unwrap();
    let weights = vec![0.25; network.parameters()];
    let mut sum = ClippedSum::of_nobody(&network, &weights, decimal("1")).unwrap();
    sum.add(&Batch { features: &[], targets: &[], rows_of_each: &[] }).unwrap();
    sum.add(&Batch { features: &[], targets: &[], rows_of_each: &[0, 0] }).unwrap();
    assert_eq!(*sum.unnoised(18).unwrap().into_values(), vec![0; network.parameters()]);
    assert_eq!(network.predict(&weights, &[]).unwrap(), Vec::<f32>::new());
}

#[test]
fn a_shape_has_its_limits() {
    let of = |inputs, hidden: &[usize], outputs, output| {
        Network::new(inputs, hidden, outputs, output).map(|network| network.parameters())
    };
    assert_eq!(of(13, &[], 1, Output::Logistic), Ok(14));
    assert_eq!(of(50, &[64, 32], 1, Output::Logistic), Ok(51 * 64 + 65 * 32 + 33));
    assert_eq!(of(0, &[], 1, Output::Logistic), Err(NotANetwork::Width(0)));
    assert_eq!(of(2, &[1 << 17], 1, Output::Logistic), Err(NotANetwork::Width(1 << 17)));
    assert_eq!(of(2, &[3; 9], 1, Output::Logistic), Err(NotANetwork::Depth(9)));
    assert_eq!(of(1 << 16, &[1 << 16], 1, Output::Logistic), Err(NotANetwork::Parameters));
    assert_eq!(of(2, &[], 1, Output::Softmax), Err(NotANetwork::OneClass));
}
