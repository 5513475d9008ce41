//! One upload on its way: a file that grows by chunks, each known by its announced digest.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use concordat_secagg::{CHUNK, Chunks, Params};
use concordat_terms::Digest;
use concordat_wire::api::Arrived;

use crate::view::lock;

/// What was announced of a vector: by that each chunk is known, whoever brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The digest of the whole, which its sender signed.
    pub vector: Digest,
    /// The digest of every chunk, in order; checked to be the vector's.
    pub chunks: Vec<Digest>,
}

/// An upload of which not every chunk need be there.
#[derive(Debug)]
pub struct Arriving {
    params: Params,
    announced: Outline,
    path: PathBuf,
    file: File,
    next: usize,
}

/// Why a piece of an upload is not taken; nothing of it is kept.
#[derive(Debug)]
pub enum NotTaken {
    /// Another chunk comes next.
    OutOfPlace {
        /// The first chunk of the piece.
        chunk: usize,
        /// The one that comes next.
        next: usize,
    },
    /// The piece ends within a chunk.
    CutShort,
    /// More comes than was announced.
    TooLong,
    /// The chunk is not the one that was announced.
    OtherChunk {
        /// Which.
        chunk: usize,
    },
    /// The disk does not take it.
    Disk(io::Error),
}

impl Arriving {
    /// An upload of which nothing has come yet, in a file that is this user's alone.
    ///
    /// # Errors
    /// The disk's; nothing is left there then.
    pub fn begin(path: &Path, params: &Params, announced: Outline) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Self { params: params.clone(), announced, path: path.to_owned(), file, next: 0 })
    }

    /// What was announced.
    pub fn announced(&self) -> &Outline {
        &self.announced
    }

    /// How far it has come.
    pub fn arrived(&self) -> Arrived {
        Arrived { next: self.next, chunks: self.params.chunks() }
    }

    /// Takes whole chunks from `chunk` on, as little-endian bytes, or says why none of them.
    ///
    /// # Errors
    /// [`NotTaken`]; the file is as it was.
    pub fn take(&mut self, chunk: usize, bytes: &[u8]) -> Result<Arrived, NotTaken> {
        if chunk != self.next {
            return Err(NotTaken::OutOfPlace { chunk, next: self.next });
        }
        let (mut at, mut rest) = (chunk, bytes);
        while !rest.is_empty() {
            let announced = self.announced.chunks.get(at).ok_or(NotTaken::TooLong)?;
            let len = self.params.chunk_len(at) * self.params.ring().bytes();
            let (one, more) = rest.split_at_checked(len).ok_or(NotTaken::CutShort)?;
            if Digest::of(one) != *announced {
                return Err(NotTaken::OtherChunk { chunk: at });
            }
            (at, rest) = (at + 1, more);
        }

        let start = start_of(&self.params, chunk);
        let written = self.file.seek(SeekFrom::Start(start));
        if let Err(fault) = written.and_then(|_| self.file.write_all(bytes)) {
            // What fitted is given back at once: others may need the room.
            self.file.set_len(start).ok();
            return Err(NotTaken::Disk(fault));
        }
        self.next = at;
        Ok(self.arrived())
    }

    /// The words, once all are there.
    ///
    /// # Errors
    /// The disk's.
    pub fn words(&self) -> io::Result<Option<Words>> {
        if self.next < self.params.chunks() {
            return Ok(None);
        }
        Words::open(&self.path, &self.params).map(Some)
    }

    /// Waits until the disk has it.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// The words of one vector in a file, of which a chunk at a time is read.
#[derive(Debug)]
pub struct Words {
    params: Params,
    file: Mutex<File>,
}

impl Words {
    /// The vector of this shape in this file.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(path: &Path, params: &Params) -> io::Result<Self> {
        Ok(Self { params: params.clone(), file: Mutex::new(File::open(path)?) })
    }

    /// The bytes of up to `count` chunks from `chunk` on; nothing beyond the last.
    pub(super) fn bytes(&self, chunk: usize, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.put(chunk, count, &mut bytes)?;
        Ok(bytes)
    }

    /// Appends them.
    fn put(&self, chunk: usize, count: usize, to: &mut Vec<u8>) -> io::Result<()> {
        let end = start_of(&self.params, chunk.saturating_add(count));
        let start = start_of(&self.params, chunk);
        let before = to.len();
        to.resize(before.saturating_add(usize::try_from(end - start).unwrap_or(0)), 0);
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(to.get_mut(before..).unwrap_or_default())
    }
}

impl Chunks for Words {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        chunk < self.params.chunks() && self.put(chunk, 1, to).is_ok()
    }
}

/// Where a chunk begins in a file; its end, beyond the last.
fn start_of(params: &Params, chunk: usize) -> u64 {
    let element = chunk.saturating_mul(CHUNK).min(params.dimension());
    (element as u64).saturating_mul(params.ring().bytes() as u64)
}

#[cfg(test)]
mod tests {
    use concordat_secagg::{Proposal, Ring, RingVec};

    use super::*;

    /// Two chunks, the second of seven elements.
    fn params() -> Params {
        let proposal = Proposal {
            clients: 4,
            threshold: 3,
            colluders: 1,
            dropouts: 1,
            ring_bits: 64,
            dimension: CHUNK as u32 + 7,
            units_per_round: 1,
            levels: 1_000,
            noise: 0,
        };
        Params::prove(proposal).unwrap()
    }

    fn bytes(vector: &RingVec, chunk: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        vector.chunk(chunk).unwrap().put_bytes(&mut bytes);
        bytes
    }

    fn announced(vector: &RingVec) -> Outline {
        Outline { vector: vector.digest(), chunks: vector.chunk_digests() }
    }

    #[test]
    fn what_a_disk_does_not_take_leaves_an_upload_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words-alder");
        let values = (0..CHUNK as i64 + 7).map(|at| at * 1_000_003 - 9);
        let vector = RingVec::from_signed(Ring::Bits64, values);
        let mut arriving = Arriving::begin(&path, &params(), announced(&vector)).unwrap();
        assert!(Arriving::begin(&path, &params(), announced(&vector)).is_err(), "it is there");
        arriving.take(0, &bytes(&vector, 0)).unwrap();
        assert!(arriving.words().unwrap().is_none(), "not all of it");

        // A file that cannot be written to, as on a disk without room.
        let good = std::mem::replace(&mut arriving.file, File::open(&path).unwrap());
        let full = arriving.take(1, &bytes(&vector, 1));
        assert!(matches!(full, Err(NotTaken::Disk(_))), "{full:?}");
        assert_eq!(arriving.arrived(), Arrived { next: 1, chunks: 2 });
        arriving.file = good;
        assert_eq!(arriving.take(1, &bytes(&vector, 1)).unwrap(), Arrived { next: 2, chunks: 2 });
        let words = arriving.words().unwrap().unwrap();
        let mut read = Vec::new();
        for chunk in 0..2 {
            assert!(words.read(chunk, &mut read));
        }
        assert_eq!(read, [bytes(&vector, 0), bytes(&vector, 1)].concat());
        assert!(!words.read(2, &mut read));
        assert!(arriving.take(2, &[0; 8]).is_err());
    }
}
