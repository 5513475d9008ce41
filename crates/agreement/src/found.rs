//! Findings as they come in: so many of each weight are kept, and all are counted.

use std::collections::BTreeMap;

use concordat_terms::{Diagnostic, Severity};

/// Findings, of which the first of each weight are kept. Whoever writes a text cannot make its
/// reader keep more than that.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    most: usize,
    kept: Vec<Diagnostic>,
    counts: BTreeMap<Severity, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    kept: usize,
    left_out: usize,
}

impl Found {
    /// None yet; of each weight `most` will be kept.
    pub(crate) fn of_at_most(most: usize) -> Self {
        Self { most, kept: Vec::new(), counts: BTreeMap::new() }
    }

    /// Takes a finding in.
    pub(crate) fn push(&mut self, finding: Diagnostic) {
        if !self.is_full(finding.severity) {
            self.counts.entry(finding.severity).or_default().kept += 1;
            self.kept.push(finding);
        }
    }

    /// Whether no finding of this weight is kept any more: then this one is counted, and nobody
    /// need write it.
    pub(crate) fn is_full(&mut self, severity: Severity) -> bool {
        let count = self.counts.entry(severity).or_default();
        let full = count.kept >= self.most;
        count.left_out += usize::from(full);
        full
    }

    /// Takes other findings in, with the count of those that were left out there.
    pub(crate) fn append(&mut self, other: &mut Self) {
        other.kept.drain(..).for_each(|finding| self.push(finding));
        for (severity, count) in std::mem::take(&mut other.counts) {
            self.counts.entry(severity).or_default().left_out += count.left_out;
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether an error is among them.
    pub(crate) fn has_errors(&self) -> bool {
        self.kept.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// What is kept, as it came in.
    pub(crate) fn kept(&self) -> &[Diagnostic] {
        &self.kept
    }

    /// What was kept, in the order of the text, each once; the last says how many there are
    /// besides.
    pub(crate) fn into_vec(mut self) -> Vec<Diagnostic> {
        self.kept.sort();
        self.kept.dedup();
        let besides = self.counts.iter().filter(|(_, count)| count.left_out > 0);
        let told: Vec<String> = besides
            .clone()
            .map(|(severity, count)| {
                let word = match severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Note => "note",
                };
                format!("{} {word}{}", count.left_out, if count.left_out == 1 { "" } else { "s" })
            })
            .collect();
        let heaviest = besides.map(|(severity, _)| *severity).next();
        if let (Some(severity), Some(last)) = (heaviest, self.kept.last().cloned()) {
            self.kept.push(Diagnostic {
                severity,
                code: "more-findings",
                what: format!("these are not all: there are {} more", told.join(" and ")),
                hint: "mend what is told, and check again".to_owned(),
                ..last
            });
        }
        self.kept
    }
}

impl Extend<Diagnostic> for Found {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, findings: I) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Wrong};

    fn finding(line: usize, severity: Severity) -> Diagnostic {
        let source = Source::new("a.md", &"x\n".repeat(line + 1));
        let wrong = Wrong::new("unknown-kind", "what", "hint");
        source.finding(source.span(&(line * 2..line * 2 + 1)), severity, wrong)
    }

    #[test]
    fn so_many_of_each_weight_are_kept_and_all_are_counted() {
        let mut found = Found::of_at_most(3);
        found.extend((0..10).map(|line| finding(line, Severity::Note)));
        assert!(!found.has_errors());
        let mut more = Found::of_at_most(2);
        more.extend((20..25).map(|line| finding(line, Severity::Error)));
        found.append(&mut more);
        assert!(found.has_errors() && more.is_empty());

        let told = found.into_vec();
        assert_eq!(told.len(), 3 + 2 + 1);
        let last = told.last().unwrap();
        assert_eq!((last.code, last.severity), ("more-findings", Severity::Error));
        assert_eq!(last.what, "these are not all: there are 3 errors and 7 notes more");
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        let mut found = Found::of_at_most(3);
        found.extend((0..3).map(|_| finding(1, Severity::Error)));
        assert_eq!(found.into_vec().len(), 1);
    }
}
