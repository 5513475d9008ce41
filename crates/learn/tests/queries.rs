//! Queries: what one person can do to a vector, what is counted where, what is refused, and how
//! exact an answer is said to become.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use concordat_dp::{Event, cost, epsilon};
use concordat_learn::query::{
    Axis, Expected, Finding, Neighbours, Noise, NotAnAnswer, Query, Reference, Release, Released,
    Rows, SCORE, Table, Tolerance, Verdict, bins_for, drift, with_scores,
};
use concordat_learn::{Recipe, RowFault, Trained, Training};
use concordat_terms::{Decimal, Digest, jcs};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The query of the reference: an audit, ages by holder, and moments of two columns.
fn query_json() -> Value {
    let reference: Value = serde_json::from_str(include_str!("reference/queries.json")).unwrap();
    reference["query"].clone()
}

fn query() -> Query {
    serde_json::from_value(query_json()).unwrap()
}

fn header() -> Vec<String> {
    ["who", "sex", "age", "pressure", "score", "ill"].map(String::from).into()
}

fn records(rows: &[[&str; 6]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

fn vector(query: &Query, records: &[Vec<String>]) -> Vec<i64> {
    let rows = Rows { holder: "alder", header: &header(), records };
    query.vector(&rows).unwrap().into_values().to_vec()
}

/// Squared distance of two vectors.
fn apart(a: &[i64], b: &[i64]) -> u128 {
    a.iter().zip(b).map(|(a, b)| u128::from(a.abs_diff(*b)).pow(2)).sum()
}

fn squared(sensitivity: u64) -> u128 {
    u128::from(sensitivity).pow(2)
}

#[test]
fn the_form_that_a_plan_carries_has_no_floats_and_reads_back() {
    let query = query();
    let text = String::from_utf8(jcs::to_bytes(&query).unwrap()).unwrap();
    assert!(text.contains(r#""threshold":"0.5""#), "decimals travel as strings: {text}");
    assert!(!text.contains("among"), "everybody is not said: {text}");
    assert_eq!(serde_json::from_str::<Query>(&text).unwrap(), query);
    let mut other = query.clone();
    other.rows_per_person = 3;
    assert_ne!(other.digest(), query.digest());
}

#[test]
fn a_person_of_two_rows_moves_a_histogram_by_two_or_is_replaced_by_their_diagonal() {
    let mut query = query();
    query.parts.truncate(1);
    query.readings.retain(|reading| reading.of() == "audit");
    assert_eq!(query.check(), Ok(()));
    assert_eq!(query.sensitivity(Neighbours::AddRemove), 2 << 16);
    // 2·√2 · 65,536 = 185,363.8, rounded up.
    assert_eq!(query.sensitivity(Neighbours::Replace), 185_364);

    let ann = ["ann", "F", "50", "120", "0.3", "1"];
    let bo = ["bo", "M", "50", "120", "0.3", "1"];
    let (none, of_ann, of_bo) = (
        vector(&query, &[]),
        vector(&query, &records(&[ann; 2])),
        vector(&query, &records(&[bo; 2])),
    );
    assert_eq!(apart(&none, &of_ann), squared(2 << 16));
    assert_eq!(apart(&of_ann, &of_bo), 8 << 32);
    assert!(apart(&of_ann, &of_bo) <= squared(query.sensitivity(Neighbours::Replace)));
    assert!(apart(&of_ann, &of_bo) > squared(query.sensitivity(Neighbours::Replace) - 1));
}

#[test]
fn parts_of_a_query_compose_by_the_root_of_their_squares() {
    // Two histograms, and moments of two columns: 1 + 1 + (1 + 2 + 3), times two rows.
    let unit = 2.0 * 65_536.0;
    let up = |squares: f64| (unit * squares.sqrt()).ceil() as u64;
    assert_eq!(query().sensitivity(Neighbours::AddRemove), up(8.0));
    assert_eq!(query().sensitivity(Neighbours::Replace), up(2.0 + 2.0 + 14.0));
    // A corner of the declared ranges reaches what moments can: 1 + d + d(d+1)/2.
    let mut body = query();
    body.parts.drain(..2);
    body.readings.retain(|reading| reading.of() == "body");
    let corner = vector(&body, &records(&[["ann", "", "95", "200", "", ""]; 2]));
    assert_eq!(apart(&corner, &[0; 7]), squared(2 << 16) * 6);
    assert_eq!(body.sensitivity(Neighbours::AddRemove), up(6.0));
}

/// Rows of few persons, with every kind of cell.
fn any_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let number =
        || prop_oneof![Just(String::new()), Just("x".to_owned()), "-?[0-9]{1,3}(\\.[0-9])?"];
    let row = (
        0_u8..4,
        prop_oneof![Just(""), Just("F"), Just("M"), Just("other")],
        number(),
        number(),
        prop_oneof![
            Just(String::new()),
            "0\\.[0-9]{1,3}",
            Just("1".to_owned()),
            Just("7".to_owned())
        ],
        prop_oneof![Just(""), Just("0"), Just("1"), Just("maybe")],
    );
    let row = row.prop_map(|(who, sex, age, pressure, score, ill)| {
        vec![format!("p{who}"), sex.to_owned(), age, pressure, score, ill.to_owned()]
    });
    prop::collection::vec(row, 0..14)
}

proptest! {
    /// Whatever the rows are: one person more, or another one, is within the sensitivity.
    #[test]
    fn nobody_moves_the_vector_further_than_is_charged(
        rows in any_rows(),
        others in any_rows(),
        rows_per_person in 1_u32..4,
        scale_bits in 10_u32..=24,
    ) {
        let mut query = query();
        (query.rows_per_person, query.scale_bits) = (rows_per_person, scale_bits);
        let without: Vec<_> = rows.iter().filter(|row| row[0] != "p0").cloned().collect();
        let replaced: Vec<_> =
            without.iter().chain(others.iter().filter(|row| row[0] == "p0")).cloned().collect();
        let (with, without) = (vector(&query, &rows), vector(&query, &without));
        let replaced = vector(&query, &replaced);
        prop_assert!(apart(&with, &without) <= squared(query.sensitivity(Neighbours::AddRemove)));
        prop_assert!(apart(&with, &replaced) <= squared(query.sensitivity(Neighbours::Replace)));
    }

    /// Every counted row is in exactly one cell of each histogram, and complete or incomplete.
    #[test]
    fn no_row_is_lost_and_none_counts_twice(rows in any_rows()) {
        let query = query();
        let mut seen = BTreeMap::new();
        rows.iter().for_each(|row| *seen.entry(&row[0]).or_insert(0) += 1);
        let counted: i64 = seen.values().map(|rows: &i64| (*rows).min(2)).sum();
        let vector = vector(&query, &rows);
        let (audit, rest) = vector.split_at(160);
        let (ages, body) = rest.split_at(28);
        prop_assert_eq!(audit.iter().sum::<i64>(), counted << 16);
        prop_assert_eq!(ages.iter().sum::<i64>(), counted << 16);
        prop_assert_eq!(body[0] + body[1], counted << 16);
        prop_assert!(body[2..].iter().all(|sum| sum.abs() <= body[0]));
    }
}

#[test]
fn what_is_missing_or_undeclared_is_counted_and_never_at_fault() {
    let query = query();
    let rows = records(&[
        ["a", "F", "50", "120", "0.3", "1"],
        ["b", "", "old", "120", "0.3", "1"],
        ["c", "X", "", "", "1.5", "maybe"],
    ]);
    let answer = query.answer(&vector(&query, &rows), Noise::NONE).unwrap();
    let Finding::Profile { axes } = &answer.findings[0] else { panic!() };
    assert_eq!((axes[1].missing.value, axes[1].other.value), (1.0 / 3.0, 1.0 / 3.0));
    // Rows of one holder, who is declared.
    assert_eq!((axes[0].missing.value, axes[0].shares[0].share.value), (0.0, 1.0));
    let Finding::Moments(moments) = &answer.findings[6] else { panic!() };
    assert_eq!((moments.complete.value, moments.completeness.value), (1.0, 1.0 / 3.0));
    let Finding::Fairness(audit) = &answer.findings[4] else { panic!() };
    // The rows of nobody's group count for everybody, those without a label or score for none.
    assert_eq!(audit.overall.false_negatives.value, 2.0);
    assert_eq!(audit.groups[0].false_negatives.value, 1.0);
}

#[test]
fn a_table_that_lacks_a_column_or_a_person_is_its_steward_s_to_mend() {
    let query = query();
    let of = |header: &[String], records: &[Vec<String>]| {
        query.vector(&Rows { holder: "alder", header, records }).unwrap_err()
    };
    let all = header();
    assert_eq!(of(&all[..5], &[]), RowFault::MissingColumn("ill".into()));
    let twice: Vec<String> = all.iter().chain([&all[2]]).cloned().collect();
    assert_eq!(of(&twice, &[]), RowFault::RepeatedColumn("age".into()));
    assert_eq!(
        of(&all, &records(&[["", "F", "50", "120", "0.3", "1"]])),
        RowFault::Empty { row: 1, column: "who".into() }
    );
    let short = vec![vec![String::from("ann")]];
    assert_eq!(of(&all, &short), RowFault::Ragged { row: 1, cells: 1, header: 6 });
    let hidden = query.vector(&Rows { holder: "alder", header: &all, records: &[] }).unwrap();
    assert_eq!(format!("{hidden:?}"), "Unnoised(195 values, withheld)");
    let fault = query.answer(&[0; 3], Noise::NONE).unwrap_err();
    assert_eq!(fault.to_string(), "the sum has 3 values, the query has 195");
}

#[test]
fn test_persons_alone_are_asked_by_the_split_of_the_model_s_recipe() {
    let recipe: Recipe =
        serde_json::from_str(include_str!("../../../examples/heart/recipe.json")).unwrap();
    let split = serde_json::to_value(&recipe.split).unwrap();
    let asked = |who: &str| {
        let mut form = query_json();
        form["among"] = split.clone();
        form["among"]["who"] = json!(who);
        serde_json::from_value::<Query>(form).unwrap()
    };
    let names: Vec<String> = (0..200).map(|n| format!("p{n}")).collect();
    let rows: Vec<[&str; 6]> =
        names.iter().map(|name| [name.as_str(), "F", "50", "120", "0.3", "1"]).collect();
    let count = |query: &Query| vector(query, &records(&rows))[..160].iter().sum::<i64>() >> 16;
    let kept = names.iter().filter(|name| recipe.split.is_test(name)).count() as i64;
    assert_eq!((count(&asked("tested")), count(&asked("trained"))), (kept, 200 - kept));
    assert!(kept > 30 && kept < 170);
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_field() {
    let edits: [(&str, &str, Value); 30] = [
        ("/person", "person", json!("")),
        ("/rows_per_person", "rows_per_person", json!(0)),
        ("/scale_bits", "scale_bits", json!(25)),
        ("/parts", "parts", json!([])),
        ("/parts/1/name", "parts[1].name", json!("audit")),
        ("/parts/1/name", "parts[1].name", json!("a\u{1b}[2J")),
        ("/parts/0/axes", "parts[0].axes", json!([])),
        ("/parts/0/axes/0/column", "parts[0].axes[0].column", json!("who")),
        ("/parts/0/axes/0/column", "parts[0].axes[1].column", json!("ill")),
        ("/parts/0/axes/0/levels", "parts[0].axes[0].levels", json!(["1", "1.0"])),
        ("/parts/0/axes/2/edges", "parts[0].axes[2].edges", json!(["0", "0.5", "0.5", "1"])),
        ("/parts/1/axes/0/parties", "parts[1].axes[0].parties", json!([])),
        ("/parts/2/degree", "parts[2].degree", json!(3)),
        ("/parts/2/columns/1/column", "parts[2].columns[1].column", json!("age")),
        ("/parts/2/columns/1/column", "parts[2].columns[1].column", json!("who")),
        ("/parts/2/columns/0/min", "parts[2].columns[0].min", json!("95")),
        ("/readings", "readings", json!([])),
        ("/readings/0/of", "readings[0].of", json!("body")),
        ("/readings/1/axis", "readings[1].axis", json!("holder")),
        ("/readings/1/at", "readings[1].at", json!(["1"])),
        ("/readings/2/axis", "readings[2].axis", json!("weight")),
        (
            "/readings/2/reference",
            "readings[2].reference",
            json!(["0.2", "0.2", "0.25", "0.2", "0.2"]),
        ),
        ("/readings/2/reference", "readings[2].reference", json!(["0.5", "0.5"])),
        ("/readings/3/of", "readings[3].axis", json!("audit")),
        ("/readings/4/by/group", "readings[4].by.group", json!("age")),
        ("/readings/4/by/positive", "readings[4].by.positive", json!("yes")),
        ("/readings/4/by/score", "readings[4].by.score", json!("holder")),
        ("/readings/4/threshold", "readings[4].threshold", json!("0.51")),
        ("/readings/5/by/label", "readings[5].by.label", json!("sick")),
        ("/readings/6/of", "readings[6].of", json!("ages")),
    ];
    for (place, field, value) in edits {
        let mut form = query_json();
        *form.pointer_mut(place).unwrap() = value;
        let fault = serde_json::from_value::<Query>(form).unwrap().check().unwrap_err();
        assert_eq!(fault.field, field, "{place}: {fault}");
        assert!(fault.to_string().starts_with(&format!("`{field}` ")), "{fault}");
    }
    for place in
        ["", "/parts/0", "/parts/0/axes/0", "/parts/2/columns/0", "/readings/0", "/readings/4/by"]
    {
        let mut form = query_json();
        form.pointer_mut(place).unwrap()["mean"] = json!("1");
        assert!(serde_json::from_value::<Query>(form).is_err(), "an unknown field in {place}");
    }
    // Cells multiply: four axes of 30 levels are more than a vector may have.
    let mut form = query_json();
    let levels: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let axis = |n: usize| json!({"kind": "levels", "column": format!("c{n}"), "levels": levels});
    form["parts"][0]["axes"] = json!([axis(0), axis(1), axis(2), axis(3)]);
    let fault = serde_json::from_value::<Query>(form).unwrap().check().unwrap_err();
    assert_eq!(fault.to_string(), "`parts` have more than 65536 cells together");
}

fn release(sigma: &str) -> Release {
    Release {
        sigma: decimal(sigma),
        nodes: 4,
        shares: 2,
        neighbours: Neighbours::AddRemove,
        charges: 2,
        delta: decimal("0.00001"),
    }
}

fn expected(rows: u64) -> Expected {
    Expected { rows, rarest: BTreeMap::from([("sex".to_owned(), decimal("0.3"))]) }
}

#[test]
fn a_released_table_can_be_the_reference_of_another() {
    let query = query();
    let table = |ages: [&str; 4]| {
        let rows: Vec<[&str; 6]> = ages
            .iter()
            .zip(["a", "b", "c", "d"])
            .map(|(age, who)| [who, "F", *age, "", "", ""])
            .collect();
        let sum = vector(&query, &records(&rows));
        query.answer(&sum, Noise::NONE).unwrap().table("ages").unwrap().clone()
    };
    let (before, after) = (table(["25", "45", "55", "65"]), table(["45", "45", "55", "95"]));
    let of = |table: &Table| Reference::measured(table, 1).unwrap();
    let same = drift(&before, 1, &of(&before)).unwrap();
    assert_eq!((same.psi.value, same.ks.unwrap().value), (0.0, 0.0));
    // One in four was below 40 and is not; who is above the edges does not count.
    let moved = drift(&after, 1, &of(&before)).unwrap();
    assert!((moved.ks.unwrap().value - 0.25).abs() < 1e-12);
    assert_eq!(moved.ks.unwrap().rows.half_width(), 0.0);
    assert_eq!(drift(&after, 0, &of(&before)), None);
    assert_eq!(drift(&after, 7, &of(&before)), None);
    assert_eq!(Reference::measured(&before, 2), None);
}

#[test]
fn more_rows_are_worth_more_bins() {
    let bins: Vec<u32> =
        [100, 1_500, 4_999, 5_000, 16_000, 49_999, 50_000, 1 << 40].map(bins_for).into();
    assert_eq!(bins, [2, 4, 4, 8, 16, 16, 32, 32]);
    let axis = Axis::even("score", Decimal::ZERO, decimal("1"), bins_for(5_000)).unwrap();
    assert_eq!(axis.edges()[1], decimal("0.125"));
}

/// The predicted half width is the one that the interval then has.
#[test]
fn what_is_predicted_is_what_comes() {
    let mut form = query_json();
    form["readings"].as_array_mut().unwrap().truncate(5);
    form["readings"][2]["reference"] = json!(["0.2", "0.2", "0.2", "0.2", "0.2"]);
    let query: Query = serde_json::from_value(form).unwrap();
    let rows = 40_000_i64;
    let predicted = query.predict(&release("4"), &expected(40_000));
    // All rows in the declared cells of the first two axes, evenly.
    let mut sum = vec![0; query.length()];
    for (n, cell) in sum.iter_mut().take(160).enumerate() {
        let (sex, ill, score) = (n / 40, n / 10 % 4, n % 10);
        if sex < 2 && ill < 2 && score < 8 {
            // Three in ten are women.
            *cell = ([3, 7][sex] * rows / 160) << 16;
        }
    }
    for (n, cell) in sum.iter_mut().skip(160).take(28).enumerate() {
        *cell = if n / 7 < 2 && n % 7 < 5 { (rows / 10) << 16 } else { 0 };
    }
    let deviation = 4.0 * query.sensitivity(Neighbours::AddRemove) as f64;
    let answer =
        query.answer(&sum, Noise::of_nodes((deviation * deviation / 2.0) as u64, 4)).unwrap();
    let Finding::Fairness(audit) = &answer.findings[4] else { panic!() };
    let women = audit.groups[0].true_positive_rate;
    assert_eq!(women.value, 0.5);
    let came = women.rows.half_width();
    assert!((predicted[4].noise / came - 1.0).abs() < 0.01, "{} and {came}", predicted[4].noise);
    let chance = women.population.unwrap().half_width();
    let said = predicted[4].noise.hypot(predicted[4].sampling);
    assert!((said / chance - 1.0).abs() < 0.01, "{said} and {chance}");
    let Finding::Profile { axes } = &answer.findings[0] else { panic!() };
    // A share of nothing: half of its interval is below zero, and cut off.
    let rare = axes.iter().map(|axis| axis.missing.rows.high).fold(0.0, f64::max);
    assert!((predicted[0].noise / rare - 1.0).abs() < 0.01, "{} {rare}", predicted[0].noise);
    // Where nothing has drifted a distance's interval begins at nil.
    let Finding::Drift(drift) = &answer.findings[2] else { panic!() };
    let ks = drift.ks.unwrap().rows;
    assert_eq!(ks.low, 0.0);
    assert!((predicted[2].noise / ks.high - 1.0).abs() < 0.05, "{} {ks:?}", predicted[2].noise);
    let Finding::Sites { sites } = &answer.findings[3] else { panic!() };
    let ks = sites[0].drift.ks.unwrap().rows;
    assert!((predicted[3].noise / ks.high - 1.0).abs() < 0.05, "{} {ks:?}", predicted[3].noise);
}

#[test]
fn a_query_that_noise_would_drown_is_refused_with_what_would_fit() {
    let query = query();
    let tolerance = |warn: &str, refuse: &str| Tolerance {
        warn_above: decimal(warn),
        refuse_above: decimal(refuse),
    };
    let judge = |query: &Query, release: &Release, rows, tolerance| {
        query.judge(release, &expected(rows), tolerance).unwrap()
    };
    // Rates of bins of 150 rows of women, with noise of 16 rows in each.
    let asked = release("4");
    let (loose, tight) = (tolerance("0.5", "0.9"), tolerance("0.05", "0.08"));
    assert_eq!(judge(&query, &asked, 4_000, loose), Verdict::Within);
    let Verdict::Refuse(remedy) = judge(&query, &asked, 4_000, tight) else { panic!() };
    assert_eq!(remedy.worst.figure, "a group's rate in a bin of scores");
    assert_eq!(remedy.worst.reading, 5);

    // Each remedy alone is enough, and what it costs is what the filter says.
    let sigma = remedy.sigma.unwrap();
    let less = Release { sigma, ..asked };
    assert!(!matches!(judge(&query, &less, 4_000, tight), Verdict::Refuse(_)));
    let rows = remedy.rows.unwrap();
    let event = Event { sigma, q: decimal("1"), count: 2 };
    let told = epsilon(&cost(&[event]).unwrap(), asked.delta).unwrap();
    assert_eq!(remedy.epsilon, Some(told));
    assert!(!matches!(judge(&query, &asked, rows, tight), Verdict::Refuse(_)));
    assert!(matches!(judge(&query, &asked, rows - 1, tight), Verdict::Refuse(_)));

    // Half as many bins: the threshold stays an edge, and the reference is added up.
    let middle = tolerance("0.2", "0.21");
    let Verdict::Refuse(remedy) = judge(&query, &asked, 4_000, middle) else { panic!() };
    let coarser = remedy.fewer_bins.unwrap();
    assert_eq!(coarser.check(), Ok(()));
    assert!(coarser.length() < query.length());
    assert!(!matches!(judge(&coarser, &asked, 4_000, middle), Verdict::Refuse(_)));
    let form = serde_json::to_value(&coarser).unwrap();
    let edges: Vec<Decimal> =
        serde_json::from_value(form["parts"][0]["axes"][2]["edges"].clone()).unwrap();
    assert!(edges.contains(&decimal("0.5")), "{edges:?}");

    let warned = judge(&query, &asked, 4_000, tolerance("0.05", "0.9"));
    assert!(matches!(warned, Verdict::Warn(_)));
    assert!(query.judge(&release("0"), &expected(4_000), tight).is_err());
    // Nobody is expected: nothing will be known, and nothing would help.
    let Verdict::Refuse(remedy) = judge(&query, &asked, 0, loose) else { panic!() };
    assert_eq!((remedy.sigma, remedy.rows, remedy.fewer_bins), (None, None, None));
}

#[test]
fn an_answer_is_stored_in_one_spelling_and_read_as_it_was_released() {
    let query = query();
    // More than JSON's numbers are exact for, on either side of nil.
    let sum: Vec<i64> = (0..query.length() as i64).map(|n| (n - 9) << 55).collect();
    let made = Trained {
        run: "ages".parse().unwrap(),
        plan: Digest::of(b"plan"),
        code: Digest::of(b"code"),
        participants: 4,
        epsilon: decimal("0.25"),
        delta: decimal("0.0001"),
    };
    let of = ["alder", "birch", "dogwood"].map(|name| name.parse().unwrap()).into();
    let released = Released { query, made, of, node_variance: 1 << 47, sum };
    let bytes = released.to_bytes();
    let read = Released::from_bytes(&bytes).unwrap();
    assert_eq!(read, released);
    assert_eq!(read.digest(), Digest::of(&bytes));
    // Three nodes' noise of 2^47, where a row is 2^16 units.
    let rows = (3.0 * (1_u64 << 47) as f64).sqrt() / 65_536.0;
    assert!((read.deviation() - rows).abs() < 1e-9);
    assert_eq!(read.answer().findings.len(), read.query.readings.len());

    let text = String::from_utf8(bytes).unwrap();
    let bent = |from: &str, to: &str| Released::from_bytes(text.replace(from, to).as_bytes());
    assert!(matches!(bent("answer/v1", "answer/v2"), Err(NotAnAnswer::Text(_))));
    assert!(matches!(
        bent("rows_per_person\":2", "rows_per_person\":0"),
        Err(NotAnAnswer::Query(_))
    ));
    assert_eq!(bent("\"sum\":[", "\"sum\":[\"1\",").unwrap_err(), NotAnAnswer::Sum);
    assert_eq!(bent("\"140737488355328\"", "\"0140737488355328\"").unwrap_err(), NotAnAnswer::Sum);
    let nobody = r#""of":["alder","birch","dogwood"]"#;
    assert_eq!(bent(nobody, r#""of":[]"#).unwrap_err(), NotAnAnswer::Sum);
}

#[test]
fn a_model_s_answer_is_one_more_column_and_blank_where_it_has_none() {
    let text = include_str!("../../../examples/heart/recipe.json");
    let mut recipe: Recipe = serde_json::from_str(text).unwrap();
    (recipe.rounds, recipe.average_last) = (1, 1);
    let nothing = vec![0; recipe.dimension()];
    let training = Training::begin(&recipe).step(&recipe, &nothing, 18).unwrap();
    let model = training.finish(&recipe, None).unwrap();
    let table = include_str!("../../../examples/heart/data/alder.csv");
    let mut rows = table.lines().map(|line| line.split(',').map(str::to_owned).collect());
    let header: Vec<String> = rows.next().unwrap();
    let mut records: Vec<Vec<String>> = rows.take(3).collect();
    let age = header.iter().position(|name| name == "age").unwrap();
    records[1][age] = String::new();
    let (scored, with) = with_scores(&model, &header, &records).unwrap();
    assert_eq!(scored.last().unwrap(), SCORE);
    assert_eq!(scored.len(), header.len() + 1);
    // No step led anywhere: everybody is as likely as not, but of whom the model cannot say.
    let scores: Vec<&str> = with.iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!(scores, ["0.5", "", "0.5"]);
    let without: Vec<String> = header.iter().filter(|name| *name != "age").cloned().collect();
    assert!(matches!(with_scores(&model, &without, &[]), Err(RowFault::MissingColumn(_))));

    let mut query = query();
    assert_eq!(query.model, None);
    assert!(query.reads_scores());
    query.parts.truncate(1);
    query.readings.retain(|reading| reading.of() == "audit");
    query.model = Some(model.digest());
    assert_eq!(query.check(), Ok(()));
    let text = String::from_utf8(jcs::to_bytes(&query).unwrap()).unwrap();
    let unread: Query = serde_json::from_str(&text.replace(":\"score\"", ":\"age\"")).unwrap();
    assert_eq!(unread.check().unwrap_err().field, "model");
}
