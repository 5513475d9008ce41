//! `concordat search`: words in clauses, acts and minutes.

use concordat_partnership::Words;
use concordat_terms::{Digest, PartyId};

use super::look::see;
use crate::args::SearchArgs;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::search::{Found, scan};
use crate::width::wrapped;

pub(super) fn run(args: &SearchArgs, out: Out) -> Result<(), Failure> {
    let Some(words) = Words::of(&args.words.join(" ")) else {
        let hint = "name words that have letters or digits";
        return Err(Failure::usage("no-words", "there is nothing to look for", hint));
    };
    let seen = see(&args.look)?;
    let entries = seen.entries()?;
    let blob = |digest: &Digest| seen.blob(digest);
    let mut found = scan(seen.state(), &entries, blob, &words);
    found.clauses.truncate(args.most);
    found.acts.truncate(args.most);
    found.minutes.truncate(args.most);
    out.answer(&found, || text(&found))
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
