//! Further keys with which a party cosigns, by its own word.
//!
//! The log names one key for each cosigning party, and what that signs counts: the party has folded
//! every entry. With another key it may say less, at times when it cannot say that. What such a key
//! says is in the name on its lines:
//!
//! ```text
//! <origin>/<party>            every entry was folded, and time was as agreed: the log names the key
//! <origin>/<party>/history    this was the largest tree of one history that was seen, and no more
//! ```

use concordat_terms::{Digest, KeyId, PartyId, Timestamp};
use concordat_tlog::statement::{Statement, Subject};
use concordat_tlog::vkey::Kind;
use concordat_tlog::{Envelope, PublicKey, SigningKey, Vkey};
use serde::{Deserialize, Serialize};

/// What is signed. It is no act: no log admits it.
const KIND: &str = "urn:concordat:cosigner-keys:v0";
/// The most keys of one party.
const KEYS_MOST: usize = 8;

/// A party's further keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignerKeys {
    /// Whose.
    pub party: PartyId,
    /// The ledger key that signs this.
    pub key: KeyId,
    /// One to eight keys of witnesses, with their names.
    pub keys: Vec<Vkey>,
    /// When it was signed: a later one takes an earlier one's place.
    pub time: Timestamp,
}

/// `POST /v1/cosigners`: one, and `GET /v1/cosigners`: all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosigners {
    /// Envelopes of [`CosignerKeys`], the exact bytes in standard base64.
    pub envelopes: Vec<String>,
}

/// Why nothing is known of further keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a party's word about its cosigning keys: {0}")]
pub struct NotCosigners(pub String);

/// The name on the lines with which a party says that it was shown one history.
pub fn history_name(origin: &str, party: &PartyId) -> String {
    format!("{origin}/{party}/history")
}

impl CosignerKeys {
    /// Signs it for the log of this genesis.
    ///
    /// # Errors
    /// [`NotCosigners`]: what does not fit an envelope.
    pub fn seal(&self, log: Digest, key: &SigningKey) -> Result<Envelope, NotCosigners> {
        let predicate = serde_json::to_value(self).map_err(not)?;
        let subject = vec![Subject::new(log)];
        let statement = Statement { subject, predicate_type: KIND.to_owned(), predicate };
        let payload = statement.to_bytes().map_err(not)?;
        Envelope::sign(&payload, &[(self.key.as_str(), key)]).map_err(not)
    }

    /// Reads what a party has said of its keys for this log. `holder` tells whose a ledger key is.
    ///
    /// # Errors
    /// [`NotCosigners`]: another statement, another log, a key that is not the party's, names that are not
    /// below `<origin>/<party>/`.
    pub fn open(
        bytes: &[u8],
        (log, origin): (Digest, &str),
        holder: impl Fn(&KeyId) -> Option<(PartyId, PublicKey)>,
    ) -> Result<Self, NotCosigners> {
        let envelope = Envelope::parse(bytes).map_err(not)?;
        let statement = Statement::parse(envelope.payload()).map_err(not)?;
        if statement.predicate_type != KIND || statement.subject != [Subject::new(log)] {
            return Err(not("it is another statement, or of another log"));
        }
        let said: Self = serde_json::from_value(statement.predicate).map_err(not)?;
        let (party, public) = holder(&said.key).ok_or_else(|| not("nobody has its key"))?;
        if party != said.party {
            return Err(not(format!("the key is `{party}`'s, not `{}`'s", said.party)));
        }
        envelope.verify(said.key.as_str(), &public).map_err(not)?;
        let below = format!("{origin}/{party}/");
        let fits = |vkey: &Vkey| vkey.kind() != Kind::Log && vkey.name().starts_with(&below);
        if !(1..=KEYS_MOST).contains(&said.keys.len()) || !said.keys.iter().all(fits) {
            return Err(not(format!("its names are not one to {KEYS_MOST} below `{below}`")));
        }
        Ok(said)
    }
}

fn not(why: impl ToString) -> NotCosigners {
    NotCosigners(why.to_string())
}

#[cfg(test)]
mod tests {
    use concordat_tlog::vkey::Key;

    use super::*;

    const ORIGIN: &str = "heart.example/log";

    fn said(name: &str, key: Key) -> CosignerKeys {
        CosignerKeys {
            party: "alder".parse().unwrap(),
            key: "00".repeat(16).parse().unwrap(),
            keys: vec![Vkey::new(name, key).unwrap()],
            time: Timestamp::from_seconds(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn a_party_speaks_of_its_own_keys_and_of_no_other_names() {
        let (ledger, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let log = Digest::of(b"genesis");
        let alder: PartyId = "alder".parse().unwrap();
        let holder = |_: &KeyId| Some((alder.clone(), ledger.public()));
        let open = |sealed: &Envelope, log| {
            CosignerKeys::open(&sealed.to_bytes(), (log, ORIGIN), holder).map_err(|e| e.to_string())
        };
        let witness = Key::Witness(other.public());
        let good = said(&history_name(ORIGIN, &alder), witness.clone());
        let sealed = good.seal(log, &ledger).unwrap();
        assert_eq!(open(&sealed, log).unwrap(), good);
        assert!(open(&sealed, Digest::of(b"other")).is_err());
        assert!(open(&good.seal(log, &other).unwrap(), log).is_err());
        // The name that counts, somebody else's, and a log's key.
        for (name, key) in [
            (format!("{ORIGIN}/alder"), witness.clone()),
            (format!("{ORIGIN}/birch/history"), witness),
            (format!("{ORIGIN}/alder/history"), Key::Log(other.public())),
        ] {
            let sealed = said(&name, key).seal(log, &ledger).unwrap();
            assert!(open(&sealed, log).unwrap_err().contains("names"), "{name}");
        }
        let mut birch = good;
        birch.party = "birch".parse().unwrap();
        assert!(open(&birch.seal(log, &ledger).unwrap(), log).unwrap_err().contains("`alder`'s"));
    }
}
