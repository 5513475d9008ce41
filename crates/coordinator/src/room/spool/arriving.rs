//! One upload on its way: a file that grows by chunks, each known by its announced digest.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use concordat_secagg::{Announced, CHUNK, Chunks, Params, RingVec};
use concordat_terms::Digest;
use concordat_wire::api::Arrived;

use crate::view::lock;

/// An upload of which not every chunk need be there.
#[derive(Debug)]
pub struct Arriving {
    params: Params,
    announced: Announced,
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
    pub fn begin(path: &Path, params: &Params, announced: Announced) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Self { params: params.clone(), announced, path: path.to_owned(), file, next: 0 })
    }

    /// What was announced.
    pub fn announced(&self) -> &Announced {
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
        let end = start_of(&self.params, chunk.saturating_add(count));
        let start = start_of(&self.params, chunk);
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(0)];
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Chunks for Words {
    fn chunk(&self, chunk: usize) -> Option<RingVec> {
        RingVec::of_bytes(self.params.ring(), &self.bytes(chunk, 1).ok()?)
    }
}

/// Where a chunk begins in a file; its end, beyond the last.
fn start_of(params: &Params, chunk: usize) -> u64 {
    let element = chunk.saturating_mul(CHUNK).min(params.dimension());
    (element as u64).saturating_mul(params.ring().bytes() as u64)
}
