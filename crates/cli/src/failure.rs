//! How a command fails: refused, wrongly used, or broken; each with three lines for a person.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use concordat_node::plain::NotRead;
use concordat_terms::Problem;

use crate::verify::Broken;

/// The page that explains what this program itself says.
const PAGE: &str = "docs/reference/problems.md";

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Exit 1: the agreement refuses it, or an archive does not verify.
    Refused(Problem),
    /// Exit 1: refused, and the answer says so already.
    Told(Problem),
    /// Exit 1: refused, and the answer says so already, in JSON too.
    Answered(Problem),
    /// Exit 1: what was verified does not hold, and where.
    NotVerified(Problem, Box<Broken>),
    /// Exit 2: the command line or a file that it names is not usable.
    Usage(Problem),
    /// Exit 3: port, disk, permission, network.
    Fault(Problem),
    /// Exit 130, as shells have it: somebody pressed Ctrl-C, or told the process to end.
    Interrupted(Problem),
}

impl Failure {
    /// Refused, or not verified.
    pub fn refused(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused(Problem::new(code, what, hint, PAGE))
    }

    /// Refused, as the answer says already.
    pub(crate) fn answered(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Answered(Problem::new(code, what, hint, PAGE))
    }

    /// Something that was verified does not hold.
    pub(crate) fn not_verified(broken: Broken) -> Self {
        let hint = "do not rely on it; ask another party for its own";
        let not_verified = Problem::new("not-verified", broken.told(), hint, PAGE);
        Self::NotVerified(not_verified, Box::new(broken))
    }

    /// Bad usage or input.
    pub fn usage(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage(Problem::new(code, what, hint, PAGE))
    }

    /// A fault of the machine or the network.
    pub fn fault(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Fault(Problem::new(code, what, hint, PAGE))
    }

    /// A person or the system told the process to end, before it was done.
    pub(crate) fn interrupted(hint: impl Into<String>) -> Self {
        Self::Interrupted(Problem::new("interrupted", "interrupted", hint, PAGE))
    }

    /// What the operating system said while we were `doing` something (in the infinitive) to a
    /// file: what is not there is bad input, everything else is a fault.
    pub fn io(doing: &str, path: &Path, source: &io::Error) -> Self {
        let path = path.display();
        match source.kind() {
            // A path below a plain file, or that no file system has room for, names nothing.
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput => Self::usage(
                "no-such-file",
                format!("cannot {doing} `{path}`: there is no such file or folder"),
                "check the path",
            ),
            io::ErrorKind::IsADirectory => Self::usage(
                "not-a-file",
                format!("cannot {doing} `{path}`: it is a folder"),
                "name a file",
            ),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::fault(
                "permission",
                format!("no permission to {doing} `{path}`"),
                format!("give the user that runs this command access to `{path}`"),
            ),
            _ => Self::fault(
                "io",
                format!("cannot {doing} `{path}`: {}", lowercase(&source.to_string())),
                "check the path and the disk",
            ),
        }
    }

    /// Why a file that a person named was not read: what is no such file is bad input, what the
    /// machine says of it a fault.
    pub(crate) fn not_read(path: &Path, why: &NotRead) -> Self {
        let what = format!("cannot read `{}`: {why}", path.display());
        match why {
            NotRead::Absent => Self::usage("no-such-file", what, "check the path"),
            NotRead::NotPlain(_) => Self::usage("not-a-file", what, "name a plain file"),
            NotRead::TooLarge(_) => Self::usage("file-too-large", what, "name the right file"),
            NotRead::NotText(_) => Self::usage("not-text", what, "save it as a text in UTF-8"),
            NotRead::Denied => {
                let hint = format!("give the user that runs this access to `{}`", path.display());
                Self::fault("permission", what, hint)
            }
            NotRead::Io(_) => Self::fault("io", what, "check the path and the disk"),
        }
    }

    /// The three lines.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Refused(problem)
            | Self::Told(problem)
            | Self::Answered(problem)
            | Self::NotVerified(problem, _)
            | Self::Usage(problem)
            | Self::Fault(problem)
            | Self::Interrupted(problem) => problem,
        }
    }

    /// 1, 2, 3 or 130.
    pub fn code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Told(_) | Self::Answered(_) | Self::NotVerified(..) => 1,
            Self::Usage(_) => 2,
            Self::Fault(_) => 3,
            Self::Interrupted(_) => 130,
        }
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        Self::from(failure.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem().fmt(f)
    }
}

impl std::error::Error for Failure {}

/// Messages of others begin with a capital and end with a full stop; ours do neither.
pub(crate) fn lowercase(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut letters = message.chars();
    match (letters.next(), letters.clone().next()) {
        // An acronym stays one.
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => message.to_owned(),
    }
}
