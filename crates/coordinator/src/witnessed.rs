//! Checkpoints and who cosigned them.

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::Genesis;
use concordat_replay::witness_policy;
use concordat_terms::{PartyId, Problem, Timestamp};
use concordat_tlog::note::{SignatureLine, Unlisted};
use concordat_tlog::{Checkpoint, Note, Policy, Vkey};
use concordat_wire::api::{Standing, Witnesses};
use concordat_wire::cosigner::CosignerKeys;

use self::lines::Known;
pub(crate) use self::lines::{Checked, Unchecked};
use crate::problem::unusable;
use crate::series::Series;

/// How many sizes still take cosignatures.
const KEPT: usize = 1_024;
/// How far a cosignature's time may be from our clock, either way. One from the future would count
/// as fresh for longer than it is.
pub(crate) const FAR_SECONDS: u64 = 600;

/// The checkpoints of recent sizes with their cosignatures, and the last that counts.
#[derive(Debug)]
pub(crate) struct Witnessed {
    /// Who counts, by the smallest size of a checkpoint for which they do; there is one.
    policies: BTreeMap<u64, Policy>,
    /// Whom the coordinator asks, by name.
    asked: BTreeMap<String, Asked>,
    /// Keys with which parties say less than the policy asks for, by their own word.
    further: BTreeMap<PartyId, CosignerKeys>,
    notes: BTreeMap<u64, Note>,
    quorum: Option<(u64, Note)>,
    /// Older ones that counted.
    pub(crate) series: Series,
    /// What each key has cosigned: the largest size, and when last.
    heard: BTreeMap<Vkey, (u64, Timestamp)>,
}

/// A witness that the coordinator asks.
#[derive(Debug)]
struct Asked {
    /// By which it is known, beside its key in the policy.
    keys: Vec<Vkey>,
    failures: u32,
    problem: Option<Problem>,
}

/// What became of cosignatures.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cosigned {
    /// No checkpoint of this size is known, or no longer.
    UnknownSize(u64),
    /// Another root at this size: two histories.
    OtherCheckpoint(u64),
    /// No line by a known witness that verifies.
    NoWitness,
    /// A witness' clock, or ours, is wrong: the line was made at this time.
    FarFromNow(Timestamp),
    /// Every good line was here, or a later one of its key: nothing has changed.
    Held,
    /// Lines that count for nothing, and no room for them on the checkpoint of this size.
    Full(u64),
    /// Kept; with the note that newly satisfies the policy, if one does.
    Kept(Option<Counts>),
}

/// A checkpoint that satisfies the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Its entries.
    pub(crate) size: u64,
    /// It, with all cosignatures so far.
    pub(crate) note: Note,
    /// When enough witnesses had cosigned, by their own clocks.
    pub(crate) at: Option<Timestamp>,
}

impl Witnessed {
    /// Nothing is cosigned yet.
    pub(crate) fn new(genesis: &Genesis) -> Result<Self, Problem> {
        let policy = witness_policy(genesis)
            .map_err(|e| unusable("bad-genesis", e.to_string(), "found the log anew"))?;
        Ok(Self {
            policies: [(0, policy)].into(),
            asked: BTreeMap::new(),
            further: BTreeMap::new(),
            notes: BTreeMap::new(),
            quorum: None,
            series: Series::default(),
            heard: BTreeMap::new(),
        })
    }

    /// The coordinator asks the witness of this name, known by these keys too.
    pub(crate) fn ask(&mut self, name: &str, keys: &[Vkey]) {
        let asked = Asked { keys: keys.to_vec(), failures: 0, problem: None };
        self.asked.insert(name.to_owned(), asked);
    }

    /// Whether a party's word about its further keys is news. Older word does not count.
    pub(crate) fn is_news(&self, said: &CosignerKeys) -> bool {
        let older = self.further.get(&said.party);
        older.is_none_or(|older| said.time > older.time && said.keys != older.keys)
    }

    /// A party's word about its further keys, which is on disk; older word does not count.
    pub(crate) fn introduce(&mut self, said: &CosignerKeys) {
        if self.is_news(said) {
            self.further.insert(said.party.clone(), said.clone());
            self.forget_strangers();
        }
    }

    /// What came of asking; whether that is news.
    pub(crate) fn tell(&mut self, name: &str, failures: u32, problem: &Option<Problem>) -> bool {
        let Some(asked) = self.asked.get_mut(name) else { return false };
        let code = |problem: &Option<Problem>| problem.as_ref().map(|problem| problem.code.clone());
        let news = code(&asked.problem) != code(problem);
        (asked.failures, asked.problem) = (failures, problem.clone());
        news
    }

    /// Who has cosigned what, for people.
    pub(crate) fn standing(&self) -> Witnesses {
        let now = self.policies.values().next_back();
        let in_policy = || now.into_iter().flat_map(Policy::witnesses);
        let counting = in_policy().map(|witness| &witness.name);
        let names: BTreeSet<&String> = counting.chain(self.asked.keys()).collect();
        let further = self.further.iter().flat_map(|(party, said)| {
            let names: BTreeSet<&str> = said.keys.iter().map(Vkey::name).collect();
            names.into_iter().map(move |name| self.further_standing(party, name, &said.keys))
        });
        let standing = |name: &String| {
            let asked = self.asked.get(name);
            let own = in_policy().filter(|witness| witness.name == *name);
            let counted: Vec<&Vkey> = own.map(|witness| &witness.vkey).collect();
            let keys = asked.map_or(&[][..], |asked| &asked.keys);
            let heard = counted.iter().copied().chain(keys).filter_map(|key| self.heard.get(key));
            let (size, at) = heard.copied().max().unzip();
            Standing {
                name: name.clone(),
                counts: !counted.is_empty(),
                asked: asked.is_some(),
                size,
                at,
                failures: asked.map_or(0, |asked| asked.failures),
                problem: asked.and_then(|asked| asked.problem.clone()),
            }
        };
        Witnesses {
            size: self.notes.last_key_value().map_or(0, |(size, _)| *size),
            counted: self.quorum_size(),
            witnesses: names.into_iter().map(standing).chain(further).collect(),
        }
    }

    /// Where a party stands with keys of this name: `<party>/…`, without the origin.
    fn further_standing(&self, party: &PartyId, name: &str, keys: &[Vkey]) -> Standing {
        let of = keys.iter().filter(|key| key.name() == name);
        let (size, at) = of.filter_map(|key| self.heard.get(key)).copied().max().unzip();
        let below = format!("/{party}/");
        let short = name.rsplit_once(&below).map_or(name, |(_, last)| last);
        let name = format!("{party}/{short}");
        Standing { name, counts: false, asked: false, size, at, failures: 0, problem: None }
    }

    /// Whose lines on a checkpoint of so many entries are worth a check: those who count there, and who is
    /// asked.
    fn keys_at(&self, size: u64) -> BTreeSet<Vkey> {
        self.keys_of(in_force(&self.policies, size))
    }

    /// Keys of policies, and of those who are asked.
    fn keys_of<'a>(&self, policies: impl IntoIterator<Item = &'a Policy>) -> BTreeSet<Vkey> {
        let counted = policies.into_iter().flat_map(Policy::witnesses).map(|own| &own.vkey);
        let asked = self.asked.values().flat_map(|asked| &asked.keys);
        let further = self.further.values().flat_map(|said| &said.keys);
        counted.chain(asked).chain(further).cloned().collect()
    }

    /// Other witnesses count from the checkpoint of so many entries on. What comes late of a smaller one is
    /// judged by who counted then, as whoever verifies it will.
    pub(crate) fn adopt(&mut self, from: u64, policy: Policy) {
        self.policies.insert(from, policy);
        self.forget_strangers();
    }

    /// What keys have cosigned that are known no more, nobody asks.
    fn forget_strangers(&mut self) {
        let keys = self.keys_of(self.policies.values());
        self.heard.retain(|key, _| keys.contains(key));
    }

    /// A checkpoint that was just signed.
    pub(crate) fn publish(&mut self, size: u64, note: Note) {
        let policy = in_force(&self.policies, size);
        if policy.is_some_and(|policy| policy.satisfied(&BTreeSet::new())) {
            self.quorum = Some((size, note.clone()));
        }
        self.notes.entry(size).or_insert(note);
        while self.notes.len() > KEPT {
            self.notes.pop_first();
        }
        // Who counted for sizes that take no cosignatures any more.
        let first = self.notes.first_key_value().map_or(0, |(size, _)| *size);
        let needed = self.policies.range(..=first).next_back().map_or(0, |(from, _)| *from);
        self.policies.retain(|from, _| *from >= needed);
    }

    /// Takes up again, after a restart, the last checkpoint that counted; `counted` is who does for a
    /// checkpoint of so many entries.
    pub(crate) fn resume_quorum(&mut self, note: Note, counted: impl Fn(u64) -> Option<Policy>) {
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            if let Some(policy) = counted(checkpoint.size) {
                self.policies.entry(checkpoint.size).or_insert(policy);
            }
            self.remember(&note, checkpoint.size);
            self.notes.insert(checkpoint.size, note.clone());
            self.quorum = Some((checkpoint.size, note));
        }
    }

    /// Takes up again, after a restart, the cosignatures that were kept of the latest checkpoint.
    pub(crate) fn resume(&mut self, kept: Note) {
        let Ok(checkpoint) = Checkpoint::parse(kept.text()) else { return };
        if self.notes.get(&checkpoint.size).is_some_and(|ours| ours.text() == kept.text()) {
            self.remember(&kept, checkpoint.size);
            self.notes.insert(checkpoint.size, kept);
        }
    }

    fn remember(&mut self, note: &Note, size: u64) {
        let keys = self.keys_at(size);
        let signed = note.verify(&keys, Unlisted::Ignored).unwrap_or_default();
        for (key, at) in signed.into_iter().filter_map(|signed| Some((signed.key, signed.at?))) {
            hear(&mut self.heard, key, size, at);
        }
    }

    pub(crate) fn latest(&self) -> Option<&Note> {
        self.notes.last_key_value().map(|(_, note)| note)
    }

    pub(crate) fn by_quorum(&self) -> Option<&Note> {
        self.quorum.as_ref().map(|(_, note)| note)
    }

    pub(crate) fn quorum_size(&self) -> u64 {
        self.quorum.as_ref().map_or(0, |(size, _)| *size)
    }

    /// The lines on `note` that are worth a check, by known witnesses.
    ///
    /// # Errors
    /// What becomes of them without one: the checkpoint is not known here, or is another.
    pub(crate) fn unchecked(
        &self,
        note: &Note,
        checkpoint: &Checkpoint,
    ) -> Result<Unchecked, Cosigned> {
        let size = checkpoint.size;
        let ours = self.notes.get(&size).ok_or(Cosigned::UnknownSize(size))?;
        if ours.text() != note.text() {
            return Err(Cosigned::OtherCheckpoint(size));
        }
        Ok(Unchecked::of(note, ours, &self.keys_at(size)))
    }

    /// Keeps the good lines on the checkpoint of this size that were made about now. What newly counts by
    /// them is shown once [`Witnessed::count`] is told that it is on disk. A witness'
    /// later line takes the place of its earlier one: a checkpoint is cosigned again when it has
    /// grown old.
    pub(crate) fn cosign(&mut self, size: u64, good: Checked, now: Timestamp) -> Cosigned {
        let keys = self.keys_at(size);
        let (Some(policy), Some(ours)) =
            (in_force(&self.policies, size), self.notes.get_mut(&size))
        else {
            return Cosigned::UnknownSize(size);
        };
        let counted = self.quorum.as_ref().map_or(0, |(size, _)| *size);
        let known = Known { policy, keys };
        let (mut kept, mut held, mut far, mut full) = (false, good.held, None, false);
        for (key, at, line) in good.lines {
            // Who is known may have changed while the line was checked.
            if !known.keys.contains(&key) {
                continue;
            }
            if at.seconds().abs_diff(now.seconds()) > FAR_SECONDS {
                far = Some(at);
                continue;
            }
            hear(&mut self.heard, &key, size, at);
            let older = ours.lines().iter().find(|old| old.is_of_same_key(&line));
            if older.and_then(SignatureLine::stated_time).is_some_and(|older| older >= at) {
                held = true;
                continue;
            }
            match known.place(ours, &line) {
                Some(newer) => (*ours, kept) = (newer, true),
                None => full = true,
            }
        }
        let by = known.who_signed(ours);
        // What a disk refused to keep before is kept when a line comes again.
        let waits = size > counted && policy.satisfied(&by.keys().cloned().collect());
        if !(kept || held && waits) {
            return match far {
                _ if held => Cosigned::Held,
                _ if full => Cosigned::Full(size),
                None => Cosigned::NoWitness,
                Some(at) => Cosigned::FarFromNow(at),
            };
        }
        if size <= counted && self.quorum.is_some() {
            if size == counted {
                self.quorum = Some((size, ours.clone()));
            }
            return Cosigned::Kept(None);
        }
        if !policy.satisfied(&by.keys().cloned().collect()) {
            return Cosigned::Kept(None);
        }
        Cosigned::Kept(Some(Counts { size, note: ours.clone(), at: policy.satisfied_at(&by) }))
    }

    /// Shows a checkpoint that counts, now that it is on disk. One of a larger size, or of this size with
    /// more lines, may have come before it.
    pub(crate) fn count(&mut self, counts: &Counts) {
        let newer = self.quorum.as_ref().is_none_or(|(size, note)| {
            (*size, note.lines().len()) < (counts.size, counts.note.lines().len())
        });
        if newer {
            self.quorum = Some((counts.size, counts.note.clone()));
        }
    }
}

/// Who counts for a checkpoint of so many entries.
fn in_force(policies: &BTreeMap<u64, Policy>, size: u64) -> Option<&Policy> {
    let from = policies.range(..=size).next_back().or(policies.first_key_value());
    from.map(|(_, policy)| policy)
}

fn hear(heard: &mut BTreeMap<Vkey, (u64, Timestamp)>, key: &Vkey, size: u64, at: Timestamp) {
    let last = heard.entry(key.clone()).or_insert((size, at));
    *last = (size, at).max(*last);
}
