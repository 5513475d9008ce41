//! An element of a ring, as the kernels see it.

/// `u32` or `u64`: arithmetic modulo the ring, signed values in two's complement.
pub(crate) trait Word: Copy + 'static {
    /// Bytes on the wire.
    const BYTES: usize;

    /// The sum, modulo the ring.
    fn plus(self, other: Self) -> Self;

    /// The difference, modulo the ring.
    fn minus(self, other: Self) -> Self;

    /// The largest absolute value of the signed readings, in a time that depends on the length alone.
    fn largest(words: &[Self]) -> u64;

    /// Combines each word with as many little-endian bytes; what is left of either stays.
    fn zip_bytes(words: &mut [Self], bytes: &[u8], with: impl Fn(Self, Self) -> Self);

    /// Appends the words as little-endian bytes.
    fn put(words: &[Self], to: &mut Vec<u8>);
}

macro_rules! word {
    ($word:ty, $bytes:literal) => {
        impl Word for $word {
            const BYTES: usize = $bytes;

            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn largest(words: &[Self]) -> u64 {
                // In the word's own width, so that a register takes as many as it can.
                let most = words
                    .iter()
                    .fold(0, |most: Self, word| most.max(word.cast_signed().unsigned_abs()));
                most.into()
            }

            fn zip_bytes(words: &mut [Self], bytes: &[u8], with: impl Fn(Self, Self) -> Self) {
                let (others, _) = bytes.as_chunks::<$bytes>();
                words.iter_mut().zip(others).for_each(|(word, other)| {
                    *word = with(*word, Self::from_le_bytes(*other));
                });
            }

            fn put(words: &[Self], to: &mut Vec<u8>) {
                to.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            }
        }
    };
}

word!(u32, 4);
word!(u64, 8);

/// Adds `others` to `words`, place by place.
pub(crate) fn add<W: Word>(words: &mut [W], others: &[W]) {
    words.iter_mut().zip(others).for_each(|(word, other)| *word = word.plus(*other));
}
