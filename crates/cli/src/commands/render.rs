//! `concordat render`: the agreement as one page to print and sign.

use std::collections::BTreeSet;

use concordat_agreement::{Agreement, assemble, narrow};
use concordat_console::document::{document, document_in, title};
use concordat_replay::prove;
use concordat_terms::{Digest, Severity};
use serde::Serialize;

use crate::args::Render;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Rendered {
    title: String,
    /// SHA-256 of the page's bytes.
    digest: Digest,
    bytes: usize,
    /// The digest over those of the modules.
    texts: Digest,
    /// Where the page was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The page itself, where it was written nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

pub(super) fn run(args: &Render, out: Out) -> Result<(), Failure> {
    let agreement = agreement(args, out)?;
    let page = match &args.language {
        Some(language) => {
            require_language(&agreement, language)?;
            out.say("note: this is for reading; what is signed is the document in all languages");
            document_in(&agreement, language)
        }
        None => document(&agreement),
    };
    let digest = Digest::of(page.as_bytes());
    if let Some(file) = &args.out {
        files::write_whole(file, page.as_bytes())?;
    }
    let rendered = Rendered {
        title: title(&agreement),
        digest,
        bytes: page.len(),
        texts: agreement.digest(),
        file: args.out.as_ref().map(|file| file.display().to_string()),
        html: (args.out.is_none() && !args.digest).then_some(page),
    };
    out.answer(&rendered, || match (&rendered.html, &rendered.file) {
        (Some(page), _) => page.clone(),
        (None, Some(file)) => format!("{digest}  {file}"),
        (None, None) => digest.to_string(),
    })
}

/// Something of it is in the language.
fn require_language(agreement: &Agreement, language: &str) -> Result<(), Failure> {
    let modules = agreement.modules().values();
    let mut known: BTreeSet<&str> =
        modules.flat_map(|module| module.languages.keys().map(String::as_str)).collect();
    known.extend(agreement.instrument().map(|cited| cited.terms.language.as_str()));
    if known.contains(language) {
        return Ok(());
    }
    let named: Vec<String> = known.iter().map(|tag| format!("`{tag}`")).collect();
    let what = format!("nothing of the agreement is in `{language}`");
    let hint = match named.as_slice() {
        [] => "leave `--language` out".to_owned(),
        _ => format!("name one of {}", named.join(", ")),
    };
    Err(Failure::usage("unknown-language", what, hint))
}

/// The agreement that a folder holds, beside its frame if it is a project's; what keeps it from
/// entering into force is shown.
fn agreement(args: &Render, out: Out) -> Result<Agreement, Failure> {
    let mut modules = Vec::new();
    let mut found = Vec::new();
    for (path, bytes) in files::modules(&args.dir)? {
        match files::module(&path, &bytes) {
            Ok(module) => modules.push(module),
            Err(findings) => found.extend(findings),
        }
    }
    if found.is_empty() {
        let joined = match &args.frame {
            Some(frame) => narrow(&files::agreement(frame)?.0, modules),
            None => assemble(modules),
        };
        match joined {
            Err(findings) => found = findings,
            Ok((agreement, _)) => {
                let proved = prove(agreement).map_err(|impossible| {
                    let what = impossible.to_string();
                    Failure::usage("parameters-impossible", what, "mend the clause")
                })?;
                return Ok(proved.agreement);
            }
        }
    }
    found.iter().filter(|finding| finding.severity == Severity::Error).for_each(|f| out.found(f));
    Err(files::unreadable(&found))
}
