//! Writes an archive as its log is folded: nothing of it is held but what fills no tile yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use concordat_terms::Digest;
use concordat_tlog::archive::{CHECKPOINT, Tiler};
use concordat_tlog::tile::TilePath;

use super::{
    BLOBS, KEYS, OLDER_SIZES, Part, README, README_TEXTS, VERDICTS, older_file, older_sizes,
};
use crate::drafts;
use crate::failure::Failure;

/// What takes an archive's files.
pub trait Sink {
    /// Takes a file.
    ///
    /// # Errors
    /// What the disk says.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure>;

    /// Lets a file go that it took.
    ///
    /// # Errors
    /// What the disk says.
    fn remove(&mut self, name: &str) -> Result<(), Failure>;

    /// Takes what [`VERDICTS`] goes on with.
    ///
    /// # Errors
    /// What the disk says.
    fn verdict(&mut self, line: &[u8]) -> Result<(), Failure>;
}

impl Sink for BTreeMap<String, Vec<u8>> {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), Failure> {
        BTreeMap::remove(self, name);
        Ok(())
    }

    fn verdict(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.entry(VERDICTS.to_owned()).or_default().extend_from_slice(line);
        Ok(())
    }
}

/// An archive on its way into a sink.
pub struct Writer<S> {
    sink: S,
    tiler: Tiler,
    /// The sizes of the older checkpoints.
    older: BTreeSet<u64>,
    files: usize,
}

impl<S: Sink> Writer<S> {
    /// Begins an archive.
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin(mut sink: S) -> Result<Self, Failure> {
        sink.verdict(b"")?;
        Ok(Self { sink, tiler: Tiler::default(), older: BTreeSet::new(), files: 1 })
    }

    /// The next entry, and the line about its verdict as [`super::verdict_line`] makes it.
    ///
    /// # Errors
    /// An entry that no tile can hold; what the disk says.
    pub fn entry(&mut self, entry: &[u8], verdict: &str) -> Result<(), Failure> {
        let tiles = self.tiler.push(entry).map_err(|e| {
            Failure::fault("entry-too-long", e.to_string(), "restore the store from a backup")
        })?;
        self.put_tiles(tiles)?;
        self.sink.verdict(format!("{verdict}\n").as_bytes())
    }

    /// A text that entries name.
    ///
    /// # Errors
    /// What the disk says.
    pub fn blob(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), Failure> {
        self.put(&format!("{BLOBS}{digest}"), bytes)
    }

    /// A text that it was given and that was erased.
    ///
    /// # Errors
    /// What the disk says.
    pub fn erase(&mut self, digest: &Digest) -> Result<(), Failure> {
        self.files -= 1;
        self.sink.remove(&format!("{BLOBS}{digest}"))
    }

    /// An older checkpoint of so many entries, verbatim.
    ///
    /// # Errors
    /// What the disk says.
    pub fn older(&mut self, size: u64, checkpoint: &[u8]) -> Result<(), Failure> {
        self.older.insert(size);
        self.put(&older_file(size), checkpoint)
    }

    /// The next part of a log, as it is told.
    ///
    /// # Errors
    /// As [`Writer::entry`], [`Writer::blob`] and [`Writer::erase`].
    pub fn part(&mut self, part: Part<'_>) -> Result<(), Failure> {
        match part {
            Part::Entry(entry, verdict) => self.entry(entry, &verdict),
            Part::Blob(digest, bytes) => self.blob(&digest, &bytes),
            Part::Erased(digest) => self.erase(&digest),
        }
    }

    /// How many entries it has so far.
    pub fn size(&self) -> u64 {
        self.tiler.size()
    }

    /// The whole of it, with the checkpoint over its entries, verbatim, and the lines about the keys;
    /// and how many files it has.
    ///
    /// # Errors
    /// What the disk says.
    pub fn end(mut self, checkpoint: &[u8], keys: &str) -> Result<(S, usize), Failure> {
        let tiles = std::mem::take(&mut self.tiler).end();
        self.put_tiles(tiles)?;
        self.put(CHECKPOINT, checkpoint)?;
        if !self.older.is_empty() {
            let sizes = older_sizes(&self.older);
            self.put(OLDER_SIZES, sizes.as_bytes())?;
        }
        self.put(KEYS, keys.as_bytes())?;
        let [readme, ..] = README_TEXTS;
        self.put(README, readme.as_bytes())?;
        Ok((self.sink, self.files))
    }

    fn put_tiles(&mut self, tiles: Vec<(TilePath, Vec<u8>)>) -> Result<(), Failure> {
        tiles.into_iter().try_for_each(|(path, bytes)| self.put(&path.to_string(), &bytes))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.files += 1;
        self.sink.put(name, bytes)
    }
}

/// Writes files as a new folder, whole or not at all.
///
/// # Errors
/// A target that is there already; what the disk says.
pub fn save(target: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let mut draft = Draft::of(target)?;
    files.iter().try_for_each(|(name, bytes)| draft.put(name, bytes))?;
    draft.whole()
}

/// A new folder beside the one that it will be, whole or not at all: it goes with what is in it, unless
/// it becomes [`Draft::whole`].
pub struct Draft {
    target: PathBuf,
    dir: PathBuf,
    verdicts: Option<BufWriter<File>>,
    whole: bool,
}

impl Draft {
    /// Begins what will be the folder `target`.
    ///
    /// # Errors
    /// A target that is there already; what the disk says.
    pub fn of(target: &Path) -> Result<Self, Failure> {
        if target.symlink_metadata().is_ok() {
            return Err(Failure::usage(
                "target-exists",
                format!("`{}` is there already", target.display()),
                "name a folder that is not there yet",
            ));
        }
        let made = crate::files::draft(target, |draft| fs::create_dir(draft));
        let (dir, ()) = made.map_err(|e| Failure::io("create the folder", target, &e))?;
        Ok(Self { target: target.to_owned(), dir, verdicts: None, whole: false })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// What the disk says.
    pub fn whole(mut self) -> Result<(), Failure> {
        if let Some(mut verdicts) = self.verdicts.take() {
            let done = verdicts.flush().and_then(|()| verdicts.get_ref().sync_all());
            done.map_err(|e| Failure::io("write", &self.dir.join(VERDICTS), &e))?;
        }
        let named = drafts::end(&self.dir, || fs::rename(&self.dir, &self.target));
        named.map_err(|e| Failure::io("write", &self.target, &e))?;
        self.whole = true;
        Ok(())
    }
}

impl Sink for Draft {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.dir.join(name);
        let dir = path.parent().unwrap_or(&self.dir);
        let made = drafts::within(|| fs::create_dir_all(dir));
        made.map_err(|e| Failure::io("create the folder", dir, &e))?;
        crate::files::write_whole(&path, bytes)
    }

    fn remove(&mut self, name: &str) -> Result<(), Failure> {
        let path = self.dir.join(name);
        fs::remove_file(&path).map_err(|e| Failure::io("remove", &path, &e))
    }

    fn verdict(&mut self, line: &[u8]) -> Result<(), Failure> {
        let path = self.dir.join(VERDICTS);
        let failed = |e| Failure::io("write", &path, &e);
        if self.verdicts.is_none() {
            let file = drafts::within(|| File::create_new(&path)).map_err(failed)?;
            self.verdicts = Some(BufWriter::new(file));
        }
        let verdicts = self.verdicts.as_mut();
        verdicts.map_or(Ok(()), |verdicts| verdicts.write_all(line)).map_err(failed)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.whole {
            // Only what was written above can be there: the draft's folder was made new.
            drafts::end(&self.dir, || fs::remove_dir_all(&self.dir)).ok();
        }
    }
}
