//! `concordat places`: where things are kept and run, how old the appraisals are, and what audits found.

use concordat_partnership::{FindingView, PlaceView};
use concordat_terms::Timestamp;
use serde::Serialize;

use super::look::{count, see};
use super::views::{list, told};
use crate::args::Look;
use crate::failure::Failure;
use crate::out::Out;

/// A line of the view, and of which kind it is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Place(PlaceView<'a>),
    Finding(FindingView<'a>),
}

pub(super) fn run(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let concerns = |party| args.party.as_ref().is_none_or(|own| own == party);
    let mut places = state.place_views();
    places.retain(|view| concerns(view.party));
    for view in &mut places {
        view.asked.retain(|asked| seen.reads(&asked.asset));
    }
    let findings = state.open_findings().into_iter().filter(|view| concerns(view.of));
    let lines: Vec<Line<'_>> =
        places.into_iter().map(Line::Place).chain(findings.map(Line::Finding)).collect();
    out.list(&lines, || {
        let now = state.time();
        told(lines.iter().flat_map(|line| text(line, now)), 4, "no place is on record")
    })
}

fn text(line: &Line<'_>, now: Option<Timestamp>) -> Vec<String> {
    match line {
        Line::Place(view) => place(view, now),
        Line::Finding(view) => vec![finding(view)],
    }
}

fn place(view: &PlaceView<'_>, now: Option<Timestamp>) -> Vec<String> {
    let class = match view.class {
        0 => "interim".to_owned(),
        class => format!("class {class}"),
    };
    let appraised = match (view.appraised, view.age) {
        (Some(last), Some(age)) => format!("appraised {} ago, on {}", count(age), last.at),
        _ => "never appraised".to_owned(),
    };
    let stopped = view.stopped.map(|stopped| {
        format!(", out of use since {} by {} (entry {})", stopped.since, stopped.by, stopped.index)
    });
    let mut lines = vec![format!(
        "{}/{}: {class}, under the law of {}, {appraised}{}",
        view.party,
        view.place,
        view.jurisdiction,
        stopped.unwrap_or_default()
    )];
    lines.extend(view.asked.iter().map(|asked| {
        let class = asked.class.map(|class| format!("class {class} or higher"));
        let age = asked.attested.map(|age| {
            let until = match asked.until {
                Some(until) if now.is_some_and(|now| now < until) => format!(" (until {until})"),
                Some(until) => format!(" (over since {until})"),
                None => " (there is none)".to_owned(),
            };
            format!("an appraisal within {age}{until}")
        });
        let wants: Vec<String> = class.into_iter().chain(age).collect();
        let wants =
            if wants.is_empty() { "no class and no age".to_owned() } else { wants.join(" and ") };
        let met = if asked.met { "met" } else { "not met" };
        format!("    {} asks for {wants}: {met}  [{}]", asked.asset, asked.clause)
    }));
    lines
}

fn finding(view: &FindingView<'_>) -> String {
    let owed = match view.owed.is_empty() {
        true => "nobody owes anything because of it".to_owned(),
        false => format!("owed because of it: {}", list(&view.owed)),
    };
    let on = if view.on.is_empty() { String::new() } else { format!(" on {}", list(view.on)) };
    let FindingView { of, by, request, index, finding, at, .. } = view;
    let short = finding.short();
    format!(
        "finding {short} about {of}{on}, by {by} at {at} (entry {index}, asked for by {request}): {owed}"
    )
}
