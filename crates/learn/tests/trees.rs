//! Boosted trees: the trees of pooled rows without noise, and no more of a person than agreed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_dp::{Sampler, calibrate, node_variance};
use concordat_learn::metrics::score;
use concordat_learn::trees::{Boosting, Growth, GrowthFault, Rows, Standing, Trees, contribution};
use concordat_terms::{Decimal, Digest};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Deserialize;
use serde_json::{Value, json};

fn boosting(target: Value, features: Value, changes: Value) -> Boosting {
    let mut all = json!({
        "person": "who", "rows_per_person": 1, "weight_most": "1",
        "target": target, "features": features,
        "trees": 8, "depth": 3, "splits": {"kind": "sought", "features_per_tree": 4096},
        "seed": Digest::of(b"trees"), "learning_rate": "0.3", "l2": "1",
        "least_hessian": "0.001", "leaf_most": "100", "leaf_prior": "1", "base": "0",
        "sampling_rate": "1", "split": {"key": "k", "test_permille": 0},
    });
    for (field, value) in changes.as_object().unwrap() {
        all[field] = value.clone();
    }
    let boosting: Boosting = serde_json::from_value(all).unwrap();
    assert_eq!(boosting.check(), Ok(()));
    boosting
}

fn yes() -> Value {
    json!({"kind": "yes-no", "column": "y", "positive_above": "0"})
}

/// Numbers from 0 on, a bin each, in columns `f0`, `f1`…
fn numbers(bins: &[u32]) -> Value {
    let features = bins.iter().enumerate().map(|(place, bins)| {
        json!({"kind": "even", "column": format!("f{place}"), "min": "-0.5",
               "max": format!("{}.5", bins - 1), "bins": bins})
    });
    features.collect()
}

fn header(features: usize) -> Vec<String> {
    let features = (0..features).map(|place| format!("f{place}"));
    ["who".into(), "y".into()].into_iter().chain(features).collect()
}

/// One row a person, named by its place.
fn rows(boosting: &Boosting, cells: &[Vec<String>], targets: &[String], first: usize) -> Rows {
    let records = cells.iter().zip(targets).enumerate().map(|(place, (cells, target))| {
        let mut record = vec![format!("p{:06}", first + place), target.clone()];
        record.extend(cells.iter().cloned());
        record
    });
    Rows::read(boosting, &header(boosting.features.len()), records).unwrap()
}

/// What holders of these rows grow, without noise.
fn grown(boosting: &Boosting, parts: &[&Rows], bits: u32) -> Trees {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut standings: Vec<Standing<'_>> =
        parts.iter().map(|rows| Standing::begin(rows, boosting)).collect();
    let mut growth = Growth::begin(boosting);
    let mut sums = 0;
    while let Some(numbers) = growth.asked(boosting).unwrap() {
        let mut sum = vec![0_i64; numbers];
        for standing in &mut standings {
            let own = contribution(standing, &growth, boosting, bits, &mut rng).unwrap();
            sum.iter_mut().zip(own.into_values().iter()).for_each(|(to, own)| *to += own);
        }
        growth = growth.step(boosting, &sum, bits, 0).unwrap();
        sums += 1;
    }
    assert!(sums <= boosting.sums());
    growth.finish(boosting).unwrap()
}

#[derive(Deserialize)]
struct Reference {
    bins: Vec<u32>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    rows: Vec<Vec<String>>,
    targets: Vec<String>,
    answers: Vec<f64>,
}

#[test]
fn without_noise_the_answers_are_those_of_scikit_learn() {
    let reference: Reference = serde_json::from_str(include_str!("reference/trees.json")).unwrap();
    for case in reference.cases {
        let (target, base) = match case.name.as_str() {
            "yes-no" => (yes(), "0"),
            _ => (json!({"kind": "number", "column": "y", "min": "0", "max": "1"}), "0.45"),
        };
        let boosting = boosting(target, numbers(&reference.bins), json!({"base": base}));
        let rows = rows(&boosting, &case.rows, &case.targets, 0);
        let answers = grown(&boosting, &[&rows], 30).predict(&rows);
        let apart = answers.iter().zip(&case.answers).map(|(a, b)| (a - b).abs());
        let most = apart.fold(0.0, f64::max);
        assert!(most < 1e-4, "{}: {most}", case.name);
        // The answers do say something: a constant would be near many.
        let answers = || answers.iter().copied();
        let spread = answers().fold(0.0, f64::max) - answers().fold(1.0, f64::min);
        assert!(spread > 0.3, "{}: {spread}", case.name);
    }
}

#[test]
fn holders_grow_the_trees_of_their_pooled_rows_to_the_last_bit() {
    let reference: Reference = serde_json::from_str(include_str!("reference/trees.json")).unwrap();
    let case = &reference.cases[0];
    for splits in [json!({"kind": "sought", "features_per_tree": 2}), json!({"kind": "drawn"})] {
        let boosting = boosting(yes(), numbers(&reference.bins), json!({"splits": splits}));
        let all = rows(&boosting, &case.rows, &case.targets, 0);
        let part = |from: usize, to: usize| {
            rows(&boosting, &case.rows[from..to], &case.targets[from..to], from)
        };
        let parts = [part(0, 17), part(17, 400), part(400, 400), part(400, 600)];
        let together = grown(&boosting, &parts.each_ref(), 18);
        assert_eq!(together.to_bytes(), grown(&boosting, &[&all], 18).to_bytes());
        assert_eq!(together, grown(&boosting, &[&Rows::pool(&parts.each_ref())], 18));
        let auc = score(all.targets(), &together.predict(&all)).unwrap().auc.unwrap();
        assert!(auc > 0.7, "{splits}: {auc}");
    }
}

#[test]
fn a_model_is_read_from_its_own_bytes_and_no_others() {
    let boosting = boosting(yes(), numbers(&[4, 4]), json!({"trees": 2, "depth": 1}));
    let cells: Vec<Vec<String>> =
        (0..40).map(|n| vec![(n % 4).to_string(), (n / 4 % 4).to_string()]).collect();
    let targets: Vec<String> = (0..40).map(|n| u8::from(n % 4 > 1).to_string()).collect();
    let trees = grown(&boosting, &[&rows(&boosting, &cells, &targets, 0)], 18);
    let bytes = trees.to_bytes();
    assert_eq!(Trees::from_bytes(&bytes).unwrap(), trees);
    assert_eq!(trees.digest(), Digest::of(&bytes));
    for place in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[place] ^= 1;
        assert_ne!(Trees::from_bytes(&bad), Ok(trees.clone()), "byte {place}");
    }
    assert!(Trees::from_bytes(&bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn a_sum_that_was_not_asked_for_changes_nothing() {
    let boosting = boosting(yes(), numbers(&[4, 4]), json!({"trees": 1, "depth": 1}));
    let growth = Growth::begin(&boosting);
    let asked = growth.asked(&boosting).unwrap().unwrap();
    assert_eq!(asked, 2 * 2 * 5);
    let fault = growth.step(&boosting, &[0; 3], 18, 0).unwrap_err();
    assert_eq!(fault, GrowthFault::Length { sum: 3, asked });
    assert_eq!(growth.step(&boosting, &vec![0; asked], 31, 0), Err(GrowthFault::Scale));
    let mut other = boosting.clone();
    other.l2 = "2".parse().unwrap();
    assert_eq!(growth.asked(&other), Err(GrowthFault::OtherBoosting));
    assert_eq!(growth.finish(&boosting), Err(GrowthFault::Unfinished { grown: 0, trees: 1 }));
    // Nobody: nothing to ask, straight to the only leaf, which says nothing.
    let leaves = growth.step(&boosting, &vec![0; asked], 18, 0).unwrap();
    assert_eq!(leaves.asked(&boosting), Ok(Some(2)));
    let done = leaves.step(&boosting, &[0; 2], 18, 0).unwrap();
    assert_eq!(done.asked(&boosting), Ok(None));
    assert_eq!(done.step(&boosting, &[], 18, 0), Err(GrowthFault::Over(1)));
    let nobody = rows(&boosting, &[vec!["1".into(), String::new()]], &["1".into()], 0);
    assert_eq!(done.finish(&boosting).unwrap().predict(&nobody), [0.5]);
    let mut standing = Standing::begin(&nobody, &boosting);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    assert!(contribution(&mut standing, &done, &boosting, 18, &mut rng).is_err());
    assert!(contribution(&mut standing, &growth, &boosting, 31, &mut rng).is_err());
}

/// A thousand persons, whose yes depends on two of four numbers together.
#[test]
fn with_noise_there_is_still_something_to_learn_and_more_with_less_of_it() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let mut below = |n: u32| rng.next_u32() % n;
    let cells: Vec<[u32; 4]> =
        (0..1_000).map(|_| [below(8), below(8), below(8), below(8)]).collect();
    let targets: Vec<String> =
        cells.iter().map(|[a, b, _, _]| u8::from(a + b + below(4) > 8).to_string()).collect();
    let cells: Vec<Vec<String>> =
        cells.iter().map(|row| row.iter().map(u32::to_string).collect()).collect();
    let delta: Decimal = "0.000001".parse().unwrap();
    for (splits, least) in [
        (json!({"kind": "drawn"}), 0.85),
        (json!({"kind": "sought", "features_per_tree": 2}), 0.85),
    ] {
        let changes = json!({"splits": splits, "trees": 24, "leaf_most": "4", "leaf_prior": "0.5"});
        let boosting = boosting(yes(), numbers(&[8; 4]), changes);
        let all = rows(&boosting, &cells, &targets, 0);
        let of = |epsilon: &str| {
            let sums = boosting.sums();
            let sigma = calibrate(boosting.sampling_rate, sums, delta, epsilon.parse().unwrap());
            let model = noisy(&boosting, &all, sigma.unwrap());
            score(all.targets(), &model.predict(&all)).unwrap().auc.unwrap()
        };
        let (little, much) = (of("8"), of("0.5"));
        assert!(little > least, "{splits}: {little} at ε = 8");
        assert!(much < little - 0.02, "{splits}: {much} at ε = 0.5");
    }
}

fn noisy(boosting: &Boosting, rows: &Rows, sigma: Decimal) -> Trees {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let mut standing = Standing::begin(rows, boosting);
    let mut growth = Growth::begin(boosting);
    while growth.asked(boosting).unwrap().is_some() {
        let sensitivity = growth.sensitivity(boosting, 16).unwrap();
        let variance = node_variance(sigma, sensitivity, 1).unwrap();
        let own = contribution(&mut standing, &growth, boosting, 16, &mut rng).unwrap();
        let mut noise = vec![0; own.clone().into_values().len()];
        Sampler::new(variance).unwrap().fill(&mut noise, &mut rng);
        let sum: Vec<i64> =
            own.into_values().iter().zip(noise).map(|(value, noise)| value + noise).collect();
        growth = growth.step(boosting, &sum, 16, variance).unwrap();
    }
    growth.finish(boosting).unwrap()
}

proptest! {
    /// Whoever joins, with however many rows: no sum moves by more than its sensitivity.
    #[test]
    fn one_person_moves_a_sum_by_no_more_than_its_sensitivity(
        table in prop::collection::vec((0_u8..6, 0_u32..5, 0_u32..4, any::<bool>()), 8..60),
        weight in 1_u32..=3,
        drawn in any::<bool>(),
        number in any::<bool>(),
    ) {
        let splits =
            if drawn { json!({"kind": "drawn"}) } else { json!({"kind": "sought", "features_per_tree": 2}) };
        let target = if number { json!({"kind": "number", "column": "y", "min": "0", "max": "1"}) } else { yes() };
        let changes = json!({
            "splits": splits, "rows_per_person": 4, "weight_most": weight.to_string(),
            "trees": 3, "depth": 2, "learning_rate": "1", "base": "-3",
        });
        let boosting = boosting(target, numbers(&[4, 4]), changes);
        let read = |without: Option<u8>| {
            let kept = table.iter().filter(|(who, ..)| Some(*who) != without);
            let records = kept.map(|(who, a, b, y)| {
                let cell = |value: u32| if value == 4 { String::new() } else { value.to_string() };
                vec![format!("p{who}"), u8::from(*y).to_string(), cell(*a), cell(*b)]
            });
            Rows::read(&boosting, &header(2), records).unwrap()
        };
        let all = read(None);
        let others: Vec<Rows> = (0..6).map(|who| read(Some(who))).collect();
        let mut standing = Standing::begin(&all, &boosting);
        let mut without: Vec<Standing<'_>> =
            others.iter().map(|rows| Standing::begin(rows, &boosting)).collect();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut growth = Growth::begin(&boosting);
        let mut moved = 0_u128;
        while growth.asked(&boosting).unwrap().is_some() {
            let most = u128::from(growth.sensitivity(&boosting, 18).unwrap().ring_units());
            let mut of = |standing: &mut Standing<'_>| {
                contribution(standing, &growth, &boosting, 18, &mut rng).unwrap().into_values()
            };
            let sum = of(&mut standing);
            for standing in &mut without {
                let other = of(standing);
                let squares = sum.iter().zip(other.iter()).map(|(a, b)| u128::from(a.abs_diff(*b)).pow(2));
                let squares: u128 = squares.sum();
                prop_assert!(squares <= most * most, "{squares} above {most} squared");
                moved = moved.max(squares);
            }
            growth = growth.step(&boosting, &sum, 18, 0).unwrap();
        }
        prop_assert!(moved > 0);
    }

    /// The parts of holders are integers: their sum does not depend on how rows are dealt.
    #[test]
    fn a_sum_is_that_of_its_parts(cut in 0_usize..=40, seed in any::<u64>()) {
        let boosting = boosting(yes(), numbers(&[4, 4]), json!({"depth": 2}));
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let cells: Vec<Vec<String>> =
            (0..40).map(|_| vec![(rng.next_u32() % 4).to_string(), (rng.next_u32() % 4).to_string()]).collect();
        let targets: Vec<String> = (0..40).map(|_| (rng.next_u32() % 2).to_string()).collect();
        let part = |from: usize, to: usize| rows(&boosting, &cells[from..to], &targets[from..to], from);
        let (all, first, second) = (part(0, 40), part(0, cut), part(cut, 40));
        let growth = Growth::begin(&boosting);
        let mut of = |rows: &Rows| {
            let mut standing = Standing::begin(rows, &boosting);
            contribution(&mut standing, &growth, &boosting, 18, &mut rng).unwrap().into_values()
        };
        let (all, first, second) = (of(&all), of(&first), of(&second));
        let summed: Vec<i64> = first.iter().zip(second.iter()).map(|(a, b)| a + b).collect();
        prop_assert_eq!(all.to_vec(), summed);
    }
}
