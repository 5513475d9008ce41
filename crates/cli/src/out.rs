//! Data to stdout, talk to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::failure::Failure;

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
            serde_json::to_string(value).map_err(|e| {
                let hint = "report this with the command that you ran";
                Failure::fault("no-json", format!("the answer has no JSON: {e}"), hint)
            })?
        } else {
            text()
        };
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{}", shown.trim_end_matches('\n')).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::fault("io", format!("cannot write to stdout: {e}"), "check the disk"))
            }
            _ => Ok(()),
        }
    }

    /// Says something to the person at the terminal. Nobody being there is no fault.
    pub fn say(self, text: &str) {
        writeln!(io::stderr().lock(), "{text}").ok();
    }

    /// Reports a failure: three lines on stderr, and in JSON mode the problem on stdout too.
    pub fn failed(self, failure: &Failure) {
        let problem = failure.problem();
        if self.json {
            self.answer(problem, String::new).ok();
        }
        let shown = if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            // Red and bold for the first word alone: the rest is text to copy.
            problem.to_string().replacen("error:", "\u{1b}[1;31merror:\u{1b}[0m", 1)
        } else {
            problem.to_string()
        };
        self.say(&shown);
    }
}
