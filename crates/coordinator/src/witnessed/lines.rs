//! The lines on a checkpoint: which of those that somebody posts are worth a check, whose signatures
//! hold, and which have room on the note.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::Timestamp;
use concordat_tlog::note::{SIGNATURES_MAX, SignatureLine, Unlisted};
use concordat_tlog::{Note, Policy, Vkey};

/// Posted lines that may be news: one of each known key at most, and none that is held already. What
/// is posted asks nobody who posts it, so that it must not cost more than it can bring.
#[derive(Debug)]
pub(crate) struct Unchecked {
    text: String,
    lines: Vec<(Vkey, SignatureLine)>,
    /// Whether a line of a known key is held already, byte for byte.
    held: bool,
}

/// Lines whose signatures hold.
#[derive(Debug)]
pub(crate) struct Checked {
    /// By whom, when, and the line.
    pub(super) lines: Vec<(Vkey, Timestamp, SignatureLine)>,
    pub(super) held: bool,
}

impl Unchecked {
    pub(super) fn of(posted: &Note, held: &Note, keys: &BTreeSet<Vkey>) -> Self {
        let mut lines = BTreeMap::new();
        let mut found = false;
        for line in posted.lines() {
            let Some(key) = keys.iter().find(|key| line.is_by(key)) else { continue };
            if held.lines().contains(line) {
                found = true;
            } else {
                lines.entry(key.clone()).or_insert_with(|| line.clone());
            }
        }
        Self { text: posted.text().to_owned(), lines: lines.into_iter().collect(), held: found }
    }

    /// Checks one signature for each line. It takes its time: nothing is to be locked meanwhile.
    pub(crate) fn check(self) -> Checked {
        let Self { text, lines, held } = self;
        let good = lines.into_iter().filter_map(|(key, line)| {
            // Alone on a note of its own, so that one bad line does not spoil the others.
            let alone = Note::new(text.clone(), vec![line.clone()]).ok()?;
            let at = alone.verify([&key], Unlisted::Ignored).ok()?.first()?.at?;
            Some((key, at, line))
        });
        Checked { lines: good.collect(), held }
    }
}

/// What a line is worth where there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// Its key is not known any more.
    Nothing,
    /// It is served, and counts for nothing.
    Served,
    /// Its key is in the policy, and counts for nothing yet.
    Beside,
    /// It makes a checkpoint count.
    Counts,
    /// The log's own.
    Log,
}

/// Whose lines are known, and whose count.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) policy: &'a Policy,
    pub(super) keys: BTreeSet<Vkey>,
}

impl Known<'_> {
    fn worth(&self, line: &SignatureLine, origin: &str) -> Worth {
        let witnesses = self.policy.witnesses().iter();
        let in_policy = witnesses.filter(|witness| line.is_by(&witness.vkey));
        let worth = in_policy.map(|witness| {
            if self.policy.counts(&witness.name) { Worth::Counts } else { Worth::Beside }
        });
        worth.max().unwrap_or_else(|| {
            if self.keys.iter().any(|key| line.is_by(key)) {
                Worth::Served
            } else if line.name() == origin {
                Worth::Log
            } else {
                Worth::Nothing
            }
        })
    }

    /// The note with this line, in the place of an older one by the same key. Lines of keys that are not
    /// known any more go; where there is no room, the oldest of those that are worth least. None if this
    /// one is worth no more than them.
    pub(super) fn place(&self, note: &Note, line: &SignatureLine) -> Option<Note> {
        let origin = note.text().lines().next().unwrap_or_default();
        let worth = |line: &SignatureLine| self.worth(line, origin);
        let stays = |old: &&SignatureLine| !old.is_of_same_key(line) && worth(old) > Worth::Nothing;
        let mut lines: Vec<&SignatureLine> = note.lines().iter().filter(stays).collect();
        if lines.len() >= SIGNATURES_MAX {
            let worths = lines.iter().map(|old| worth(old)).enumerate();
            let (at, least) = worths.min_by_key(|(_, worth)| *worth)?;
            if least >= worth(line) {
                return None;
            }
            lines.remove(at);
        }
        lines.push(line);
        Note::new(note.text().to_owned(), lines.into_iter().cloned().collect()).ok()
    }

    /// The witnesses of the policy, by name, who have a line on the note, and of when it says that it is:
    /// each was checked before it came there.
    pub(super) fn who_signed(&self, note: &Note) -> BTreeMap<String, Timestamp> {
        let signed = self.policy.witnesses().iter().filter_map(|witness| {
            let line = note.lines().iter().find(|line| line.is_by(&witness.vkey))?;
            Some((witness.name.clone(), line.stated_time()?))
        });
        signed.collect()
    }
}

#[cfg(test)]
mod tests {
    use concordat_terms::Digest;
    use concordat_tlog::cosign::cosign;
    use concordat_tlog::vkey::Key;
    use concordat_tlog::{Checkpoint, SigningKey};

    use super::*;

    const ORIGIN: &str = "heart.example/log";

    fn key(name: &str) -> SigningKey {
        SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
    }

    fn vkey(name: &str) -> Vkey {
        Vkey::new(name, Key::Witness(key(name).public())).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn line(name: &str, seconds: u64) -> SignatureLine {
        cosign(name, &key(name), at(seconds), note().text()).unwrap()
    }

    fn note() -> Note {
        let root = Digest::of(b"root");
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 9, root };
        checkpoint.sign(&key("sequencer")).unwrap()
    }

    fn posted(lines: Vec<SignatureLine>) -> Note {
        Note::new(note().text().to_owned(), lines).unwrap()
    }

    #[test]
    fn sixty_four_lines_of_one_key_cost_one_check_and_a_copy_costs_none() {
        let keys: BTreeSet<Vkey> = ["alder", "birch"].map(vkey).into();
        let many = posted((0..64).map(|second| line("alder", second)).collect());
        let unchecked = Unchecked::of(&many, &note(), &keys);
        assert_eq!((unchecked.lines.len(), unchecked.held), (1, false));
        assert_eq!(unchecked.check().lines.len(), 1);

        let mut held = note();
        held.push(line("alder", 1)).unwrap();
        let unchecked = Unchecked::of(&held, &held, &keys);
        assert!(unchecked.lines.is_empty() && unchecked.held);
        // A bad line spoils no other.
        let bad = cosign("birch", &key("birch"), at(1), "another text\n").unwrap();
        let mixed = posted(vec![bad, line("alder", 3), line("who", 4)]);
        let checked = Unchecked::of(&mixed, &held, &keys).check();
        let by: Vec<&str> = checked.lines.iter().map(|(key, ..)| key.name()).collect();
        assert_eq!((by, checked.held), (vec!["alder"], false));
    }

    #[test]
    fn a_full_note_gives_room_to_what_counts_and_to_nothing_else() {
        let served: Vec<String> = (0..64).map(|nth| format!("served/{nth}")).collect();
        let counted = ["alder", "birch"].map(|name| (name.to_owned(), vkey(name)));
        let policy = Policy::any_of(2, counted).unwrap();
        let policy = policy.beside([("beside".to_owned(), vkey("beside"))]).unwrap();
        let named = ["alder", "birch", "beside"].map(vkey);
        let keys: BTreeSet<Vkey> = served.iter().map(|name| vkey(name)).chain(named).collect();
        let known = Known { policy: &policy, keys };

        let mut full = note();
        for name in &served[..63] {
            full = known.place(&full, &line(name, 0)).unwrap();
        }
        assert_eq!(full.lines().len(), SIGNATURES_MAX);
        assert_eq!(known.place(&full, &line(&served[63], 0)), None);
        // Its own older line is no reason to have no room.
        assert!(known.place(&full, &line(&served[0], 1)).is_some());
        for name in ["beside", "alder", "birch"] {
            full = known.place(&full, &line(name, 0)).unwrap();
        }
        assert_eq!(full.lines().len(), SIGNATURES_MAX);
        assert_eq!(full.lines()[0].name(), ORIGIN, "the log's own line stays");
        assert!(policy.satisfied(&known.who_signed(&full).into_keys().collect()));

        // Who is not known any more has no line once another one comes.
        let few = Known { policy: &policy, keys: ["alder", "birch"].map(vkey).into() };
        let left = few.place(&full, &line("alder", 1)).unwrap();
        let names: Vec<&str> = left.lines().iter().map(SignatureLine::name).collect();
        assert_eq!(names, [ORIGIN, "beside", "birch", "alder"]);
    }
}
