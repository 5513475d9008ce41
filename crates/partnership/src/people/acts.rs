//! What the acts about mandates, parties and sub-processors carry.

use std::collections::BTreeSet;

use concordat_terms::{
    ActName, AssetId, Country, CourseId, Digest, MandateId, MemberId, Money, PartyId, ProcessorId,
    PurposeId, SeatId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// How far a mandate goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The acts that it covers. If none is named: all but those about keys, mandates and parties.
    pub acts: BTreeSet<ActName>,
    /// The most that one act may be about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// How many others must sign for the same party and seat.
    pub co_signers: u32,
    /// Whether each act must have been approved before (`mandate.approve`).
    pub prior_approval: bool,
    /// Whether parts of it may be handed on.
    pub delegable: bool,
}

/// `mandate.grant`: a secondment, if it names a host, who signs as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateGrant {
    /// The mandate's name.
    pub mandate: MandateId,
    /// Who gets it.
    pub member: MemberId,
    /// For which seat.
    pub seat: SeatId,
    /// From when; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// How far it goes.
    #[serde(default)]
    pub limits: Limits,
    /// For which other party the member signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<PartyId>,
}

/// `mandate.delegate`: signed by the member whose mandate it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateDelegate {
    /// The mandate of which it is a part.
    pub of: MandateId,
    /// The new mandate's name.
    pub mandate: MandateId,
    /// Who gets it.
    pub member: MemberId,
    /// From when; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// How far it goes.
    #[serde(default)]
    pub limits: Limits,
}

/// `mandate.approve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateApprove {
    /// The mandate under which it will be done.
    pub mandate: MandateId,
    /// The id of the act: the SHA-256 of its payload.
    pub act: Digest,
}

/// `mandate.revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateRevoke {
    /// The mandate.
    pub mandate: MandateId,
}

/// `training.record`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecord {
    /// Whose member was trained.
    pub party: PartyId,
    /// Who.
    pub member: MemberId,
    /// In what.
    pub course: CourseId,
    /// When the training was completed.
    pub completed: Timestamp,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// `party.accede`: signed by the new party's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyAccede {
    /// The party.
    pub party: PartyId,
    /// What signs its acts (Ed25519, hexadecimal).
    pub key: String,
    /// What cosigns checkpoints, as a founder's.
    pub witness: String,
    /// What cosigns them beside it, as a founder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_pq: Option<String>,
    /// What it joins, as it read it: a blob.
    pub terms: Digest,
    /// From when its key counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyWithdraw {
    /// The reasons, a blob.
    pub reasons: Digest,
    /// From when it counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.expel`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyExpel {
    /// The party.
    pub party: PartyId,
    /// The reasons, a blob.
    pub reasons: Digest,
    /// From when it counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.assign`: both sign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyAssign {
    /// Who assigns.
    pub party: PartyId,
    /// The seat whose rights pass.
    pub seat: SeatId,
    /// To whom.
    pub to: PartyId,
    /// From when it counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.novate`: both sign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyNovate {
    /// Whose place is taken.
    pub party: PartyId,
    /// By whom.
    pub to: PartyId,
    /// From when it counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.succeed`: signed by who follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartySucceed {
    /// Whose place is taken.
    pub party: PartyId,
    /// By whom.
    pub to: PartyId,
    /// What shows that the law has it so, a blob: a register's extract, a statute.
    pub evidence: Digest,
    /// From when it counts; at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
}

/// `party.control-change`: told by the party itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyControlChange {
    /// Who controls it from when on, a blob.
    pub evidence: Digest,
}

/// `party.clear`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyClear {
    /// The party that is under other control.
    pub party: PartyId,
}

/// `processor.engage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorEngage {
    /// Its name.
    pub processor: ProcessorId,
    /// With which assets it works.
    pub on: BTreeSet<AssetId>,
    /// What for.
    pub purposes: BTreeSet<PurposeId>,
    /// The isolation class of where it works.
    pub class: u8,
    /// The country whose law governs that place.
    pub jurisdiction: Country,
    /// The due diligence, a blob.
    pub evidence: Digest,
    /// Until when it is to be checked again.
    pub recheck_by: Timestamp,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

/// `processor.recheck`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorRecheck {
    /// Which.
    pub processor: ProcessorId,
    /// What the check found, a blob.
    pub evidence: Digest,
    /// Until when it is to be checked again.
    pub recheck_by: Timestamp,
}

/// `processor.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorEnd {
    /// Which.
    pub processor: ProcessorId,
}
