//! Whose signatures make a checkpoint count, as the genesis says: for everybody who asks.

use concordat_partnership::State;
use concordat_partnership::act::{Between, EquivocationReport, Genesis, Shown, WitnessPolicy};
use concordat_terms::PartyId;
use concordat_tlog::key::NotAKey;
use concordat_tlog::merkle::verify_consistency;
use concordat_tlog::policy::BadPolicy;
use concordat_tlog::vkey::{Key, Kind, NotAName, NotAVkey};
use concordat_tlog::{Checkpoint, Policy, PublicKey, Vkey};

/// Keys or witnesses that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWitnesses {
    /// The sequencer's key is none.
    #[error("the sequencer's key: {0}")]
    Sequencer(NotAKey),
    /// A witness that has no key here.
    #[error("witness `{0}` is no founder")]
    NoFounder(PartyId),
    /// A witness's key is none.
    #[error("the witness key of `{party}`: {why}")]
    Key {
        /// Whose.
        party: PartyId,
        /// Why it is none.
        why: NotACosigner,
    },
    /// The origin makes no name for a key.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// The quorum cannot be reached, or two witnesses have one key.
    #[error(transparent)]
    Policy(#[from] BadPolicy),
}

/// A text that is no key of a witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACosigner {
    /// Without a name, and no key.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// With a name, and no key.
    #[error(transparent)]
    Vkey(#[from] NotAVkey),
    /// The party has no name of its own, since the origin makes none.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// A log's key.
    #[error("key `{0}` has type 0x01: it signs a log's checkpoints, and cosigns none")]
    OfALog(String),
}

/// The log's key: the sequencer's, under the name of the origin.
///
/// # Errors
/// [`BadWitnesses::Sequencer`], [`BadWitnesses::Name`].
pub fn log_key(genesis: &Genesis) -> Result<Vkey, BadWitnesses> {
    let key = genesis.sequencer.parse().map_err(BadWitnesses::Sequencer)?;
    Ok(Vkey::new(&genesis.origin, Key::Log(key))?)
}

/// The name on the cosignatures of a party whose key has no name of its own: `<origin>/<party>`.
pub fn cosigner(origin: &str, party: &PartyId) -> String {
    format!("{origin}/{party}")
}

/// What a party's witness key is: a verifier key of C2SP signed-note of type 0x04 or 0x06, or Ed25519
/// in hexadecimal under the name of [`cosigner`].
///
/// # Errors
/// [`NotACosigner`].
pub fn witness_key(origin: &str, party: &PartyId, text: &str) -> Result<Vkey, NotACosigner> {
    if !text.contains('+') {
        return Ok(Vkey::new(&cosigner(origin, party), Key::Witness(text.parse()?))?);
    }
    let vkey: Vkey = text.parse()?;
    match vkey.kind() {
        Kind::Witness | Kind::PqWitness => Ok(vkey),
        Kind::Log => Err(NotACosigner::OfALog(vkey.name().to_owned())),
    }
}

/// The genesis' witnesses under their parties' names, and how many of them it takes.
///
/// # Errors
/// [`BadWitnesses`].
pub fn witness_policy(genesis: &Genesis) -> Result<Policy, BadWitnesses> {
    let founder = |party: &PartyId| {
        let founder = genesis.parties.get(party)?;
        Some((founder.witness.as_str(), founder.witness_pq.as_deref()))
    };
    policy(&genesis.origin, &genesis.policy, founder)
}

/// The witnesses from here on, and how many of them it takes: the genesis', or what was adopted
/// since, with the keys that they have now.
///
/// # Errors
/// [`BadWitnesses`].
pub fn witnesses_now(state: &State) -> Result<Option<Policy>, BadWitnesses> {
    let (Some(genesis), Some(adopted)) = (state.genesis(), state.policy()) else {
        return Ok(None);
    };
    let member = |party: &PartyId| {
        let member = state.members().get(party)?;
        Some((member.witness.as_str(), member.witness_pq.as_deref()))
    };
    policy(&genesis.origin, adopted, member).map(Some)
}

/// The witnesses of the checkpoint of so many entries, and how many of them it takes, as the log has it
/// that far: others may count now. Of more entries than there are, it is those of now.
///
/// # Errors
/// [`BadWitnesses`].
pub fn witnesses_at(state: &State, size: u64) -> Result<Option<Policy>, BadWitnesses> {
    if size >= state.index() {
        return witnesses_now(state);
    }
    let (Some(genesis), Some(adopted)) = (state.genesis(), state.policy_at(size)) else {
        return Ok(None);
    };
    let keys = |party: &PartyId| {
        let key = |pq| state.cosigner_at(party, pq, size);
        Some((key(false)?, key(true)))
    };
    policy(&genesis.origin, adopted, keys).map(Some)
}

/// Any `quorum` of the parties' Ed25519 keys. An ML-DSA-44 key stands beside its party's, under the
/// name `<party>/ml-dsa-44`: its lines are checked, and count for nothing yet.
fn policy<'a>(
    origin: &str,
    adopted: &WitnessPolicy,
    keys: impl Fn(&PartyId) -> Option<(&'a str, Option<&'a str>)>,
) -> Result<Policy, BadWitnesses> {
    let (mut witnesses, mut further) = (Vec::new(), Vec::new());
    for party in &adopted.witnesses {
        let (text, beside) = keys(party).ok_or_else(|| BadWitnesses::NoFounder(party.clone()))?;
        let vkey = |text| {
            let key = witness_key(origin, party, text);
            key.map_err(|why| BadWitnesses::Key { party: party.clone(), why })
        };
        witnesses.push((party.to_string(), vkey(text)?));
        if let Some(beside) = beside {
            further.push((format!("{party}/ml-dsa-44"), vkey(beside)?));
        }
    }
    let quorum = usize::try_from(adopted.quorum).unwrap_or(usize::MAX);
    Ok(Policy::any_of(quorum, witnesses)?.beside(further)?)
}

/// Whether the log's key signed both checkpoints of a report, and what is shown between them leads to
/// the larger.
pub(crate) fn shown_by(genesis: &Genesis, report: &EquivocationReport) -> bool {
    let Ok(key) = genesis.sequencer.parse::<PublicKey>() else { return false };
    let (small, large) = report.by_size();
    let leads = report.between.as_ref().is_none_or(|Between { root, proof }| {
        verify_consistency(small.size, root, large.size, &large.root, proof).is_ok()
    });
    leads
        && [small, large].into_iter().all(|Shown { size, root, signature }| {
            let checkpoint =
                Checkpoint { origin: genesis.origin.clone(), size: *size, root: *root };
            let mut bytes = [0; 64];
            hex::decode_to_slice(signature, &mut bytes).is_ok()
                && key.verify(checkpoint.to_text().as_bytes(), &bytes).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use concordat_partnership::act::{Founder, WitnessPolicy};
    use concordat_terms::Digest;
    use concordat_tlog::SigningKey;

    use super::*;

    fn public(name: &str) -> String {
        SigningKey::from_seed(&Digest::of(name.as_bytes()).0).public().to_string()
    }

    fn genesis(quorum: u32) -> Genesis {
        let founder = |name: &&str| {
            let witness = public(&format!("{name} witness"));
            (name.parse().unwrap(), Founder::of(public(name), witness))
        };
        let names = ["alder", "birch", "cypress"];
        let witnesses = names.iter().map(|name| name.parse().unwrap()).collect();
        Genesis {
            origin: "heart.example/log".to_owned(),
            rules: Digest([0; 32]),
            time: "2027-01-01T08:00:00Z".parse().unwrap(),
            sequencer: public("sequencer"),
            parties: names.iter().map(founder).collect::<BTreeMap<_, _>>(),
            policy: WitnessPolicy { witnesses, quorum },
            modules: BTreeSet::new(),
        }
    }

    #[test]
    fn a_checkpoint_counts_with_as_many_founders_as_the_genesis_says() {
        let policy = witness_policy(&genesis(2)).unwrap();
        let satisfied = |names: &[&str]| {
            policy.satisfied(&names.iter().map(|name| (*name).to_owned()).collect())
        };
        assert!(!satisfied(&["birch"]));
        assert!(satisfied(&["birch", "cypress"]));
        let names: Vec<_> = policy.witnesses().iter().map(|witness| witness.vkey.name()).collect();
        assert_eq!(names[0], "heart.example/log/alder");
        assert_eq!(log_key(&genesis(2)).unwrap().name(), "heart.example/log");
    }

    #[test]
    fn a_genesis_without_usable_witnesses_says_which_one_it_is_about() {
        let mut none = genesis(2);
        none.policy.witnesses.insert("dogwood".parse().unwrap());
        let said = witness_policy(&none).unwrap_err().to_string();
        assert_eq!(said, "witness `dogwood` is no founder");
        let mut bad = genesis(2);
        bad.parties.get_mut(&"birch".parse().unwrap()).unwrap().witness = "00".repeat(32);
        let said = witness_policy(&bad).unwrap_err().to_string();
        assert!(said.starts_with("the witness key of `birch`"), "{said}");
        assert!(matches!(witness_policy(&genesis(4)), Err(BadWitnesses::Policy(_))));
    }
}
