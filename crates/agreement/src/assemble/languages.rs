//! Prose in several languages: each is one that the instrument names, and says whatever the prose says
//! that prevails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_terms::Severity;

use crate::source::Wrong;
use crate::{Clause, Module, Terms};

use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let agreement = check.agreement;
    // Modules of a project are written in the languages of their frame.
    let instruments = check.each(|t| if let Terms::Instrument(i) = t { Some(i) } else { None });
    let found = instruments.first().copied();
    let terms = found.map(|(_, terms)| terms);
    let prevails = terms.map(|terms| terms.language.as_str());
    let named: BTreeSet<&str> =
        terms.iter().flat_map(|terms| &terms.languages).map(String::as_str).collect();
    for module in check.asked() {
        for (language, span) in &module.languages {
            let (what, hint) = if Some(language.as_str()) == prevails {
                let what = format!("`{language}` is the language that prevails, and stands above");
                (what, "write it as paragraphs, or mend the tag of the block".to_owned())
            } else if named.contains(language.as_str()) {
                continue;
            } else {
                let what =
                    format!("the instrument does not say that it is written in `{language}`, too");
                (what, format!("add `{language}` to `languages`, or mend the tag of the block"))
            };
            let wrong = Wrong::new("language-not-named", what, hint);
            check.found.push(module.finding(Severity::Warning, span, wrong));
        }
    }
    let begun: BTreeSet<&str> = agreement
        .modules()
        .values()
        .flat_map(|module| module.languages.keys().map(String::as_str))
        .collect();
    for language in named {
        if begun.contains(language) {
            missing(check, language);
        } else if let Some((at, _)) = found {
            let what = format!("no paragraph stands here in `{language}`");
            let hint = format!(
                "write ```prose {language} below the paragraphs, or leave the text in \
                                that language outside"
            );
            check.say(Severity::Note, at, "languages", Wrong::new("language-missing", what, hint));
        }
    }
}

/// The paragraphs of clauses that are not there in a language in which others are.
fn missing(check: &mut Check<'_>, language: &str) {
    for module in check.asked() {
        for clause in first_of_each(module) {
            if clause.translations.contains_key(language) {
                continue;
            }
            let what = format!("the prose of `{}` is not there in `{language}`", clause.id);
            let hint = format!("write it in ```prose {language} above the clause");
            let wrong = Wrong::new("language-missing", what, hint);
            check.say(Severity::Warning, (module, clause), "id", wrong);
        }
    }
}

/// Clauses that share their paragraphs are told once, by the first in the text.
fn first_of_each(module: &Module) -> Vec<&Clause> {
    let mut first: BTreeMap<*const u8, &Clause> = BTreeMap::new();
    for clause in module.clauses.values().filter(|clause| !clause.prose.is_empty()) {
        let shared = Arc::as_ptr(&clause.prose).cast::<u8>();
        let kept = first.entry(shared).or_insert(clause);
        if clause.span.line < kept.span.line {
            *kept = clause;
        }
    }
    let mut found: Vec<&Clause> = first.into_values().collect();
    found.sort_by_key(|clause| clause.span.line);
    found
}
