//! A generated agreement, the same on every machine: clauses of every kind, as many as are wanted,
//! and the same agreement amended.

mod rules;
mod service;
mod things;

use std::fmt::Write as _;

/// The first and the last party of a seat, which it leaves out.
pub(super) const HOLDERS: (usize, usize) = (0, 8);
pub(super) const TRAINERS: (usize, usize) = (8, 12);
pub(super) const OPERATORS: (usize, usize) = (12, 14);
pub(super) const LABS: (usize, usize) = (14, 16);
/// Members of the council, of both sides in turn.
pub(super) const MEMBERS: (usize, usize) = (0, 8);
/// From this one on, all others.
pub(super) const CONTRIBUTORS: usize = 20;

pub(super) const DATASETS: usize = 20;
pub(super) const MODELS: usize = 6;
pub(super) const PURPOSES: usize = 10;
/// Permits of runs; every third is of training.
pub(super) const RUNS: usize = 60;
pub(super) const FORBIDS: usize = 30;
pub(super) const SIGNALS: usize = 30;
pub(super) const ACCOUNTS: usize = 6;
pub(super) const REPORTS: usize = 3;

/// How the text is amended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amended {
    /// It is not.
    No,
    /// One limit is lower.
    One,
    /// Every limit, and every period, is another.
    All,
}

/// One module after another: file name and text, `clauses` of them in all. There are 450 at the
/// least that go together with 50 parties.
pub(super) fn modules(parties: usize, clauses: usize, amended: Amended) -> Vec<(String, String)> {
    let mut text = Text::of(clauses);
    things::people(&mut text, parties);
    rules::governance(&mut text);
    things::assets(&mut text);
    rules::rules(&mut text, amended);
    service::service(&mut text);
    service::duties(&mut text, amended);
    service::rest(&mut text);
    text.files
}

/// Modules that are being written, and how many clauses are still wanted.
struct Text {
    files: Vec<(String, String)>,
    left: usize,
}

impl Text {
    fn of(clauses: usize) -> Self {
        Self { files: Vec::new(), left: clauses }
    }

    fn module(&mut self, id: &str) {
        let head = format!(
            "# The part on {id}\n\n```module\nid = \"{id}\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n"
        );
        self.files.push((format!("{id}.md"), head));
    }

    /// A paragraph and the clause that it is about; beyond the number wanted, nothing.
    fn clause(&mut self, prose: &str, block: &str) {
        let Some((_, text)) = self.files.last_mut().filter(|_| self.left > 0) else { return };
        self.left -= 1;
        write!(text, "\n{prose}\n\n```clause\n{}\n```\n", block.trim()).ok();
    }
}

/// What a party is called by its number.
pub(super) fn name(index: usize) -> String {
    format!("party-{index}")
}

fn list(names: impl IntoIterator<Item = String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

fn parties_of((from, to): (usize, usize)) -> String {
    list((from..to).map(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_clauses_as_were_wanted_and_some_of_every_kind() {
        let texts = modules(50, 500, Amended::No);
        let whole: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(whole.matches("```clause").count(), 500);
        for kind in [
            "party",
            "seat",
            "purpose",
            "objective",
            "asset",
            "permit",
            "forbid",
            "gate",
            "body",
            "duty",
            "power",
            "account",
            "privacy",
            "aggregation",
            "witnesses",
            "disclosure",
            "ip",
            "liability",
            "recognise",
            "signal",
            "table",
            "term",
            "instrument",
            "condition",
            "warranty",
            "notice",
            "ladder",
        ] {
            assert!(whole.contains(&format!("\n{kind} = ")), "no clause is of kind `{kind}`");
        }
    }
}
