//! What `concordat data check` tells a person.

use concordat_data::{Checked, Profile, Suggestion, Violation};
use concordat_terms::{AssetId, Problem};

pub(super) fn text(asset: &AssetId, checked: &Checked, signature: Option<&Problem>) -> String {
    let Checked { read, rows, persons, violations, columns, suggestions } = checked;
    let mut lines = vec![format!(
        "{asset}: {rows} of {read} rows count, about {persons} persons; {} do not fit",
        match checked.count() {
            0 => "none".to_owned(),
            count => format!("{count} cells or rows"),
        }
    )];
    if !violations.is_empty() {
        lines.push("\ndoes not fit".to_owned());
        lines.extend(violations.iter().map(violation));
    }
    if !suggestions.is_empty() {
        lines.push("\nto be written into the mapping, if you think so too".to_owned());
        lines.extend(suggestions.iter().map(suggestion));
    }
    lines.push("\nthe columns, for your eyes alone".to_owned());
    lines.extend(columns.iter().map(profile));
    if let Some(problem) = signature {
        lines.push(format!(
            "\nno version is listed under it yet: {}; {}",
            problem.what, problem.hint
        ));
    }
    lines.join("\n")
}

fn violation(violation: &Violation) -> String {
    let Violation { code, column, count, rows, cells, hint } = violation;
    let column = column.as_deref().unwrap_or("(row)");
    let named: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let more = if *count > rows.len() as u64 { ", …" } else { "" };
    let mut line = format!("  {column:<16} {code:<24} {count:>8}  rows {}{more}", named.join(", "));
    if !cells.is_empty() {
        line.push_str(&format!("\n    cells: {}", cells.join(" | ")));
    }
    format!("{line}\n    {hint}")
}

fn suggestion(suggestion: &Suggestion) -> String {
    let Suggestion { column, at, write, why } = suggestion;
    let at = at.as_ref().map(|span| format!(" ({}:{})", span.file, span.line));
    format!("  [columns.{column}]{}\n  {write}\n    {why}", at.unwrap_or_default())
}

fn profile(profile: &Profile) -> String {
    let Profile { column, filled, missing, unfit, at_min, at_max, levels, lacking } = profile;
    if *lacking {
        return format!("  {column:<16} the site lacks it");
    }
    let mut line = format!("  {column:<16} {filled} filled, {missing} missing, {unfit} unfit");
    if let (Some(min), Some(max)) = (at_min, at_max) {
        line.push_str(&format!(", {min} at the lower bound, {max} at the upper"));
    }
    if !levels.is_empty() {
        let levels: Vec<String> = levels.iter().map(|(level, n)| format!("{level}: {n}")).collect();
        line.push_str(&format!("; {}", levels.join(", ")));
    }
    line
}
