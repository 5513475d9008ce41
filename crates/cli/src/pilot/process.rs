//! Child processes: services that end with their parent, and commands that are waited for.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use concordat_terms::Problem;
use serde_json::Value;

use super::fault;

/// How long a service may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A service of this very binary. It stops when its standard input closes, so that none outlives
/// the pilot, however the pilot ends.
pub(crate) struct Service {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Service {
    /// Starts `concordat --json <arguments>`; what it says on standard error goes to `log`.
    pub(crate) fn start(binary: &Path, arguments: &[&str], log: &Path) -> Result<Self, Problem> {
        let file = std::fs::File::create(log).map_err(|e| fault("create", log, &e))?;
        let mut child = Command::new(binary)
            .args(arguments)
            .args(["--json", "--until-input-ends"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(|e| fault("start", binary, &e))?;
        let input = child.stdin.take();
        let (send, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if let Ok(value) = serde_json::from_str(&line)
                        && send.send(value).is_err()
                    {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, input, lines })
    }

    /// The next event it reports within `patience`.
    pub(crate) fn next_within(&self, patience: Duration) -> Option<Value> {
        self.lines.recv_timeout(patience).ok()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills it without warning, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        drop(self.input.take());
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.ended().is_some() {
                return;
            }
            thread::park_timeout(Duration::from_millis(10));
        }
        self.kill();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a finished command left.
pub(crate) struct Finished {
    /// Its exit status: 0 done, 1 refused, 2 unusable, 3 fault.
    pub(crate) status: i32,
    /// The last JSON document on its standard output: the answer, or the problem.
    pub(crate) output: Value,
    /// The first: what a command answered before it failed.
    pub(crate) first: Value,
}

/// Runs `concordat --json <arguments>` to its end.
pub(crate) fn call(binary: &Path, arguments: &[String]) -> Result<Finished, Problem> {
    let mut child = Command::new(binary)
        .args(arguments)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| fault("start", binary, &e))?;
    // Standard error is small: a problem of three lines. Reading it second cannot block.
    let mut output = String::new();
    let mut errors = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut output).map_err(|e| fault("read from", binary, &e))?;
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_string(&mut errors).map_err(|e| fault("read from", binary, &e))?;
    }
    let status = child.wait().map_err(|e| fault("wait for", binary, &e))?;
    let parsed = |line: Option<&str>| {
        line.and_then(|line| serde_json::from_str(line).ok())
            .unwrap_or_else(|| Value::String(errors.clone()))
    };
    let (first, last) = (parsed(output.lines().next()), parsed(output.lines().next_back()));
    Ok(Finished { status: status.code().unwrap_or(3), output: last, first })
}

/// Runs `concordat --json <arguments>` to its end and hands over each line of its output; the
/// answer is its exit status.
pub(crate) fn stream(
    binary: &Path,
    arguments: &[&str],
    mut each: impl FnMut(Value),
) -> Result<i32, Problem> {
    let mut child = Command::new(binary)
        .args(arguments)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| fault("start", binary, &e))?;
    if let Some(pipe) = child.stdout.take() {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Ok(value) = serde_json::from_str(&line) {
                each(value);
            }
        }
    }
    let status = child.wait().map_err(|e| fault("wait for", binary, &e))?;
    Ok(status.code().unwrap_or(3))
}

/// The binary that is running.
pub(crate) fn binary() -> Result<PathBuf, Problem> {
    std::env::current_exe().map_err(|e| fault("find", Path::new("concordat"), &e))
}
