//! Answers as pictures. Goldens: `UPDATE_GOLDEN=1` rewrites them, and the difference is looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "goldens are files, and rewritten on request")]

use std::path::Path;

use serde_json::Value;

use concordat_learn::query::view::{Chart, charts, svg, terminal};
use concordat_learn::query::{Noise, Query};

/// The reference's noisy answer, drawn.
fn drawn() -> Vec<Chart> {
    let reference: Value = serde_json::from_str(include_str!("reference/queries.json")).unwrap();
    let query: Query = serde_json::from_value(reference["query"].clone()).unwrap();
    let numbers = |value: &Value| -> Vec<i64> { serde_json::from_value(value.clone()).unwrap() };
    let mut sum = numbers(&reference["noise"]);
    for vector in reference["vectors"].as_object().unwrap().values() {
        sum.iter_mut().zip(numbers(vector)).for_each(|(total, value)| *total += value);
    }
    let deviation = reference["noise_deviation"].as_f64().unwrap() * 65_536.0;
    let answer = query.answer(&sum, Noise::of_nodes((deviation * deviation) as u64, 1)).unwrap();
    answer.findings.iter().flat_map(charts).collect()
}

fn golden(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{} differs: run with UPDATE_GOLDEN=1 and look", path.display());
}

#[test]
fn the_pictures_of_the_documentation_are_those_that_are_drawn() {
    let charts = drawn();
    let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Distribution of holder",
            "Distribution of age",
            "Quantiles of age",
            "Drift of age from its reference",
            "Each holder beside the others, by age",
            "Decisions by group",
            "True against false positives",
            "Calibration of the scores",
            "Correlations",
        ]
    );
    let pictures = [(1, "profile"), (5, "groups"), (6, "roc"), (7, "calibration")];
    for (place, name) in pictures {
        golden(&format!("../../docs/pictures/query-{name}.svg"), &svg(&charts[place]));
    }
    let text: Vec<String> = charts.iter().map(terminal).collect();
    golden("tests/reference/queries.txt", &text.join("\n"));
}

#[test]
fn a_picture_is_read_without_colours_scripts_or_eyes() {
    for chart in drawn() {
        let picture = svg(&chart);
        for part in ["role=\"img\"", "<title id=", "<desc id=", "aria-labelledby="] {
            assert_eq!(picture.matches(part).count(), 1, "{part} of {}", chart.title);
        }
        for unwanted in ["<script", "href", "style=", "url(", "NaN", "inf"] {
            assert!(!picture.contains(unwanted), "{unwanted} in {}", chart.title);
        }
        // Every colour is a grey.
        for colour in picture.split('#').skip(1).filter(|rest| !rest.starts_with("39;")) {
            let (red, green, blue) = (&colour[..2], &colour[2..4], &colour[4..6]);
            assert!(red == green && green == blue, "#{}", &colour[..6]);
        }
        for line in terminal(&chart).lines() {
            assert!(line.chars().count() <= 160, "{line}");
        }
    }
}

#[test]
fn what_a_group_is_called_cannot_break_a_picture() {
    let mut chart = drawn().swap_remove(5);
    chart.title = "<script>&\"'\u{7}".to_owned();
    let picture = svg(&chart);
    assert!(picture.contains("&lt;script&gt;&amp;&quot;&#39;\u{fffd}"), "{picture}");
    assert!(!picture.contains("<script>"));
}
