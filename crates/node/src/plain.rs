//! Plain files of bounded size. Whatever a party or a stranger names as a file is read here: a
//! folder, a pipe or a device is refused before it is opened, and nothing endless is ever read.

use std::fmt;
use std::fs::{File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use concordat_wire::api::BLOB_BYTES_MAX;

/// What a file holds, which says how many bytes there may be of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key or a salt.
    Secret,
    /// A `concordat.toml`.
    Configuration,
    /// A certificate in PEM.
    Certificate,
    /// A founding statement, or public keys on their way to one.
    Statement,
    /// What goes beside a founding statement: texts of modules, and acts under them.
    Entering,
    /// A module's text.
    Module,
    /// A plan.
    Plan,
    /// A recipe.
    Recipe,
    /// A mapping of a table.
    Mapping,
    /// What an act carries.
    Payload,
    /// A text, model or report that an act names by its digest.
    Blob,
    /// A table.
    Table,
    /// A checkpoint and its signatures.
    Checkpoint,
    /// A tile of hashes.
    Tile,
    /// A bundle of entries.
    Bundle,
    /// The verdicts of an archive.
    Verdicts,
    /// An archive's text for people.
    Readme,
    /// A part of a record, in one file.
    Package,
}

impl Kind {
    /// How many bytes there may be.
    pub fn most(self) -> u64 {
        match self {
            Self::Secret => 1 << 10,
            Self::Tile => 256 * 32,
            Self::Configuration | Self::Certificate | Self::Plan | Self::Readme => 1 << 16,
            Self::Statement | Self::Payload => 1 << 16,
            Self::Module | Self::Recipe | Self::Mapping | Self::Checkpoint => 1 << 20,
            Self::Blob => u64::try_from(BLOB_BYTES_MAX).unwrap_or(u64::MAX),
            Self::Bundle => 256 * (2 + 65_535),
            Self::Entering => 32 << 20,
            Self::Verdicts => 64 << 20,
            Self::Table => 256 << 20,
            Self::Package => 512 << 20,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "a key or a salt",
            Self::Configuration => "a configuration",
            Self::Certificate => "a certificate",
            Self::Statement => "a founding statement or its keys",
            Self::Entering => "what goes beside a founding statement",
            Self::Module => "a module",
            Self::Plan => "a plan",
            Self::Recipe => "a recipe",
            Self::Mapping => "a mapping",
            Self::Payload => "an act's payload",
            Self::Blob => "a blob",
            Self::Table => "a table",
            Self::Checkpoint => "a checkpoint",
            Self::Tile => "a tile of hashes",
            Self::Bundle => "a bundle of entries",
            Self::Verdicts => "a list of verdicts",
            Self::Readme => "this text",
            Self::Package => "a bundle of a part of the record",
        })
    }
}

/// Why a file was not read; without its name, which the caller knows.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// It is not there.
    #[error("there is no such file or folder")]
    Absent,
    /// The operating system forbids it.
    #[error("no permission to read it")]
    Denied,
    /// It is no plain file but, say, a folder.
    #[error("it is {0}, not a plain file")]
    NotPlain(&'static str),
    /// It is longer than anything of its kind.
    #[error("it has more than {most} bytes, the most that {0} may have", most = .0.most())]
    TooLarge(Kind),
    /// Its bytes are no UTF-8.
    #[error("it is not a text in UTF-8: byte {0} is of none")]
    NotText(usize),
    /// What else the operating system says.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A path below a plain file, or that no file system has room for, names nothing.
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput => Self::Absent,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::IsADirectory => Self::NotPlain("a folder"),
            _ => Self::Io(error),
        }
    }
}

/// The bytes of the plain file at `path`, no more than its kind may have.
///
/// # Errors
/// [`NotRead`].
pub fn read(path: &Path, kind: Kind) -> Result<Vec<u8>, NotRead> {
    // Looked at before it is opened: opening a pipe waits for whoever writes to it.
    require_plain(path)?;
    let file = File::open(path)?;
    let found = file.metadata()?;
    if let Some(other) = other_than_file(found.file_type()) {
        return Err(NotRead::NotPlain(other));
    }
    if found.len() > kind.most() {
        return Err(NotRead::TooLarge(kind));
    }
    // Files that grow, and those of the system that have no length, end here as well.
    let mut bytes = Vec::new();
    file.take(kind.most() + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > kind.most() {
        return Err(NotRead::TooLarge(kind));
    }
    Ok(bytes)
}

/// [`read`], as a text.
///
/// # Errors
/// [`NotRead`].
pub fn read_text(path: &Path, kind: Kind) -> Result<String, NotRead> {
    String::from_utf8(read(path, kind)?).map_err(|e| NotRead::NotText(e.utf8_error().valid_up_to()))
}

/// Whether a plain file is there; it is not opened.
///
/// # Errors
/// [`NotRead`].
pub fn require_plain(path: &Path) -> Result<(), NotRead> {
    match other_than_file(path.metadata()?.file_type()) {
        Some(other) => Err(NotRead::NotPlain(other)),
        None => Ok(()),
    }
}

/// What it is, if not a plain file.
pub fn other_than_file(found: FileType) -> Option<&'static str> {
    if found.is_file() {
        None
    } else if found.is_dir() {
        Some("a folder")
    } else if found.is_fifo() {
        Some("a pipe")
    } else if found.is_symlink() {
        Some("a link")
    } else if found.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_devices_and_pipes_are_refused_before_they_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |path: &Path| read(path, Kind::Table).unwrap_err().to_string();
        assert_eq!(refused(dir.path()), "it is a folder, not a plain file");
        for device in ["/dev/zero", "/dev/null"] {
            assert_eq!(refused(Path::new(device)), "it is a device, not a plain file");
        }
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(refused(&pipe), "it is a pipe, not a plain file");
        let below = dir.path().join("file");
        fs::write(&below, "x").unwrap();
        assert!(matches!(read(&below.join("more"), Kind::Table), Err(NotRead::Absent)));
    }

    #[test]
    fn a_file_has_at_most_the_bytes_of_its_kind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, [b'0'; 1 << 10]).unwrap();
        assert_eq!(read(&path, Kind::Secret).unwrap().len(), 1 << 10);
        fs::write(&path, [b'0'; (1 << 10) + 1]).unwrap();
        let refused = read(&path, Kind::Secret).unwrap_err().to_string();
        assert_eq!(refused, "it has more than 1024 bytes, the most that a key or a salt may have");
        // A file as long as the disk has room for costs nothing to refuse.
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(read(&path, Kind::Table), Err(NotRead::TooLarge(Kind::Table))));
        fs::write(&path, b"ab\xff").unwrap();
        assert!(matches!(read_text(&path, Kind::Plan), Err(NotRead::NotText(2))));
    }
}
