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

/// The most bytes of an announcement of this many chunks, in either way to sum.
pub fn announced_bytes_max(chunks: usize) -> usize {
    // Version and kind, the kind of what is announced, a contribution, and how many digests follow.
    chunks.saturating_mul(DIGEST).saturating_add(3 + CONTRIBUTION + 4)
}

/// A signed key, the digest over the aggregators' keys, and that of the vector.
const CONTRIBUTION: usize = SIGNED + 3 * DIGEST;
/// A role with a signature.
const BY_ROLE: usize = 1 + 64;

/// The most bytes of what everybody is shown of a step with three aggregators: those of what three
/// of them hold, or of a proof.
pub fn posted_bytes_max(params: &Params) -> usize {
    let clients = params.clients();
    // Version and kind; of each aggregator a list of names with digests.
    let held = 3 * (BY_ROLE + 2 + clients.saturating_mul(NAME + DIGEST));
    // Of each aggregator its key, a signature, and the digests of roster and share.
    let proof = 3 * (BY_ROLE + 32 + 64 + BY_ROLE + 2 * DIGEST) + 2 + clients * CONTRIBUTION;
    2 + held.max(proof)
}
