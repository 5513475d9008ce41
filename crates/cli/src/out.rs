//! Data to stdout, talk to stderr; and the one place where text leaves, so that nothing in a file
//! or an answer of somebody else's steers the terminal that shows it.

use std::io::{self, IsTerminal as _, Write as _};

use concordat_terms::{Diagnostic, Problem};
use serde::Serialize;

use crate::failure::{Failure, lowercase};
use crate::harmless::{in_json, line, lines};
use crate::verify::{Broken, Promise};
use crate::width::wrapped;

/// What does not hold, for a program.
#[derive(Serialize)]
struct NotVerified<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    promise: Promise,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// Where a command's answer goes.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// JSON instead of text.
    pub json: bool,
}

impl Out {
    /// Prints one answer: a JSON document (in a stream, a line), or the text.
    ///
    /// # Errors
    /// When stdout cannot be written to; a reader that has gone away is no fault.
    pub fn answer<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let shown = if self.json {
            let json = serde_json::to_string(value).map_err(|e| {
                let hint = "report this with the command that you ran";
                Failure::fault("no-json", format!("the answer has no JSON: {e}"), hint)
            })?;
            in_json(&json)
        } else {
            lines(&text())
        };
        let mut stdout = io::stdout().lock();
        let done = writeln!(stdout, "{}", shown.trim_end_matches('\n'));
        written(done.and_then(|()| stdout.flush()))
    }

    /// Prints a list: a JSON document on a line for each item, or the text.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn list<T: Serialize>(
        self,
        items: &[T],
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if !self.json {
            return self.answer(&(), text);
        }
        items.iter().try_for_each(|item| self.answer(item, String::new))
    }

    /// Says something to the person at the terminal, within its columns. Nobody being there is no
    /// fault.
    pub fn say(self, text: &str) {
        let shown: Vec<String> = lines(text).lines().map(fitted).collect();
        writeln!(io::stderr().lock(), "{}", shown.join("\n")).ok();
    }

    /// Shows a finding with the line it is about. What stands in the file cannot add lines.
    pub fn found(self, finding: &Diagnostic) {
        let mut shown = finding.clone();
        for text in [&mut shown.span.file, &mut shown.text, &mut shown.what, &mut shown.hint] {
            *text = line(text);
        }
        self.say(&format!("{shown}\n"));
    }

    /// Reports a failure: three lines on stderr, and in JSON mode the problem on stdout too. On a
    /// terminal, what was answered there already is not said twice.
    pub fn failed(self, failure: &Failure) {
        let problem = failure.problem();
        let seen = !self.json && io::stdout().is_terminal() && io::stderr().is_terminal();
        if seen && matches!(failure, Failure::Told(_)) {
            return;
        }
        match failure {
            _ if !self.json => {}
            Failure::Answered(_) => {}
            Failure::NotVerified(problem, broken) => {
                let Broken { promise, file, entry, offset, .. } = broken.as_ref();
                let (promise, entry, offset) = (*promise, *entry, *offset);
                let shown = NotVerified { problem, promise, file, entry, offset };
                self.answer(&shown, String::new).ok();
            }
            _ => drop(self.answer(problem, String::new)),
        }
        let Problem { what, hint, see, .. } = problem;
        // Red and bold for the first word alone: the rest is text to copy.
        let error = if coloured() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        let shown = [("error:", what), ("hint:", hint), ("see:", see)]
            .map(|(label, text)| fitted(&format!("{label} {}", line(text))))
            .join("\n");
        let shown = shown.replacen("error:", error, 1);
        writeln!(io::stderr().lock(), "{shown}").ok();
    }
}

/// What came of writing an answer to stdout.
///
/// # Errors
/// It was not written; a reader that has gone away is no fault.
pub(crate) fn written(done: io::Result<()>) -> Result<(), Failure> {
    match done {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            let why = lowercase(&e.to_string());
            let what = format!("the answer was not written, or not whole: stdout says `{why}`");
            let hint = "send the answer where there is room for it, and run the command again";
            Err(Failure::fault("io", what, hint))
        }
        _ => Ok(()),
    }
}

/// A line for stderr: a terminal shows it within its columns, a file keeps it whole.
fn fitted(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    if io::stderr().is_terminal() { wrapped(line, indent + 2) } else { line.to_owned() }
}

/// Whether stderr is a terminal whose user wants colours (<https://no-color.org>: set and not
/// empty means none).
pub(crate) fn coloured() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}
