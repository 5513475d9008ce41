//! `concordat search`: words in clauses, acts and minutes.

use concordat_partnership::{FoundClause, Words};
use concordat_terms::{Digest, PartyId};
use serde::Serialize;

use super::look::see;
use super::part::Part;
use crate::args::SearchArgs;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::search::{Found, FoundAct, FoundMinutes, scan};
use crate::width::wrapped;

/// How many are shown of clauses, of acts and of minutes, unless more are asked for.
const MOST: usize = 20;

pub(super) fn run(args: &SearchArgs, out: Out) -> Result<(), Failure> {
    let Some(words) = Words::of(&args.words.join(" ")) else {
        let hint = "name words that have letters or digits";
        return Err(Failure::usage("no-words", "there is nothing to look for", hint));
    };
    let seen = see(&args.list.look)?;
    let mut part = Part::of(&args.list.part, &seen)?;
    part.limit_to(MOST);
    let blob = |digest: &Digest| seen.blob(digest);
    let mut found = scan(seen.state(), seen.entries(), blob, &words)?;
    let withheld = seen.withheld();
    if let Some(reader) = seen.reader() {
        let own = |act: &FoundAct| act.by.contains(reader);
        found.acts.retain(|act| own(act) || act.names.is_disjoint(&withheld));
        let named = |own: &FoundClause| {
            own.clause.as_ref().is_some_and(|clause| withheld.contains(clause.as_str()))
        };
        found.clauses.retain(|own| !named(own));
    }
    // What is before its signers is the latest there is.
    part.take(&mut found.clauses, |own| own.entry.unwrap_or(u64::MAX), out);
    part.take(&mut found.acts, |own| own.entry, out);
    part.take(&mut found.minutes, |own| own.entry, out);
    let clauses = found.clauses.iter().map(Line::Clause);
    let lines: Vec<Line<'_>> = clauses
        .chain(found.acts.iter().map(Line::Act))
        .chain(found.minutes.iter().map(Line::Minutes))
        .collect();
    out.list(&lines, || text(&found))
}

/// Something that was found, and of which kind.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Clause(&'a FoundClause),
    Act(&'a FoundAct),
    Minutes(&'a FoundMinutes),
}

fn text(found: &Found) -> String {
    let mut lines = Vec::new();
    for own in &found.clauses {
        let clause = own.clause.as_ref().map(|clause| format!("/{clause}")).unwrap_or_default();
        let stands = match (own.standing, own.entry) {
            (Some(standing), Some(entry)) => format!("{} since entry {entry}", standing.as_str()),
            (None, Some(entry)) => format!("superseded, in force from entry {entry}"),
            _ => "before its signers".to_owned(),
        };
        lines.push(format!("clause  {}{clause} {} ({stands})", own.module, own.version));
        lines.push(format!("        {}", own.hit.snippet));
    }
    for own in &found.acts {
        let by: Vec<&str> = own.by.iter().map(PartyId::as_str).collect();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
        lines.push(format!("act     entry {}: {}{by}", own.entry, own.act));
        lines.push(format!("        {}", own.hit.snippet));
    }
    for own in &found.minutes {
        let short = own.minutes.short();
        lines.push(format!("minutes {} ({short}, entry {})", own.meeting, own.entry));
        lines.push(format!("        {}", own.hit.snippet));
    }
    if lines.is_empty() {
        return "nothing has all of these words".to_owned();
    }
    let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
    lines.join("\n")
}
