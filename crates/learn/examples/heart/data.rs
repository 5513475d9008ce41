//! Four hospitals' tables under two recipes: cholesterol 0 as a number, or as missing.

use std::error::Error;
use std::path::Path;

use concordat_learn::{Feature, Missing, Recipe, Units};

pub(crate) type Fault = Box<dyn Error>;

pub(crate) const HOSPITALS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];

/// What a cholesterol of 0 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cholesterol {
    /// A number, as in the published recipe.
    Number,
    /// Missing: a value in the middle, and a column that says so.
    Missing,
}

/// A hospital's complete rows, once as FLamby makes numbers of them and once as the recipe does.
pub(crate) struct Hospital {
    pub(crate) persons: Vec<String>,
    /// Unscaled; not a number where cholesterol is missing.
    pub(crate) features: Vec<Vec<f64>>,
    pub(crate) labels: Vec<f64>,
    pub(crate) units: Units,
}

pub(crate) fn recipe(example: &Path, cholesterol: Cholesterol) -> Result<Recipe, Fault> {
    let mut recipe: Recipe = serde_json::from_slice(&std::fs::read(example.join("recipe.json"))?)?;
    if cholesterol == Cholesterol::Missing {
        for feature in &mut recipe.features {
            if let Feature::Scale { column, missing, .. } = feature
                && column == "chol"
            {
                // The middle of the declared bounds, which lands on 0.
                let (codes, value) = (vec!["0".into()], "200".into());
                *missing = Some(Missing { codes, value, indicator: true });
            }
        }
    }
    recipe.check()?;
    Ok(recipe)
}

pub(crate) fn read(example: &Path, cholesterol: Cholesterol) -> Result<Vec<Hospital>, Fault> {
    let recipe = recipe(example, cholesterol)?;
    let each = HOSPITALS.iter().map(|name| {
        let mut table = csv::Reader::from_path(example.join(format!("data/{name}.csv")))?;
        let header: Vec<String> = table.headers()?.iter().map(str::to_owned).collect();
        let place = |column: &str| header.iter().position(|name| name == column).ok_or("no column");
        let chol = place("chol")?;
        let used: Vec<usize> = (0..header.len())
            .filter(|n| !["slope", "ca", "thal"].contains(&&*header[*n]))
            .collect();
        let columns: Vec<usize> =
            ["age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak"]
                .map(place)
                .into_iter()
                .collect::<Result<_, _>>()?;
        let (cp, restecg, num) = (place("cp")?, place("restecg")?, place("num")?);
        let (mut persons, mut features, mut labels, mut records) = (vec![], vec![], vec![], vec![]);
        for record in table.records() {
            let cells: Vec<String> = record?.iter().map(str::to_owned).collect();
            if used.iter().any(|place| cells[*place].is_empty()) {
                continue;
            }
            let number = |place: usize| cells[place].parse::<f64>();
            let mut row: Vec<f64> = columns.iter().map(|p| number(*p)).collect::<Result<_, _>>()?;
            row.extend([2.0, 3.0, 4.0].map(|level| f64::from(number(cp) == Ok(level))));
            row.extend([1.0, 2.0].map(|level| f64::from(number(restecg) == Ok(level))));
            let missing = number(chol)? == 0.0;
            persons.push(cells[0].clone());
            labels.push(f64::from(number(num)? > 0.0));
            if cholesterol == Cholesterol::Missing {
                row.push(f64::from(missing));
                if missing {
                    row[3] = f64::NAN;
                }
            }
            features.push(row);
            records.push(cells);
        }
        let units = Units::read(&recipe, &header, &records)?;
        Ok(Hospital { persons, features, labels, units })
    });
    each.collect()
}

/// Rows of numbers, a 1 for the bias last, and their labels.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub(crate) features: Vec<Vec<f64>>,
    pub(crate) labels: Vec<f64>,
}

/// Mean and deviation of each column, over what is no missing number.
pub(crate) struct Moments(Vec<(f64, f64)>);

impl Moments {
    pub(crate) fn of<'a>(rows: impl Iterator<Item = &'a Vec<f64>> + Clone) -> Self {
        let width = rows.clone().next().map_or(0, Vec::len);
        let of = |column: usize| {
            let known: Vec<f64> =
                rows.clone().map(|row| row[column]).filter(|value| !value.is_nan()).collect();
            let mean = known.iter().sum::<f64>() / (known.len() as f64).max(1.0);
            let squares: f64 = known.iter().map(|value| (value - mean).powi(2)).sum();
            (mean, (squares / (known.len() as f64 - 1.0).max(1.0)).sqrt())
        };
        Self((0..width).map(of).collect())
    }

    /// Standardised, missing numbers at the mean, as FLamby does it (with its 10^-9).
    pub(crate) fn apply(&self, row: &[f64]) -> Vec<f64> {
        let scaled = row.iter().zip(&self.0).map(|(value, (mean, deviation))| {
            if value.is_nan() { 0.0 } else { (value - mean) / (deviation + 1e-9) }
        });
        scaled.chain([1.0]).collect()
    }
}

/// What FLamby's methods are given under one split: training rows that each hospital
/// standardised by its own, the same pooled and standardised together, and pooled test rows,
/// standardised as the pooled training rows are.
pub(crate) struct Dealt {
    pub(crate) own: Vec<Rows>,
    pub(crate) pooled: Rows,
    pub(crate) test: Rows,
}

pub(crate) fn deal(hospitals: &[Hospital], is_test: impl Fn(usize, usize) -> bool) -> Dealt {
    let side = |place: usize, test: bool| {
        let hospital = &hospitals[place];
        let rows = hospital.features.iter().zip(&hospital.labels).enumerate();
        let rows = rows.filter(|(row, _)| is_test(place, *row) == test);
        rows.map(|(_, (row, label))| (row.clone(), *label)).collect::<Vec<_>>()
    };
    let scaled = |rows: &[(Vec<f64>, f64)], moments: &Moments| Rows {
        features: rows.iter().map(|(row, _)| moments.apply(row)).collect(),
        labels: rows.iter().map(|(_, label)| *label).collect(),
    };
    let train: Vec<_> = (0..hospitals.len()).map(|place| side(place, false)).collect();
    let test: Vec<_> = (0..hospitals.len()).flat_map(|place| side(place, true)).collect();
    let own = train.iter().map(|rows| scaled(rows, &Moments::of(rows.iter().map(|(row, _)| row))));
    let own = own.collect();
    let together: Vec<_> = train.concat();
    let moments = Moments::of(together.iter().map(|(row, _)| row));
    Dealt { own, pooled: scaled(&together, &moments), test: scaled(&test, &moments) }
}
