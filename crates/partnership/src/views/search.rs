//! Where words are found: in clauses of every version, and in whatever text somebody holds beside
//! the log.
//!
//! A word is found where a word of the text begins with it, whatever the case. Digests and keys are
//! no words: nobody looks for what their digits happen to spell.

use concordat_terms::{ClauseId, Digest, ModuleId};
use serde::Serialize;

use crate::state::{Standing, State};

/// How many characters of a text are shown around what was found.
const AROUND: usize = 60;
/// From how many characters on a word of hexadecimal digits is a digest or a key.
const DIGEST: usize = 32;

/// Words that must all occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

/// A text in which all words occur.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// How often they do.
    pub count: u32,
    /// Where the first of them does.
    pub snippet: String,
}

/// A clause in which all words occur.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundClause {
    /// The module.
    pub module: ModuleId,
    /// The clause; none, where the words stand in the module and in none of its clauses together.
    pub clause: Option<ClauseId>,
    /// The module's version.
    pub version: String,
    /// The exact bytes of it.
    pub digest: Digest,
    /// How the version stands; before its signers, or superseded, if this is absent.
    pub standing: Option<Standing>,
    /// The entry by which it came into force, if it ever did.
    pub entry: Option<u64>,
    /// What was found.
    #[serde(flatten)]
    pub hit: Hit,
}

impl Words {
    /// The words of a question; `None` if it has none.
    pub fn of(question: &str) -> Option<Self> {
        let lower = question.to_lowercase();
        let words = lower.split_whitespace().map(|word| word.trim_matches(is_mark));
        let mut words: Vec<String> =
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        words.sort();
        words.dedup();
        (!words.is_empty()).then_some(Self(words))
    }

    /// Finds the words in a text.
    pub fn find(&self, text: &str) -> Option<Hit> {
        // Most texts are plain, and lowering them moves nothing.
        let lower = if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() };
        let mut first: Option<usize> = None;
        let mut count: u32 = 0;
        for word in &self.0 {
            let mut places = lower.match_indices(word.as_str()).map(|(at, _)| at);
            let mut own = 0_u32;
            for at in places.by_ref().filter(|at| begins_word(&lower, *at)) {
                own = own.saturating_add(1);
                first = Some(first.map_or(at, |first| first.min(at)));
            }
            if own == 0 {
                return None;
            }
            count = count.saturating_add(own);
        }
        let shown = if lower.len() == text.len() { text } else { &lower };
        Some(Hit { count, snippet: around(shown, first.unwrap_or_default()) })
    }
}

impl State {
    /// The clauses of every version of every module in which all words occur: of what is in force
    /// first, then where they occur most.
    pub fn search_clauses(&self, words: &Words) -> Vec<FoundClause> {
        let mut found = Vec::new();
        for (digest, proposal) in self.proposals() {
            let module = &proposal.module;
            let in_force = self.in_force.get(&module.id).filter(|own| own.digest == *digest);
            let standing = in_force.and_then(|_| self.standing(&module.id));
            let entered = self.history().iter().find(|event| match &event.what {
                crate::state::Happened::Entered { digest: own, .. } => own == digest,
                _ => false,
            });
            let of = |clause: Option<ClauseId>, hit: Hit| FoundClause {
                module: module.id.clone(),
                clause,
                version: module.version.to_string(),
                digest: *digest,
                standing,
                entry: entered.map(|event| event.index),
                hit,
            };
            let before = found.len();
            for (id, clause) in &module.clauses {
                let text = format!("{}\n{}", clause.prose, clause.print());
                found.extend(words.find(&text).map(|hit| of(Some(id.clone()), hit)));
            }
            if found.len() == before {
                found.extend(words.find(module.text()).map(|hit| of(None, hit)));
            }
        }
        found.sort_by(|one, other| {
            let key = |found: &FoundClause| (found.standing.is_none(), u32::MAX - found.hit.count);
            key(one).cmp(&key(other)).then_with(|| {
                let name = |found: &FoundClause| {
                    (found.module.clone(), found.clause.clone(), found.digest)
                };
                name(one).cmp(&name(other))
            })
        });
        found
    }
}

fn is_mark(c: char) -> bool {
    !c.is_alphanumeric()
}

/// Whether a word begins at a place, and one that is no digest.
fn begins_word(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or_default();
    if before.chars().next_back().is_some_and(char::is_alphanumeric) {
        return false;
    }
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits < DIGEST
}

/// A part of a text around a place, on one line.
fn around(text: &str, at: usize) -> String {
    let (before, rest) = text.split_at_checked(at).unwrap_or(("", text));
    let from = before.char_indices().rev().nth(AROUND).map_or(0, |(at, _)| at);
    let to = rest.char_indices().nth(2 * AROUND).map_or(rest.len(), |(at, _)| at);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = text.get(from..at.saturating_add(to)).unwrap_or_default();
    let ends = (if from > 0 { "…" } else { "" }, if to < rest.len() { "…" } else { "" });
    format!("{}{}{}", ends.0, words(cut), ends.1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn find(question: &str, text: &str) -> Option<u32> {
        Words::of(question).unwrap().find(text).map(|hit| hit.count)
    }

    #[test]
    fn all_words_must_occur_whatever_their_case_and_end() {
        let text = "The Vendor pays royalties, and a ROYALTY is shared.";
        assert_eq!(find("royalt vendor", text), Some(3));
        assert_eq!(find("Royalties", text), Some(1));
        assert_eq!(find("royalties hospital", text), None);
        assert_eq!(find("alties", text), None, "a word begins where it begins");
        assert_eq!(find("\u{c4}RZTE", "f\u{fc}r \u{c4}rzte"), Some(1));
        assert!(Words::of(" .. ").is_none());
    }

    #[test]
    fn the_digits_of_a_digest_spell_nothing() {
        let digest = "fee0".repeat(16);
        assert_eq!(find("fee", &format!("{{\"model\":\"{digest}\"}}")), None);
        assert_eq!(find("fee", &format!("a fee for {digest}")), Some(1));
    }

    #[test]
    fn what_is_shown_is_where_it_stands() {
        let text = format!("{} the royalty is {}", "before ".repeat(30), "after ".repeat(60));
        let hit = Words::of("royalty").unwrap().find(&text).unwrap();
        assert!(hit.snippet.starts_with('…') && hit.snippet.ends_with('…'), "{}", hit.snippet);
        assert!(hit.snippet.contains("before the royalty is after"), "{}", hit.snippet);
    }
}
