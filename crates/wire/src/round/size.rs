//! How long a message can be, so that nobody reads more.

use concordat_secagg::Params;

/// The longest name and its length.
const NAME: usize = 1 + 64;
/// A signature with the name of whoever signed.
const SIGNED: usize = NAME + 64;
const DIGEST: usize = 32;
/// Two keys and a commitment.
const KEYS: usize = 3 * 32;
/// A name with a secret.
const SECRET: usize = NAME + 32;

/// The most bytes of what a server can say to a client in a round with these parameters: those of
/// a transcript, or of a proof where vectors come in chunks, in which everybody's vector arrived;
/// that is by far the longest. A secret opened is either of a client whose vector is there, or of
/// one whose is not.
pub fn to_client_bytes_max(params: &Params) -> usize {
    let whole = params.dimension().saturating_mul(params.ring().bytes()).saturating_add(5);
    let (vector, sum) = if comes_whole(params) { (whole, whole) } else { (DIGEST, 0) };
    let client = vector.saturating_add(SIGNED + KEYS + SIGNED + DIGEST + SIGNED + SECRET);
    // Version and kind, and the lengths of five lists.
    params.clients().saturating_mul(client).saturating_add(2 + 5 * 2).saturating_add(sum)
}

/// Whether vectors are so short that each comes in its message: of one chunk.
pub fn comes_whole(params: &Params) -> bool {
    params.chunks() <= 1
}

/// The most bytes of an announcement of this many chunks.
pub fn announced_bytes_max(chunks: usize) -> usize {
    // Version and kind, the peers, the digest of the whole, and how many digests follow.
    chunks.saturating_mul(DIGEST).saturating_add(2 + SIGNED + 2 * DIGEST + 4)
}
