//! The AES-128-CTR keystream, made in the first-level cache.
//!
//! Counters, cipher and sum go over a few KiB one after the other: blocks that were just written
//! word by word and are read at once as wide registers would make the processor wait.

use aes::Aes128Enc;
use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of keystream made at a time: with as many of the vector they fit the first-level cache.
pub(crate) const PART: usize = 1 << 13;

/// Where keystream is made; wiped on drop.
pub(crate) struct Buffer(Zeroizing<Vec<[u8; 16]>>);

impl Buffer {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(vec![[0; 16]; PART / 16]))
    }
}

/// One keystream (NIST SP 800-38A §6.5, the counter one 128-bit big-endian number); wiped on drop.
pub(crate) struct Keystream {
    cipher: Aes128Enc,
    first: u128,
    next: u128,
}

impl Keystream {
    /// Of a key and the first counter block, 16 bytes each.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let (aes, counter) = key.split_at(16);
        let (mut schedule, mut first) = ([0; 16], [0; 16]);
        schedule.copy_from_slice(aes);
        first.copy_from_slice(counter);
        let counter = u128::from_be_bytes(first);
        let stream =
            Self { cipher: Aes128Enc::new((&schedule).into()), first: counter, next: counter };
        schedule.zeroize();
        first.zeroize();
        stream
    }

    /// Goes to a byte from the start, a multiple of 16.
    pub(crate) fn seek(&mut self, at: u64) {
        self.next = self.first.wrapping_add(u128::from(at / 16));
    }

    /// The next `len` bytes, at most [`PART`]. Whole blocks are used up, so that only the last
    /// part of a vector may end within one.
    pub(crate) fn next<'b>(&mut self, buffer: &'b mut Buffer, len: usize) -> &'b [u8] {
        let count = len.div_ceil(16);
        let Some(blocks) = buffer.0.get_mut(..count) else { return &[] };
        counters(self.next, blocks);
        self.next = self.next.wrapping_add(count as u128);
        self.cipher.encrypt_blocks(Array::cast_slice_from_core_mut(blocks));
        blocks.as_flattened().get(..len).unwrap_or_default()
    }
}

/// Writes a counter into each block, from `first` on.
fn counters(first: u128, blocks: &mut [[u8; 16]]) {
    let (high, low) = ((first >> 64) as u64, first as u64);
    if low.checked_add(blocks.len() as u64).is_none() {
        for (at, block) in (0_u128..).zip(blocks) {
            *block = first.wrapping_add(at).to_be_bytes();
        }
        return;
    }
    // The same, where nothing is carried into the upper half: half the work.
    let high = u128::from(high) << 64;
    for (at, block) in (0_u64..).zip(blocks) {
        *block = (high | u128::from(low.wrapping_add(at))).to_be_bytes();
    }
}

impl Drop for Keystream {
    fn drop(&mut self) {
        self.first.zeroize();
        self.next.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as one reads them through any sequence of lengths of whole blocks.
    fn read(key: &[u8; 32], lengths: &[usize]) -> Vec<u8> {
        let (mut stream, mut buffer) = (Keystream::new(key), Buffer::new());
        lengths.iter().flat_map(|len| stream.next(&mut buffer, *len).to_vec()).collect()
    }

    #[test]
    fn the_keystream_is_that_of_the_standard() {
        // NIST SP 800-38A F.5.1: plaintext xor ciphertext of the first two blocks.
        let mut key = [0; 32];
        let text = "2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
        hex::decode_to_slice(text, &mut key).unwrap();
        let published = "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae";
        assert_eq!(hex::encode(read(&key, &[32])), published);
    }

    #[test]
    fn parts_of_any_length_make_one_stream_also_where_the_counter_wraps() {
        for counter in [0_u128, u128::from(u64::MAX) - 3, u128::MAX - 300] {
            let mut key = [7; 32];
            key[16..].copy_from_slice(&counter.to_be_bytes());
            let at_once = read(&key, &[PART]);
            assert_eq!(read(&key, &[16, 4096, 32, PART - 4144]), at_once);
            let (mut stream, mut buffer) = (Keystream::new(&key), Buffer::new());
            stream.seek(4096);
            assert_eq!(stream.next(&mut buffer, 5), &at_once[4096..4101]);
        }
    }
}
