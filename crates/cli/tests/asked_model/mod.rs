//! Models of every kind, small and without a partnership, and rows to ask them about.
#![allow(dead_code, reason = "each test file uses its part")]

use concordat_learn::{Model, Recipe, Training};
use serde_json::{Value, json};

/// A recipe with every kind of column: clipped and scaled to both ranges, with codes, an indicator
/// or nothing for what is missing, flags, and lists of numbers and of texts.
pub(crate) fn recipe(target: Value, hidden: &[u32]) -> Recipe {
    let text = include_str!("../../../../examples/heart/recipe.json");
    let mut recipe: Value = serde_json::from_str(text).unwrap();
    recipe["target"] = target;
    recipe["features"] = json!([
        {"kind": "scale", "column": "age", "min": "30", "max": "80", "to": "both-sides"},
        {"kind": "scale", "column": "chol", "unit": "mg/dl", "min": "100", "max": "400",
         "to": "unit", "missing": {"codes": ["0", "-9"], "value": "200", "indicator": true}},
        {"kind": "flag", "column": "sex"},
        {"kind": "flag", "column": "fbs", "missing": {"value": "0", "indicator": false}},
        {"kind": "one-hot", "column": "cp", "levels": ["1", "2", "3", "4"]},
        {"kind": "one-hot", "column": "ward", "levels": ["north", "south", "attic"],
         "first": "kept", "missing": {"codes": ["?"], "value": "south", "indicator": true}},
    ]);
    if !hidden.is_empty() {
        recipe["hidden"] = json!({"widths": hidden, "activation": "relu", "seed": "asked"});
    }
    (recipe["rounds"], recipe["average_last"]) = (1.into(), 1.into());
    recipe["normaliser"] = "1".into();
    recipe["optimiser"]["rate"] = "1".into();
    let recipe: Recipe = serde_json::from_value(recipe).unwrap();
    assert_eq!(recipe.check(), Ok(()));
    recipe
}

/// A model whose every weight has moved by some other amount.
pub(crate) fn model(recipe: &Recipe) -> Model {
    model_with(recipe, 0)
}

/// The same with its last bias moved by so many 256th.
pub(crate) fn model_with(recipe: &Recipe, more: i64) -> Model {
    let places = 0..recipe.dimension() as i64;
    let mut sum: Vec<i64> = places.map(|place| (place * 7_919) % 401 - 200).collect();
    *sum.last_mut().unwrap() += more;
    Training::begin(recipe).step(recipe, &sum, 8).unwrap().finish(recipe, None).unwrap()
}

pub(crate) fn yes_no() -> Value {
    json!({"kind": "yes-no", "column": "num", "positive_above": "0"})
}

pub(crate) fn classes() -> Value {
    json!({"kind": "class", "column": "num", "classes": ["none", "some", "much"]})
}

pub(crate) fn number() -> Value {
    json!({"kind": "number", "column": "num", "unit": "days", "min": "0", "max": "90"})
}

/// The columns of a table of rows, one of them no column of any model.
pub(crate) const HEADER: &str = "patient,ward,age,chol,sex,fbs,cp";

/// So many rows, no two alike, with every code and missing cell in them.
pub(crate) fn rows(count: usize) -> String {
    let wards = ["north", "south", "attic", "?", ""];
    let chols = ["233", "0", "99.5", "", "401", "-9", "0.0", "250.25"];
    let row = |n: usize| {
        let [ward, chol] = [wards[n % 5], chols[n % 8]];
        let (age, sex, fbs, cp) = (20 + n % 71, n % 2, ["1", "", "0"][n % 3], 1 + n % 4);
        format!("p-{n},{ward},{age}.{},{chol},{sex},{fbs},{cp}\n", n % 10)
    };
    format!("{HEADER}\n{}", (0..count).map(row).collect::<String>())
}
