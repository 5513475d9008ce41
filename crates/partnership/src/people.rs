//! People and parties: whose keys are whose, who may sign for a seat and how far, who joins, leaves
//! and follows whom, and whom parties have work for them.
//!
//! A party's own key signs for every seat that the party fills, unless the seat asks for a mandate.
//! A key that is bound to a *member*, a person or machine whom the party knows by a pseudonym, signs
//! under that member's mandates and in no other way. What is written here never names a person.

mod acts;
mod keys;
mod life;
mod mandates;
mod moves;
mod parties;
mod processors;
mod refusal;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Asset, Label};
use concordat_terms::{
    AssetId, Country, CourseId, Digest, KeyId, MandateId, MemberId, PartyId, ProcessorId,
    PurposeId, SeatId, Timestamp,
};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub use acts::{
    Limits, MandateApprove, MandateDelegate, MandateGrant, MandateRevoke, PartyAccede, PartyAssign,
    PartyClear, PartyControlChange, PartyExpel, PartyNovate, PartySucceed, PartyWithdraw,
    ProcessorEnd, ProcessorEngage, ProcessorRecheck, TrainingRecord,
};
pub use keys::{
    Doubt, KeyBind, KeyCommit, KeyCompromise, KeyEnd, KeyEnded, KeyHolder, KeyRecover, KeyRegister,
    KeyRevoke, KeyRotate, KeyUse, Retiring, commitment, key_id,
};
pub(crate) use life::Change;
pub(crate) use moves::{Cosigner, Move};
pub use refusal::PeopleRefusal;
pub(crate) use resolve::Signatory;

use crate::shared::Shared;
use crate::state::State;

/// A member's right to sign for a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// Whose member it is.
    pub home: PartyId,
    /// The member, by its pseudonym.
    pub member: MemberId,
    /// For which seat.
    pub seat: SeatId,
    /// For which other party, in a secondment.
    pub host: Option<PartyId>,
    /// From when.
    pub from: Timestamp,
    /// Until when; it ends by itself.
    pub until: Timestamp,
    /// How far it goes.
    pub limits: Limits,
    /// The mandate of which it is a part, where one was handed on.
    pub of: Option<MandateId>,
    /// By the entry at this index.
    pub granted: u64,
    /// Where it stands.
    pub status: MandateStatus,
}

impl Mandate {
    /// The party for which its member signs.
    pub fn party(&self) -> &PartyId {
        self.host.as_ref().unwrap_or(&self.home)
    }
}

/// Where a mandate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MandateStatus {
    /// Its time has not come.
    Pending,
    /// It is good.
    Active,
    /// A training is missing or too old, or the mandate of which it is a part is not good.
    Suspended,
    /// Its time is over, or its party has left.
    Ended,
    /// It was taken back.
    Revoked,
}

impl MandateStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }

    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Revoked)
    }
}

/// That a member was trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trained {
    /// When the training was completed.
    pub completed: Timestamp,
    /// Who recorded it.
    pub by: PartyId,
    /// What shows it, a blob.
    pub evidence: Digest,
    /// By the entry at this index.
    pub index: u64,
}

/// A party that has a key here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The key by which it is known: the first, or what took its place.
    pub key: KeyId,
    /// What cosigns checkpoints: Ed25519 in hexadecimal, or a verifier key of type 0x04.
    pub witness: String,
    /// What cosigns them beside it: a verifier key of type 0x06.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_pq: Option<String>,
    /// By the entry at this index.
    pub since: u64,
    /// Where it stands.
    pub status: PartyStatus,
    /// Since when it is under other control and not cleared.
    pub uncleared: Option<Timestamp>,
}

/// Where a party stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyStatus {
    /// It is one.
    Party,
    /// It has left, and owes what it owed.
    Withdrawn(Timestamp),
    /// It was excluded, and owes what it owed.
    Expelled(Timestamp),
    /// Another has its place.
    Followed {
        /// Who.
        by: PartyId,
        /// Since when.
        at: Timestamp,
    },
}

impl PartyStatus {
    /// The status as words.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Party => "a party",
            Self::Withdrawn(_) => "withdrawn",
            Self::Expelled(_) => "expelled",
            Self::Followed { .. } => "followed by another",
        }
    }
}

/// Somebody whom a party has work with assets, and who does not sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processor {
    /// What it was engaged for.
    pub engaged: ProcessorEngage,
    /// When.
    pub at: Timestamp,
    /// Every check, the first among them: when, and what shows it.
    pub checks: Vec<(Timestamp, Digest)>,
    /// Until when it is to be checked again.
    pub recheck_by: Timestamp,
    /// Where the engagement stands.
    pub status: ProcessorStatus,
}

/// Where the engagement of a sub-processor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessorStatus {
    /// It works.
    Engaged,
    /// It was not checked again in time: its party does nothing with those assets.
    Lapsed,
    /// It is over.
    Ended,
}

impl ProcessorStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Engaged => "engaged",
            Self::Lapsed => "lapsed",
            Self::Ended => "ended",
        }
    }
}

/// Who is who, and who may sign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct People {
    pub(crate) parties: Shared<BTreeMap<PartyId, Member>>,
    /// Parties by the digest under which evidence about them is filed.
    pub(crate) digests: Shared<BTreeMap<Digest, PartyId>>,
    /// What waits for its cut-off date, by the index of its entry.
    pub(crate) coming: Shared<BTreeMap<u64, Move>>,
    pub(crate) mandates: RedBlackTreeMapSync<MandateId, Mandate>,
    /// Mandates that are not over, by whose they are.
    pub(crate) of_member: RedBlackTreeMapSync<(PartyId, MemberId), BTreeSet<MandateId>>,
    /// Mandates that were handed on, by what they are part of.
    pub(crate) parts: RedBlackTreeMapSync<MandateId, BTreeSet<MandateId>>,
    pub(crate) trained: RedBlackTreeMapSync<(PartyId, MemberId, CourseId), Trained>,
    /// Acts that were approved beforehand, under which mandate.
    pub(crate) approved: RedBlackTreeMapSync<(MandateId, Digest), u64>,
    pub(crate) processors: RedBlackTreeMapSync<(PartyId, ProcessorId), Processor>,
    /// What lapsed sub-processors work with.
    pub(crate) lapsed: Shared<BTreeMap<(PartyId, AssetId), BTreeSet<ProcessorId>>>,
}

/// The digest under which evidence about a party is filed: its insurance, its accreditation.
pub fn party_digest(party: &PartyId) -> Digest {
    Digest::of_parts(&[b"party".as_slice(), party.as_str().as_bytes()])
}

/// One row of the view on a sub-processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Engaged<'a> {
    /// Who engaged it.
    pub party: &'a PartyId,
    /// Where it works, by the law of that country.
    pub jurisdiction: &'a Country,
    /// What for.
    pub purposes: &'a BTreeSet<PurposeId>,
    /// The engagement.
    #[serde(flatten)]
    pub processor: &'a Processor,
}

impl State {
    /// Every party that has or had a key here.
    pub fn members(&self) -> &BTreeMap<PartyId, Member> {
        &self.people.parties
    }

    /// Every mandate, those that are over too.
    pub fn mandates(&self) -> impl Iterator<Item = (&MandateId, &Mandate)> {
        self.people.mandates.iter()
    }

    /// A mandate.
    pub fn mandate(&self, id: &MandateId) -> Option<&Mandate> {
        self.people.mandates.get(id)
    }

    /// What members were trained in: whose member, who, in what.
    pub fn trainings(&self) -> impl Iterator<Item = (&(PartyId, MemberId, CourseId), &Trained)> {
        self.people.trained.iter()
    }

    /// Every sub-processor, by who engaged it.
    pub fn processors(&self) -> impl Iterator<Item = (&ProcessorId, Engaged<'_>)> {
        self.people.processors.iter().map(|((party, id), processor)| {
            let ProcessorEngage { jurisdiction, purposes, .. } = &processor.engaged;
            (id, Engaged { party, jurisdiction, purposes, processor })
        })
    }

    /// Changes of parties that wait for their cut-off date, by the index of their entry.
    pub fn coming_changes(&self) -> impl Iterator<Item = (u64, &'static str, Option<Timestamp>)> {
        self.people.coming.iter().map(|(index, what)| {
            (*index, what.as_str(), self.agenda.at(&crate::agenda::Alarm::Party(*index)))
        })
    }

    /// Whether a party may see what the record says about an asset: anybody what is public, parties
    /// what is internal, its holders and auditors what is restricted. A party under new control sees
    /// nothing that is labelled until it is cleared, and one that has left nothing but what is
    /// public.
    pub fn may_read(&self, party: &PartyId, asset: &AssetId) -> bool {
        let Some(asset) = self.agreement.asset(asset) else { return false };
        self.reads(party, asset.terms, asset.terms.label)
    }

    /// Whether a party may see what the record says about a version: as [`may_read`](Self::may_read)
    /// of its asset, by the version's own label; who holds or owns it always may.
    pub fn may_read_version(&self, party: &PartyId, digest: &Digest) -> bool {
        let Some(version) = self.version(digest) else { return false };
        let own = version.holders.contains_key(party)
            || version.owners.iter().any(|(owner, _)| owner == party);
        let asset = self.agreement.asset(&version.asset);
        own || asset.is_some_and(|asset| self.reads(party, asset.terms, version.label))
    }

    fn reads(&self, party: &PartyId, asset: &Asset, label: Label) -> bool {
        if label == Label::Public {
            return true;
        }
        let known = self.people.parties.get(party);
        let stands = known.is_some_and(|member| {
            member.status == PartyStatus::Party && member.uncleared.is_none()
        });
        let mut seats = std::iter::once(&asset.holder).chain(&asset.audit_by);
        let reads = label == Label::Internal
            || seats.any(|seat| self.agreement.parties_of(seat).contains(party));
        stands && reads
    }
}
