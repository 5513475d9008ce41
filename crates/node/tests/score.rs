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
use concordat_learn::{Units, pooled};
use concordat_node::plan::calibrated;
use concordat_node::score::noised_share;

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
    let exact = score(all.labels(), &model.predict(&all)).unwrap().accuracy;

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
