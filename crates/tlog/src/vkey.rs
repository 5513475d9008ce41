//! Verifier keys of signed notes (C2SP signed-note, "Verifier keys").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::b64;
use crate::key::{NotAKey, PublicKey};
use crate::pq::PqPublicKey;

/// What a note's signer signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The note's text: type 0x01.
    Log,
    /// A time and a checkpoint's text with Ed25519, `cosignature/v1`: type 0x04.
    Witness,
    /// A time, the witness's name and a checkpoint with ML-DSA-44, `subtree/v1`: type 0x06.
    PqWitness,
}

impl Kind {
    /// The signature type's byte.
    pub fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
            Self::PqWitness => 0x06,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Log, Self::Witness, Self::PqWitness].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// A public key and what it signs; of each kind there is one sort of key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// [`Kind::Log`].
    Log(PublicKey),
    /// [`Kind::Witness`].
    Witness(PublicKey),
    /// [`Kind::PqWitness`].
    PqWitness(PqPublicKey),
}

impl Key {
    /// What it signs.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Log(_) => Kind::Log,
            Self::Witness(_) => Kind::Witness,
            Self::PqWitness(_) => Kind::PqWitness,
        }
    }

    /// The key itself, without its kind: 32 bytes, or 1,312 of ML-DSA-44.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Log(key) | Self::Witness(key) => key.as_bytes(),
            Self::PqWitness(key) => key.as_bytes(),
        }
    }

    fn of(kind: Kind, bytes: &[u8]) -> Result<Option<Self>, NotAKey> {
        let ed25519 = || bytes.try_into().ok().map(PublicKey::from_bytes).transpose();
        Ok(match kind {
            Kind::Log => ed25519()?.map(Self::Log),
            Kind::Witness => ed25519()?.map(Self::Witness),
            Kind::PqWitness => PqPublicKey::from_bytes(bytes).map(Self::PqWitness),
        })
    }
}

/// A named public key: `name+hex(key id)+base64(type ‖ key)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vkey {
    name: String,
    key: Key,
}

/// Why a text is not a verifier key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAVkey {
    /// Not three parts joined by `+`.
    #[error("`{0}` is not a verifier key: `name+id+key`")]
    Shape(String),
    /// Not a key name.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// Not canonical base64 of a type byte and as many bytes as a key of that type has.
    #[error("the key of `{0}` is not a type byte and a key of its length in canonical base64")]
    Base64(String),
    /// A signature type other than 0x01, 0x04 and 0x06.
    #[error("the key of `{name}` has the unknown signature type {kind:#04x}")]
    Kind {
        /// The key's name.
        name: String,
        /// The type byte.
        kind: u8,
    },
    /// A weak or malformed key.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// An id that does not belong to the name and key, or is not lowercase.
    #[error("the id `{found}` of key `{name}` should be `{id}`")]
    Id {
        /// The key's name.
        name: String,
        /// What is written.
        found: String,
        /// What it should be.
        id: String,
    },
}

/// A text that cannot name a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key name: 1 to 255 bytes without spaces, control characters and `+`")]
pub struct NotAName(pub String);

impl Vkey {
    /// Names a key.
    ///
    /// # Errors
    /// [`NotAName`].
    pub fn new(name: &str, key: Key) -> Result<Self, NotAName> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key })
    }

    /// The name on its signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> Kind {
        self.key.kind()
    }

    /// The public key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The key id on its signature lines: SHA-256(name ‖ 0x0A ‖ type ‖ key), first four bytes.
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', self.kind().byte()]);
        hasher.update(self.key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        [a, b, c, d]
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), NotAName> {
    let plain = name.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '+');
    if plain && (1..=255).contains(&name.len()) {
        Ok(())
    } else {
        Err(NotAName(name.chars().take(80).collect()))
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind().byte()], self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), b64::encode(&key))
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vkey({self})")
    }
}

impl FromStr for Vkey {
    type Err = NotAVkey;

    fn from_str(text: &str) -> Result<Self, NotAVkey> {
        // The key's base64 may hold `+` itself.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(found), Some(key)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAVkey::Shape(text.chars().take(80).collect()));
        };
        check_name(name)?;
        let name = name.to_owned();
        let decoded = b64::decode(key).ok_or_else(|| NotAVkey::Base64(name.clone()))?;
        let (&kind, key) = decoded.split_first().ok_or_else(|| NotAVkey::Base64(name.clone()))?;
        let kind = Kind::of(kind).ok_or_else(|| NotAVkey::Kind { name: name.clone(), kind })?;
        let key = Key::of(kind, key)?.ok_or_else(|| NotAVkey::Base64(name.clone()))?;
        let vkey = Self { name, key };
        let id = hex::encode(vkey.id());
        if found == id {
            Ok(vkey)
        } else {
            let found = found.chars().take(80).collect();
            Err(NotAVkey::Id { name: vkey.name, found, id })
        }
    }
}

impl Serialize for Vkey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Vkey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
