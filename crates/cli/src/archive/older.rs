//! Older checkpoints: the witnesses' word of when the log had come how far.

use std::collections::BTreeSet;

use concordat_replay::{BadWitnesses, Replica, log_key, witnesses_now};
use concordat_terms::Timestamp;
use concordat_tlog::note::{NotANote, Unlisted};
use concordat_tlog::trust::{self, Distrust};
use concordat_tlog::{Note, Policy, Vkey};
use concordat_wire::api::OLDER_CHECKPOINTS_MOST;

/// Below which they lie, each named by its size.
pub const CHECKPOINTS: &str = "checkpoints/";

/// The file that lists their sizes: who asks a web server for an archive learns in no other way which there are.
pub const OLDER_SIZES: &str = "checkpoints/sizes";

/// What that file says: a size a line, ascending.
pub fn older_sizes<'s>(sizes: impl IntoIterator<Item = &'s u64>) -> String {
    sizes.into_iter().map(|size| format!("{size}\n")).collect()
}

/// The sizes in such a file, of a log of `size` entries; none if it is not one, or lists more than are ever
/// kept.
pub(crate) fn listed(file: &[u8], size: u64) -> Option<BTreeSet<u64>> {
    let lines = std::str::from_utf8(file).ok()?.lines();
    let sizes = lines.take(OLDER_CHECKPOINTS_MOST + 1).map(|line| line.parse().ok());
    let sizes: BTreeSet<u64> = sizes.collect::<Option<_>>()?;
    let fits = sizes.len() <= OLDER_CHECKPOINTS_MOST
        && sizes.first().is_none_or(|first| *first > 0)
        && sizes.last().is_none_or(|last| *last < size)
        && older_sizes(&sizes).as_bytes() == file;
    fits.then_some(sizes)
}

/// The file of the older checkpoint of so many entries.
pub fn older_file(size: u64) -> String {
    format!("{CHECKPOINTS}{size}")
}

/// Of how many entries the older checkpoint in a file is, by the file's name: at least one.
pub fn older_size(name: &str) -> Option<u64> {
    let size = name.strip_prefix(CHECKPOINTS)?.parse().ok().filter(|size| *size > 0)?;
    (older_file(size) == name).then_some(size)
}

/// Why a checkpoint is no older one of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Astray {
    /// The log has no keys that could sign one.
    #[error(transparent)]
    Keys(#[from] BadWitnesses),
    /// It is not a note.
    #[error(transparent)]
    Note(#[from] NotANote),
    /// The log, or the witnesses who counted at that place, did not sign it.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// It is of another size than it is said to be.
    #[error("it is of {0} entries")]
    Size(u64),
    /// The log had another root then.
    #[error("two histories were signed, at size {0}")]
    Root(u64),
    /// It counted before one of fewer entries did.
    #[error("by the witnesses' clocks it counted at {at}, and a smaller one only at {earlier}")]
    Time {
        /// When it did.
        at: Timestamp,
        /// When the other did.
        earlier: Timestamp,
    },
}

/// Holds an older checkpoint against the log as it was: folded to the checkpoint's size, and no further.
/// `earlier` is when the last one counted. When this one did, by the clocks of those who witnessed the log
/// at that place; none where nobody did.
///
/// # Errors
/// [`Astray`].
pub fn at_its_place(
    bytes: &[u8],
    replica: &Replica,
    earlier: Option<Timestamp>,
) -> Result<Option<Timestamp>, Astray> {
    let (log, policy) = keys(replica)?;
    let trusted = trust::open(bytes, &log, &policy, Unlisted::Rejected)?;
    let (size, root) = (trusted.checkpoint.size, trusted.checkpoint.root);
    if size != replica.size() {
        return Err(Astray::Size(size));
    }
    if root != replica.root() {
        return Err(Astray::Root(size));
    }
    match trusted.at.zip(earlier) {
        Some((at, earlier)) if at < earlier => Err(Astray::Time { at, earlier }),
        _ => Ok(trusted.at),
    }
}

/// The same checkpoint with the lines of those alone who count at that place, as `known_lines` leaves
/// them: what [`at_its_place`] looks at.
///
/// # Errors
/// [`Astray`].
pub fn trimmed(bytes: &[u8], replica: &Replica) -> Result<Vec<u8>, Astray> {
    let (log, policy) = keys(replica)?;
    Ok(known_lines(&Note::parse(bytes)?, &log, &policy)?.to_bytes())
}

/// A note with the good lines of these keys alone, each once.
///
/// # Errors
/// [`NotANote`]: none is left.
pub(crate) fn known_lines(note: &Note, log: &Vkey, policy: &Policy) -> Result<Note, NotANote> {
    let mut lines = Vec::new();
    for line in note.lines() {
        // A line alone tells by itself whether a known key made it.
        let alone = Note::new(note.text().to_owned(), vec![line.clone()])?;
        let keys = std::iter::once(log).chain(policy.witnesses().iter().map(|w| &w.vkey));
        if alone.verify(keys, Unlisted::Rejected).is_ok() && !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    Note::new(note.text().to_owned(), lines)
}

/// The log's key, and who witnesses it at the place to which it is folded.
fn keys(replica: &Replica) -> Result<(Vkey, Policy), Astray> {
    let state = replica.state();
    let nobody = || Astray::Distrust(Distrust::Unsigned(String::new()));
    let log = log_key(state.genesis().ok_or_else(nobody)?)?;
    Ok((log, witnesses_now(state)?.ok_or_else(nobody)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_checkpoint_has_one_name() {
        assert_eq!(older_size(&older_file(17)), Some(17));
        for name in ["checkpoints/0", "checkpoints/017", "checkpoints/+1", "checkpoints/", "17"] {
            assert_eq!(older_size(name), None, "{name}");
        }
        assert_eq!(older_size(OLDER_SIZES), None);
    }

    #[test]
    fn a_list_of_sizes_has_one_spelling_and_is_no_longer_than_what_is_kept() {
        let sizes = |list: &str| listed(list.as_bytes(), 2_000);
        assert_eq!(sizes("3\n17\n"), Some([3, 17].into()));
        assert_eq!(sizes(""), Some(BTreeSet::new()));
        for bad in ["3", "17\n3\n", "3\n3\n", "03\n", "0\n", "2000\n", "three\n", "3\r\n", "3\n\n"]
        {
            assert_eq!(sizes(bad), None, "{bad:?}");
        }
        let many = |count| older_sizes(&(1..=count).collect::<BTreeSet<u64>>());
        assert!(sizes(&many(OLDER_CHECKPOINTS_MOST as u64)).is_some());
        assert_eq!(sizes(&many(OLDER_CHECKPOINTS_MOST as u64 + 1)), None);
    }
}
