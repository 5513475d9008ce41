//! The older checkpoints of an archive, held against the log as it is folded.

use std::collections::BTreeSet;

use concordat_replay::Replica;
use concordat_terms::Timestamp;
use concordat_tlog::archive::{CHECKPOINT, Files};

use super::{Broken, Promise};
use crate::archive::{Astray, OLDER_SIZES, at_its_place, older_file, older_size, older_sizes};

/// Those that are ahead, and when the last one counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    ahead: BTreeSet<u64>,
    earlier: Option<Timestamp>,
    /// How many were held against the log.
    pub(super) count: u64,
}

impl Older {
    /// Those among the files of a log of `size` entries.
    ///
    /// # Errors
    /// [`Broken`]: one is of no beginning of the log, or the list of them is not one of these.
    pub(super) fn of(files: &impl Files, size: u64) -> Result<Self, Broken> {
        let ahead: BTreeSet<u64> =
            files.names().iter().filter_map(|name| older_size(name)).collect();
        let listed = files.read(OLDER_SIZES);
        if listed.is_none() && !ahead.is_empty() {
            return Err(Broken::of(Promise::Layout, OLDER_SIZES, "the file is missing"));
        }
        if listed.is_some_and(|listed| listed != older_sizes(&ahead).as_bytes()) {
            let what = "it lists other older checkpoints than those that are here";
            return Err(Broken::of(Promise::Layout, OLDER_SIZES, what));
        }
        match ahead.last().filter(|last| **last >= size) {
            Some(last) => {
                let what = format!(
                    "a checkpoint of {last} entries, and the log ends with {size}: it was cut short, or \
                     the file belongs to another"
                );
                Err(Broken::of(Promise::History, &older_file(*last), what))
            }
            None => Ok(Self { ahead, ..Self::default() }),
        }
    }

    /// The log is folded so far: whether there is one of this place, and when it counted.
    ///
    /// # Errors
    /// [`Broken`]: it is not one of this log.
    pub(super) fn at(
        &mut self,
        files: &impl Files,
        replica: &Replica,
    ) -> Result<Option<Timestamp>, Broken> {
        let size = replica.size();
        if !self.ahead.remove(&size) {
            return Ok(None);
        }
        let name = older_file(size);
        let bytes = files.read(&name).unwrap_or_default();
        let at = at_its_place(&bytes, replica, self.earlier).map_err(|why| broken(&name, &why))?;
        self.count += 1;
        self.earlier = at.or(self.earlier);
        Ok(at)
    }

    /// That the archive's own checkpoint did not count before the older ones.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) fn end(&self, at: Option<Timestamp>) -> Result<(), Broken> {
        match at.zip(self.earlier) {
            Some((at, earlier)) if at < earlier => {
                Err(broken(CHECKPOINT, &Astray::Time { at, earlier }))
            }
            _ => Ok(()),
        }
    }
}

fn broken(name: &str, why: &Astray) -> Broken {
    let promise = match why {
        Astray::Size(_) => Promise::Layout,
        Astray::Root(_) => Promise::History,
        Astray::Keys(_) | Astray::Note(_) | Astray::Distrust(_) | Astray::Time { .. } => {
            Promise::Witnessed
        }
    };
    let broken = Broken::of(promise, name, why.to_string());
    let Astray::Distrust(distrust) = why else { return broken };
    distrust.offset().map_or(broken.clone(), |at| broken.at(at as u64))
}
