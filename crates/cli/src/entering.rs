//! What brings the founding modules into force: beside the founding statement goes a file with
//! their texts, where the coordinator will be, and each founder's acts under exactly these texts,
//! signed beforehand. The coordinator carries them into the log and can add nothing to them.

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_node::home::Keys;
use concordat_node::now;
use concordat_node::plain::Kind;
use concordat_partnership::act::{Header, ModuleEnter, ModuleSign, OneModule, Seen, Signer};
use concordat_partnership::{Act, SIGNATORY};
use concordat_terms::{Digest, PartyId, Period, Problem, Timestamp};
use concordat_tlog::{Envelope, Frontier, SigningKey};
use concordat_wire::act::{decode, encode};
use concordat_wire::api::blob_message;
use serde::{Deserialize, Serialize};

pub(crate) use self::desk::Desk;
use crate::failure::Failure;
use crate::files;
use crate::founding::Founding;

/// How long after the founding statement was written its founders' acts count: the log takes
/// none that expires later than 31 days from its own time.
const LIFETIME: Period = Period { months: 0, days: 30, seconds: 0 };

/// What goes beside a founding statement.
#[derive(Clone, Debug)]
pub(crate) struct Entering {
    /// Where the coordinator will be, as its key has signed.
    pub(crate) desk: Desk,
    pub(crate) file: File,
}

/// The file itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// What the coordinator says of itself: an envelope in base64.
    coordinator: String,
    /// The modules' texts.
    pub(crate) texts: BTreeSet<String>,
    /// The document that they make together, as its signers rendered it.
    #[serde(default)]
    pub(crate) document: Option<String>,
    /// What each founder has signed.
    #[serde(default)]
    pub(crate) signed: BTreeMap<PartyId, Signed>,
}

/// One founder's acts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// The id of its ledger key.
    pub(crate) key: String,
    /// By module, and by the document: the signature (base64) with which it leaves the text at the
    /// coordinator.
    pub(crate) texts: BTreeMap<Digest, String>,
    /// `module.propose` of each module: envelopes in base64.
    pub(crate) propose: Vec<String>,
    /// `module.sign` of each module.
    pub(crate) sign: Vec<String>,
    /// `module.enter` of all.
    pub(crate) enter: String,
}

impl Entering {
    /// Beside a new founding statement; no founder has signed.
    ///
    /// # Errors
    /// An address or a certificate that is none.
    pub(crate) fn new(
        founding: &Founding,
        sequencer: &SigningKey,
        desk: Desk,
        texts: BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let coordinator = STANDARD.encode(desk.seal(founding, sequencer)?.to_bytes());
        let file = File { coordinator, texts, document: None, signed: BTreeMap::new() };
        Ok(Self { desk, file })
    }

    /// Where it lies beside a founding statement: `founding.dsse` has `founding.entry`.
    pub(crate) fn path(founding: &Path) -> PathBuf {
        founding.with_extension("entry")
    }

    /// Reads what lies beside this founding statement.
    ///
    /// # Errors
    /// No such file, or another one; what the coordinator of the statement did not sign.
    pub(crate) fn read(path: &Path, founding: &Founding) -> Result<Self, Failure> {
        let path = Self::path(path);
        let bytes = files::bytes(&path, Kind::Entering)?;
        let file: File = serde_json::from_slice(&bytes).map_err(|e| {
            let what = format!("`{}` does not go with a founding statement: {e}", path.display());
            let hint = "take the file that lay beside the statement";
            Failure::usage("bad-founding", what, hint)
        })?;
        let desk = Desk::open(&STANDARD.decode(&file.coordinator).unwrap_or_default(), founding)?;
        let entering = Self { desk, file };
        entering.check_document()?;
        Ok(entering)
    }

    /// Everybody has signed the document that lies here, and no other: who passes the file on could
    /// have put another in its place, and the coordinator would keep that as what was read.
    fn check_document(&self) -> Result<(), Failure> {
        let own = self.file.document.as_ref().map(|page| Digest::of(page.as_bytes()));
        for (party, signed) in &self.file.signed {
            for envelope in &signed.sign {
                if own.is_none() || document_of(envelope)? != own {
                    let what = format!(
                        "the document beside the founding statement is not the one that `{party}` signed"
                    );
                    let hint = "take the file as the last founder wrote it, or have all sign anew";
                    return Err(Failure::refused("documents-differ", what, hint));
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// What the disk says.
    pub(crate) fn write(&self, founding: &Path) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(&self.file).unwrap_or_default();
        files::write_whole(&Self::path(founding), &bytes)
    }

    /// Adds or renews what a founder signs, so that the modules which the statement names enter
    /// into force once all founders have signed.
    ///
    /// # Errors
    /// The statement is too old, or others have read its modules in another document.
    pub(crate) fn sign(
        &mut self,
        founding: &Founding,
        party: &PartyId,
        keys: &Keys,
        page: &str,
    ) -> Result<(), Failure> {
        if self.file.document.as_ref().is_some_and(|other| other != page) {
            let what = "another founder has read the same texts in another document";
            let hint = "have all founders render and sign with the same release of the program";
            return Err(Failure::refused("documents-differ", what, hint));
        }
        self.file.document = Some(page.to_owned());
        let document = Digest::of(page.as_bytes());
        let expires_at = founding.genesis.time.plus(LIFETIME);
        if expires_at <= now() {
            let what = "the founding statement is more than thirty days old";
            return Err(Failure::usage("bad-founding", what, "have it written anew"));
        }
        let modules = &founding.genesis.modules;
        let sealed = |act: &Act| sealed(founding.id(), expires_at, keys, act);
        let each = |act: &dyn Fn(Digest) -> Act| {
            let acts = modules.iter().map(|module| act(*module));
            acts.map(|act| sealed(&act)).collect::<Result<Vec<_>, Failure>>()
        };
        let text = |digest: &Digest| {
            let signature = keys.ledger.sign(&blob_message(digest));
            (*digest, STANDARD.encode(signature))
        };
        let signed = Signed {
            key: keys.ledger_id().map_err(failure)?.to_string(),
            texts: modules.iter().chain([&document]).map(text).collect(),
            propose: each(&|module| Act::ModulePropose(OneModule { module }))?,
            sign: each(&|module| Act::ModuleSign(ModuleSign::of(module, modules, document)))?,
            enter: sealed(&Act::ModuleEnter(ModuleEnter { modules: modules.clone() }))?,
        };
        self.file.signed.insert(party.clone(), signed);
        Ok(())
    }

    /// The founders that have not signed yet that the modules enter.
    pub(crate) fn missing(&self, founding: &Founding) -> Vec<PartyId> {
        let founders = founding.genesis.parties.keys();
        founders.filter(|party| !self.file.signed.contains_key(*party)).cloned().collect()
    }

    /// Every act in the order in which the log takes them: the first founder proposes, all sign,
    /// and the last brings the modules into force.
    ///
    /// # Errors
    /// An envelope that is none.
    pub(crate) fn acts(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let proposed =
            self.file.signed.values().next().into_iter().flat_map(|first| &first.propose);
        let signed = self.file.signed.values().flat_map(|each| &each.sign);
        let entered = self.file.signed.values().next_back().map(|last| &last.enter);
        let all = proposed.chain(signed).chain(entered);
        all.map(|envelope| STANDARD.decode(envelope).map_err(|_| garbled())).collect()
    }
}

fn garbled() -> Failure {
    let what = "an act beside the founding statement is garbled";
    Failure::usage("bad-founding", what, "have the founders sign again")
}

/// The document that a signature under a module names; none in another act.
fn document_of(envelope: &str) -> Result<Option<Digest>, Failure> {
    let bytes = STANDARD.decode(envelope).map_err(|_| garbled())?;
    let envelope = Envelope::parse(&bytes).map_err(|_| garbled())?;
    let signed = decode(envelope.payload()).map_err(|_| garbled())?;
    Ok(match signed.act {
        Act::ModuleSign(sign) => Some(sign.document),
        _ => None,
    })
}

/// An act's envelope by a founder, for a log that has not begun: it has seen nothing of it.
fn sealed(log: Digest, expires_at: Timestamp, keys: &Keys, act: &Act) -> Result<String, Failure> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|e| {
        let what = format!("the system gives no randomness: {e}");
        Failure::fault("no-randomness", what, "check the operating system")
    })?;
    let key = keys.ledger_id().map_err(failure)?;
    let unsignable = |why: String| {
        let hint = "report this with the command that you ran";
        Failure::fault("unsignable", format!("the act cannot be signed: {why}"), hint)
    };
    let seat =
        SIGNATORY.parse().map_err(|e: concordat_terms::NotAnId| unsignable(e.to_string()))?;
    let header = Header {
        log,
        signers: vec![Signer { seat, key: key.clone() }],
        nonce: hex::encode(nonce),
        seen: Seen { size: 0, root: Frontier::default().root() },
        expires_at,
        attached: None,
    };
    let payload = encode(Some(&header), act).map_err(|e| unsignable(e.to_string()))?;
    let envelope = Envelope::sign(&payload, &[(key.as_str(), &keys.ledger)])
        .map_err(|e| unsignable(e.to_string()))?;
    Ok(STANDARD.encode(envelope.to_bytes()))
}

fn failure(problem: Problem) -> Failure {
    Failure::Fault(problem)
}
