//! Reading and writing the fields of a message.

use concordat_secagg::CLIENTS_MOST;

/// Bytes that are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The message ends within a field.
    #[error("the message ends {missing} bytes early")]
    TooShort {
        /// At least how many are missing.
        missing: usize,
    },
    /// Bytes follow the last field.
    #[error("{extra} bytes follow the message")]
    TooLong {
        /// How many.
        extra: usize,
    },
    /// A version that this decoder does not know.
    #[error("messages of version {version} are not known here")]
    UnknownVersion {
        /// The first byte.
        version: u8,
    },
    /// A kind that does not exist, or does not travel this way.
    #[error("a message of kind {kind} is not expected here")]
    UnknownKind {
        /// The second byte.
        kind: u8,
    },
    /// A party's name is not a name.
    #[error("a party's name is not 1 to 64 of a–z, 0–9 and `-`")]
    NotAName,
    /// More entries than a roster may hold.
    #[error("a list of {count} parties is longer than {CLIENTS_MOST}")]
    TooMany {
        /// How many it claims.
        count: usize,
    },
    /// Entries are not in strictly ascending order of names.
    #[error("a list's parties are out of order or come twice")]
    OutOfOrder,
    /// A byte that chooses between alternatives chooses none of them.
    #[error("`{tag}` is not one of a field's alternatives")]
    UnknownTag {
        /// The byte.
        tag: u8,
    },
}

/// What has a place in a message.
pub(super) trait Field: Sized {
    /// Appends the value.
    fn put(&self, to: &mut Vec<u8>);
    /// Takes the value from the front.
    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed>;
}

/// The rest of a message.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `len` bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let short = Malformed::TooShort { missing: len.saturating_sub(self.0.len()) };
        let (taken, rest) = self.0.split_at_checked(len).ok_or(short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let short = Malformed::TooShort { missing: N.saturating_sub(self.0.len()) };
        let (taken, rest) = self.0.split_first_chunk().ok_or(short)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    /// A `u32`, little-endian.
    pub(super) fn word(&mut self) -> Result<usize, Malformed> {
        self.array().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    /// The number of a list's entries: a `u16`, little-endian, at most a roster's length.
    pub(super) fn count(&mut self) -> Result<usize, Malformed> {
        let count = usize::from(u16::from_le_bytes(self.array()?));
        if count > CLIENTS_MOST as usize { Err(Malformed::TooMany { count }) } else { Ok(count) }
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            extra => Err(Malformed::TooLong { extra }),
        }
    }
}

/// Appends the number of a list's entries; lists are never longer than a roster.
pub(super) fn put_count(count: usize, to: &mut Vec<u8>) {
    to.extend(u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
}

/// Appends a length or an index as a `u32`; vectors are never longer than 2^28.
pub(super) fn put_word(word: usize, to: &mut Vec<u8>) {
    to.extend(u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes());
}
