//! Two runs beside each other, in lines for people.

use concordat_learn::compared::Figure;
use serde_json::Value;

use super::super::super::views::{list, told};
use super::Compared;
use super::plans::Differs;
use super::tested::{Apart, Tested, Told};
use crate::exposed::Faced;

pub(super) fn text(compared: &Compared) -> String {
    let (first, second) = (&compared.runs.first, &compared.runs.second);
    let mut lines = vec![format!("{} and {}", first.run, second.run)];
    lines.push("the plans".to_owned());
    lines.extend(compared.plan.iter().map(differs));
    if compared.plan.is_empty() {
        lines.push("    say the same".to_owned());
    }
    if !compared.recipes {
        lines.push("    a recipe is not here: recipes are not compared".to_owned());
    }
    privacy(compared, &mut lines);
    charged(compared, &mut lines);
    lines.push("tests of both models".to_owned());
    lines.extend(compared.tests.iter().flat_map(tested));
    if compared.tests.is_empty() {
        lines.push("    none by the same method of the same party".to_owned());
    }
    for course in [first, second] {
        lines.extend(course.lines());
    }
    told(lines, 8, "")
}

fn differs(own: &Differs) -> String {
    format!("    {}: {}, {}", own.field, value(own.first.as_ref()), value(own.second.as_ref()))
}

/// Digests by their first digits.
fn value(value: Option<&Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Value::String(text)) if text.len() == 64 => {
            format!("{}…", text.chars().take(12).collect::<String>())
        }
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn privacy(compared: &Compared, lines: &mut Vec<String>) {
    let privacy = &compared.privacy;
    let delta = match (&privacy.delta.first, &privacy.delta.second) {
        (None, None) => return,
        (first, second) if first == second => list(first),
        (first, second) => format!("{} and {}", list(first), list(second)),
    };
    lines.push(format!("what they disclose of a person, ε at δ = {delta}"));
    let (first, second) = (&privacy.faced.first, &privacy.faced.second);
    for own in first {
        let same =
            |other: &&Faced| (other.adversary, other.present) == (own.adversary, own.present);
        let other = second.iter().find(same).map(|other| other.filter);
        lines.push(format!(
            "    {}, {} present: {:.4}, {}",
            own.adversary,
            own.present,
            own.filter,
            number(other)
        ));
    }
    for own in &privacy.charged {
        let (first, second) = (number(own.epsilon.first), number(own.epsilon.second));
        lines.push(format!("    charged to {}'s {}: {first}, {second}", own.holder, own.asset));
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"))
}

fn charged(compared: &Compared, lines: &mut Vec<String>) {
    let (first, second) = (&compared.charged.first, &compared.charged.second);
    if first.is_none() && second.is_none() {
        return;
    }
    lines.push("what their own batches told, of rows that were trained on".to_owned());
    let runs = [&compared.runs.first.run, &compared.runs.second.run];
    for (run, told) in runs.into_iter().zip([first, second]) {
        let told = told.as_ref().map(super::charged::Told::lines).unwrap_or_default();
        lines.extend(told.iter().map(|line| format!("    {run}: {line}")));
    }
    let apart = second.as_ref().zip(first.as_ref());
    let apart = apart.map(|(second, first)| second.apart(first)).unwrap_or_default();
    lines.extend(apart.iter().map(|(name, figure)| {
        format!("    {name} apart by {}: {}", signed(figure), said(*figure))
    }));
}

fn tested(own: &Tested) -> Vec<String> {
    let rows = match own.same_rows {
        Some(true) => ", the same rows",
        Some(false) => ", not the same rows",
        None => "",
    };
    let cases = match (own.cases.first, own.cases.second) {
        (first, second) if first == second => format!("on {first} cases"),
        (first, second) => format!("on {first} and {second} cases"),
    };
    let mut lines = vec![format!("    {} by {}, {cases}{rows}", own.method, own.by)];
    lines.extend(own.metrics.iter().map(apart));
    lines
}

fn apart(own: &Apart) -> String {
    let Apart { metric, first, second, difference, paired, .. } = own;
    let apart = match difference {
        None => "; nothing says how sure they are".to_owned(),
        Some(figure) => {
            let how = if *paired { "row by row" } else { "as if on different rows" };
            format!("; apart by {}, {how}: {}", signed(figure), said(*figure))
        }
    };
    format!("        {metric} {}, {}{apart}", with_interval(first), with_interval(second))
}

fn said(figure: Figure) -> &'static str {
    if figure.is_within_noise() { "within noise" } else { "more than noise" }
}

fn with_interval(own: &Told) -> String {
    match (own.low, own.high) {
        (Some(low), Some(high)) => format!("{} [{low:.4}, {high:.4}]", own.value),
        _ => own.value.to_string(),
    }
}

fn signed(figure: &Figure) -> String {
    let (low, high) = (figure.bounds.low, figure.bounds.high);
    format!("{:+.4} [{low:+.4}, {high:+.4}]", figure.value)
}
