//! The example partnership that comes with the binary, and others from a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use concordat_node::plain::Kind;

use super::fault;
use crate::failure::Failure;
use crate::files;

/// One file of an example: its path below the example's folder, and its bytes.
type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../../examples/heart/", $path)).as_slice()),)*]
    };
}

/// `examples/heart`: the agreement, the plan, the recipe and the four hospitals' rows.
const HEART: &[File] = files![
    "parties.md",
    "governance.md",
    "data-use.md",
    "protocol.md",
    "release.md",
    "plan.toml",
    "recipe.json",
    "data/ATTRIBUTION.md",
    "data/alder.csv",
    "data/birch.csv",
    "data/cypress.csv",
    "data/dogwood.csv",
];

/// The modules of the example that comes with the binary: file names and bytes.
pub(crate) fn heart() -> impl Iterator<Item = File> {
    HEART.iter().copied().filter(|(path, _)| path.ends_with(".md") && !path.contains('/'))
}

/// What the pilot with its own example is, said on its first line and on every page.
const OWN: &str = "public research data, no hospital took part";

/// What any pilot is.
const ANY: &str = "one machine, so the isolation of processes is illustrated and not proven";

/// An example's files in memory, by their path below its folder: nothing is created before all of
/// them are known to be good.
pub(crate) struct Example {
    from: Option<PathBuf>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Example {
    /// Reads the example in a folder, or else the one that comes with the binary. Of a folder,
    /// the Markdown, TOML and JSON files are taken, and the tables in `data`.
    ///
    /// # Errors
    /// No such folder; a file that cannot be read or is too long.
    pub(crate) fn read(given: Option<&Path>) -> Result<Self, Failure> {
        let Some(from) = given else {
            let files = HEART.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
            return Ok(Self { from: None, files: files.collect() });
        };
        if from.metadata().is_ok_and(|found| !found.is_dir()) {
            let what = format!("`{}` is not a folder", from.display());
            return Err(Failure::usage("not-a-folder", what, "name the example's folder"));
        }
        let mut files = BTreeMap::new();
        take(from, "", &mut files)?;
        let data = from.join("data");
        if data.is_dir() {
            take(&data, "data/", &mut files)?;
        }
        Ok(Self { from: Some(from.to_owned()), files })
    }

    /// A file, if there is one of this name.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// A file that must be there.
    ///
    /// # Errors
    /// It is not, by the path that a person knows it by.
    pub(crate) fn need(&self, name: &str) -> Result<&[u8], Failure> {
        self.file(name).ok_or_else(|| {
            let what = format!("the example has no file `{}`", self.path(name).display());
            Failure::usage("no-such-file", what, "lay it out like `examples/heart`")
        })
    }

    /// Puts a file in the place of the one of this name, or beside the others.
    pub(crate) fn put(&mut self, name: String, bytes: Vec<u8>) {
        self.files.insert(name, bytes);
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Where a person finds a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.from.as_deref().unwrap_or(Path::new("examples/heart")).join(name)
    }

    /// Whether it is the one that comes with the binary.
    pub(crate) fn is_own(&self) -> bool {
        self.from.is_none()
    }

    /// What a pilot on it is and is not.
    pub(crate) fn banner(&self) -> String {
        match &self.from {
            None => format!("{OWN}; {ANY}"),
            Some(from) => format!("the example in `{}`; {ANY}", from.display()),
        }
    }

    /// Lays the files out in a folder.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn write(&self, to: &Path) -> Result<(), Failure> {
        for (name, bytes) in &self.files {
            let path = to.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|e| fault("create", folder, &e))?;
            }
            fs::write(&path, bytes).map_err(|e| fault("write", &path, &e))?;
        }
        Ok(())
    }
}

fn take(from: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(|e| fault("list", from, &e))? {
        let path = entry.map_err(|e| fault("list", from, &e))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") => Kind::Module,
            Some("toml") => Kind::Plan,
            Some("json") => Kind::Recipe,
            Some("csv") if !prefix.is_empty() => Kind::Table,
            _ => continue,
        };
        into.insert(format!("{prefix}{name}"), files::bytes(&path, kind)?);
    }
    Ok(())
}
