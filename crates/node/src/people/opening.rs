//! A value about a person, and what hides it in its commitment.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use concordat_terms::{Digest, Problem, jcs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::problems::problem;

/// How many bytes label and value may have: a field of a statement, not a file.
const BYTES_MOST: usize = 16 << 10;

/// What opens a commitment.
#[derive(Clone, PartialEq)]
pub struct Opening {
    label: String,
    salt: Zeroizing<[u8; 32]>,
    value: Value,
}

/// As it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    label: String,
    salt: String,
    value: Value,
}

/// A person's data must not reach a log or a failed assertion.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening(of {})", self.commitment().short())
    }
}

impl Opening {
    /// A value under a label, such as `name`, with 32 bytes that nobody foresees.
    ///
    /// # Errors
    /// A [`Problem`]: longer than a field may be, or a number that canonical JSON does not have.
    pub fn new(label: &str, salt: Zeroizing<[u8; 32]>, value: Value) -> Result<Self, Problem> {
        let bytes = jcs::to_bytes(&value).map_err(|e| unsealable(&e.to_string()))?;
        if bytes.len() + label.len() > BYTES_MOST {
            return Err(unsealable("label and value have more than 16 KiB"));
        }
        Ok(Self { label: label.to_owned(), salt, value })
    }

    /// What the value says, for people: a field's name.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The digest over the parts `concordat-person/v1`, label, salt and the value's canonical JSON.
    pub fn commitment(&self) -> Digest {
        let value = Zeroizing::new(jcs::to_bytes(&self.value).unwrap_or_default());
        let label = self.label.as_bytes();
        Digest::of_parts(&[b"concordat-person/v1", label, self.salt.as_slice(), &value])
    }

    /// Sealed: the nonce, then ChaCha20-Poly1305 (RFC 8439) bound to the commitment.
    pub(super) fn seal(&self, key: &[u8; 32], nonce: &[u8; 12]) -> Result<Vec<u8>, Problem> {
        let salt = hex::encode(self.salt.as_slice());
        let written = Written { label: self.label.clone(), salt, value: self.value.clone() };
        let plain =
            Zeroizing::new(jcs::to_bytes(&written).map_err(|e| unsealable(&e.to_string()))?);
        let commitment = self.commitment();
        let payload = Payload { msg: &plain, aad: commitment.as_bytes() };
        let sealed = ChaCha20Poly1305::new(key.into())
            .encrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| unsealable("it cannot be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this commitment.
    pub(super) fn unseal(
        sealed: &[u8],
        key: &[u8; 32],
        commitment: &Digest,
    ) -> Result<Self, Problem> {
        let broken = || {
            let what = format!("what is sealed for `{commitment}` does not open");
            problem("bad-opening", what, "restore it, or the person's key, from a copy")
        };
        let (nonce, rest) = sealed.split_first_chunk::<12>().ok_or_else(broken)?;
        let payload = Payload { msg: rest, aad: commitment.as_bytes() };
        let plain = ChaCha20Poly1305::new(key.into())
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| broken())?;
        let plain = Zeroizing::new(plain);
        let written: Written = jcs::from_bytes(&plain).map_err(|_| broken())?;
        let mut salt = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&written.salt, salt.as_mut_slice()).map_err(|_| broken())?;
        let opening = Self::new(&written.label, salt, written.value)?;
        if opening.commitment() == *commitment { Ok(opening) } else { Err(broken()) }
    }
}

fn unsealable(why: &str) -> Problem {
    problem("bad-opening", why, "keep what is longer as a file, and commit to its digest")
}
