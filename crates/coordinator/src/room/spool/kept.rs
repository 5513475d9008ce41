//! The files of a finished round, for those who check its sum.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use concordat_secagg::three::Speaker;
use concordat_secagg::{Params, RingVec};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::{PIECE, Part};

use super::arriving::Words;
use super::{RunSpool, names};

const WORDS: &str = "words-";
const DIGESTS: &str = "digests-";
const SHARE: &str = "share-";
const SUM: &str = "sum";

/// A finished round of vectors of one shape.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    dir: PathBuf,
    params: Params,
}

impl Kept {
    /// The round of this run; whether it is there is seen when it is read.
    pub(crate) fn new(spool: &RunSpool, round: u32, params: &Params) -> Self {
        Self { dir: spool.round(round), params: params.clone() }
    }

    /// The bytes of a part; nothing where there is none.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn read(&self, part: &Part) -> io::Result<Option<Vec<u8>>> {
        let read = match part {
            Part::Digests(party) => fs::read(self.dir.join(format!("{DIGESTS}{party}"))),
            Part::Words(chunk) | Part::Sum(chunk) | Part::Share(_, chunk)
                if *chunk >= self.params.chunks() =>
            {
                return Ok(None);
            }
            Part::Words(chunk) => self.words(*chunk),
            Part::Sum(chunk) => self.open(SUM).and_then(|sum| sum.bytes(*chunk, PIECE)),
            Part::Share(role, chunk) => {
                let share = self.open(&file_of(&Speaker::Aggregator(*role)));
                share.and_then(|share| share.bytes(*chunk, PIECE))
            }
        };
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The whole sum.
    ///
    /// # Errors
    /// The disk's; also where a chunk is missing.
    pub(crate) fn sum(&self) -> io::Result<RingVec> {
        let words = self.open(SUM)?;
        let mut sum = RingVec::zeros(self.params.ring(), 0);
        for chunk in 0..self.params.chunks() {
            let part = RingVec::of_bytes(self.params.ring(), &words.bytes(chunk, 1)?);
            if !part.is_some_and(|part| sum.append(&part)) {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(sum)
    }

    fn words(&self, chunk: usize) -> io::Result<Vec<u8>> {
        let names = names(&self.dir)?;
        if names.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut all = Vec::new();
        for name in names.iter().filter(|name| name.starts_with(WORDS)) {
            all.extend(self.open(name)?.bytes(chunk, 1)?);
        }
        Ok(all)
    }

    fn open(&self, name: &str) -> io::Result<Words> {
        Words::open(&self.dir.join(name), &self.params)
    }
}

/// The name of the file with somebody's words. Names of files and of parties sort alike.
pub(super) fn file_of(by: &Speaker) -> String {
    match by {
        Speaker::Contributor(party) => format!("{WORDS}{party}"),
        Speaker::Aggregator(role) => format!("{SHARE}{role}"),
    }
}

/// Writes the digests of a party's chunks, durably.
pub(super) fn write_digests(dir: &Path, party: &PartyId, chunks: &[Digest]) -> io::Result<()> {
    let bytes: Vec<u8> = chunks.iter().flat_map(|digest| digest.0).collect();
    let mut file = fs::File::create(dir.join(format!("{DIGESTS}{party}")))?;
    file.write_all(&bytes)?;
    file.sync_all()
}

/// Writes the sum, durably, with no more than a chunk of it in memory a second time.
pub(super) fn write_sum(dir: &Path, sum: &RingVec) -> io::Result<()> {
    let mut file = fs::File::create(dir.join(SUM))?;
    let mut bytes = Vec::new();
    for part in (0..).map_while(|chunk| sum.chunk(chunk)) {
        bytes.clear();
        part.put_bytes(&mut bytes);
        file.write_all(&bytes)?;
    }
    file.sync_all()
}
