//! `concordat diff`: what another text would change, for everybody or for one party.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::path::Path;

use concordat_agreement::effect::{ActChange, Answer, ClauseChange, Effect, Region, effect};
use concordat_agreement::{Agreement, Signatures, assemble, signatures, versions_kept};
use concordat_terms::{Diagnostic, Severity};
use serde::Serialize;
use similar::TextDiff;

use crate::args::Diff;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

pub(super) fn run(args: &Diff, out: Out) -> Result<(), Failure> {
    let (old, new) = (agreement(&args.old)?, agreement(&args.new)?);
    let warnings: Vec<String> = versions_kept(old.modules().values(), new.modules().values())
        .into_iter()
        .map(|found| format!("{}; {}", found.what, found.hint))
        .collect();
    for warning in &warnings {
        out.say(&format!("warning: {warning}"));
    }
    if args.text {
        let redline = redline(&old, &new);
        return out.answer(&redline, || redline.clone());
    }
    let whole = effect(&old, &new);
    let effect = match &args.party {
        None => whole,
        Some(party) if old.party(party).is_none() && new.party(party).is_none() => {
            let known: BTreeSet<String> = old
                .parties()
                .chain(new.parties())
                .map(|party| format!("`{}`", party.clause.clause))
                .collect();
            let known: Vec<String> = known.into_iter().collect();
            let what = format!("neither agreement has a party `{party}`");
            let hint = format!("use one of {}", known.join(", "));
            return Err(Failure::usage("unknown-party", what, hint));
        }
        Some(party) => whole.concerning(party, &old, &new),
    };
    let mut signatures = signatures(&old, &new);
    if let Some(only) = &args.party {
        signatures.values_mut().for_each(|parties| parties.retain(|party, _| party == only));
        signatures.retain(|_, parties| !parties.is_empty());
    }
    let changes = Changes { effect, signatures, warnings };
    out.answer(&changes, || {
        let words = !changes.signatures.is_empty();
        format!("{}{}", told(&changes.effect, words), signed(&changes.signatures))
    })
}

/// What another text does, and whose signature it takes.
#[derive(Debug, Serialize)]
struct Changes {
    #[serde(flatten)]
    effect: Effect,
    signatures: Signatures,
    /// Modules whose text changed without a higher version.
    warnings: Vec<String>,
}

fn signed(signatures: &Signatures) -> String {
    let mut text = String::new();
    for (module, parties) in signatures {
        let _ = write!(text, "\nmodule `{module}` takes the signature of");
        for (party, why) in parties {
            let _ = write!(
                text,
                "\n  {party}: {}",
                why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            );
        }
    }
    text
}

fn agreement(dir: &Path) -> Result<Agreement, Failure> {
    let mut modules = Vec::new();
    for (path, bytes) in files::modules(dir)? {
        modules.push(files::module(&path, &bytes).map_err(|found| files::unreadable(&found))?);
    }
    assemble(modules).map(|(agreement, _)| agreement).map_err(|found| {
        let errors: Vec<Diagnostic> =
            found.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        files::unreadable(&errors)
    })
}

fn told(effect: &Effect, words: bool) -> String {
    if effect.is_empty() && words {
        return "No act is answered otherwise, and no other clause says something else. The texts differ: \
                `--text` shows where."
            .to_owned();
    }
    if effect.is_empty() {
        return "Nothing changes: every act is answered alike, and every other clause says the same."
            .to_owned();
    }
    let mut text = String::new();
    let mut heading: Option<String> = None;
    for change in &effect.acts {
        let this = format!("{} for `{}`: {}", change.act, change.seat, verdict(change));
        if heading.as_ref() != Some(&this) {
            let _ = writeln!(text, "{this}");
            heading = Some(this);
        }
        let _ = writeln!(text, "  {}", region(&change.region));
    }
    for change in &effect.clauses {
        let _ = writeln!(text, "{}", clause(change));
    }
    text.trim_end().to_owned()
}

fn verdict(change: &ActChange) -> String {
    let by = |answer: &Answer| match answer {
        Answer::Refused { by } if by.is_empty() => "no clause permits it".to_owned(),
        Answer::Refused { by } => {
            let clauses: Vec<String> = by.iter().map(|clause| format!("`{clause}`")).collect();
            clauses.join(", ")
        }
        Answer::NotSeated => "not in the seat".to_owned(),
        Answer::Allowed { gates } => gates.to_string(),
    };
    match (change.was.allows(), change.is.allows()) {
        (true, false) => format!("no longer allowed ({})", by(&change.is)),
        (false, true) => format!("now allowed ({})", by(&change.is)),
        _ => format!("gated otherwise: {} → {}", by(&change.was), by(&change.is)),
    }
}

fn region(region: &Region) -> String {
    let mut parts = Vec::new();
    let mut say = |word: &str, values: Option<String>| {
        parts.extend(values.map(|values| format!("{word} {values}")));
    };
    say("by", region.parties.as_ref().map(listed));
    say("to", region.kinds.as_ref().map(|kinds| listed(kinds.iter().map(|kind| kind.as_str()))));
    let together = |assets: &Vec<_>| {
        let names: Vec<String> = assets.iter().map(ToString::to_string).collect();
        names.join(" with ")
    };
    say("on", region.assets.as_ref().map(|assets| listed(assets.iter().map(together))));
    say("for", region.purposes.as_ref().map(listed));
    say("in a place of", region.places.as_ref().map(listed));
    say("with rounds of", region.rounds.as_ref().map(listed));
    say("with participants of", region.participants.as_ref().map(listed));
    if parts.is_empty() { "whatever is asked".to_owned() } else { parts.join("; ") }
}

fn listed<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}

fn clause(change: &ClauseChange) -> String {
    let what = match (change.is_new(), change.is_gone()) {
        (true, _) => "is new",
        (_, true) => "is gone",
        _ => "says something else",
    };
    let mut text = format!("{} `{}` {what}", change.kind, change.clause);
    for field in &change.fields {
        let none = "nothing".to_owned();
        let (was, is) = (field.was.as_ref(), field.is.as_ref());
        let _ = match (change.is_new(), change.is_gone()) {
            (true, _) => write!(text, "\n  {}: {}", field.name, is.unwrap_or(&none)),
            (_, true) => write!(text, "\n  {}: {}", field.name, was.unwrap_or(&none)),
            _ => write!(
                text,
                "\n  {}: {} → {}",
                field.name,
                was.unwrap_or(&none),
                is.unwrap_or(&none)
            ),
        };
    }
    text
}

/// The texts line by line, as a unified diff of each module.
fn redline(old: &Agreement, new: &Agreement) -> String {
    let ids: BTreeSet<_> = old.modules().keys().chain(new.modules().keys()).collect();
    let mut text = String::new();
    for id in ids {
        let of = |agreement: &Agreement| {
            agreement.modules().get(id).map(|module| module.text().to_owned()).unwrap_or_default()
        };
        let (was, is) = (of(old), of(new));
        let lines = TextDiff::from_lines(&was, &is);
        let mut diff = lines.unified_diff();
        let _ = write!(text, "{}", diff.header(&format!("old/{id}"), &format!("new/{id}")));
    }
    text.trim_end().to_owned()
}
