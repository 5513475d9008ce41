//! How a model treats groups of rows that are tested on: exact, since these rows are public.

use std::collections::BTreeSet;

use concordat_learn::metrics::score;

/// At one half: who is said to be a yes, how often that is right among those who are one and
/// wrong among those who are not; and, over all thresholds, ranking and calibration.
pub(crate) fn told(what: &str, model: &str, groups: &[String], labels: &[f64], predicted: &[f64]) {
    println!("\n{model}, by {what}:\n");
    println!(
        "| {what} | rows | are a yes | said a yes | said mean | right of yes | wrong of no | AUC |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let names: BTreeSet<&String> = groups.iter().collect();
    let mut rates = vec![];
    for name in names {
        let rows = groups.iter().zip(labels.iter().zip(predicted));
        let rows: Vec<(f64, f64)> =
            rows.filter(|(group, _)| *group == name).map(|(_, (y, p))| (*y, *p)).collect();
        let share = |of: &dyn Fn(&(f64, f64)) -> bool, among: &dyn Fn(&(f64, f64)) -> bool| {
            let among: Vec<_> = rows.iter().filter(|row| among(row)).collect();
            among.iter().filter(|row| of(row)).count() as f64 / among.len() as f64
        };
        let (yes, said) = (|row: &(f64, f64)| row.0 > 0.5, |row: &(f64, f64)| row.1 >= 0.5);
        let (right, wrong) = (share(&said, &yes), share(&said, &|row| !yes(row)));
        let (labels, predicted): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
        let auc = score(&labels, &predicted).and_then(|scores| scores.auc).unwrap_or(f64::NAN);
        let (are, says) = (share(&yes, &|_| true), share(&said, &|_| true));
        let mean = predicted.iter().sum::<f64>() / predicted.len() as f64;
        println!(
            "| {name} | {} | {are:.4} | {says:.4} | {mean:.4} | {right:.4} | {wrong:.4} | {auc:.4} |",
            rows.len()
        );
        rates.push([says, right, wrong]);
    }
    let apart = |place: usize| {
        let of = rates.iter().map(|rates| rates[place]);
        of.clone().fold(f64::MIN, f64::max) - of.fold(f64::MAX, f64::min)
    };
    println!(
        "\ndemographic parity apart by {:.4}, equalised odds by {:.4}",
        apart(0),
        apart(1).max(apart(2))
    );
}
