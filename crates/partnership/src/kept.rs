//! A state as bytes, and back, so that nobody has to fold a log twice.
//!
//! The bytes are CBOR (RFC 8949) of every field, in an order that is always the same: one state has
//! one spelling. The agreement in force is not among them. A module is named by its digest and read
//! from its text again, so is the pack of a regime; what acts have stopped and moved is put on top.
//! Whatever follows from the rest (what clauses wait for, calendars, indexes) is worked out anew.

use std::collections::BTreeMap;

use cbor4ii::core::utils::SliceReader;
use concordat_agreement::{Agreement, Changed, Module, read};
use concordat_terms::{Digest, ModuleId, PartyId, ProjectId, sharing_names};
use serde::{Deserialize, Serialize};

use crate::cases::read_pack;
use crate::duties::Triggers;
use crate::state::{InForce, ProjectAgreement, Proposal, Signature, State};

/// The number of the layout of a state's bytes. Raised with every change of a type of the state:
/// `tests/layout.rs` notices one that is not.
pub const LAYOUT: u32 = 3;

/// Bytes that are no state of this layout, or whose texts are not here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAState {
    /// They cannot be read.
    #[error("the state cannot be read: {0}")]
    Unreadable(String),
    /// A text that it names is not here.
    #[error("the text `{0}` is not here")]
    TextMissing(Digest),
    /// A text that it names is another, or none that governs.
    #[error("the text `{0}` is not the one in force")]
    TextDiffers(Digest),
}

/// What of a state is kept in another form than it has.
#[derive(Debug, Serialize, Deserialize)]
struct Beside {
    /// The modules that were proposed.
    papers: BTreeMap<Digest, Paper>,
    /// What acts have changed of the agreement.
    changed: Changed,
    /// The modules in force of each project that has modules of its own.
    projects: BTreeMap<ProjectId, BTreeMap<ModuleId, InForce>>,
}

/// A [`Proposal`] but for its module.
#[derive(Debug, Serialize, Deserialize)]
struct Paper {
    signed: BTreeMap<PartyId, Signature>,
    entered: bool,
}

impl State {
    /// The state as bytes.
    ///
    /// # Errors
    /// [`NotAState::Unreadable`], where memory is short.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NotAState> {
        let paper = |own: &Proposal| Paper { signed: own.signed.clone(), entered: own.entered };
        let own = |own: &ProjectAgreement| own.in_force.clone();
        let beside = Beside {
            papers: self.proposals.iter().map(|(digest, it)| (*digest, paper(it))).collect(),
            changed: self.agreement.changed(),
            projects: self.narrowed.iter().map(|(id, it)| (id.clone(), own(it))).collect(),
        };
        let bytes = cbor4ii::serde::to_vec(Vec::new(), &(self, beside));
        bytes.map_err(|e| NotAState::Unreadable(e.to_string()))
    }

    /// The state that was written so; `text` finds modules and packs of regimes by their digest.
    ///
    /// Safe on any bytes: what they claim of lengths takes no memory, and what is nested deeper than
    /// a state is refused.
    ///
    /// # Errors
    /// [`NotAState`].
    pub fn from_bytes(
        bytes: &[u8],
        text: impl Fn(&Digest) -> Option<Vec<u8>>,
    ) -> Result<Self, NotAState> {
        let mut reader = cbor4ii::serde::Deserializer::new(SliceReader::new(bytes));
        let read = sharing_names(|| <(Self, Beside)>::deserialize(&mut reader));
        let (mut state, beside) = read.map_err(|e| NotAState::Unreadable(e.to_string()))?;
        let text = |digest: &Digest| {
            let bytes = text(digest).ok_or(NotAState::TextMissing(*digest))?;
            let same = Digest::of(&bytes) == *digest;
            same.then_some(bytes).ok_or(NotAState::TextDiffers(*digest))
        };
        let Beside { papers, changed, projects } = beside;
        let mut proposals = BTreeMap::new();
        for (digest, Paper { signed, entered }) in papers {
            let module = read_module(&text(&digest)?);
            let module = *module.map_err(|_| NotAState::TextDiffers(digest))?;
            proposals.insert(digest, Proposal { module, signed, entered });
        }
        state.proposals = proposals.into();
        state.agreement = Agreement::again(state.modules_of(&state.in_force)?, changed).into();
        let mut narrowed = BTreeMap::new();
        for (project, in_force) in projects {
            let agreement = state.agreement.narrowed(state.modules_of(&in_force)?);
            narrowed.insert(project, ProjectAgreement { in_force, agreement });
        }
        state.narrowed = narrowed.into();
        let regimes = &mut state.cases.regimes;
        for adopted in regimes.adopted.clone().into_values() {
            let differs = NotAState::TextDiffers(adopted.digest);
            let pack = read_pack(&text(&adopted.digest)?).map_err(|_| differs)?;
            regimes.adopt(*pack, adopted);
        }
        state.duties.triggers = Triggers::of(&state).into();
        Ok(state)
    }

    /// The modules that are in force under these names.
    fn modules_of(&self, in_force: &BTreeMap<ModuleId, InForce>) -> Result<Vec<Module>, NotAState> {
        let modules = in_force.iter().map(|(id, InForce { digest, .. })| {
            let module = self.proposals.get(digest).map(|proposal| &proposal.module);
            let module = module.filter(|module| module.id == *id);
            module.cloned().ok_or(NotAState::TextDiffers(*digest))
        });
        modules.collect()
    }
}

/// Reads the text of a module, as it is read when it is proposed.
///
/// # Errors
/// How many findings there are, and the first.
pub fn read_module(bytes: &[u8]) -> Result<Box<Module>, (usize, String)> {
    read("module.md", bytes).map(Box::new).map_err(|findings| {
        let first = findings.first().map(|d| format!("{}: {}", d.span, d.what));
        (findings.len(), first.unwrap_or_else(|| "unreadable".to_owned()))
    })
}
