//! What is to be run, on what, and how much of everything it may use.

use std::path::PathBuf;
use std::time::Duration;

/// A program to be run once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The program and its arguments: a path inside, or a name that is looked for on [`Job::PATH`].
    pub command: Vec<String>,
    /// What it can read, and cannot write: files and folders.
    pub read_only: Vec<Mount>,
    /// The one folder it can write to, an empty one; inside it is [`Job::OUT`].
    pub out: PathBuf,
    /// Variables of its environment besides `PATH`, `HOME` and `LANG`.
    pub variables: Vec<(String, String)>,
    /// How much it may use.
    pub limits: Limits,
}

/// Where something is, and where a program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// On this machine.
    pub from: PathBuf,
    /// Inside: an absolute path.
    pub to: PathBuf,
}

/// How much a program may use, with everything that it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From its start to its end, whatever it waits for.
    pub time: Duration,
    /// Bytes of memory, of all its processes together; also of what it keeps in `/tmp`.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Bytes of all files in its folder together, and of what it says.
    pub bytes: u64,
}

impl Job {
    /// The folder to write to, as the program sees it; also where it starts.
    pub const OUT: &str = "/out";

    /// Where programs are looked for.
    pub const PATH: &str = "/env/bin:/usr/local/bin:/usr/bin:/bin";
}
