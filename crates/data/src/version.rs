//! What a version of a table shows of itself to the other parties.

use concordat_terms::Digest;

/// How many rows, rounded down to a multiple of fifty: what a catalogue shows instead of a count.
pub fn band(rows: usize) -> u32 {
    u32::try_from(rows / 50 * 50).unwrap_or(u32::MAX - u32::MAX % 50)
}

/// The commitment to a table's exact bytes. It hides them while `salt`, 32 random bytes drawn once
/// for a dataset, stays at the node.
pub fn commitment(salt: &[u8; 32], bytes: &[u8]) -> Digest {
    Digest::of_parts(&[b"concordat/dataset/v1", salt, bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_the_multiple_of_fifty_below() {
        let bands = [0, 49, 50, 99, 303].map(band);
        assert_eq!(bands, [0, 0, 50, 50, 300]);
        assert_eq!(band(usize::MAX) % 50, 0);
    }

    #[test]
    fn a_commitment_is_of_salt_and_bytes() {
        let version = commitment(&[7; 32], b"a,b\n");
        assert_eq!(version, commitment(&[7; 32], b"a,b\n"));
        assert_ne!(version, commitment(&[8; 32], b"a,b\n"));
        assert_ne!(version, commitment(&[7; 32], b"a,b"));
    }
}
