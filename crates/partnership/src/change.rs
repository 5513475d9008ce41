//! What an admitted act changes: made by judging, used up by applying.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::Module;
use concordat_terms::{
    ActName, AssetId, ClauseRef, Cost, Digest, ModuleId, PartyId, RunId, Timestamp,
};
use serde::Serialize;

use crate::act::{
    AbortReason, AssetImport, CodeApproval, DatasetRegister, DatasetWithdraw, EvidenceSubmit,
    Genesis, PlaceRegister, ProjectCharter, RefusalCount, RunClose, RunPropose,
};
use crate::duties;
use crate::privacy::{Bounds, Population};
use crate::state::{Signature, Standing};
use crate::verdict::Proved;
use crate::{
    accounts, assets, audits, bodies, cases, conditions, editions, erasures, evidence, people,
    powers, progress, recalls, rulings, signals,
};
use concordat_terms::{ProjectId, SeatId};

/// One typed change. Applying it cannot refuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Start {
        log: Digest,
        genesis: Box<Genesis>,
        /// The founders' keys that cosign: everybody reads them from the genesis.
        #[serde(skip)]
        cosigners: BTreeMap<PartyId, Vec<people::Cosigner>>,
    },
    Time(Timestamp),
    Nothing,
    Proposed {
        digest: Digest,
        #[serde(skip)]
        module: Box<Module>,
    },
    ModuleSigned {
        digest: Digest,
        party: PartyId,
        signature: Signature,
    },
    SignatureWithdrawn {
        digest: Digest,
        party: PartyId,
    },
    InForce {
        /// Whose modules they are; the frame's, if it is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        modules: BTreeMap<ModuleId, Digest>,
        limits: BTreeMap<AssetId, Bounds>,
        #[serde(skip)]
        proved: Box<Proved>,
    },
    Standing {
        module: ModuleId,
        standing: Standing,
    },
    Invalid(BTreeSet<ClauseRef>),
    Place {
        party: PartyId,
        place: PlaceRegister,
    },
    Dataset {
        party: PartyId,
        dataset: DatasetRegister,
    },
    Withdrawn {
        party: PartyId,
        dataset: DatasetWithdraw,
    },
    Imported {
        party: PartyId,
        model: AssetImport,
    },
    CodeApproved {
        party: PartyId,
        code: CodeApproval,
    },
    CodeRevoked {
        party: PartyId,
        code: CodeApproval,
    },
    Chartered {
        party: PartyId,
        charter: ProjectCharter,
    },
    ProjectOpened(ProjectId),
    ProjectEnded(ProjectId),
    RunProposed {
        party: PartyId,
        run: RunPropose,
        agreement: Digest,
        /// What it costs at least: everybody computes it from the plan.
        #[serde(skip)]
        price: Option<Cost>,
    },
    RunApproved {
        party: PartyId,
        seat: SeatId,
        run: RunId,
    },
    RunOpened(RunId),
    RunJoined {
        party: PartyId,
        run: RunId,
        /// The accounts that the cost is charged to.
        accounts: BTreeSet<Population>,
        cost: Cost,
    },
    RunClosed {
        run: RunClose,
        signed_by: BTreeSet<PartyId>,
    },
    RunAborted {
        run: RunId,
        reason: AbortReason,
    },
    Evidence {
        party: PartyId,
        seat: SeatId,
        evidence: EvidenceSubmit,
    },
    ReleaseProposed {
        party: PartyId,
        model: Digest,
    },
    Released(Digest),
    Duty(duties::Change),
    Signal(signals::Change),
    Condition(conditions::Change),
    Audit(audits::Change),
    Body(bodies::Change),
    People(people::Change),
    Case(cases::Change),
    Account(accounts::Change),
    Progress(progress::Change),
    Power(powers::Change),
    Recall(recalls::Change),
    Ruling(rulings::Change),
    Edition(editions::Change),
    Erasure(erasures::Change),
    Counted(Box<RefusalCount>),
    /// What a determination let pass: the verdict that it set aside, and whose act this is.
    Granted {
        verdict: u64,
        party: PartyId,
        content: Digest,
        then: Box<Change>,
    },
    Asset(assets::Change),
    Testing(evidence::Change),
    /// What passed its gates on results that were filed.
    Relied {
        act: ActName,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<PartyId>,
        on: evidence::StoodOn,
        then: Box<Change>,
    },
}
