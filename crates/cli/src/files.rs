//! Reading and writing files on behalf of a person.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use concordat_agreement::{Agreement, Module, assemble, beside, is_module, read as read_module};
use concordat_node::plain::{self, Kind};
use concordat_partnership::Proved;
use concordat_replay::prove;
use concordat_terms::{Diagnostic, Digest, Problem, Severity};

use crate::drafts;
use crate::failure::Failure;

/// The bytes of a plain file, no more than its kind may have.
///
/// # Errors
/// [`Failure::not_read`].
pub(crate) fn bytes(path: &Path, kind: Kind) -> Result<Vec<u8>, Failure> {
    plain::read(path, kind).map_err(|e| Failure::not_read(path, &e))
}

/// [`bytes`], as a text.
///
/// # Errors
/// [`Failure::not_read`].
pub(crate) fn text(path: &Path, kind: Kind) -> Result<String, Failure> {
    plain::read_text(path, kind).map_err(|e| Failure::not_read(path, &e))
}

/// Puts bytes at `path`, whole or not at all. What is there already is replaced if it is a plain
/// file: a device or a pipe would not be written to, but gone.
///
/// # Errors
/// [`Failure::io`].
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_in(path, bytes, |draft| fs::File::create_new(draft))
}

/// [`write_whole`], for nobody but its owner to read.
///
/// # Errors
/// As [`write_whole`].
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_in(path, bytes, |draft| {
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.write(true).create_new(true).open(draft)
    })
}

fn write_in(
    path: &Path,
    bytes: &[u8],
    make: impl Fn(&Path) -> io::Result<fs::File>,
) -> Result<(), Failure> {
    if path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let what = format!("cannot write `{}`: it is a device or a pipe", path.display());
        return Err(Failure::usage(
            "not-a-file",
            what,
            "name a plain file, or one that is not there",
        ));
    }
    let made = draft(path, make);
    let (draft, mut file) = made.map_err(|e| Failure::io("write", path, &e))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drafts::end(&draft, || {
        written.and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
            fs::remove_file(&draft).ok();
        })
    })
    .map_err(|e| Failure::io("write", path, &e))
}

/// The most names that are tried for a draft: so many interrupted commands leave one behind.
const DRAFTS_MOST: u32 = 1_000;

/// Makes something new beside `path`, to be renamed to it once it is whole; what has a draft's
/// name already is somebody else's, and stays as it is. `make` fails where its path exists.
///
/// # Errors
/// What `make` says.
pub(crate) fn draft<T>(
    path: &Path,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 1..=DRAFTS_MOST {
        let draft = path.with_added_extension(match number {
            1 => "draft".to_owned(),
            _ => format!("draft-{number}"),
        });
        let mut made = None;
        let begun = drafts::begin(|| {
            made = Some(make(&draft)?);
            Ok(draft.clone())
        });
        match begun.map(|()| made) {
            Ok(Some(made)) => return Ok((draft, made)),
            Ok(None) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

/// Files by their paths.
pub(crate) type Texts = BTreeMap<PathBuf, Vec<u8>>;

/// The Markdown files of a folder that hold modules, by name; other notes beside them
/// are passed over.
///
/// # Errors
/// [`Failure::io`]; a folder without any module.
pub(crate) fn modules(dir: &Path) -> Result<Texts, Failure> {
    texts(dir).map(|(modules, _)| modules)
}

/// [`modules`], and notes about the Markdown beside them.
///
/// # Errors
/// As [`modules`].
pub(crate) fn texts(dir: &Path) -> Result<(Texts, Vec<Diagnostic>), Failure> {
    let listed = fs::read_dir(dir).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotADirectory => Failure::usage(
            "not-a-folder",
            format!("`{}` is not a folder", dir.display()),
            "name the folder that holds the agreement's Markdown files",
        ),
        _ => Failure::io("list", dir, &e),
    })?;
    let (mut found, mut notes) = (BTreeMap::new(), Vec::new());
    for item in listed {
        let path = item.map_err(|e| Failure::io("list", dir, &e))?.path();
        if path.extension().is_some_and(|e| e == "md") {
            let bytes = bytes(&path, Kind::Module)?;
            if bytes.is_empty() || is_module(&bytes) {
                found.insert(path, bytes);
            } else {
                notes.extend(beside(&path.display().to_string(), &bytes));
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::usage(
            "no-module",
            format!("there is no module in `{}`", dir.display()),
            "name the folder that holds the agreement's Markdown files",
        ));
    }
    Ok((found, notes))
}

/// Reads one module as a person named it.
///
/// # Errors
/// Its findings.
pub(crate) fn module(path: &Path, bytes: &[u8]) -> Result<Module, Vec<Diagnostic>> {
    read_module(&path.display().to_string(), bytes)
}

/// The modules of a folder, each read by itself.
///
/// # Errors
/// The findings of the first that cannot be read.
pub(crate) fn readable(dir: &Path) -> Result<Vec<Module>, Failure> {
    let mut read = Vec::new();
    for (path, bytes) in modules(dir)? {
        read.push(module(&path, &bytes).map_err(|found| unreadable(&found))?);
    }
    Ok(read)
}

/// The findings as one failure: the first error, and how many there are.
pub(crate) fn unreadable(found: &[Diagnostic]) -> Failure {
    stopped(found, Severity::Error)
}

/// The findings as one failure: the first that weighs at least so much, and how many do.
pub(crate) fn stopped(found: &[Diagnostic], least: Severity) -> Failure {
    let errors: Vec<_> = found.iter().filter(|d| d.severity <= least).collect();
    match errors.first() {
        Some(first) => Failure::Usage(Problem::new(
            first.code,
            match errors.len() {
                1 => format!("{}: {}", first.span, first.what),
                count => format!("{}: {} ({count} in all)", first.span, first.what),
            },
            first.hint.clone(),
            "docs/reference/diagnostics.md",
        )),
        None => Failure::usage("no-module", "there is no module", "name a folder with modules"),
    }
}

/// The same, where every finding was shown already: how many there are, and where the first is.
pub(crate) fn told(found: &[Diagnostic], least: Severity) -> Failure {
    let those: Vec<_> = found.iter().filter(|d| d.severity <= least).collect();
    let Some(first) = those.first() else { return stopped(found, least) };
    let noun = if least == Severity::Error { "error" } else { "warning" };
    let mend = match those.len() {
        1 => format!("mend it, in {}", first.span),
        _ => format!("mend the first, in {}", first.span),
    };
    Failure::Usage(Problem::new(
        first.code,
        format!("the agreement has {}", counted(those.len(), noun)),
        mend,
        "docs/reference/diagnostics.md",
    ))
}

/// So many of something: `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The agreement that a folder holds, and the digests of its modules.
///
/// # Errors
/// What keeps it from entering into force.
pub(crate) fn agreement(dir: &Path) -> Result<(Agreement, BTreeSet<Digest>), Failure> {
    proved(dir).map(|(proved, digests)| (proved.agreement, digests))
}

/// The same with what was proved of it.
///
/// # Errors
/// What keeps it from entering into force.
pub(crate) fn proved(dir: &Path) -> Result<(Proved, BTreeSet<Digest>), Failure> {
    let read = readable(dir)?;
    let digests = read.iter().map(|module| module.digest).collect();
    let (agreement, _) = assemble(read).map_err(|found| unreadable(&found))?;
    Ok((proved_of(agreement)?, digests))
}

/// An agreement whose parameters are possible.
///
/// # Errors
/// Why they are not.
pub(crate) fn proved_of(agreement: Agreement) -> Result<Proved, Failure> {
    prove(agreement).map_err(|impossible| {
        Failure::usage("parameters-impossible", impossible.to_string(), "mend the clause")
    })
}

/// Refuses what does not do what its own scenarios say.
///
/// # Errors
/// The first step that comes to something else, and how many there are.
pub(crate) fn as_written(findings: &[Diagnostic]) -> Result<(), Failure> {
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let findings = counted(errors.len(), "finding");
    let what = format!("{}: {} ({findings} in all)", first.span, first.what);
    let hint = "run `concordat check` on the folder, and mend the clause or the scenario";
    Err(Failure::usage("scenario-differs", what, hint))
}
