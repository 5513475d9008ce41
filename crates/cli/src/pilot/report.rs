//! One screen at the end: what happened, what was refused, what it cost, what to look at next.

use std::fmt::Write as _;

use concordat_terms::{ClauseRef, PartyId, Problem};
use serde::Serialize;

use super::stage::Refused;
use crate::width::wrapped;

/// Everything the last screen says; also the pilot's `--json` output.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What this is and is not.
    pub(crate) banner: String,
    pub(crate) origin: String,
    pub(crate) log: String,
    pub(crate) modules: usize,
    pub(crate) parties: usize,
    pub(crate) entries: u64,
    pub(crate) admitted: u64,
    pub(crate) refused_entries: u64,
    pub(crate) cosigned: usize,
    pub(crate) witnesses: usize,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) run: Run,
    pub(crate) budget: Vec<Budget>,
    pub(crate) limit: String,
    pub(crate) delta: String,
    pub(crate) accuracy: Accuracy,
    pub(crate) partners: Partners,
    /// What `concordat verify` checked, a sentence each.
    pub(crate) verified: Vec<String>,
    pub(crate) archive: String,
    pub(crate) console: Option<String>,
    pub(crate) seconds: f64,
    pub(crate) next: Vec<String>,
}

/// A refusal, with what would make it admissible.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    pub(crate) act: String,
    pub(crate) by: PartyId,
    pub(crate) code: String,
    pub(crate) clause: Option<ClauseRef>,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// All that stands in the way, where `concordat why` was asked.
    pub(crate) why: Vec<Problem>,
}

impl From<&Refused> for Refusal {
    fn from(refused: &Refused) -> Self {
        Self {
            act: refused.act.to_string(),
            by: refused.by.clone(),
            code: refused.code.clone(),
            clause: refused.clause.clone(),
            what: refused.what.clone(),
            hint: refused.hint.clone(),
            why: refused.why.clone(),
        }
    }
}

/// The run and its model.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) rounds: u64,
    pub(crate) attempts: u64,
    pub(crate) roster: usize,
    pub(crate) model: String,
    pub(crate) seconds: f64,
}

/// What one holder's people have been exposed to, by who looks.
#[derive(Debug, Serialize)]
pub(crate) struct Budget {
    pub(crate) holder: PartyId,
    pub(crate) outsider: f64,
    pub(crate) coordinator: f64,
    pub(crate) curious: f64,
    pub(crate) after_dropout: f64,
}

/// The lab's evidence, on rows that were handed to it.
#[derive(Debug, Serialize)]
pub(crate) struct Accuracy {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) cases: u64,
    pub(crate) majority: f64,
    /// Whether the pilot knows the rows to be public: those that come with it.
    pub(crate) public: bool,
}

/// What partners would see if no row were handed over: a noised, pooled count.
#[derive(Debug, Serialize)]
pub(crate) struct Partners {
    pub(crate) share: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) noise: String,
    pub(crate) epsilon: f64,
}

impl Report {
    /// The screen; only a path may be wider than a terminal.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let line = &mut out;
        let mut say = |label: &str, text: String| {
            let indent = text.len() - text.trim_start().len();
            let shown = wrapped(&format!("{label:<11} {text}"), 12 + indent);
            let _infallible = writeln!(line, "{shown}");
        };
        for (index, part) in self.banner.split("; ").enumerate() {
            say(if index == 0 { "Pilot" } else { "" }, part.to_owned());
        }
        say(
            "Agreement",
            format!("{} modules in force, signed by {} parties", self.modules, self.parties),
        );
        say(
            "Log",
            format!(
                "{}: {} entries, {} admitted, {} refused; cosigned by {} of {} witnesses",
                self.origin,
                self.entries,
                self.admitted,
                self.refused_entries,
                self.cosigned,
                self.witnesses
            ),
        );
        for (index, refusal) in self.refused.iter().enumerate() {
            let label = if index == 0 { "Refused" } else { "" };
            say(label, format!("{} by {}: {}", refusal.act, refusal.by, shortened(&refusal.what)));
            say("", format!("  hint: {}", shortened(&refusal.hint)));
            if !refusal.why.is_empty() {
                say("", format!("  why: {}", counted(&refusal.why)));
            }
        }
        say(
            "Run",
            format!(
                "`{}`: {} rounds in {} attempts, {} holders in the last, {:.1} s",
                self.run.name,
                self.run.rounds,
                self.run.attempts,
                self.run.roster,
                self.run.seconds
            ),
        );
        say("Model", format!("{} released", self.run.model));
        say(
            "Budget",
            format!(
                "ε reserved for ever at δ = {}, of ε = {} agreed, by who looks",
                self.delta, self.limit
            ),
        );
        let heads = ["", "outsider", "coordinator", "curious party", "after dropouts"];
        let [name, a, b, c, d] = heads;
        say("", format!("{name:<16} {a:>8} {b:>11} {c:>13} {d:>14}"));
        for row in &self.budget {
            say(
                "",
                format!(
                    "{:<16} {:>8.3} {:>11.3} {:>13.3} {:>14.3}",
                    row.holder.as_str(),
                    row.outsider,
                    row.coordinator,
                    row.curious,
                    row.after_dropout
                ),
            );
        }
        say("", "(who they are: docs/explanation/privacy.md)".into());
        say(
            "Accuracy",
            format!(
                "{:.3} [{:.3}, {:.3}] on {} testing rows ({}handed to the lab, never trained on, \
                 not charged); majority {:.3}",
                self.accuracy.value,
                self.accuracy.low,
                self.accuracy.high,
                self.accuracy.cases,
                if self.accuracy.public { "public, " } else { "" },
                self.accuracy.majority
            ),
        );
        say(
            "",
            format!(
                "{:.3} [{:.3}, {:.3}] as partners would see it: a noised sum at ε = {:.3} of a \
                 test account (illustrated by the pilot, no act yet)",
                self.partners.share, self.partners.low, self.partners.high, self.partners.epsilon
            ),
        );
        say("", "noise is fresh, so figures differ from run to run".into());
        say("", "exact figures over 100 splits: concordat pilot --bench".into());
        let checks: Vec<&str> =
            self.verified.iter().filter_map(|check| check.split(':').next()).collect();
        say("Verified", format!("{}, offline: {}", self.archive, checks.join(", ")));
        say("Time", format!("{:.1} s", self.seconds));
        for (index, next) in self.next.iter().enumerate() {
            say(if index == 0 { "Next" } else { "" }, next.clone());
        }
        out
    }
}

/// The codes in their order, each once, with how often it comes.
fn counted(problems: &[Problem]) -> String {
    let mut codes: Vec<(&str, usize)> = Vec::new();
    for problem in problems {
        match codes.iter_mut().find(|(code, _)| *code == problem.code) {
            Some((_, times)) => *times += 1,
            None => codes.push((&problem.code, 1)),
        }
    }
    let shown = codes.iter().map(|(code, times)| match times {
        1 => (*code).to_owned(),
        _ => format!("{code} ({times})"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// A text with its digests cut to twelve digits, for one line on a screen.
pub(crate) fn shortened(text: &str) -> String {
    let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split('`').map(|word| match word.get(..12) {
        Some(start) if is_digest(word) => format!("{start}…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join("`")
}

/// The 95 % Wilson interval of a share of `hits` in `cases` (Wilson 1927).
pub(crate) fn wilson(hits: f64, cases: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_985;
    let share = hits / cases;
    let square = Z * Z;
    let middle = share + square / (2.0 * cases);
    let spread = Z * (share * (1.0 - share) / cases + square / (4.0 * cases * cases)).sqrt();
    let scale = 1.0 + square / cases;
    ((middle - spread) / scale, (middle + spread) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Brown, Cai, DasGupta 2001 use n = 40 and none found: [0, .0876].
        let (low, high) = wilson(0.0, 40.0);
        assert!(low.abs() < 1e-12 && (high - 0.0876).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(200.0, 254.0);
        assert!((low - 0.7330).abs() < 1e-3 && (high - 0.8334).abs() < 1e-3, "{low} {high}");
    }
}
