//! The founding statement on its way from founder to founder, before it is a full envelope.

use std::path::Path;

use concordat_partnership::act::Genesis;
use concordat_partnership::{Act, key_id};
use concordat_terms::Digest;
use concordat_tlog::SigningKey;
use concordat_wire::act::{decode, encode};

use crate::failure::Failure;
use crate::passed::Passed;

/// A genesis and the signatures that it has so far.
#[derive(Clone, Debug)]
pub(crate) struct Founding {
    pub(crate) genesis: Genesis,
    passed: Passed,
}

impl Founding {
    pub(crate) fn new(genesis: Genesis) -> Result<Self, Failure> {
        let payload = encode(None, &Act::Genesis(genesis.clone()))
            .map_err(|e| Failure::usage("bad-founding", e.to_string(), "mend the arguments"))?;
        Ok(Self { genesis, passed: Passed::new(payload) })
    }

    /// The log's name.
    pub(crate) fn id(&self) -> Digest {
        self.passed.id()
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bad = |why: String| {
            let what = format!("`{}` is not a founding statement: {why}", path.display());
            Failure::usage("bad-founding", what, "name the file that `concordat found` wrote")
        };
        let passed = Passed::read(path, bad)?;
        let signed = decode(passed.payload()).map_err(|e| bad(e.to_string()))?;
        let Act::Genesis(genesis) = signed.act else { return Err(bad("another act".to_owned())) };
        Ok(Self { genesis, passed })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        self.passed.write(path, |why| Failure::usage("bad-founding", why, "found it anew"))
    }

    /// Adds or renews the signature of a key that the genesis names.
    pub(crate) fn sign(&mut self, key: &SigningKey) -> Result<(), Failure> {
        self.passed.sign(key)
    }

    /// Who has not signed yet: parties, and `sequencer`.
    pub(crate) fn missing(&self) -> Vec<String> {
        let parties = self.genesis.parties.iter().map(|(p, f)| (p.to_string(), &f.key));
        let sequencer = [("sequencer".to_owned(), &self.genesis.sequencer)];
        let signed = |public: &str| key_id(public).is_some_and(|id| self.passed.is_signed_by(&id));
        parties
            .chain(sequencer)
            .filter(|(_, public)| !signed(public))
            .map(|(name, _)| name)
            .collect()
    }
}
