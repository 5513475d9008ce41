//! Which key signed what: every key's time in the log, and the entries that took effect by it.

mod packed;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use concordat_partnership::act::Signed;
use concordat_partnership::{KeyHolder, KeyUse, State, Verdict};
use concordat_terms::{ActName, Digest, KeyId, MemberId, PartyId};
use concordat_tlog::ExportPublicKey;
use serde::Serialize;

use packed::Packed;

/// One key, from the entry that registered it to the one that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Epoch {
    /// The key.
    pub key: KeyId,
    /// Whose it is; the sequencer's, if nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The member whose it is, by its pseudonym.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// What it is for.
    #[serde(rename = "for")]
    pub used: KeyUse,
    /// The public key, as its use writes it.
    pub public: String,
    /// SHA-256 of its PEM, by which readers of exports name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Digest>,
    /// The entry that registered it.
    pub from: u64,
    /// The entry that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// How it stands, in words.
    pub stands: &'static str,
    /// The first entry in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<u64>,
    /// The entries that it signed and that took effect: `0-4,7`.
    pub signed: String,
}

impl Epoch {
    /// Its line in an archive, with its newline.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, party, used, from, until, stands, doubt, .. } = self;
        let whose = party.as_ref().map_or("who orders".to_owned(), |party| format!("`{party}`"));
        write!(f, "key {key} of {whose} {}: from entry {from}", used.as_str())?;
        if let Some(until) = until {
            write!(f, " to {until}")?;
        }
        write!(f, "; it {stands}")?;
        if let Some(doubt) = doubt {
            write!(f, ", and is in doubt since entry {doubt}")?;
        }
        Ok(())
    }
}

/// An entry that took effect and was signed by a key that others may have had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InDoubt {
    /// The entry.
    pub index: u64,
    /// What it did.
    pub act: ActName,
    /// The key.
    pub key: KeyId,
    /// Whose it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
}

impl fmt::Display for InDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, act, key, party } = self;
        let whose = party.as_ref().map(|party| format!(" of `{party}`")).unwrap_or_default();
        write!(f, "entry {index} ({act}) is in doubt: others may have had key {key}{whose}")
    }
}

/// Who signed what took effect, gathered while a log is folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signings {
    by_key: BTreeMap<KeyId, Packed>,
}

impl Signings {
    /// One more entry, and the state after it.
    pub fn heard(&mut self, index: u64, signed: Option<&Signed>, verdict: &Verdict, state: &State) {
        let Some(signed) = signed.filter(|_| verdict.is_admitted()) else { return };
        let act = signed.act.name();
        let keys: Vec<KeyId> = match &signed.header {
            Some(header) => header.signers.iter().map(|signer| signer.key.clone()).collect(),
            // All founders and the sequencer begin a log.
            None => {
                let acts = |(_, holder): &(&KeyId, &KeyHolder)| holder.used == KeyUse::Acts;
                state.keys().filter(acts).map(|(key, _)| key.clone()).collect()
            }
        };
        for key in keys {
            self.by_key.entry(key).or_default().push(index, act);
        }
    }

    /// The first entry that took effect by a key outside of that key's time. The fold admits none.
    pub fn astray(&self, state: &State) -> Option<u64> {
        let astray = |(key, signed): (&KeyId, &Packed)| {
            let holder = state.holder(key);
            let within = |index: u64| {
                holder.is_some_and(|holder| {
                    // A key signs the act that brings it, and may sign the one that ends it.
                    let ended = holder.ended.as_ref().is_some_and(|end| end.index < index);
                    holder.since <= index && !ended && holder.used == KeyUse::Acts
                })
            };
            signed.iter().map(|(index, _)| index).find(|index| !within(*index))
        };
        self.by_key.iter().filter_map(astray).min()
    }

    /// Every key's time, in the order in which they came.
    pub fn epochs(&self, state: &State) -> Vec<Epoch> {
        let epoch = |(key, holder): (&KeyId, &KeyHolder)| Epoch {
            key: key.clone(),
            party: holder.party.clone(),
            member: holder.member.clone(),
            used: holder.used,
            public: holder.public.clone(),
            hint: hint(holder),
            from: holder.since,
            until: holder.ended.as_ref().map(|end| end.index),
            stands: holder.standing(),
            doubt: holder.doubt,
            signed: self
                .by_key
                .get(key)
                .map_or_else(String::new, |signed| ranges(signed.iter().map(|(index, _)| index))),
        };
        let mut epochs: Vec<Epoch> = state.keys().map(epoch).collect();
        epochs.sort_by(|a, b| (a.from, &a.key).cmp(&(b.from, &b.key)));
        epochs
    }

    /// What took effect and is in doubt, in the order of the log.
    pub fn in_doubt(&self, state: &State) -> Vec<InDoubt> {
        let mut all = Vec::new();
        for (key, signed) in &self.by_key {
            for (index, act) in signed.iter().filter(|(index, _)| state.is_doubtful(key, *index)) {
                let party = state.holder(key).and_then(|holder| holder.party.clone());
                all.push(InDoubt { index, act, key: key.clone(), party });
            }
        }
        all.sort_by(|a, b| (a.index, &a.key).cmp(&(b.index, &b.key)));
        all
    }

    /// The lines of the file that an archive has of it, each with its newline.
    pub fn lines(&self, state: &State) -> String {
        self.epochs(state).iter().map(Epoch::line).collect()
    }
}

/// What names a key in a Sigstore bundle.
fn hint(holder: &KeyHolder) -> Option<Digest> {
    let key = Some(&holder.public).filter(|_| holder.used == KeyUse::Exports)?;
    let key: ExportPublicKey = key.parse().ok()?;
    Some(Digest::of(key.to_pem().as_bytes()))
}

/// Numbers in their order, those that follow on each other together.
fn ranges(numbers: impl IntoIterator<Item = u64>) -> String {
    let mut text = String::new();
    let mut tell = |(first, last): (u64, u64)| {
        let comma = if text.is_empty() { "" } else { "," };
        let told = match first == last {
            true => write!(text, "{comma}{first}"),
            false => write!(text, "{comma}{first}-{last}"),
        };
        // A text takes whatever is written to it.
        told.ok();
    };
    let mut together: Option<(u64, u64)> = None;
    for number in numbers {
        match &mut together {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => {
                together.replace((number, number)).map(&mut tell);
            }
        }
    }
    together.map(tell);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_follow_on_each_other_are_told_together() {
        assert_eq!(ranges([]), "");
        assert_eq!(ranges([4]), "4");
        assert_eq!(ranges([0, 1, 2, 4, 6, 7]), "0-2,4,6-7");
    }
}
