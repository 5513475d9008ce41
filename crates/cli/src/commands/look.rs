//! What a view is taken from: a party's own copy of the log, or an archive that somebody exported.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, stderr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use concordat_agreement::suggest;
use concordat_node::follow::Follower;
use concordat_partnership::act::Signed;
use concordat_partnership::{CatalogueEntry, State, Verdict};
use concordat_replay::{Halt, Replica};
use concordat_terms::{AssetId, Digest, PartyId};

use super::desk::{failure, open, open_latest};
use concordat_tlog::archive::{Files as _, bundles};

use crate::archive::{BLOBS, Folder, act_in};
use crate::args::{Look, Place};
use crate::failure::Failure;
use crate::out::Out;
use crate::verify::Broken;

/// How often somebody who waits is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// A folded log with its entries and the blobs beside it, and who looks at it.
///
/// What a view shows of assets and versions goes through [`Seen::reads`] and its like: there is no
/// other place where labels are looked at.
pub(super) struct Seen {
    log: Log,
    /// Who reads: whoever was named, or whose folder it is. Nobody in particular reads an archive:
    /// its holder has all that is in it.
    reader: Option<PartyId>,
}

enum Log {
    /// A party's own.
    Home(Box<Follower>),
    /// An archive's.
    Archive { replica: Box<Replica>, folder: Folder },
}

impl Seen {
    /// A party's own copy, read by the party.
    pub(super) fn home(follower: Follower) -> Self {
        let reader = Some(follower.party().clone());
        Self { log: Log::Home(Box::new(follower)), reader }
    }

    /// What an archive holds, read by nobody in particular.
    ///
    /// # Errors
    /// An archive whose log does not hold.
    pub(super) fn archive(folder: Folder) -> Result<Self, Failure> {
        Ok(Self { log: Log::archive(folder)?, reader: None })
    }
}

/// Opens what is to be looked at.
///
/// # Errors
/// A folder that cannot be used, a log that does not hold, a party that is none.
pub(super) fn see(look: &Look) -> Result<Seen, Failure> {
    see_as(&look.at, look.party.as_ref())
}

/// [`see`], for whoever is named.
pub(super) fn see_as(place: &Place, reader: Option<&PartyId>) -> Result<Seen, Failure> {
    let log = match (&place.home, &place.archive) {
        (Some(home), _) => {
            let opened = if place.offline { open(home) } else { open_latest(home) };
            Log::Home(Box::new(opened?.1))
        }
        (None, Some(archive)) => Log::archive(Folder::open(archive)?)?,
        (None, None) => {
            let hint = "name a party's folder with `--home`, or an archive with `--archive`";
            return Err(Failure::usage("usage", "nothing to look at is named", hint));
        }
    };
    if let Some(party) = reader {
        require_party(log.replica().state(), party)?;
    }
    let own = match &log {
        Log::Home(follower) => Some(follower.party()),
        Log::Archive { .. } => None,
    };
    let reader = reader.or(own).cloned();
    Ok(Seen { log, reader })
}

/// That somebody is or once was a party: who has left may be asked about what it still owes.
///
/// # Errors
/// A party that is none.
pub(super) fn require_party(state: &State, party: &PartyId) -> Result<(), Failure> {
    let parties = state.parties_ever();
    if parties.contains(party) {
        return Ok(());
    }
    let names: Vec<&str> = parties.iter().map(PartyId::as_str).collect();
    let what = format!("`{party}` is no party of this partnership");
    Err(Failure::usage("unknown-party", what, suggest(party.as_str(), names)))
}

impl Log {
    fn archive(folder: Folder) -> Result<Self, Failure> {
        let replica = crate::verify::refold(&folder).map_err(Failure::Refused)?;
        Ok(Self::Archive { replica: Box::new(replica), folder })
    }

    fn replica(&self) -> &Replica {
        match self {
            Self::Home(follower) => follower.replica(),
            Self::Archive { replica, .. } => replica,
        }
    }
}

impl Seen {
    /// Who reads; nobody in particular, if it is an archive and nobody was named.
    pub(super) fn reader(&self) -> Option<&PartyId> {
        self.reader.as_ref()
    }

    /// Whether who reads may see what the record says about an asset.
    pub(super) fn reads(&self, asset: &AssetId) -> bool {
        self.reader.as_ref().is_none_or(|reader| self.state().may_read(reader, asset))
    }

    /// Whether who reads may see what the record says about a version.
    pub(super) fn reads_version(&self, version: &Digest) -> bool {
        self.reader.as_ref().is_none_or(|reader| self.state().may_read_version(reader, version))
    }

    /// The catalogue, as far as who reads may see it.
    pub(super) fn catalogue(&self) -> Vec<CatalogueEntry> {
        let mut all = self.state().catalogue();
        all.retain(|entry| self.reads(&entry.asset));
        for entry in &mut all {
            entry.versions.retain(|version| self.reads_version(&version.version));
        }
        all
    }

    /// The names of all that is kept from who reads: assets, and the digests of versions.
    pub(super) fn withheld(&self) -> BTreeSet<String> {
        let all = self.state().catalogue();
        let versions = all.iter().flat_map(|entry| &entry.versions).map(|own| own.version);
        let versions = versions.filter(|own| !self.reads_version(own)).map(|own| own.to_string());
        let assets = all.iter().map(|entry| &entry.asset).filter(|asset| !self.reads(asset));
        assets.map(ToString::to_string).chain(versions).collect()
    }

    /// The log, folded.
    pub(super) fn replica(&self) -> &Replica {
        self.log.replica()
    }

    /// The partnership's state.
    pub(super) fn state(&self) -> &State {
        self.replica().state()
    }

    /// The party's own copy, where it is one.
    pub(super) fn follower(&self) -> Option<&Follower> {
        match &self.log {
            Log::Home(follower) => Some(follower),
            Log::Archive { .. } => None,
        }
    }

    /// The entries, in order.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(super) fn entries(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let mut entries = Vec::new();
        for some in self.bundles() {
            entries.extend(some?);
        }
        Ok(entries)
    }

    /// The entries, in order, a few hundred at a time.
    fn bundles(&self) -> Box<dyn Iterator<Item = Result<Vec<Vec<u8>>, Failure>> + '_> {
        const READ: u64 = 256;
        let size = self.replica().size();
        match &self.log {
            Log::Home(follower) => Box::new((0..size.div_ceil(READ)).map(move |part| {
                let from = part * READ;
                let most = usize::try_from(READ.min(size - from)).unwrap_or(usize::MAX);
                let entries = follower.store().entries(from, most);
                entries.map_err(|fault| failure(fault.problem()))
            })),
            Log::Archive { folder, .. } => Box::new(
                bundles(folder, size).map(|bundle| folder.said(bundle.map_err(Broken::from))),
            ),
        }
    }

    /// Folds the log once more and shows each entry with what it says, its verdict, and the state
    /// after it; until the end, or until nobody wants to see more. Who waits at a terminal is told
    /// how far it is.
    ///
    /// # Errors
    /// A store that cannot be read, a log that stops.
    pub(super) fn fold_again(
        &self,
        out: Out,
        mut each: impl FnMut(u64, Option<&Signed>, &Verdict, &State) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut replica = Replica::new();
        let (watched, mut told) = (stderr().is_terminal(), Instant::now());
        let entries = self.bundles().flat_map(|some| match some {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(failure) => vec![Err(failure)],
        });
        for (index, entry) in (0..).zip(entries) {
            let entry = entry?;
            if watched && told.elapsed() >= TELL_EVERY {
                out.say(&format!("entry {index} of {}", self.replica().size()));
                told = Instant::now();
            }
            let signed = act_in(&entry);
            let verdict = loop {
                match replica.step(&entry) {
                    Ok(verdict) => break verdict,
                    Err(halt) => {
                        // What a verdict depends on was here when the log was folded first.
                        let missing = match &halt {
                            Halt::MissingBlob { blob, .. } => self.replica().blob(blob),
                            _ => None,
                        };
                        let Some(blob) = missing else {
                            let hint = "follow the log online once";
                            return Err(Failure::fault("fold-halted", halt.to_string(), hint));
                        };
                        replica.supply(blob.to_vec());
                    }
                }
            };
            if each(index, signed.as_ref(), &verdict, replica.state()).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A blob, if it is here, and what its name says.
    pub(super) fn blob(&self, digest: &Digest) -> Option<Vec<u8>> {
        let found = match &self.log {
            Log::Home(follower) => follower.store().blob(digest).ok().flatten(),
            Log::Archive { folder, .. } => folder.read(&format!("{BLOBS}{digest}")),
        };
        found.filter(|bytes| Digest::of(bytes) == *digest)
    }
}

/// How much time is left, in words.
pub(super) fn left(seconds: u64) -> String {
    if seconds == 0 { "over".to_owned() } else { format!("{} left", count(seconds)) }
}

/// A length of time in words.
pub(super) fn count(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
