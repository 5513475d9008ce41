//! What partners would see of a model's quality.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::story::HOSPITALS;
use common::{partnership, recipe, table, wish};
use concordat_data::Table;
use concordat_learn::metrics::score;
use concordat_learn::{Recipe, Units, pooled};
use concordat_node::plan::calibrated;
use concordat_node::score::{noised_share, noised_share_with};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

#[test]
fn partners_see_a_noised_share_whose_interval_knows_of_the_noise() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let recipe = recipe();
    let (plan, _) = calibrated(agreement, &wish(), &recipe).unwrap();
    let asset = agreement.asset(&plan.asset).unwrap().terms;
    let halves: Vec<(Units, Units)> = HOSPITALS
        .iter()
        .map(|h| Table::read(&table(h), asset).unwrap().units(&recipe).unwrap())
        .map(|units| units.split(&recipe.split))
        .collect();
    let train: Vec<&Units> = halves.iter().map(|(train, _)| train).collect();
    let tests: Vec<&Units> = halves.iter().map(|(_, test)| test).collect();
    let model = pooled::train(&recipe, &Units::pool(&train)).unwrap();
    let all = Units::pool(&tests);
    let exact = score(&all.labels(), &model.predict(&all)).unwrap().accuracy;

    let seen: Vec<_> =
        (0..20).map(|_| noised_share(agreement, &plan, &model, &tests).unwrap()).collect();
    for seen in &seen {
        // Noise of deviation 5 in each of two cells of some 250 rows: far within ten deviations.
        assert!((seen.share - exact).abs() < 0.16, "{seen:?} {exact}");
        // Wider than the same interval without noise, which is about ± 0.05.
        assert!(seen.high - seen.low > 0.1, "{seen:?}");
        assert!(0.98 < seen.epsilon && seen.epsilon <= 1.0, "{seen:?}");
    }
    assert!(seen.iter().any(|other| other.share != seen[0].share));
}

/// A hospital's testing rows, each person's so many times.
fn testing(hospital: &str, times: u32) -> Units {
    let story = partnership(&HOSPITALS);
    let mut asset = story.state().agreement().asset(&wish().asset).unwrap().terms.clone();
    asset.rows_per_person = Some(times);
    let recipe = Recipe { rows_per_person: times, ..recipe() };
    let text = String::from_utf8(table(hospital)).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let repeated: String =
        rows.lines().flat_map(|row| (0..times).map(move |_| format!("{row}\n"))).collect();
    let read = Table::read(format!("{header}\n{repeated}").as_bytes(), &asset).unwrap();
    read.units(&recipe).unwrap().split(&recipe.split).1
}

#[test]
fn a_person_with_two_rows_tells_no_more_than_a_person_with_one_and_is_charged_no_less() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let (plan, _) = calibrated(agreement, &wish(), &recipe()).unwrap();
    let of = |times| HOSPITALS.map(|hospital| testing(hospital, times));
    let [once, twice] = [of(1), of(2)];
    let model = pooled::train(&recipe(), &once[0]).unwrap();
    let seen = |tests: &[Units; 4]| {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        noised_share_with(agreement, &plan, &model, &tests.each_ref(), &mut rng).unwrap()
    };
    assert_eq!(twice[0].rows(), 2 * once[0].rows());
    // The same persons with the same answers: the same sum, under the same noise, at the same ε.
    assert_eq!(seen(&once), seen(&twice));
}
