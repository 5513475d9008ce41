//! Keys that an act brings: what each text is. The fold does no curve's arithmetic, and is told.

use std::collections::BTreeMap;

use concordat_partnership::act::{KeyUse, Signed};
use concordat_partnership::{Act, FoundKey, State, key_id};
use concordat_terms::{Digest, KeyId, PartyId};
use concordat_tlog::export_key::ExportPublicKey;
use concordat_tlog::vkey::{Key, Vkey};
use concordat_tlog::{PublicKey, pq};

use crate::witnesses::witness_key;

/// A text that should be a key: for what, and the signature that shows that somebody has it.
type Text<'a> = (&'a str, KeyUse, Option<&'a str>);

/// What a key that signs no acts signs so as to show that it is a party's: five lines, the key as its
/// act writes it.
pub fn key_proof(log: Digest, party: &PartyId, used: KeyUse, key: &str) -> Vec<u8> {
    format!("concordat key/v1\n{log}\n{party}\n{}\n{key}\n", used.as_str()).into_bytes()
}

/// What each key is that an act brings, by its text.
pub(crate) fn keys(state: &State, signed: &Signed) -> BTreeMap<String, Result<FoundKey, String>> {
    let origin = match &signed.act {
        Act::Genesis(genesis) => &genesis.origin,
        _ => state.genesis().map_or("", |genesis| &genesis.origin),
    };
    let party = state.actor(signed).and_then(|actor| actor.party);
    let texts = texts(state, &signed.act).into_iter();
    let found = texts.map(|text| {
        let binding = |party: &PartyId| Some(key_proof(state.log()?, party, text.1, text.0));
        (text.0.to_owned(), found(text, origin, party.as_ref(), binding))
    });
    found.collect()
}

fn texts<'a>(state: &'a State, act: &'a Act) -> Vec<Text<'a>> {
    let acts = |key: &'a String| (key.as_str(), KeyUse::Acts, None);
    let cosigns = |key: &'a String| (key.as_str(), KeyUse::Cosigning, None);
    match act {
        Act::Genesis(act) => {
            let founders = act.parties.values();
            founders
                .flat_map(|f| [Some(&f.witness), f.witness_pq.as_ref()])
                .flatten()
                .map(cosigns)
                .collect()
        }
        Act::PartyAccede(act) => {
            let cosigners = std::iter::once(&act.witness).chain(&act.witness_pq).map(cosigns);
            cosigners.chain([acts(&act.key)]).collect()
        }
        Act::KeyRegister(act) => vec![(&act.key, act.used, act.proof.as_deref())],
        Act::KeyRotate(act) => {
            let used = state.holder(&act.old).map_or(KeyUse::Acts, |old| old.used);
            vec![(&act.key, used, act.proof.as_deref())]
        }
        Act::KeyRecover(act) => vec![acts(&act.key)],
        Act::MotionExecute(act) => {
            let motion = state.motions().get(&act.motion);
            motion.map(|motion| texts(state, &motion.proposed.decision)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn found(
    (text, used, proof): Text<'_>,
    origin: &str,
    party: Option<&PartyId>,
    binding: impl Fn(&PartyId) -> Option<Vec<u8>>,
) -> Result<FoundKey, String> {
    let proof = proof.and_then(|proof| hex::decode(proof).ok());
    let signed = |verify: &dyn Fn(&[u8], &[u8]) -> bool| {
        let party = party?;
        verify(&binding(party)?, proof.as_ref()?).then(|| party.clone())
    };
    let none = || "it has no id".to_owned();
    match used {
        KeyUse::Acts => {
            text.parse::<PublicKey>().map_err(|why| why.to_string())?;
            let id = key_id(text).ok_or_else(none)?;
            Ok(FoundKey { id, pq: false, proved_for: None })
        }
        KeyUse::Exports => {
            let key: ExportPublicKey =
                text.parse().map_err(|_| "it is no compressed point of P-256".to_owned())?;
            let proved_for = signed(&|message, proof| key.verify(message, proof).is_ok());
            Ok(FoundKey { id: key_id(text).ok_or_else(none)?, pq: false, proved_for })
        }
        KeyUse::Cosigning => {
            // Only the name depends on whose it is, and an id is of the key alone.
            let nobody = "nobody".parse().map_err(|_| none())?;
            let vkey = witness_key(origin, party.unwrap_or(&nobody), text);
            let vkey = vkey.map_err(|why| why.to_string())?;
            let pq = matches!(vkey.key(), Key::PqWitness(_));
            let proved_for = signed(&|message, proof| verifies(&vkey, message, proof));
            Ok(FoundKey { id: vkey_id(&vkey).ok_or_else(none)?, pq, proved_for })
        }
    }
}

fn verifies(vkey: &Vkey, message: &[u8], proof: &[u8]) -> bool {
    match vkey.key() {
        Key::Log(key) | Key::Witness(key) => {
            proof.try_into().is_ok_and(|proof| key.verify(message, proof).is_ok())
        }
        Key::PqWitness(key) => {
            let proof: Result<&[u8; pq::SIGNATURE_BYTES], _> = proof.try_into();
            proof.is_ok_and(|proof| key.verify(message, proof).is_ok())
        }
    }
}

/// The id of a cosigning key: of its bytes, as [`key_id`] says it of hexadecimal digits.
pub fn vkey_id(vkey: &Vkey) -> Option<KeyId> {
    Digest::of(vkey.key().as_bytes()).to_string().get(..32)?.parse().ok()
}
