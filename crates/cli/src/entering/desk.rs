//! Where the coordinator will be and by which certificate it is known, signed by the key that the
//! founding statement lets order the log: who passes the file on cannot point a founder elsewhere.

use concordat_node::address;
use concordat_node::certificate::check_certificate;
use concordat_partnership::key_id;
use concordat_tlog::statement::{Statement, Subject};
use concordat_tlog::{Envelope, PublicKey, SigningKey};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::founding::Founding;

/// What the coordinator says of itself. It is no act: no log admits it.
const KIND: &str = "urn:concordat:coordinator:v0";

/// Where a coordinator will be, and its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Desk {
    /// `https://host:port`.
    pub(crate) address: String,
    /// One certificate (PEM).
    pub(crate) certificate: String,
}

impl Desk {
    /// The envelope in which the coordinator says so, for the log of this founding statement.
    ///
    /// # Errors
    /// No address or certificate, or what does not fit an envelope.
    pub(crate) fn seal(&self, founding: &Founding, key: &SigningKey) -> Result<Envelope, Failure> {
        self.check()?;
        let predicate = serde_json::to_value(self).map_err(|e| bad(&e.to_string()))?;
        let subject = vec![Subject::new(founding.id())];
        let statement = Statement { subject, predicate_type: KIND.to_owned(), predicate };
        let payload = statement.to_bytes().map_err(|e| bad(&e.to_string()))?;
        let id = id_of(&key.public())?;
        Envelope::sign(&payload, &[(&id, key)]).map_err(|e| bad(&e.to_string()))
    }

    /// What an envelope says, if the coordinator of this founding statement signed it for its log.
    ///
    /// # Errors
    /// Another key, another log, another statement; no address, not one certificate.
    pub(crate) fn open(envelope: &[u8], founding: &Founding) -> Result<Self, Failure> {
        let envelope = Envelope::parse(envelope).map_err(|e| bad(&e.to_string()))?;
        let key: PublicKey = founding
            .genesis
            .sequencer
            .parse()
            .map_err(|e: concordat_tlog::key::NotAKey| bad(&e.to_string()))?;
        envelope.verify(&id_of(&key)?, &key).map_err(|e| bad(&e.to_string()))?;
        let statement = Statement::parse(envelope.payload()).map_err(|e| bad(&e.to_string()))?;
        if statement.predicate_type != KIND {
            return Err(bad("it is another statement"));
        }
        if statement.subject != [Subject::new(founding.id())] {
            return Err(bad("it is about another log"));
        }
        let desk: Self =
            serde_json::from_value(statement.predicate).map_err(|e| bad(&e.to_string()))?;
        desk.check()?;
        Ok(desk)
    }

    fn check(&self) -> Result<(), Failure> {
        let base = address::checked(&self.address).map_err(Failure::Usage)?;
        let port = base.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if base != self.address || !port {
            let what = format!("`{base}` is not `https://host:port`");
            let hint = "take the file that lay beside the statement";
            return Err(Failure::usage("bad-founding", what, hint));
        }
        check_certificate(&self.certificate).map_err(Failure::Usage)
    }
}

fn id_of(key: &PublicKey) -> Result<String, Failure> {
    let id = key_id(&key.to_string()).ok_or_else(|| bad("its key has no id"))?;
    Ok(id.to_string())
}

fn bad(why: &str) -> Failure {
    let what = format!("where the coordinator will be is not signed by it for this log: {why}");
    Failure::usage("bad-founding", what, "take the file that lay beside the statement")
}
