//! Heart disease at four hospitals: what federation and privacy cost, over a hundred splits.
//!
//! ```console
//! $ cargo run --release --package concordat-learn --example heart -- --svg heart.svg
//! ```
//!
//! Prints the tables of `docs/reference/learning.md`. Reads the copy of the data in this
//! repository (`examples/heart/data`, with its attribution).

#![allow(clippy::disallowed_methods, reason = "reads tables, measures time")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example of fixed shape")]

mod data;
mod methods;
mod plot;
mod private;
mod scaffold;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use concordat_learn::Units;
use concordat_learn::metrics::{Interval, score};

use data::{Cholesterol, Fault, HOSPITALS, Hospital};
use methods::{METHODS, accuracy};
use private::{EPSILONS, SHARES};

const SEEDS: u64 = 100;

fn main() -> Result<(), Fault> {
    let started = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let splits: u64 = option("--splits").map_or(Ok(100), |text| text.parse())?;
    if splits < 2 {
        return Err("an interval needs two splits or more".into());
    }
    let example = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart"));
    let example = option("--example").map_or(example, PathBuf::from);

    let number = data::read(&example, Cholesterol::Number)?;
    let missing = data::read(&example, Cholesterol::Missing)?;
    published(&number)?;
    let mut lines = BTreeMap::new();
    for (title, key, hospitals, cholesterol) in [
        ("cholesterol 0 as a number", "number", &number, Cholesterol::Number),
        ("cholesterol 0 as missing", "missing", &missing, Cholesterol::Missing),
    ] {
        let recipe = data::recipe(&example, cholesterol)?;
        println!("\n## {splits} keyed splits, {title}\n");
        federated(hospitals, splits)?;
        let told = with_noise(hospitals, &recipe, splits)?;
        lines.insert(key, told);
    }
    if let Some(path) = option("--svg") {
        std::fs::write(path, plot::svg(&lines, splits))?;
    }
    eprintln!("{:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn shown(values: &[f64]) -> String {
    let Interval { mean, low, high, .. } = Interval::of(values).unwrap();
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

/// FLamby's own split, kept in `tests/reference/heart_split.json`.
fn published(hospitals: &[Hospital]) -> Result<(), Fault> {
    let text = include_str!("../../tests/reference/heart_split.json");
    let tests: BTreeMap<String, Vec<usize>> = serde_json::from_str(text)?;
    let dealt = data::deal(hospitals, |place, row| tests[HOSPITALS[place]].contains(&row));
    println!("## The published split and settings\n");
    println!(
        "| training | accuracy, mean of {SEEDS} seeds | deviation of five | published, mean of five | apart |"
    );
    println!("|---|---|---|---|---|");
    for method in METHODS {
        let each: Vec<f64> = (0..SEEDS)
            .map(|seed| Ok(accuracy(&method.train(&dealt, 42 + seed)?, &dealt.test)))
            .collect::<Result<_, Fault>>()?;
        let mean = each.iter().sum::<f64>() / SEEDS as f64;
        let squares: f64 = each.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (SEEDS - 1) as f64 / 5.0).sqrt();
        let published = method.published();
        let apart = mean - published;
        let name = method.name();
        println!("| {name} | {mean:.4} | {deviation:.4} | {published:.4} | {apart:+.4} |");
    }
    Ok(())
}

/// FLamby's settings over keyed splits.
fn federated(hospitals: &[Hospital], splits: u64) -> Result<(), Fault> {
    let mut all: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for split in 0..splits {
        let key = of_split(split);
        let dealt = data::deal(hospitals, |place, row| key.is_test(&hospitals[place].persons[row]));
        for (place, method) in METHODS.iter().enumerate() {
            let weights = method.train(&dealt, split)?;
            all.entry(place).or_default().push(accuracy(&weights, &dealt.test));
        }
    }
    println!("| training without noise | accuracy | published, another split |\n|---|---|---|");
    for (place, method) in METHODS.iter().enumerate() {
        let (told, published) = (shown(&all[&place]), method.published());
        println!("| {} | {told} | {published:.3} |", method.name());
    }
    Ok(())
}

fn of_split(split: u64) -> concordat_learn::Split {
    concordat_learn::Split { key: format!("heart/split-{split}"), test_permille: 340 }
}

/// What noise costs for each h and ε: accuracies, and differences to the run without noise.
pub(crate) struct Told {
    pub(crate) plain: Vec<f64>,
    pub(crate) majority: Vec<f64>,
    pub(crate) private: BTreeMap<(u32, usize), Vec<f64>>,
}

fn with_noise(
    hospitals: &[Hospital],
    recipe: &concordat_learn::Recipe,
    splits: u64,
) -> Result<Told, Fault> {
    let mut told = Told { plain: vec![], majority: vec![], private: BTreeMap::new() };
    let mut sites: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
    for split in 0..splits {
        let key = of_split(split);
        let sides: Vec<(Units, Units)> =
            hospitals.iter().map(|hospital| hospital.units.split(&key)).collect();
        let train: Vec<Units> = sides.iter().map(|(train, _)| train.clone()).collect();
        let tests: Vec<&Units> = sides.iter().map(|(_, test)| test).collect();
        let pooled = Units::pool(&tests);
        let of = |model: &concordat_learn::Model, units: &Units| {
            score(&units.labels(), &model.predict(units)).ok_or("no test rows")
        };
        let plain = private::train(recipe, &train, split, None)?;
        let scores = of(&plain, &pooled)?;
        told.plain.push(scores.accuracy);
        told.majority.push(scores.majority);
        for (place, test) in tests.iter().enumerate() {
            let scores = of(&plain, test)?;
            sites.entry((place, "majority")).or_default().push(scores.majority);
            sites.entry((place, "plain")).or_default().push(scores.accuracy);
        }
        for shares in SHARES {
            for (at, epsilon) in EPSILONS.iter().enumerate() {
                let (_, noise) = private::sampler(recipe, epsilon, shares)?;
                let model = private::train(recipe, &train, split, Some(&noise))?;
                let accuracy = of(&model, &pooled)?.accuracy;
                told.private.entry((shares, at)).or_default().push(accuracy);
                if shares == 2 && *epsilon == "1" {
                    for (place, test) in tests.iter().enumerate() {
                        let accuracy = of(&model, test)?.accuracy;
                        sites.entry((place, "private")).or_default().push(accuracy);
                    }
                }
            }
        }
    }
    println!("\n| training by DP-FedSGD | accuracy | lost to noise, paired |\n|---|---|---|");
    println!("| majority label | {} | |", shown(&told.majority));
    println!("| no noise | {} | |", shown(&told.plain));
    for ((shares, at), accuracy) in &told.private {
        let lost: Vec<f64> = told.plain.iter().zip(accuracy).map(|(a, b)| a - b).collect();
        let (sigma, _) = private::sampler(recipe, EPSILONS[*at], *shares)?;
        println!(
            "| ε = {}, h = {shares} (σ = {sigma}) | {} | {} |",
            EPSILONS[*at],
            shown(accuracy),
            shown(&lost)
        );
    }
    println!("\n| accuracy at | majority label | no noise | ε = 1, h = 2 |\n|---|---|---|---|");
    for (place, name) in HOSPITALS.iter().enumerate() {
        let [majority, plain, private] =
            ["majority", "plain", "private"].map(|what| shown(&sites[&(place, what)]));
        println!("| `{name}` | {majority} | {plain} | {private} |");
    }
    Ok(told)
}
