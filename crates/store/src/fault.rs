//! What can break between us and the disk, told so that an operator can act.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use concordat_terms::Problem;
use rusqlite::ErrorCode;

/// Why the store could not do as asked. Nothing of the failed call is visible afterwards.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The append does not start where the log ends: the caller's picture of the log is old.
    #[error("the log has {expected} entries, so an append cannot start at {found}")]
    NotAtEnd {
        /// The log's length: the only index at which an append may start.
        expected: u64,
        /// The index that the caller asked for.
        found: u64,
    },
    /// Another process, or another [`crate::Store`] of this one, has the folder open.
    #[error("the folder `{}` is in use by another process", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// Bytes on disk are not the bytes that were written.
    #[error("`{}` is corrupt: {what}", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What gave it away.
        what: String,
    },
    /// Another coordinator holds the lease of the log: it alone writes.
    #[error("the log in `{server}` is written by `{holder}`, whose lease lasts {seconds} s more")]
    Leased {
        /// The database, without its password.
        server: String,
        /// What the other calls itself.
        holder: String,
        /// How long its lease lasts, if it does not renew it.
        seconds: u64,
    },
    /// Another coordinator took the lease over: this one has written for the last time.
    #[error("another coordinator has taken over the log in `{server}`")]
    Fenced {
        /// The database, without its password.
        server: String,
    },
    /// The folder was written by a later release, whose rules this one does not know.
    #[error(
        "`{}` has schema version {found}, and this release knows versions up to {known}",
        path.display()
    )]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The latest version known here.
        known: i64,
    },
    /// No room on the disk, or in the quota.
    #[error("no space left to {doing} `{}`", path.display())]
    DiskFull {
        /// What was being done, in the infinitive.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The operating system forbids it.
    #[error("no permission to {doing} `{}`", path.display())]
    Permission {
        /// What was being done, in the infinitive.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Any other fault of the file system.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was being done, in the infinitive.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Any other fault of the database.
    #[error("cannot {doing} `{}`", path.display())]
    Database {
        /// What was being done, in the infinitive.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// What the database said; opaque, since not every store is SQLite for ever.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database's server cannot be reached, refuses, or broke off.
    #[error("cannot {doing} the database `{server}`")]
    Server {
        /// What was being done, in the infinitive.
        doing: &'static str,
        /// The database, without its password.
        server: String,
        /// What the server or the network said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server is set to lose what it says it kept.
    #[error("the server of `{server}` runs with `{setting} = {value}`")]
    Unsafe {
        /// The database, without its password.
        server: String,
        /// The setting.
        setting: &'static str,
        /// What it is set to.
        value: String,
    },
    /// There is something where a copy was to go.
    #[error("`{}` is not empty", path.display())]
    NotEmpty {
        /// The folder, or the database.
        path: PathBuf,
    },
}

impl Fault {
    /// Stable name: problem `code`, anchor in `docs/reference/faults.md`, what tests assert on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAtEnd { .. } => "store-not-at-end",
            Self::Locked { .. } => "store-locked",
            Self::Corrupt { .. } => "store-corrupt",
            Self::TooNew { .. } => "store-too-new",
            Self::DiskFull { .. } => "store-disk-full",
            Self::Permission { .. } => "store-permission",
            Self::Io { .. } => "store-io",
            Self::Database { .. } => "store-database",
            Self::Leased { .. } => "store-leased",
            Self::Fenced { .. } => "store-fenced",
            Self::Server { .. } => "store-server",
            Self::Unsafe { .. } => "store-unsafe",
            Self::NotEmpty { .. } => "store-not-empty",
        }
    }

    /// What the operator can do next, in the imperative.
    pub fn hint(&self) -> String {
        match self {
            Self::NotAtEnd { expected, .. } => {
                format!("read the log up to entry {expected}, then judge and append again")
            }
            Self::Locked { dir } => {
                format!("stop the process that uses `{}`, or name another folder", dir.display())
            }
            Self::Corrupt { path, .. } => format!(
                "keep a copy of the folder, restore `{}` from a backup, and compare with the \
                 witnesses before signing",
                path.display()
            ),
            Self::TooNew { .. } => {
                "start the release that wrote this folder, or a later one".into()
            }
            Self::DiskFull { .. } => "free space on the disk or raise the quota, then retry".into(),
            Self::Permission { path, .. } => format!(
                "give the user that runs this process read and write access to `{}`",
                path.display()
            ),
            Self::Io { path, .. } => {
                format!(
                    "check that `{}` is what it should be and its disk is healthy",
                    path.display()
                )
            }
            Self::Database { path, .. } => {
                format!("check the disk below `{}`, then start again", path.display())
            }
            Self::Leased { .. } => "stop the other coordinator, or start this one again later: it \
                 takes over once the lease has ended"
                .into(),
            Self::Fenced { .. } => {
                "stop this coordinator; started again, it waits until the other's \
                 lease has ended"
                    .into()
            }
            Self::Server { server, .. } => format!(
                "check that the server of `{server}` runs, that it lets this user in, and that \
                 nothing lies between"
            ),
            Self::Unsafe { setting, .. } => {
                format!("set `{setting} = on` in the server's configuration, and restart it")
            }
            Self::NotEmpty { .. } => "name a place where nothing is yet".into(),
        }
    }

    /// The three lines for a person, with the cause at the end of the first.
    pub fn problem(&self) -> Problem {
        let what = match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        };
        Problem::new(self.code(), what, self.hint(), "docs/reference/faults.md")
    }

    /// Sorts what the file system said while we were `doing` something to `path`.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.to_path_buf();
        match source.kind() {
            StorageFull | QuotaExceeded => Self::DiskFull { doing, path },
            PermissionDenied | ReadOnlyFilesystem => Self::Permission { doing, path },
            _ => Self::Io { doing, path, source },
        }
    }

    /// Sorts what SQLite said while we were `doing` something to the database at `path`.
    pub(crate) fn sqlite(doing: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { path, what: source.to_string() }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { doing, path },
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                Self::Permission { doing, path }
            }
            _ => Self::Database { doing, path, source: Box::new(source) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_missing_permission_are_told_apart_from_other_faults() {
        let path = Path::new("/srv/log");
        let told = |kind: io::ErrorKind| Fault::io("write", path, kind.into()).code();
        assert_eq!(told(io::ErrorKind::StorageFull), "store-disk-full");
        assert_eq!(told(io::ErrorKind::QuotaExceeded), "store-disk-full");
        assert_eq!(told(io::ErrorKind::PermissionDenied), "store-permission");
        assert_eq!(told(io::ErrorKind::ReadOnlyFilesystem), "store-permission");
        assert_eq!(told(io::ErrorKind::Interrupted), "store-io");
    }

    #[test]
    fn an_operator_reads_what_broke_what_to_do_and_where_to_read_on() {
        let fault = Fault::Locked { dir: "/srv/log".into() };
        assert_eq!(
            fault.problem().to_string(),
            "error: the folder `/srv/log` is in use by another process\n\
             hint: stop the process that uses `/srv/log`, or name another folder\n\
             see: docs/reference/faults.md#store-locked"
        );
    }

    #[test]
    fn the_cause_is_told_once() {
        let fault = Fault::io("read", Path::new("/srv/log"), io::Error::other("cable unplugged"));
        assert_eq!(fault.to_string(), "cannot read `/srv/log`");
        assert_eq!(fault.problem().what, "cannot read `/srv/log`: cable unplugged");
    }
}
