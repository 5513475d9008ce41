//! Names that say nothing to whoever has not got the key.

use std::fmt;

use concordat_terms::Digest;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How many hexadecimal digits a pseudonym has: 128 bits, so that no two persons share one.
const DIGITS: usize = 32;

/// The key by which a holder replaces the keys of persons. Whoever has it finds a person again.
#[derive(Clone)]
pub struct PseudonymKey(Zeroizing<[u8; 32]>);

impl PseudonymKey {
    /// A key of these bytes, drawn by the operating system.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The pseudonym of a person: the first 32 hexadecimal digits of HMAC-SHA-256 (RFC 2104) over
    /// the key's text as the source writes it.
    pub fn pseudonym(&self, person: &str) -> String {
        let mut digits = hex::encode(self.mac(person.as_bytes()));
        digits.truncate(DIGITS);
        digits
    }

    /// What names the key and shows nothing of it: HMAC-SHA-256 over `concordat/pseudonym-key/v1`.
    pub fn id(&self) -> Digest {
        Digest(self.mac(b"concordat/pseudonym-key/v1"))
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104 §2)")]
    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

// The key must not reach a log.
impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(withheld)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_the_beginning_of_an_hmac() {
        let key = PseudonymKey::new(Zeroizing::new([0x0b; 32]));
        // Python: hmac.new(b'\x0b' * 32, b'person-17', 'sha256').hexdigest()[:32]
        assert_eq!(key.pseudonym("person-17"), EXPECTED);
        assert_ne!(key.pseudonym("person-17"), key.pseudonym("person-18"));
        let other = PseudonymKey::new(Zeroizing::new([0x0c; 32]));
        assert_ne!(key.pseudonym("person-17"), other.pseudonym("person-17"));
        assert_ne!(key.id(), other.id());
        assert_eq!(format!("{key:?}"), "PseudonymKey(withheld)");
    }

    const EXPECTED: &str = "9de467ab21e8c5d3d3736c475bb2852f";
}
