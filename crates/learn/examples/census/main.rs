//! Census income at ten parties: networks and boosted trees, with privacy and without, and how
//! they treat groups.
//!
//! ```console
//! $ crates/learn/examples/census/fetch.sh /tmp/census
//! $ cargo run --release --package concordat-learn --example census -- /tmp/census
//! ```
//!
//! Prints the tables of `docs/reference/learning.md`.

#![allow(clippy::disallowed_methods, reason = "reads tables, measures time and memory")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example of fixed shape")]

mod data;
mod fair;
mod forests;
mod networks;
mod private;

use std::path::PathBuf;
use std::time::Instant;

use concordat_learn::metrics::score;
use concordat_learn::trees::{Boosting, Rows};

use data::{Fault, Flags};
use networks::Way;

fn main() -> Result<(), Fault> {
    let folder = std::env::args().nth(1).ok_or("name the folder that fetch.sh filled")?;
    let folder = PathBuf::from(folder);
    let boosting = data::boosting()?;
    let started = Instant::now();
    let train = data::read(&folder.join("train.csv"), &boosting)?;
    let test = data::read(&folder.join("test.csv"), &boosting)?;
    let (rows, tested) = (train.all.rows(), test.all.rows());
    println!("{rows} rows at {} parties, {tested} rows to test on\n", train.parts.len());
    eprintln!("read in {:.1} s", started.elapsed().as_secs_f64());

    println!("| model | AUC | accuracy | Brier | s |\n|---|---|---|---|---|");
    let mut models: Vec<(String, Vec<f64>)> = vec![];
    let mut told = |name: String, started: Instant, predicted: Vec<f64>| {
        let seconds = started.elapsed().as_secs_f64();
        let scores = score(test.all.targets(), &predicted).ok_or("no scores")?;
        let auc = scores.auc.unwrap_or(f64::NAN);
        println!(
            "| {name} | {auc:.4} | {:.4} | {:.4} | {seconds:.1} |",
            scores.accuracy, scores.brier
        );
        models.push((name, predicted));
        Ok::<(), Fault>(())
    };

    let parts: Vec<Flags> = train.parts.iter().map(|rows| Flags::of(rows, &boosting)).collect();
    let flags = Flags::of(&test.all, &boosting);
    for (name, way) in [
        ("network, pooled", Way::Pooled),
        ("network, federated", Way::Federated(None)),
        ("network, federated, ε = 3", Way::Federated(Some("3"))),
        ("network, federated, ε = 1", Way::Federated(Some("1"))),
    ] {
        let started = Instant::now();
        let (network, weights) = networks::train(&parts, way)?;
        told(name.into(), started, networks::predict(&network, &weights, &flags)?)?;
    }
    drop(parts);

    let pooled: Vec<Rows> = vec![train.all.clone()];
    let (drawn, thrifty) = (forests::drawn(&boosting), forests::thrifty(&boosting));
    let ways: [(&str, &Boosting, &[Rows], Option<&str>); 8] = [
        ("trees, pooled", &boosting, &pooled, None),
        ("trees, federated", &boosting, &train.parts, None),
        ("trees, drawn, federated", &drawn, &train.parts, None),
        ("trees, drawn, federated, ε = 3", &drawn, &train.parts, Some("3")),
        ("trees, drawn, federated, ε = 1", &drawn, &train.parts, Some("1")),
        ("trees, sought, fewer, federated", &thrifty, &train.parts, None),
        ("trees, sought, fewer, federated, ε = 3", &thrifty, &train.parts, Some("3")),
        ("trees, sought, fewer, federated, ε = 1", &thrifty, &train.parts, Some("1")),
    ];
    let mut digests = vec![];
    for (name, boosting, parts, epsilon) in ways {
        let started = Instant::now();
        let trees = forests::grow(boosting, parts, epsilon)?;
        digests.push(trees.digest());
        told(name.into(), started, trees.predict(&test.all))?;
    }
    // Sums are integers: ten parties grow the very trees of the pooled rows.
    println!("\npooled and federated trees are the same model: {}", digests[0] == digests[1]);

    for (what, of) in &test.groups {
        for name in ["network, federated, ε = 1", "trees, drawn, federated, ε = 1", "trees, pooled"]
        {
            let predicted = models.iter().find(|(own, _)| own == name).ok_or("no such model")?;
            fair::told(what, name, of, test.all.targets(), &predicted.1);
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("\nmost memory: {}", line.trim_start_matches("VmHWM:").trim());
    }
    Ok(())
}
