//! Running a job to its end, whichever comes first: its own or a limit's.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::chown;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::job::Job;
use crate::walls::{NOBODY, OWN, Walls, is_root};
use crate::watch::{below, bytes_below, is_over};

/// How a job went. For the eyes of whoever runs it alone: what a program says may be what it read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// After how long.
    pub took: Duration,
    /// The last it said, on either stream: at most 4 KiB.
    pub said: String,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, and well.
    Well,
    /// By itself, with this exit code.
    Code(i32),
    /// By a signal: of its own, or the kernel's at a limit of one process.
    Signal(i32),
    /// Killed, because all its processes together went beyond a limit.
    Stopped(Limit),
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// [`crate::Limits::time`].
    #[error("it did not end in its time")]
    Time,
    /// [`crate::Limits::memory`].
    #[error("it took more memory than it may")]
    Memory,
    /// [`crate::Limits::processes`].
    #[error("it started more processes than it may")]
    Processes,
    /// [`crate::Limits::bytes`].
    #[error("it wrote more than it may")]
    Bytes,
}

/// Why a job was not run, or what became of it is not known.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A job without a command.
    #[error("there is no program to be run")]
    NoProgram,
    /// The machine.
    #[error("cannot run `{program}`: {source}")]
    Machine {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
}

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long the end of what was killed is waited for.
const AWAIT: Duration = Duration::from_secs(10);

/// How much is kept of what it said.
const SAID_MOST: u64 = 4096;

/// The signal that a file's size limit raises.
const SIGXFSZ: i32 = 25;

impl Walls {
    /// Runs a job to its end. Both streams go to the file `said`, which is not in the job's folder.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn run(&self, job: &Job, said: &Path) -> Result<Outcome, Fault> {
        let Some(program) = job.command.first() else { return Err(Fault::NoProgram) };
        let fault = |source| Fault::Machine { program: program.clone(), source };
        if self.hold() && is_root() {
            chown(&job.out, Some(NOBODY), Some(NOBODY)).map_err(fault)?;
        }
        let file = File::create(said).map_err(fault)?;
        let streams = (file.try_clone().map_err(fault)?, file);
        let mut command = self.command(job);
        command.stdin(Stdio::null()).stdout(streams.0).stderr(streams.1).process_group(0);
        let started = Instant::now();
        let mut child = command.spawn().map_err(fault)?;
        let mut first = Vec::new();
        let ended = self.wait(&mut child, job, said, started, &mut first);
        let took = started.elapsed();
        self.end(&mut child, &first);
        let ended = ended.map_err(fault)?;
        let said = last(said).unwrap_or_default();
        Ok(Outcome { ended, took, said })
    }

    fn wait(
        &self,
        child: &mut Child,
        job: &Job,
        said: &Path,
        started: Instant,
        first: &mut Vec<u32>,
    ) -> io::Result<Ended> {
        let limits = job.limits;
        let own = if self.hold() { u64::from(OWN) } else { 0 };
        let written = || {
            let talk = fs::metadata(said).map_or(0, |about| about.len());
            bytes_below(&job.out, limits.bytes).saturating_add(talk)
        };
        loop {
            if let Some(status) = child.try_wait()? {
                let ended = ended(status);
                // Whatever it left behind counts too.
                let beyond = ended == Ended::Signal(SIGXFSZ) || written() > limits.bytes;
                return Ok(if beyond { Ended::Stopped(Limit::Bytes) } else { ended });
            }
            let (used, children) = below(child.id());
            *first = children;
            let over = if started.elapsed() >= limits.time {
                Some(Limit::Time)
            } else if used.tasks.saturating_sub(own) > u64::from(limits.processes) {
                Some(Limit::Processes)
            } else if used.memory > limits.memory {
                Some(Limit::Memory)
            } else if written() > limits.bytes {
                Some(Limit::Bytes)
            } else {
                None
            };
            if let Some(limit) = over {
                return Ok(Ended::Stopped(limit));
            }
            sleep(LOOK);
        }
    }

    /// Ends whatever of it still runs: inside walls the first process of its namespace dies with
    /// bubblewrap, and the kernel ends a namespace with its first process, which is waited for.
    fn end(&self, child: &mut Child, first: &[u32]) {
        if !self.hold() {
            let group = format!("-{}", child.id());
            let mut kill = Command::new("kill");
            kill.args(["-KILL", "--", &group]).stdin(Stdio::null()).stderr(Stdio::null());
            kill.status().ok();
        }
        child.kill().ok();
        child.wait().ok();
        let waited = Instant::now();
        let over = || first.iter().all(|id| is_over(*id));
        while self.hold() && !over() && waited.elapsed() < AWAIT {
            sleep(LOOK);
        }
    }
}

/// bubblewrap and `prlimit` answer for the program as shells do: a signal is 128 and its number.
fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ended::Well,
        (Some(code), _) if code > 128 => Ended::Signal(code - 128),
        (Some(code), _) => Ended::Code(code),
        (None, Some(signal)) => Ended::Signal(signal),
        (None, None) => Ended::Code(-1),
    }
}

/// The end of a file, as text.
fn last(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SAID_MOST)))?;
    let mut bytes = Vec::new();
    file.take(SAID_MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
