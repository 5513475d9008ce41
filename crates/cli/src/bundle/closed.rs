//! What it takes to check the entries that were asked for: the founding, the tick that gave each its
//! time, whose keys signed and how those ended, and who the witnesses are, from the founding on.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{KeyCommit, KeyCompromise, KeyRegister, KeyRevoke, KeyUse};
use concordat_partnership::{Act, State, is_always_open, key_id};
use concordat_terms::{KeyId, MotionId, PartyId};

use super::make::{Asked, Source, signers};
use super::signed_in;

/// The entries to show.
pub(super) struct Closed {
    /// All of them, ascending.
    pub(super) entries: BTreeSet<u64>,
    /// Those of motions by which others' keys or other witnesses came to count: everybody is shown what
    /// such a motion does.
    pub(super) turning: BTreeSet<u64>,
}

/// What is shown where this was asked for.
///
/// # Errors
/// An entry that was asked for is not there: in words.
pub(super) fn closed(source: &Source<'_>, asked: &Asked) -> Result<Closed, String> {
    let size = source.entries.size();
    if let Some(beyond) = asked.entries.iter().find(|index| **index >= size) {
        return Err(format!("entry {beyond} is beyond the {size} of the checkpoint"));
    }
    let told = Told::of(source)?;
    let mut wanted = BTreeSet::from([0]);
    for index in &asked.entries {
        wanted.insert(*index);
        wanted.extend(told.ticks.range(..*index).next_back());
    }
    wanted.extend(&told.policies);
    wanted.extend(told.cosigns(source.state));
    let own = asked.by.iter().map(|(_, id)| id);
    wanted.extend(own.flat_map(|id| told.about(id)));
    let mut ahead: Vec<u64> = wanted.iter().copied().collect();
    while let Some(index) = ahead.pop() {
        let replaced = source.entries.entry(index).and_then(|entry| match signed_in(&entry)?.act {
            Act::KeyRotate(act) => Some(act.old),
            _ => None,
        });
        for id in signers(source, index).iter().chain(&replaced) {
            ahead.extend(told.about(id).filter(|index| wanted.insert(*index)));
        }
    }
    Ok(Closed { entries: wanted, turning: told.turning })
}

/// Where a log tells the time, and whose keys count and who cosigns. What a motion does is told by two
/// entries, the one that puts it and the one that carries it out.
#[derive(Default)]
struct Told {
    ticks: BTreeSet<u64>,
    /// What brings a key for acts, commits to the one that comes after it, or ends it, by the key's id.
    keys: BTreeMap<KeyId, BTreeSet<u64>>,
    /// What says who must cosign.
    policies: BTreeSet<u64>,
    /// What says with which key, and whose that is.
    cosigners: Vec<(PartyId, u64)>,
    /// Motions of which one may be carried out that says any of that.
    proposed: BTreeMap<MotionId, (u64, Act)>,
    /// The entries of those that were carried out, where what they did is open to everybody.
    turning: BTreeSet<u64>,
}

impl Told {
    fn of(source: &Source<'_>) -> Result<Self, String> {
        let mut told = Self::default();
        source.entries.each(&mut |index, entry| told.hear(source, index, entry))?;
        Ok(told)
    }

    fn hear(&mut self, source: &Source<'_>, index: u64, entry: &[u8]) {
        let admitted = |line: &&super::Line| line.verdict == "admitted";
        let Some(line) = source.records.line(index).filter(admitted) else { return };
        let Some(signed) = signed_in(entry) else { return };
        let by = line.by.as_ref().and_then(|by| by.party.as_ref());
        match signed.act {
            Act::MotionPropose(act) => {
                self.proposed.insert(act.motion, (index, *act.decision));
            }
            Act::MotionExecute(act) => {
                if let Some((put, decision)) = self.proposed.get(&act.motion).cloned() {
                    self.take(&decision, by, source.state, &[put, index]);
                    if is_always_open(decision.name()) {
                        self.turning.extend([put, index]);
                    }
                }
            }
            act => self.take(&act, by, source.state, &[index]),
        }
    }

    fn take(&mut self, act: &Act, by: Option<&PartyId>, state: &State, at: &[u64]) {
        match act {
            Act::Tick(_) => self.ticks.extend(at),
            Act::PolicyAdopt(_) => self.policies.extend(at),
            Act::PartyAccede(act) => {
                self.brings(&act.key, at);
                self.cosigners.extend(at.iter().map(|index| (act.party.clone(), *index)));
            }
            Act::KeyRecover(act) => {
                self.brings(&act.key, at);
                self.concerns(&act.old, at);
            }
            Act::KeyRevoke(KeyRevoke { key })
            | Act::KeyCompromise(KeyCompromise { key, .. })
            | Act::KeyCommit(KeyCommit { key, .. }) => self.concerns(key, at),
            Act::KeyRegister(KeyRegister { key, used: KeyUse::Acts, .. }) => self.brings(key, at),
            Act::KeyRegister(KeyRegister { used: KeyUse::Cosigning, .. }) => self.cosigned(by, at),
            Act::KeyRotate(act) => match state.holder(&act.old).map(|old| old.used) {
                Some(KeyUse::Acts) => {
                    self.brings(&act.key, at);
                    self.concerns(&act.old, at);
                }
                Some(KeyUse::Cosigning) => self.cosigned(by, at),
                Some(KeyUse::Exports) | None => {}
            },
            _ => {}
        }
    }

    fn brings(&mut self, public: &str, at: &[u64]) {
        if let Some(id) = key_id(public) {
            self.concerns(&id, at);
        }
    }

    /// What brings a key, commits to the next one, or ends it.
    fn concerns(&mut self, key: &KeyId, at: &[u64]) {
        self.keys.entry(key.clone()).or_default().extend(at);
    }

    fn cosigned(&mut self, by: Option<&PartyId>, at: &[u64]) {
        let by = by.into_iter().flat_map(|party| at.iter().map(|index| (party.clone(), *index)));
        self.cosigners.extend(by);
    }

    fn about(&self, key: &KeyId) -> impl Iterator<Item = u64> {
        self.keys.get(key).into_iter().flatten().copied()
    }

    /// What says with which keys those cosign who must now.
    fn cosigns(&self, state: &State) -> impl Iterator<Item = u64> {
        let witness =
            |party: &PartyId| state.policy().is_some_and(|policy| policy.witnesses.contains(party));
        self.cosigners.iter().filter(move |(party, _)| witness(party)).map(|(_, index)| *index)
    }
}
