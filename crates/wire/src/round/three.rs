//! What travels between contributors and three aggregators.
//!
//! ```text
//! role     = 1: public, 2: private, 3: neutral
//! signed   = who(name or role) signature(64) fields
//! three    = the public, the private and the neutral one's, one after the other
//! ```

use concordat_secagg::three::{
    Agreed, Announced, Body, Contribution, Held, Message, Offer, Posted, Proof, Role, Share,
    Signed, Three,
};
use concordat_terms::PartyId;

use super::bytes::{Field, Malformed, Reader};
use super::{BySender, VERSION, decode, encode, put_by_sender, take_by_sender};

/// A message of a contributor or an aggregator as bytes; the words of its vector are not in it.
pub fn encode_three(message: &Message) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    put_message(message, &mut bytes);
    bytes
}

/// What everybody is shown of a step, as bytes.
pub fn encode_posted(posted: &Posted) -> Vec<u8> {
    match posted {
        Posted::Offers(m) => encode(22, m),
        Posted::Contributions(list) => {
            let mut bytes = vec![VERSION, 23];
            put_by_sender(list, &mut bytes);
            bytes
        }
        Posted::Held(m) => encode(24, m),
        Posted::Rosters(m) => encode(25, m),
        Posted::Proof(m) => encode(26, &**m),
    }
}

/// Bytes as what everybody is shown of a step.
///
/// # Errors
///
/// [`Malformed`], for whatever [`encode_posted`] does not write.
pub fn decode_posted(bytes: &[u8]) -> Result<Posted, Malformed> {
    decode(bytes, |kind, from| {
        Ok(match kind {
            22 => Posted::Offers(Field::take(from)?),
            23 => Posted::Contributions(take_by_sender(from)?),
            24 => Posted::Held(Field::take(from)?),
            25 => Posted::Rosters(Field::take(from)?),
            26 => Posted::Proof(Box::new(Field::take(from)?)),
            kind => return Err(Malformed::UnknownKind { kind }),
        })
    })
}

/// Kind and fields.
fn put_message(message: &Message, to: &mut Vec<u8>) {
    match message {
        Message::Offer(m) => put_kind(8, m, to),
        Message::Contribute(m) => put_kind(9, m, to),
        Message::Hold(m) => put_kind(10, m, to),
        Message::Agree(m) => put_kind(11, m, to),
        Message::Open(m) => put_kind(12, m, to),
    }
}

fn put_kind(kind: u8, message: &impl Field, to: &mut Vec<u8>) {
    to.push(kind);
    message.put(to);
}

/// The fields of a message of this kind.
pub(super) fn take_message(kind: u8, from: &mut Reader<'_>) -> Result<Message, Malformed> {
    Ok(match kind {
        8 => Message::Offer(Field::take(from)?),
        9 => Message::Contribute(Field::take(from)?),
        10 => Message::Hold(Field::take(from)?),
        11 => Message::Agree(Field::take(from)?),
        12 => Message::Open(Field::take(from)?),
        kind => return Err(Malformed::UnknownKind { kind }),
    })
}

impl Field for Announced {
    fn put(&self, to: &mut Vec<u8>) {
        put_message(&self.message, to);
        self.chunks.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = from.byte()?;
        let message = match kind {
            9 | 12 => take_message(kind, from)?,
            // Nothing follows the others.
            kind => return Err(Malformed::UnknownKind { kind }),
        };
        Ok(Self { message, chunks: Field::take(from)? })
    }
}

impl Field for Role {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(match self {
            Self::Public => 1,
            Self::Private => 2,
            Self::Neutral => 3,
        });
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        match from.byte()? {
            1 => Ok(Self::Public),
            2 => Ok(Self::Private),
            3 => Ok(Self::Neutral),
            tag => Err(Malformed::UnknownTag { tag }),
        }
    }
}

impl<B: Body + Field> Field for Signed<B>
where
    B::From: Field,
{
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

impl<T: Field> Field for Three<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.iter().for_each(|(_, one)| one.put(to));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::make(|_| Field::take(from))
    }
}

impl BySender for Signed<Contribution> {
    fn sender(&self) -> &PartyId {
        &self.from
    }
}

super::fields! {
    Offer { key }
    Contribution { key, offers, vector }
    Held { contributions }
    Agreed { contributions }
    Share { roster, vector }
}

impl Field for Proof {
    fn put(&self, to: &mut Vec<u8>) {
        self.offers.put(to);
        put_by_sender(&self.contributions, to);
        self.rosters.put(to);
        self.shares.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            offers: Field::take(from)?,
            contributions: take_by_sender(from)?,
            rosters: Field::take(from)?,
            shares: Field::take(from)?,
        })
    }
}
