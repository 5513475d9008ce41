//! Checks an archive's log and blames the file that is wrong.
//!
//! Bundles and the tiles over them are read side by side, one after the other: of a log, however long,
//! one bundle is held, and a quarter of a byte an entry.

mod tiles;

use std::collections::BTreeSet;

use super::{CHECKPOINT, Fault, FaultKind, Files, TILES};
use crate::checkpoint::Checkpoint;
use crate::note::Unlisted;
use crate::policy::Policy;
use crate::tile::{self, Level, NotABundle, TilePath, WIDTH};
use crate::trust::{self, Trusted};
use crate::vkey::Vkey;

/// Checks the log of an archive, offline: signatures, quorum, and every byte of every tile.
///
/// Work is bounded by the files there are, whatever size the checkpoint claims.
///
/// # Errors
/// [`Fault`], the first found: the checkpoint, then which files there are, then their bytes.
pub fn verify(files: &impl Files, log: &Vkey, policy: &Policy) -> Result<Trusted, Fault> {
    let trusted = checkpoint(files, log, policy)?;
    check(files, &trusted.checkpoint)?;
    Ok(trusted)
}

/// The log of an archive as the log's key alone vouches for it: for whoever has to read in it which
/// witnesses count, and asks [`checkpoint`] then.
///
/// # Errors
/// As [`verify`].
pub fn read(files: &impl Files, log: &Vkey) -> Result<Checkpoint, Fault> {
    let nobody = Policy::any_of(0, []).map_err(|_| Fault::of(CHECKPOINT, FaultKind::Root))?;
    let Trusted { checkpoint, .. } = opened(files, log, &nobody, Unlisted::Ignored)?;
    check(files, &checkpoint)?;
    Ok(checkpoint)
}

/// The checkpoint of an archive and who cosigned it: these witnesses, in sufficient number, and nobody
/// else. Its tiles are not looked at.
///
/// # Errors
/// [`Fault`], of the checkpoint.
pub fn checkpoint(files: &impl Files, log: &Vkey, policy: &Policy) -> Result<Trusted, Fault> {
    opened(files, log, policy, Unlisted::Rejected)
}

fn opened(
    files: &impl Files,
    log: &Vkey,
    policy: &Policy,
    unlisted: Unlisted,
) -> Result<Trusted, Fault> {
    let bytes = files.read(CHECKPOINT).ok_or_else(|| Fault::of(CHECKPOINT, FaultKind::Missing))?;
    trust::open(&bytes, log, policy, unlisted).map_err(|distrust| {
        let offset = distrust.offset();
        Fault::of(CHECKPOINT, distrust.into()).at(offset)
    })
}

/// The entries of an archive of `size` of them, in order, a bundle at a time. They are those that were
/// verified if their tree has the verified root.
pub fn bundles<F: Files>(
    files: &F,
    size: u64,
) -> impl Iterator<Item = Result<Vec<Vec<u8>>, Fault>> + use<'_, F> {
    let paths = tile::paths(size).take_while(|path| path.level() == Level::Entries);
    paths.map(|path| bundle(files, &path))
}

/// The entry at `index` of an archive of `size` entries; none beyond them. As [`bundles`].
///
/// # Errors
/// [`Fault`]: its bundle is missing, or none.
pub fn entry(files: &impl Files, size: u64, index: u64) -> Result<Option<Vec<u8>>, Fault> {
    if index >= size {
        return Ok(None);
    }
    let wide = u64::from(WIDTH);
    let width = u16::try_from((size - index / wide * wide).min(wide)).unwrap_or(WIDTH);
    let Some(path) = TilePath::new(Level::Entries, index / wide, width) else { return Ok(None) };
    let place = usize::try_from(index % wide).unwrap_or(usize::MAX);
    Ok(bundle(files, &path)?.into_iter().nth(place))
}

fn bundle(files: &impl Files, path: &TilePath) -> Result<Vec<Vec<u8>>, Fault> {
    let name = path.to_string();
    let bytes = files.read(&name).ok_or_else(|| Fault::of(&name, FaultKind::Missing))?;
    let entries = tile::decode_entries(&bytes, path.width());
    let entries = entries.map_err(|bad| Fault::in_bundle(path, bad))?;
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}

fn check(files: &impl Files, checkpoint: &Checkpoint) -> Result<(), Fault> {
    check_names(files, checkpoint.size)?;
    tiles::check(files, checkpoint)
}

/// The files below `tile/` are exactly those of the size.
fn check_names(files: &impl Files, size: u64) -> Result<(), Fault> {
    let mut names: BTreeSet<_> =
        files.names().into_iter().filter(|name| name.starts_with(TILES)).collect();
    // Stops at the first that is missing: a size of 2^60 costs nothing.
    for path in tile::paths(size) {
        let name = path.to_string();
        if !names.remove(&name) {
            return Err(Fault::of(&name, FaultKind::Missing));
        }
    }
    match names.first() {
        Some(name) => Err(Fault::of(name, FaultKind::Unlisted)),
        None => Ok(()),
    }
}

impl Fault {
    fn of(file: &str, what: FaultKind) -> Self {
        Self { file: file.to_owned(), offset: None, entry: None, what }
    }

    fn in_bundle(path: &TilePath, bad: NotABundle) -> Self {
        let fault = Self::of(&path.to_string(), bad.into());
        match bad {
            NotABundle::Cut { entry, at } => fault.at(Some(at)).about(path.start() + entry as u64),
            NotABundle::Trailing { at } => fault.at(Some(at)),
        }
    }

    fn at(self, offset: Option<usize>) -> Self {
        Self { offset: offset.map(|at| at as u64), ..self }
    }

    fn about(self, entry: u64) -> Self {
        Self { entry: Some(entry), ..self }
    }
}
