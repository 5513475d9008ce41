//! The page of regimes and calendars is written from the packs.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes the page")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::fmt::Write as _;
use std::path::PathBuf;

use common::packs;
use concordat_evidence::calendar::Calendars;
use concordat_evidence::regime::{Pack, Row, conflicts};
use concordat_terms::Period;

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Who owes it to whom.
fn who(row: &Row) -> String {
    let owners: Vec<&str> = row.owner.iter().map(|role| role.as_str()).collect();
    let to = row.to.as_ref().map(|to| format!(" → {}", to.to_string().replace("outside: ", "")));
    format!("{}{}", owners.join(", "), to.unwrap_or_default())
}

/// A period of whole years, months or days in words.
fn words(period: Period) -> String {
    let (n, one) = match (period.months, period.days) {
        (0, days) => (days, "day"),
        (months, _) if months % 12 == 0 => (months / 12, "year"),
        (months, _) => (months, "month"),
    };
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// What starts the clock and how long it is.
fn clock(row: &Row) -> String {
    let mut told = Vec::new();
    if let Some(trigger) = &row.trigger {
        told.push(trigger.as_str().replace('-', " "));
    }
    told.extend(row.clock.map(|clock| format!("**{clock}**")));
    told.extend(row.after.as_ref().map(|after| format!("after {after}")));
    told.extend(row.every.map(|every| format!("every {}", words(every).trim_start_matches("1 "))));
    told.extend(row.keep.map(|keep| format!("kept {}", words(keep))));
    told.extend(row.tollable.then(|| "can be stopped".to_owned()));
    told.extend(row.hold.then(|| "evidence hold".to_owned()));
    told.extend(row.initial_ok.then(|| "may be incomplete at first".to_owned()));
    told.join("; ")
}

fn dates(row: &Row) -> String {
    let mut told = Vec::new();
    for (class, from) in &row.in_force_by_class {
        told.push(format!("{class}: {from}"));
    }
    if told.is_empty() {
        told.extend(row.in_force_from.map(|from| from.to_string()));
    }
    told.extend(row.in_force_to.map(|to| format!("until {to}")));
    told.join("; ")
}

fn page_of(pack: &Pack) -> String {
    let mut page = format!("\n## {}\n\n", pack.title);
    let places: Vec<&str> = pack.places.iter().map(|place| place.as_str()).collect();
    let places = if places.is_empty() { "anywhere".to_owned() } else { places.join(" ") };
    writeln!(
        page,
        "Pack `{}`, version {}, as of {}; law of {}, for {places}.\n",
        pack.id, pack.version, pack.as_of, pack.jurisdiction
    )
    .unwrap();
    page += "| row | duty | who → to whom | clock | in force from | evidence | status | mark | source |\n";
    page += "|---|---|---|---|---|---|---|---|---|\n";
    for row in &pack.rows {
        let evidence: Vec<&str> = row.evidence.iter().map(|kind| kind.as_str()).collect();
        let note = row.note.as_ref().map(|note| format!(". *{note}*")).unwrap_or_default();
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            cell(&(row.title.clone() + &note)),
            who(row),
            clock(row),
            dates(row),
            evidence.join(", "),
            row.status,
            row.confirmed,
            cell(&row.source)
        )
        .unwrap();
    }
    if !pack.terms.is_empty() {
        page += "\nWhat a contract must say:\n\n| term | of | what | mark | source |\n|---|---|---|---|---|\n";
        for term in &pack.terms {
            let (title, source) = (cell(&term.title), cell(&term.source));
            writeln!(
                page,
                "| {} | {} | {title} | {} | {source} |",
                term.id, term.row, term.confirmed
            )
            .unwrap();
        }
    }
    for report in &pack.reports {
        writeln!(page, "\nThe report of {} tells:\n", report.row).unwrap();
        for fact in &report.facts {
            let first = if report.initial.contains(fact) { " (at first already)" } else { "" };
            writeln!(page, "- {}{first}", pack.facts[fact]).unwrap();
        }
    }
    page
}

fn conflicts_page(packs: &[Pack]) -> String {
    let mut page =
        "\n## Where they differ\n\nThe same kind of incident, the same role, the same kind of \
addressee, another clock. The first row is the strictest; every addressee is still to be told.\n\n\
| incident | owed by | to | clocks |\n|---|---|---|---|\n"
            .to_owned();
    for one in conflicts(packs) {
        let rows: Vec<String> = one
            .rows
            .iter()
            .map(|(_, row)| format!("{} {} ({})", row.id, row.clock.unwrap(), row.status))
            .collect();
        let audience = format!("{:?}", one.audience).to_lowercase();
        writeln!(page, "| {} | {} | {audience} | {} |", one.kind, one.owner, rows.join("; "))
            .unwrap();
    }
    page
}

fn calendars_page() -> String {
    let mut page =
        "\n## Calendars\n\nBuilt in, as `rules/1/calendars.toml`. Weekends are Saturday and \
Sunday. What is left out is said: a day too few makes a deadline earlier, never later. That of the institutions is a pattern, and not confirmed.\n\n\
| id | whose holidays | zone | known to be whole | mark | source |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for calendar in Calendars::builtin().iter() {
        let until = calendar.to.map_or("on".to_owned(), |to| format!("to {to}"));
        writeln!(
            page,
            "| {} | {} | {} | from {} {until} | {} | {} |",
            calendar.id,
            cell(&calendar.title),
            calendar.zone.title,
            calendar.from,
            calendar.confirmed,
            cell(&calendar.source)
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_is_what_the_packs_say() {
    let packs = packs();
    let mut page = "# Regimes\n\nGenerated from the packs in `regimes/` and from `rules/1/calendars.toml`.\n\n\
A pack is data in our own words, for finding duties and deadlines; the source decides, and nothing here is \
legal advice. **Mark**: *P* the primary text was read, *S* a secondary source says so, *G* not confirmed: check \
before relying on it. **Status**: *law* starts clocks from its date on; *guidance* and *proposed* only for \
whoever asks or contracts them; *contract* only for whom a contract says. A date of a class is that of systems \
of the class. How a deadline is counted: [clocks](../explanation/clocks.md).\n"
        .to_owned();
    for pack in &packs {
        page += &page_of(pack);
    }
    page += &conflicts_page(&packs);
    page += &calendars_page();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/regimes.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/regimes.md differs: UPDATE_GOLDEN=1 rewrites it");
}
