//! Everybody's keys, made from their names.

use std::collections::BTreeMap;

use concordat_partnership::act::Header;
use concordat_partnership::{Act, key_id};
use concordat_terms::{Digest, KeyId};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::encode;

/// A key that somebody has, registered or not.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) public: String,
    pub(crate) id: KeyId,
    secret: SigningKey,
}

/// All keys that there are in a simulation, by what is public of them.
#[derive(Clone, Default)]
pub(crate) struct Ring {
    keys: BTreeMap<String, Key>,
    ids: BTreeMap<KeyId, String>,
}

impl Ring {
    /// Those of these names.
    pub(crate) fn of(names: impl IntoIterator<Item = String>) -> Self {
        let mut ring = Self::default();
        for name in names {
            let secret = SigningKey::from_seed(&Digest::of(name.as_bytes()).0);
            let public = secret.public().to_string();
            let id = key_id(&public).unwrap();
            ring.ids.insert(id.clone(), public.clone());
            ring.keys.insert(public.clone(), Key { name, public, id, secret });
        }
        ring
    }

    pub(crate) fn by_public(&self, public: &str) -> Option<&Key> {
        self.keys.get(public)
    }

    pub(crate) fn by_id(&self, id: &KeyId) -> Option<&Key> {
        self.keys.get(self.ids.get(id)?)
    }

    pub(crate) fn named(&self, name: &str) -> &Key {
        self.keys.values().find(|key| key.name == name).unwrap()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Key> {
        self.keys.values()
    }

    /// The envelope of an act: each of its signers signs that is known here.
    pub(crate) fn seal(&self, header: &Header, act: &Act) -> Option<Vec<u8>> {
        let payload = encode(Some(header), act).ok()?;
        let mut ids: Vec<&KeyId> = header.signers.iter().map(|signer| &signer.key).collect();
        ids.sort();
        ids.dedup();
        let keys: Vec<&Key> = ids.into_iter().filter_map(|id| self.by_id(id)).collect();
        Some(sign(&payload, &keys))
    }

    /// The envelope of a genesis.
    pub(crate) fn found(&self, act: &Act, names: &[String]) -> Vec<u8> {
        let keys: Vec<&Key> = names.iter().map(|name| self.named(name)).collect();
        sign(&encode(None, act).unwrap(), &keys)
    }

    /// A signature by the key of this name.
    pub(crate) fn signature(&self, name: &str, message: &[u8]) -> [u8; 64] {
        self.named(name).secret.sign(message)
    }
}

fn sign(payload: &[u8], keys: &[&Key]) -> Vec<u8> {
    let ids: Vec<String> = keys.iter().map(|key| key.id.to_string()).collect();
    let keys = ids.iter().zip(keys).map(|(id, key)| (id.as_str(), &key.secret));
    Envelope::sign(payload, &keys.collect::<Vec<_>>()).unwrap().to_bytes()
}
