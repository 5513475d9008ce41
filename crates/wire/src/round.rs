//! The messages of secure aggregation as bytes.
//!
//! ```text
//! message  = version(1) kind(1) fields
//! name     = length(1) a–z, 0–9, -
//! list     = count(2) entries, in strictly ascending order of names
//! vector   = bits(1: 32 or 64) length(4) elements(4 or 8 each)
//! ```
//!
//! Integers are little-endian; digests, keys, shares (32), signatures (64) and sealed shares (80)
//! are raw. Each value has one encoding and nothing may follow it, so that what decodes encodes
//! to the same bytes. A decoder allocates no more than the message is long.
//!
//! Signatures are not checked here: they cover the values, not these bytes.

mod bytes;
mod size;
mod three;

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::three as of_three;
use concordat_secagg::{
    Announced, Dealt, FromClient, Inbox, KeyList, Keys, Masked, Opened, Proof, Reveal, Ring,
    RingVec, SEALED, Secret, Shares, Signature, Signatures, Signed, Survivors, Transcript, Upload,
};
use concordat_terms::{Digest, PartyId};

pub use self::bytes::Malformed;
use self::bytes::{Field, Reader, put_count, put_word};
pub use self::size::{announced_bytes_max, comes_whole, posted_bytes_max, to_client_bytes_max};
pub use self::three::{decode_posted, encode_posted, encode_three};

/// The version that this crate writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// What the server says to one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToClient {
    /// After AdvertiseKeys: U1. Its keys are the senders of its messages.
    Keys(KeyList),
    /// After ShareKeys: what was dealt to the reader.
    Inbox(Inbox),
    /// After MaskedInput: U3.
    Survivors(BTreeSet<PartyId>),
    /// After ConsistencyCheck: the signatures under U3.
    Signatures(Signatures),
    /// After Unmasking: the sum and all that proves it.
    Transcript(Transcript),
    /// After Unmasking, of vectors that came in chunks: what proves the sum but its words and the
    /// uploads', which are fetched.
    Proof(Proof),
}

/// A message of a round, of either way to sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Under pairwise masks.
    Masks(FromClient),
    /// With three aggregators.
    Three(of_three::Message),
}

/// What will be brought in chunks, in either way to sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A masked vector under pairwise masks.
    Masks(Announced),
    /// A contribution or a share, with three aggregators.
    Three(of_three::Announced),
}

impl From<FromClient> for Message {
    fn from(message: FromClient) -> Self {
        Self::Masks(message)
    }
}

impl From<of_three::Message> for Message {
    fn from(message: of_three::Message) -> Self {
        Self::Three(message)
    }
}

impl From<Announced> for Announcement {
    fn from(announced: Announced) -> Self {
        Self::Masks(announced)
    }
}

impl From<of_three::Announced> for Announcement {
    fn from(announced: of_three::Announced) -> Self {
        Self::Three(announced)
    }
}

impl Announcement {
    /// The digest of every chunk that will come, in order.
    pub fn chunks(&self) -> &[Digest] {
        match self {
            Self::Masks(announced) => &announced.chunks,
            Self::Three(announced) => &announced.chunks,
        }
    }
}

/// Bytes as a message, of whichever way to sum.
///
/// # Errors
///
/// [`Malformed`], for whatever [`encode_from_client`] and [`encode_three`] do not write.
pub fn decode_message(bytes: &[u8]) -> Result<Message, Malformed> {
    decode(bytes, |kind, from| match kind {
        8..=12 => three::take_message(kind, from).map(Message::Three),
        kind => take_from_client(kind, from).map(Message::Masks),
    })
}

/// A client's message as bytes.
///
/// For a vector of D elements of 32 bits it takes 4·D bytes and fewer than 200 more.
pub fn encode_from_client(message: &FromClient) -> Vec<u8> {
    match message {
        FromClient::Keys(m) => encode(1, m),
        FromClient::Shares(m) => encode(2, m),
        FromClient::Masked(m) => encode(3, m),
        FromClient::Survivors(m) => encode(4, m),
        FromClient::Reveal(m) => encode(5, m),
        FromClient::Upload(m) => encode(6, m),
    }
}

/// Bytes as a client's message.
///
/// # Errors
///
/// [`Malformed`], for whatever [`encode_from_client`] does not write.
pub fn decode_from_client(bytes: &[u8]) -> Result<FromClient, Malformed> {
    decode(bytes, take_from_client)
}

fn take_from_client(kind: u8, from: &mut Reader<'_>) -> Result<FromClient, Malformed> {
    Ok(match kind {
        1 => FromClient::Keys(Field::take(from)?),
        2 => FromClient::Shares(Field::take(from)?),
        3 => FromClient::Masked(Field::take(from)?),
        4 => FromClient::Survivors(Field::take(from)?),
        5 => FromClient::Reveal(Field::take(from)?),
        6 => FromClient::Upload(Field::take(from)?),
        kind => return Err(Malformed::UnknownKind { kind }),
    })
}

/// An announcement as bytes: 32 for each chunk and fewer than 300 more.
pub fn encode_announced(announced: &Announcement) -> Vec<u8> {
    match announced {
        Announcement::Masks(m) => encode(7, m),
        Announcement::Three(m) => encode(13, m),
    }
}

/// Bytes as an announcement.
///
/// # Errors
///
/// [`Malformed`], for whatever [`encode_announced`] does not write.
pub fn decode_announced(bytes: &[u8]) -> Result<Announcement, Malformed> {
    decode(bytes, |kind, from| match kind {
        7 => Field::take(from).map(Announcement::Masks),
        13 => Field::take(from).map(Announcement::Three),
        kind => Err(Malformed::UnknownKind { kind }),
    })
}

/// The server's message as bytes.
///
/// An entry of a [`KeyList`] or of a transcript's uploads is its signed message alone: it is
/// found again under its sender.
pub fn encode_to_client(message: &ToClient) -> Vec<u8> {
    match message {
        ToClient::Keys(list) => {
            let mut bytes = vec![VERSION, 16];
            put_by_sender(list, &mut bytes);
            bytes
        }
        ToClient::Inbox(m) => encode(17, m),
        ToClient::Survivors(m) => encode(18, m),
        ToClient::Signatures(m) => encode(19, m),
        ToClient::Transcript(m) => encode(20, m),
        ToClient::Proof(m) => encode(21, m),
    }
}

/// Bytes as the server's message.
///
/// # Errors
///
/// [`Malformed`], for whatever [`encode_to_client`] does not write.
pub fn decode_to_client(bytes: &[u8]) -> Result<ToClient, Malformed> {
    decode(bytes, |kind, from| {
        Ok(match kind {
            16 => ToClient::Keys(take_by_sender(from)?),
            17 => ToClient::Inbox(Field::take(from)?),
            18 => ToClient::Survivors(Field::take(from)?),
            19 => ToClient::Signatures(Field::take(from)?),
            20 => ToClient::Transcript(Field::take(from)?),
            21 => ToClient::Proof(Field::take(from)?),
            kind => return Err(Malformed::UnknownKind { kind }),
        })
    })
}

fn encode(kind: u8, message: &impl Field) -> Vec<u8> {
    let mut bytes = vec![VERSION, kind];
    message.put(&mut bytes);
    bytes
}

fn decode<T>(
    bytes: &[u8],
    take: impl FnOnce(u8, &mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let mut reader = Reader(bytes);
    match reader.byte()? {
        VERSION => {}
        version => return Err(Malformed::UnknownVersion { version }),
    }
    let kind = reader.byte()?;
    let message = take(kind, &mut reader)?;
    reader.end()?;
    Ok(message)
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend(self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.array()
    }
}

impl Field for Digest {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.array().map(Digest)
    }
}

impl Field for Secret {
    fn put(&self, to: &mut Vec<u8>) {
        self.as_bytes().put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.array().map(Secret::from)
    }
}

impl Field for Signature {
    fn put(&self, to: &mut Vec<u8>) {
        self.to_bytes().put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.array().map(|bytes| Signature::from_bytes(&bytes))
    }
}

impl Field for PartyId {
    fn put(&self, to: &mut Vec<u8>) {
        // A name has at most 64 bytes.
        to.push(u8::try_from(self.as_str().len()).unwrap_or(u8::MAX));
        to.extend(self.as_str().as_bytes());
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let len = usize::from(from.byte()?);
        let bytes = from.bytes(len)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed::NotAName)?;
        text.parse().map_err(|_| Malformed::NotAName)
    }
}

impl<V: Field> Field for BTreeMap<PartyId, V> {
    fn put(&self, to: &mut Vec<u8>) {
        put_count(self.len(), to);
        for (party, value) in self {
            party.put(to);
            value.put(to);
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        take_list(from, |from| Ok((PartyId::take(from)?, V::take(from)?)))
    }
}

impl Field for BTreeSet<PartyId> {
    fn put(&self, to: &mut Vec<u8>) {
        put_count(self.len(), to);
        self.iter().for_each(|party| party.put(to));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let list = take_list(from, |from| Ok((PartyId::take(from)?, ())))?;
        Ok(list.into_keys().collect())
    }
}

/// Entries whose names ascend strictly.
fn take_list<V>(
    from: &mut Reader<'_>,
    mut entry: impl FnMut(&mut Reader<'_>) -> Result<(PartyId, V), Malformed>,
) -> Result<BTreeMap<PartyId, V>, Malformed> {
    let mut list = BTreeMap::new();
    for _ in 0..from.count()? {
        let (party, value) = entry(from)?;
        if list.last_key_value().is_some_and(|(last, _)| *last >= party) {
            return Err(Malformed::OutOfOrder);
        }
        list.insert(party, value);
    }
    Ok(list)
}

impl<B: Field> Field for Signed<B> {
    fn put(&self, to: &mut Vec<u8>) {
        self.from.put(to);
        self.signature.put(to);
        self.body.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (sender, signature) = (Field::take(from)?, Field::take(from)?);
        Ok(Self { from: sender, signature, body: Field::take(from)? })
    }
}

/// What a party has signed.
trait BySender: Field {
    fn sender(&self) -> &PartyId;
}

impl<B: Field> BySender for Signed<B> {
    fn sender(&self) -> &PartyId {
        &self.from
    }
}

/// Signed messages without their names, since each is found under its sender.
fn put_by_sender<S: BySender>(list: &BTreeMap<PartyId, S>, to: &mut Vec<u8>) {
    put_count(list.len(), to);
    list.values().for_each(|signed| signed.put(to));
}

/// What [`put_by_sender`] wrote.
fn take_by_sender<S: BySender>(from: &mut Reader<'_>) -> Result<BTreeMap<PartyId, S>, Malformed> {
    take_list(from, |from| {
        let signed = S::take(from)?;
        Ok((signed.sender().clone(), signed))
    })
}

impl Field for RingVec {
    fn put(&self, to: &mut Vec<u8>) {
        to.reserve(self.len() * self.ring().bytes() + 5);
        to.push(if self.ring() == Ring::Bits32 { 32 } else { 64 });
        put_word(self.len(), to);
        self.put_bytes(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let tag = from.byte()?;
        let len = from.word()?;
        let unknown = Malformed::UnknownTag { tag };
        let ring = Ring::of_bits(tag.into()).ok_or_else(|| unknown.clone())?;
        let bytes = from.bytes(len.saturating_mul(ring.bytes()))?;
        Self::of_bytes(ring, bytes).ok_or(unknown)
    }
}

impl Field for Opened {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(match self {
            Self::Seed(_) => 0,
            Self::Key(_) => 1,
        });
        self.share().put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        match from.byte()? {
            0 => Ok(Self::Seed(Field::take(from)?)),
            1 => Ok(Self::Key(Field::take(from)?)),
            tag => Err(Malformed::UnknownTag { tag }),
        }
    }
}

/// Structures whose fields follow one another.
macro_rules! fields {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Field for $name {
            fn put(&self, to: &mut Vec<u8>) {
                $(self.$field.put(to);)*
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($field: Field::take(from)?),* })
            }
        }
    )*};
}

use fields;

fields! {
    Keys { cipher_key, mask_key, seed_commitment }
    Shares { dealt }
    Dealt { key_share, seed_share, sealed }
    Masked { peers, vector }
    Survivors { parties }
    Reveal { shares }
    Upload { peers, vector }
    Announced { upload, chunks }
}

const _: () = assert!(SEALED == 80, "the format above says so");

impl Field for Vec<Digest> {
    fn put(&self, to: &mut Vec<u8>) {
        put_word(self.len(), to);
        self.iter().for_each(|digest| digest.put(to));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let len = from.word()?;
        let (digests, _) = from.bytes(len.saturating_mul(32))?.as_chunks();
        Ok(digests.iter().map(|digest| Digest(*digest)).collect())
    }
}

impl Field for Transcript {
    fn put(&self, to: &mut Vec<u8>) {
        put_by_sender(&self.keys, to);
        put_by_sender(&self.uploads, to);
        self.signatures.put(to);
        self.seeds.put(to);
        self.mask_keys.put(to);
        self.sum.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            keys: take_by_sender(from)?,
            uploads: take_by_sender(from)?,
            signatures: Field::take(from)?,
            seeds: Field::take(from)?,
            mask_keys: Field::take(from)?,
            sum: Field::take(from)?,
        })
    }
}

impl Field for Proof {
    fn put(&self, to: &mut Vec<u8>) {
        put_by_sender(&self.keys, to);
        put_by_sender(&self.uploads, to);
        self.signatures.put(to);
        self.seeds.put(to);
        self.mask_keys.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            keys: take_by_sender(from)?,
            uploads: take_by_sender(from)?,
            signatures: Field::take(from)?,
            seeds: Field::take(from)?,
            mask_keys: Field::take(from)?,
        })
    }
}
