//! A pack's text to a pack, with what is wrong in it.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Country, Date, Diagnostic};
use serde::Deserialize;

use super::{ContractTerm, Heading, Pack, Report, Row};
use crate::calendar::{CalendarText, Calendars};
use crate::mark::Status;
use crate::name::{Fact, PackId, RowId};
use crate::source::{Source, Step};
use crate::zone::Zone;

/// How many rows, headings, terms and reports a pack may hold together.
const ROWS_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: PackId,
    version: String,
    title: String,
    cited_as: Option<String>,
    jurisdiction: Country,
    #[serde(default)]
    places: Vec<Country>,
    as_of: Date,
    #[serde(default)]
    heading: Vec<Heading>,
    #[serde(default)]
    row: Vec<Row>,
    #[serde(default)]
    contract: Vec<ContractTerm>,
    #[serde(default)]
    facts: BTreeMap<Fact, String>,
    #[serde(default)]
    report: Vec<Report>,
    #[serde(default)]
    zone: Vec<Zone>,
    #[serde(default)]
    calendar: Vec<CalendarText>,
}

impl Pack {
    /// Reads a pack; `file` names it in what is told.
    ///
    /// # Errors
    ///
    /// What is not TOML, an unknown field or word, or a value of the wrong type: the first of them.
    /// Otherwise everything that does not fit: names used twice, rows and facts that are not there,
    /// rows that follow one another in a circle, an incident without owner or clock.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (read, mut source) = Source::read::<File>(file, text)?;
        let many = read.row.len() + read.heading.len() + read.contract.len() + read.report.len();
        if many > ROWS_MAX {
            let what = format!("the pack has more than {ROWS_MAX} rows");
            source.fail_at(&[Step::Key("row")], "list-too-long", &what, "split it into packs");
            return source.end(()).and(Err(Vec::new()));
        }
        names(&read, &mut source);
        rows(&read, &mut source);
        reports(&read, &mut source);
        let mut fail = |at: &[Step<'_>], code, what: &str, hint: &str| {
            source.fail_at(at, code, what, hint);
        };
        let calendars = (read.zone.clone(), read.calendar.clone());
        Calendars::builtin().clone().with(calendars.0, calendars.1, &mut fail);
        source.end(Self {
            id: read.id,
            version: read.version,
            title: read.title,
            cited_as: read.cited_as,
            jurisdiction: read.jurisdiction,
            places: read.places,
            as_of: read.as_of,
            headings: read.heading,
            rows: read.row,
            terms: read.contract,
            facts: read.facts,
            reports: read.report,
            zones: read.zone,
            calendars: read.calendar,
        })
    }
}

fn at<'s>(table: &'s str, index: usize, field: &'s str) -> [Step<'s>; 3] {
    [Step::Key(table), Step::Index(index), Step::Key(field)]
}

/// Rows, headings and terms share one space of names.
fn names(read: &File, source: &mut Source<'_>) {
    let mut seen: BTreeSet<&RowId> = BTreeSet::new();
    let headings = read.heading.iter().map(|heading| &heading.id).enumerate();
    let rows = read.row.iter().map(|row| &row.id).enumerate();
    let terms = read.contract.iter().map(|term| &term.id).enumerate();
    let all = headings
        .map(|item| ("heading", item))
        .chain(rows.map(|item| ("row", item)))
        .chain(terms.map(|item| ("contract", item)));
    for (table, (index, id)) in all {
        if !seen.insert(id) {
            let what = format!("the name `{id}` is used twice");
            source.fail_at(&at(table, index, "id"), "used-twice", &what, "choose another");
        }
    }
    if read.version.trim().is_empty() {
        let what = "`version` is empty";
        source.fail_at(&[Step::Key("version")], "empty-text", what, "write the pack's version");
    }
    // A heading stands under one that is there already, so that nothing stands under itself.
    let mut above: BTreeSet<&RowId> = BTreeSet::new();
    for (index, heading) in read.heading.iter().enumerate() {
        if let Some(under) = heading.under.as_ref().filter(|under| !above.contains(under)) {
            let what = format!("there is no heading `{under}` above");
            let hint = "write the heading above first";
            source.fail_at(&at("heading", index, "under"), "unknown-reference", &what, hint);
        }
        above.insert(&heading.id);
    }
}

fn rows(read: &File, source: &mut Source<'_>) {
    let by_id: BTreeMap<&RowId, &Row> = read.row.iter().map(|row| (&row.id, row)).collect();
    let headings: BTreeSet<&RowId> = read.heading.iter().map(|heading| &heading.id).collect();
    for (index, row) in read.row.iter().enumerate() {
        if let Some(under) = row.under.as_ref().filter(|under| !headings.contains(under)) {
            let what = format!("there is no heading `{under}`");
            let hint = "add a `[[heading]]`";
            source.fail_at(&at("row", index, "under"), "unknown-reference", &what, hint);
        }
        if row.after.as_ref().is_some_and(|after| !ends(&by_id, after)) {
            let what = format!("`{}` comes after a row that is not there, or in a circle", row.id);
            let hint = "name the row whose duty is done before";
            source.fail_at(&at("row", index, "after"), "unknown-reference", &what, hint);
        }
        let opened = !row.applies_if.incidents.is_empty();
        if opened && (row.owner.is_empty() || row.clock.is_none() || row.trigger.is_none()) {
            let what =
                format!("an incident opens `{}`, which lacks owner, trigger or clock", row.id);
            let hint = "add `owner`, `trigger` and `clock`";
            source.fail_at(&at("row", index, "id"), "missing-field", &what, hint);
        }
        if row.status == Status::Proposed && row.in_force_from.is_some() {
            let what = format!("`{}` is proposed and has a date from which it applies", row.id);
            let hint = "remove the date, or say `law` if it is";
            source.fail_at(&at("row", index, "in_force_from"), "wrong-kind", &what, hint);
        }
        let over = row.in_force_to.zip(row.in_force_from).is_some_and(|(to, from)| to <= from);
        if over {
            let what = format!("`{}` ends before it begins", row.id);
            source.fail_at(&at("row", index, "in_force_to"), "bad-date", &what, "mend the dates");
        }
        for class in row.in_force_by_class.keys() {
            if !row.applies_if.classes.contains(class) {
                let what =
                    format!("`{}` has a date for `{class}` and does not apply to it", row.id);
                let hint = "add it to `applies_if.classes`";
                source.fail_at(
                    &at("row", index, "in_force_by_class"),
                    "unknown-reference",
                    &what,
                    hint,
                );
            }
        }
    }
}

/// Whether a chain of rows that follow one another comes to an end.
fn ends(by_id: &BTreeMap<&RowId, &Row>, first: &RowId) -> bool {
    let mut next = Some(first);
    for _ in 0..=by_id.len() {
        let Some(id) = next else { return true };
        let Some(row) = by_id.get(id) else { return false };
        next = row.after.as_ref();
    }
    false
}

fn reports(read: &File, source: &mut Source<'_>) {
    let rows: BTreeSet<&RowId> = read.row.iter().map(|row| &row.id).collect();
    for (index, term) in read.contract.iter().enumerate() {
        if !rows.contains(&term.row) {
            let what = format!("there is no row `{}`", term.row);
            let hint = "name a row of this pack";
            source.fail_at(&at("contract", index, "row"), "unknown-reference", &what, hint);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, report) in read.report.iter().enumerate() {
        if !rows.contains(&report.row) {
            let what = format!("there is no row `{}`", report.row);
            let hint = "name a row of this pack";
            source.fail_at(&at("report", index, "row"), "unknown-reference", &what, hint);
        }
        if !seen.insert(&report.row) {
            let what = format!("`{}` has two reports", report.row);
            source.fail_at(&at("report", index, "row"), "used-twice", &what, "join them");
        }
        for fact in &report.facts {
            if !read.facts.contains_key(fact) {
                let what = format!("there is no fact `{fact}`");
                let hint = "add it to `[facts]`, as a question";
                source.fail_at(&at("report", index, "facts"), "unknown-reference", &what, hint);
            }
        }
        for fact in &report.initial {
            if !report.facts.contains(fact) {
                let what = format!("`{fact}` is asked for at first and not in the whole report");
                source.fail_at(
                    &at("report", index, "initial"),
                    "unknown-reference",
                    &what,
                    "add it to `facts`",
                );
            }
        }
    }
}
