//! How long a message can be, so that nobody reads more.

use concordat_secagg::Params;

/// The longest name and its length.
const NAME: usize = 1 + 64;
/// A signature with the name of whoever signed.
const SIGNED: usize = NAME + 64;
/// Two keys and a commitment.
const KEYS: usize = 3 * 32;
/// A name with a secret.
const SECRET: usize = NAME + 32;

/// The most bytes of what a server can say to a client in a round with these parameters: those of
/// a transcript in which everybody's vector arrived, which is by far the longest. A secret opened
/// is either of a client whose vector is there, or of one whose is not.
pub fn to_client_bytes_max(params: &Params) -> usize {
    let element = if params.ring().bits() == 32 { 4 } else { 8 };
    let vector = params.dimension().saturating_mul(element).saturating_add(5);
    let client = vector.saturating_add(SIGNED + KEYS + SIGNED + 32 + SIGNED + SECRET);
    // Version and kind, the lengths of five lists, the sum.
    params.clients().saturating_mul(client).saturating_add(2 + 5 * 2).saturating_add(vector)
}
