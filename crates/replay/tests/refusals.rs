//! Every refusal is provoked: somewhere a test says which code the fold gave to an act that was
//! judged. Read from the sources of the tests; samples and pages do not count.
//!
//! What counts is a code among the arguments of an assertion on `.code()`; of a function or closure
//! that takes a `code` to hold against the verdict's; of one that gives the verdict's code; or in the
//! list of a loop that binds a `code`.
#![allow(clippy::disallowed_methods, reason = "a test reads sources")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use concordat_partnership::Refusal;

/// Codes that no act meets first, and why.
const NEVER_FIRST: &[(&str, &str)] =
    &[("not-started", "before a genesis no key is known, and `unknown-key` comes first")];

/// A word, a text, or a sign of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

use Token::{Sign, Text, Word};

fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1).copied();
        if c == '/' && next == Some('/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if c == 'r' && matches!(next, Some('#' | '"')) {
            let from = at + 1;
            let marks = chars[from..].iter().take_while(|c| **c == '#').count();
            let end: String = format!("\"{}", "#".repeat(marks));
            let rest: String = chars[from + marks + 1..].iter().collect();
            let Some(length) = rest.find(&end) else { break };
            at = from + marks + 1 + rest[..length].chars().count() + end.len();
            out.push(Text(rest[..length].to_owned()));
        } else if c == '"' {
            let mut text = String::new();
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += usize::from(chars[at] == '\\');
                text.extend(chars.get(at));
                at += 1;
            }
            at += 1;
            out.push(Text(text));
        } else if c == '\'' && (next == Some('\\') || chars.get(at + 2) == Some(&'\'')) {
            at += 2;
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if is_word(c) {
            let from = at;
            while at < chars.len() && is_word(chars[at]) {
                at += 1;
            }
            out.push(Word(chars[from..at].iter().collect()));
        } else {
            at += 1;
            if !c.is_whitespace() {
                out.push(Sign(c));
            }
        }
    }
    out
}

/// The tokens from an opening sign to where it is closed.
fn within(tokens: &[Token], open: usize) -> &[Token] {
    let Some(Sign(opening)) = tokens.get(open) else { return &[] };
    let closing = match opening {
        '(' => ')',
        '[' => ']',
        _ => '}',
    };
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(*token == Sign(*opening));
        depth -= i32::from(*token == Sign(closing));
        if depth == 0 {
            return &tokens[open + 1..at];
        }
    }
    &tokens[open + 1..]
}

fn is(token: Option<&Token>, word: &str) -> bool {
    matches!(token, Some(Word(own)) if own == word)
}

fn names_code(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| is(Some(token), "code") || is(Some(token), "codes"))
}

/// Whether the verdict's own code is asked for.
fn asks(tokens: &[Token]) -> bool {
    let called = |at: usize| tokens.get(at) == Some(&Sign('('));
    (0..tokens.len()).any(|at| {
        is(tokens.get(at), "code")
            && at > 0
            && ((tokens[at - 1] == Sign('.') && called(at + 1))
                || (tokens[at - 1] == Sign(':') && is(tokens.get(at.wrapping_sub(3)), "Refusal")))
    })
}

/// Functions and closures that hold a code against the verdict's, or give it.
fn checkers(tokens: &[Token]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        if is(Some(token), "fn") {
            let Some(Word(name)) = tokens.get(at + 1) else { continue };
            let mark = [Sign('#'), Sign('['), Word("test".to_owned()), Sign(']')];
            if at >= 4 && tokens[at - 4..at] == mark {
                continue;
            }
            let Some(open) = (at..tokens.len()).find(|i| tokens[*i] == Sign('(')) else { continue };
            let takes = names_code(within(tokens, open));
            let Some(body) = (open..tokens.len()).find(|i| tokens[*i] == Sign('{')) else {
                continue;
            };
            if takes || asks(within(tokens, body)) {
                found.insert(name.clone());
            }
        }
        if is(Some(token), "let") {
            let mut name = at + 1;
            name += usize::from(is(tokens.get(name), "mut"));
            let Some(Word(own)) = tokens.get(name) else { continue };
            let rest = tokens.get(name + 1..).unwrap_or_default();
            let mut bars = rest.iter().take(3).position(|token| *token == Sign('|'));
            if rest.first() != Some(&Sign('=')) {
                bars = None;
            }
            let Some(first) = bars.map(|bar| name + 1 + bar) else { continue };
            let Some(second) = (first + 1..tokens.len()).find(|i| tokens[*i] == Sign('|')) else {
                continue;
            };
            let takes = names_code(&tokens[first..second]);
            // A closure's body: a block, or up to the end of the statement.
            let body = match tokens.get(second + 1) {
                Some(Sign('{')) => within(tokens, second + 1),
                _ => {
                    let rest = &tokens[second..];
                    let end = rest.iter().position(|token| *token == Sign(';'));
                    &rest[..end.unwrap_or(rest.len())]
                }
            };
            if takes || asks(body) {
                found.insert(own.clone());
            }
        }
    }
    found
}

/// The texts that a source holds against verdicts.
fn asserted(tokens: &[Token], checkers: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let texts = |tokens: &[Token]| -> Vec<String> {
        let texts = tokens.iter().filter_map(|token| match token {
            Text(text) => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    };
    for (at, token) in tokens.iter().enumerate() {
        let Word(word) = token else { continue };
        let macro_open = at + 2;
        let assertion = word.starts_with("assert") && tokens.get(at + 1) == Some(&Sign('!'));
        if assertion && tokens.get(macro_open) == Some(&Sign('(')) {
            let inside = within(tokens, macro_open);
            let calls = inside.iter().any(|token| {
                matches!(token, Word(name) if checkers.contains(name)) || is(Some(token), "code")
            });
            if calls || names_code(inside) {
                found.extend(texts(inside));
            }
        } else if checkers.contains(word) && tokens.get(at + 1) == Some(&Sign('(')) {
            found.extend(texts(within(tokens, at + 1)));
        } else if word == "for" {
            let rest = &tokens[at..];
            let Some(listed) = rest.iter().position(|token| is(Some(token), "in")) else {
                continue;
            };
            let list = (listed..listed + 3).find(|i| rest.get(*i) == Some(&Sign('[')));
            if let Some(list) = list.filter(|_| names_code(&rest[..listed])) {
                found.extend(texts(within(rest, list)));
            }
        }
    }
    found
}

fn sources(dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.insert(path, text);
        }
    }
}

/// The texts that tests of the fold hold against verdicts.
fn provoked() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = BTreeMap::new();
    sources(&here.join("tests"), &mut all);
    sources(&here.join("../partnership/src"), &mut all);
    all.remove(&here.join("tests/refusals.rs"));
    let all: BTreeMap<PathBuf, Vec<Token>> =
        all.into_iter().map(|(path, text)| (path, tokens(&text))).collect();
    let mut of_folder: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (path, tokens) in &all {
        let folder = path.parent().unwrap().to_owned();
        of_folder.entry(folder).or_default().extend(checkers(tokens));
    }
    let shared = of_folder.get(&here.join("tests/common")).cloned().unwrap_or_default();
    let mut found = BTreeSet::new();
    for (path, tokens) in &all {
        let own = path.parent().and_then(|folder| of_folder.get(folder));
        let checkers: BTreeSet<String> = own.into_iter().flatten().cloned().collect();
        found.extend(asserted(tokens, &checkers.union(&shared).cloned().collect()));
    }
    found
}

#[test]
fn every_code_is_given_to_an_act_by_the_fold_in_some_test() {
    let provoked = provoked();
    let except: BTreeSet<&str> = NEVER_FIRST.iter().map(|(code, _)| *code).collect();
    let codes: BTreeSet<&str> = Refusal::codes().into_iter().collect();
    let missing: Vec<&&str> = codes
        .iter()
        .filter(|code| !provoked.contains(**code) && !except.contains(**code))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new(), "provoke them with `Story::refuse`");
    // What is excused is a code, and still not met.
    for code in except {
        assert!(codes.contains(code) && !provoked.contains(code), "`{code}` needs no excuse");
    }
}

#[test]
fn a_code_that_is_only_mentioned_does_not_count() {
    let source = r##"
        fn refuse(act: Act, code: &str) { assert_eq!(judge(act).code(), code); }
        fn code_of(act: Act) -> &'static str { judge(act).refusal().unwrap().code() }
        fn other(name: &str) {}
        #[test]
        fn a_story() {
            // refuse(act, "in-a-comment");
            let text = "in-a-text";
            other("to-another");
            refuse(act(), "to-a-helper");
            assert_eq!(code_of(act()), "to-an-assertion");
            assert_eq!(name, "to-another-assertion");
            for (act, code) in [(act(), "in-a-loop")] { refuse(act, code); }
            for name in ["in-another-loop"] { other(name); }
            let denied = |act: Act, code| assert_eq!(judge(act).code(), code);
            denied(act(), "to-a-closure");
            let page = r#"refuse(act, "on-a-page")"#;
        }
    "##;
    let tokens = tokens(source);
    let found = asserted(&tokens, &checkers(&tokens));
    let expected = ["in-a-loop", "to-a-closure", "to-a-helper", "to-an-assertion"];
    assert_eq!(found, expected.map(str::to_owned).into());
}
