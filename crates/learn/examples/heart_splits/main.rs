//! What privacy costs on the heart tables: `cargo run --example heart_splits`, or with `choose`
//! how the recipe's numbers were chosen.
#![allow(clippy::cast_possible_truncation, reason = "an exploration, not the product")]

mod study;

use std::error::Error;

use concordat_learn::metrics::{Interval, Scores, score};
use concordat_learn::{Feature, Recipe, Split, Units};
use study::{Hospital, Outcome, load, noise_in_sum, outcomes, train};

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => report(),
        Some("choose") => choose(),
        Some(_) => Err("usage: heart_splits [choose]".into()),
    }
}

fn report() -> Result<(), Box<dyn Error>> {
    let (recipe, hospitals) = load(|_| Ok(()))?;
    println!("| hospital | rows | positive | majority | pilot trains on | pilot tests on |");
    println!("|---|---|---|---|---|---|");
    for Hospital { name, units } in &hospitals {
        let scores = score(units.labels(), units.labels()).ok_or("no rows")?;
        let (train, test) = units.split(&recipe.split);
        println!(
            "| {name} | {} | {} | {:.3} | {} | {} |",
            scores.rows,
            scores.positives,
            scores.majority,
            train.rows(),
            test.rows()
        );
    }
    let units: Vec<Units> = hospitals.into_iter().map(|hospital| hospital.units).collect();
    println!("\nmean over 100 splits [95 % of the mean, Student t], pooled test rows\n");
    println!(
        "| training | noise in the sum / C | accuracy | balanced | AUC | Brier | accuracy lost |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut context = true;
    for (name, noise) in [
        ("ε = 1, h = 2, all four stay", noise_in_sum(4, 2)),
        ("ε = 1, h = 1 (full noise at each)", noise_in_sum(4, 1)),
    ] {
        let all = outcomes(&recipe, &units, noise)?;
        if std::mem::take(&mut context) {
            line("majority", None, &all, |o| Scores { accuracy: o.pooled.majority, ..o.pooled })?;
            line("pooled, to convergence", None, &all, |o| o.pooled)?;
            line("federated, no noise", Some(0.0), &all, |o| o.noise_free)?;
        }
        line(name, Some(noise), &all, |o| o.private)?;
    }
    Ok(())
}

fn line(
    name: &str,
    noise: Option<f64>,
    all: &[Outcome],
    pick: impl Fn(&Outcome) -> Scores,
) -> Result<(), Box<dyn Error>> {
    let column = |value: &dyn Fn(Scores) -> f64| -> Result<String, Box<dyn Error>> {
        let values: Vec<f64> = all.iter().map(|outcome| value(pick(outcome))).collect();
        Ok(show(Interval::of(&values).ok_or("too few splits")?))
    };
    let lost = {
        let own: Vec<f64> = all.iter().map(|outcome| pick(outcome).accuracy).collect();
        let free: Vec<f64> = all.iter().map(|outcome| outcome.noise_free.accuracy).collect();
        show(Interval::of_differences(&free, &own).ok_or("too few splits")?)
    };
    let noise = noise.map_or(String::from("–"), |noise| format!("{noise:.2}"));
    let (accuracy, brier) = (column(&|s| s.accuracy)?, column(&|s| s.brier)?);
    let (balanced, auc) = if name == "majority" {
        (String::from("0.500"), String::from("0.500"))
    } else {
        let missing = f64::NAN;
        (
            column(&|s| s.balanced_accuracy.unwrap_or(missing))?,
            column(&|s| s.auc.unwrap_or(missing))?,
        )
    };
    let brier = if name == "majority" { String::from("–") } else { brier };
    println!("| {name} | {noise} | {accuracy} | {balanced} | {auc} | {brier} | {lost} |");
    Ok(())
}

fn show(interval: Interval) -> String {
    format!("{:.4} [{:.4}, {:.4}]", interval.mean, interval.low, interval.high)
}

/// Scores a coarse grid by repeated hold-out *inside* the training part of the pilot's split:
/// no test row of that split is looked at. How the recipe's line is picked stands in
/// `examples/heart/RECIPE.md`.
fn choose() -> Result<(), Box<dyn Error>> {
    println!("accuracy on a fifth of the training part held out, mean of {TIMES}\n");
    println!(
        "| cholesterol | C | learning rate | l2 | no noise | ε = 1 |\n|---|---|---|---|---|---|"
    );
    for bounds in [("100", "400"), ("0", "400"), ("0", "600")] {
        let (recipe, hospitals) = load(|recipe| rescale(recipe, "chol", bounds))?;
        let train_parts: Vec<Units> =
            hospitals.iter().map(|hospital| hospital.units.split(&recipe.split).0).collect();
        for clip in ["0.5", "1", "1.5", "2"] {
            for rate in ["0.2", "0.4", "0.8"] {
                for l2 in ["0.003", "0.01", "0.03"] {
                    let mut tried = recipe.clone();
                    tried.clip = clip.parse()?;
                    tried.learning_rate = rate.parse()?;
                    tried.l2 = l2.parse()?;
                    // Four fifths of the rows: four fifths of the expected batch.
                    tried.normaliser = "80".parse()?;
                    let (free, private) = held_out(&tried, &train_parts)?;
                    let (low, high) = bounds;
                    println!(
                        "| {low} to {high} | {clip} | {rate} | {l2} | {free:.4} | {private:.4} |"
                    );
                }
            }
        }
    }
    Ok(())
}

fn rescale(recipe: &mut Recipe, of: &str, bounds: (&str, &str)) -> Result<(), Box<dyn Error>> {
    for feature in &mut recipe.features {
        if let Feature::Scale { column, min, max, .. } = feature
            && column == of
        {
            (*min, *max) = (bounds.0.parse()?, bounds.1.parse()?);
        }
    }
    Ok(())
}

const TIMES: u32 = 100;

fn held_out(recipe: &Recipe, parts: &[Units]) -> Result<(f64, f64), Box<dyn Error>> {
    let (mut free, mut private) = (0.0, 0.0);
    for n in 0..TIMES {
        let split = Split { key: format!("heart/hold-out-{n}"), test_permille: 200 };
        let (fit, held): (Vec<Units>, Vec<Units>) = parts.iter().map(|p| p.split(&split)).unzip();
        let held = Units::pool(&held.iter().collect::<Vec<_>>());
        for (noise, total) in [(0.0, &mut free), (noise_in_sum(4, 2), &mut private)] {
            let model = train(recipe, &fit, noise, u64::from(n))?;
            let scores = score(held.labels(), &model.predict(&held)).ok_or("nobody held out")?;
            *total += scores.accuracy / f64::from(TIMES);
        }
    }
    Ok((free, private))
}
