//! Reads C2SP's policy text: lines of words, `#` comments, blanks ignored.

use std::collections::BTreeSet;

use super::{BadPolicy, Group, Log, NOBODY, Policy, Quorum, Witness};
use crate::checkpoint::decimal;
use crate::vkey::NotAVkey;

/// Why a text is not a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NotAPolicy {
    /// The line, from 1; the number of lines where the whole does not hold together.
    pub line: usize,
    /// What is wrong.
    pub what: PolicyProblem,
}

/// What can be wrong with a policy's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// A control character other than tab and newline.
    #[error("a control character")]
    Control,
    /// The last line does not end in a newline.
    #[error("the last line has no newline")]
    Unfinished,
    /// A line that is none of `log`, `witness`, `group`, `quorum`, or has too few or many words.
    #[error("`{0}` is not a policy line")]
    Line(String),
    /// A bad verifier key.
    #[error(transparent)]
    Vkey(#[from] NotAVkey),
    /// A threshold that is not `all`, `any` or a decimal.
    #[error("`{0}` is not a threshold: `all`, `any` or a number")]
    Threshold(String),
    /// A second quorum line.
    #[error("a second quorum line")]
    SecondQuorum,
    /// No quorum line.
    #[error("no quorum line")]
    NoQuorum,
    /// The lines do not make a policy.
    #[error(transparent)]
    Policy(#[from] BadPolicy),
}

#[derive(Default)]
struct Draft {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    defined: BTreeSet<String>,
}

pub(super) fn parse(text: &str) -> Result<Policy, NotAPolicy> {
    let mut draft = Draft::default();
    let mut line = 0;
    for terminated in text.split_inclusive('\n') {
        line += 1;
        read_line(terminated, &mut draft).map_err(|what| NotAPolicy { line, what })?;
    }
    let whole = |what| NotAPolicy { line, what };
    let quorum = draft.quorum.ok_or_else(|| whole(PolicyProblem::NoQuorum))?;
    Policy::new(draft.logs, draft.witnesses, draft.groups, quorum)
        .map_err(|bad| whole(PolicyProblem::Policy(bad)))
}

fn read_line(terminated: &str, draft: &mut Draft) -> Result<(), PolicyProblem> {
    let line = terminated.strip_suffix('\n').ok_or(PolicyProblem::Unfinished)?;
    if line.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f) {
        return Err(PolicyProblem::Control);
    }
    let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => Ok(()),
        [first, ..] if first.starts_with('#') => Ok(()),
        ["log", vkey, url @ ..] if url.len() <= 1 => {
            draft.logs.push(Log { vkey: vkey.parse()?, url: owned(url) });
            Ok(())
        }
        ["witness", name, vkey, url @ ..] if url.len() <= 1 => {
            let vkey = vkey.parse()?;
            draft.witnesses.push(Witness { name: (*name).to_owned(), vkey, url: owned(url) });
            draft.defined.insert((*name).to_owned());
            Ok(())
        }
        ["group", name, threshold, members @ ..] if !members.is_empty() => {
            for member in members {
                defined(member, draft)?;
            }
            let threshold = match *threshold {
                "all" => members.len(),
                "any" => 1,
                number => decimal(number)
                    .and_then(|k| usize::try_from(k).ok())
                    .ok_or_else(|| PolicyProblem::Threshold(number.to_owned()))?,
            };
            let members = members.iter().map(|member| (*member).to_owned()).collect();
            draft.groups.push(Group { name: (*name).to_owned(), threshold, members });
            draft.defined.insert((*name).to_owned());
            Ok(())
        }
        ["quorum", name] => {
            if draft.quorum.is_some() {
                return Err(PolicyProblem::SecondQuorum);
            }
            draft.quorum = Some(if *name == NOBODY {
                Quorum::Nobody
            } else {
                defined(name, draft)?;
                Quorum::Of((*name).to_owned())
            });
            Ok(())
        }
        _ => Err(PolicyProblem::Line(line.chars().take(80).collect())),
    }
}

fn defined(name: &str, draft: &Draft) -> Result<(), PolicyProblem> {
    if draft.defined.contains(name) {
        Ok(())
    } else {
        Err(BadPolicy::Undefined(name.to_owned()).into())
    }
}

fn owned(url: &[&str]) -> Option<String> {
    url.first().map(|url| (*url).to_owned())
}
