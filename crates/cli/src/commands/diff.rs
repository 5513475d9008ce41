//! `concordat diff`: what another text would change, for everybody or for one party.

mod consent;
mod told;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use concordat_agreement::effect::{Effect, OnYours, effect};
use concordat_agreement::{Agreement, Module, assemble, narrow, versions_kept};
use concordat_terms::{Diagnostic, Severity};
use serde::Serialize;
use similar::TextDiff;

use self::consent::Consent;
use crate::args::Diff;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

pub(super) fn run(args: &Diff, out: Out) -> Result<(), Failure> {
    let [old, new] = both(args)?;
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
    let (effect, on_yours) = match &args.party {
        None => (whole, Vec::new()),
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
        Some(party) => {
            (whole.concerning(party, &old, &new), whole.on_what_is_of(party, &old, &new))
        }
    };
    let consent = Consent::of(&old, &new, args.party.as_ref());
    let changes = Changes { effect, on_yours, consent, warnings };
    out.answer(&changes, || {
        let words = !changes.consent.is_empty();
        let effect = if changes.effect.is_empty() && !changes.on_yours.is_empty() {
            "Nothing changes in what you may do, and no clause says something else to you."
                .to_owned()
        } else {
            told::effect(&changes.effect, words)
        };
        format!("{effect}{}{}", told::on_yours(&changes.on_yours), changes.consent.in_words())
    })
}

/// What another text does, and whose signature it takes.
#[derive(Debug, Serialize)]
struct Changes {
    #[serde(flatten)]
    effect: Effect,
    /// With `--for`: what others may do otherwise on what is the party's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on_yours: Vec<OnYours>,
    #[serde(flatten)]
    consent: Consent,
    /// Modules whose text changed without a higher version.
    warnings: Vec<String>,
}

/// The two agreements: as they stand, or as modules of a project beside their frame. The frame's own
/// folder is the frame without any.
fn both(args: &Diff) -> Result<[Agreement; 2], Failure> {
    let Some(frame) = &args.frame else {
        return Ok([agreement(&args.old)?, agreement(&args.new)?]);
    };
    let same = |dir: &Path| {
        let whole = |dir: &Path| dir.canonicalize().ok();
        whole(dir).is_some() && whole(dir) == whole(frame)
    };
    let joined = agreement(frame)?;
    let of = |dir: &Path| {
        if same(dir) { Ok(joined.clone()) } else { beside(&joined, dir) }
    };
    Ok([of(&args.old)?, of(&args.new)?])
}

fn agreement(dir: &Path) -> Result<Agreement, Failure> {
    assemble(read(dir)?).map(|(agreement, _)| agreement).map_err(unfit)
}

/// The modules of a project in a folder, and the frame that they narrow.
fn beside(frame: &Agreement, dir: &Path) -> Result<Agreement, Failure> {
    narrow(frame, read(dir)?).map(|(agreement, _)| agreement).map_err(unfit)
}

fn read(dir: &Path) -> Result<Vec<Module>, Failure> {
    let each = files::modules(dir)?.into_iter().map(|(path, bytes)| {
        files::module(&path, &bytes).map_err(|found| files::unreadable(&found))
    });
    each.collect()
}

fn unfit(mut found: Vec<Diagnostic>) -> Failure {
    found.retain(|finding| finding.severity == Severity::Error);
    files::unreadable(&found)
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
