//! Child processes: services that end with their parent, and commands that are waited for.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fault;
use crate::failure::Failure;

/// How long a service may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often somebody who waits looks whether to go on.
const GLANCE: Duration = Duration::from_millis(50);

/// Whether the pilot was told to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<AtomicBool>);

impl Told {
    /// Tells it; whether it had been told before.
    pub(crate) fn tell(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Whether it has been told.
    pub(crate) fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn check(&self) -> Result<(), Failure> {
        // What stays behind is for the caller to say.
        if self.is_told() { Err(Failure::interrupted("start again")) } else { Ok(()) }
    }
}

/// A service of this very binary. It stops when its standard input closes, so that none outlives
/// the pilot, however the pilot ends.
pub(crate) struct Service {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Service {
    /// Starts `concordat --json <arguments>`; what it says on standard error goes to `log`.
    pub(crate) fn start(binary: &Path, arguments: &[&str], log: &Path) -> Result<Self, Failure> {
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

    /// The next event it reports within `patience`; none if it ended or is silent.
    pub(crate) fn next_within(
        &self,
        patience: Duration,
        told: &Told,
    ) -> Result<Option<Value>, Failure> {
        let started = Instant::now();
        loop {
            told.check()?;
            match self.lines.recv_timeout(GLANCE) {
                Ok(value) => return Ok(Some(value)),
                Err(RecvTimeoutError::Timeout) if started.elapsed() < patience => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
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

    /// Asks it to stop, by ending its input.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.input.take());
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.ask_to_stop();
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
pub(crate) fn call(binary: &Path, arguments: &[&str], told: &Told) -> Result<Finished, Failure> {
    let mut lines = Vec::new();
    let (status, errors) = stream(binary, arguments, told, |line| lines.push(line))?;
    let said = |line: Option<&Value>| line.cloned().unwrap_or(Value::String(errors.clone()));
    Ok(Finished { status, output: said(lines.last()), first: said(lines.first()) })
}

/// Runs `concordat --json <arguments>` to its end and hands over each line of its output; the
/// answer is its exit status, and what it said on standard error.
///
/// # Errors
/// It cannot be started; or the pilot was told to end, and so the command was ended.
pub(crate) fn stream(
    binary: &Path,
    arguments: &[&str],
    told: &Told,
    mut each: impl FnMut(Value),
) -> Result<(i32, String), Failure> {
    told.check()?;
    let mut child = Command::new(binary)
        .args(arguments)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| fault("start", binary, &e))?;
    let (send, lines) = mpsc::channel();
    let output = child.stdout.take();
    thread::spawn(move || {
        for line in output.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()) {
            if line.is_ok_and(|line| send.send(line).is_err()) {
                break;
            }
        }
    });
    let errors = child.stderr.take();
    let errors = thread::spawn(move || {
        let mut said = String::new();
        errors.map(|mut pipe| pipe.read_to_string(&mut said));
        said
    });
    loop {
        if told.is_told() {
            child.kill().ok();
            child.wait().ok();
        }
        told.check()?;
        match lines.recv_timeout(GLANCE) {
            Ok(line) => serde_json::from_str(&line).map(&mut each).unwrap_or_default(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().map_err(|e| fault("wait for", binary, &e))?;
    // A terminal tells everybody at once, and a child may have listened first.
    if status.code().is_none() {
        thread::park_timeout(GLANCE);
        told.check()?;
    }
    Ok((status.code().unwrap_or(3), errors.join().unwrap_or_default()))
}

/// The binary that is running.
pub(crate) fn binary() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|e| fault("find", Path::new("concordat"), &e))
}
