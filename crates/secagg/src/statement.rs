//! What a signature covers, for either protocol.

use concordat_terms::Digest;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

/// Who says what at which step of which session, under the label of a protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    /// The protocol's.
    pub(crate) label: &'static [u8],
    pub(crate) session: Digest,
    pub(crate) step: &'a str,
    /// The sender's name.
    pub(crate) from: &'a str,
    /// Of the content.
    pub(crate) digest: Digest,
}

impl Statement<'_> {
    fn text(&self) -> Digest {
        Digest::of_parts(&[
            self.label,
            self.session.as_bytes(),
            self.step.as_bytes(),
            self.from.as_bytes(),
            self.digest.as_bytes(),
        ])
    }

    pub(crate) fn sign(&self, key: &SigningKey) -> Signature {
        key.sign(self.text().as_bytes())
    }

    /// Whether the key signed exactly this; strictly (RFC 8032 and no small orders), so that no
    /// signature has two readings.
    pub(crate) fn holds(&self, key: &VerifyingKey, signature: &Signature) -> bool {
        key.verify_strict(self.text().as_bytes(), signature).is_ok()
    }
}
