//! Assets: which exact versions there are, what each was made from, and what follows from that.
//!
//! A version is its digest. Whoever brings one in, makes one or hands one on says so, and so the
//! fold can walk from any model back to every dataset version and act that it came from. What
//! clauses say of an asset (its label, its purposes, what guards it, its licence, its entry in an
//! export list) holds for what is made from it as well.

mod acts;
mod borders;
mod checks;
mod judge;
mod licences;
mod life;
mod owners;
mod refusal;
mod shares;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Ground, Label, UpdateClass};
use concordat_terms::{
    AssetId, BodyId, ClauseRef, Digest, ModuleId, PartyId, PlaceId, PurposeId, RunId, Timestamp,
};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

pub use acts::{
    AssetDeclareBackground, AssetDerive, AssetLabel, AssetTransfer, CodeRegister, ConsentWithdraw,
    DeletionAttest, ErasureRecord, Handed, PlaceAttest, Step, UpdateDeclare,
};
pub use licences::{Granted, Licence};
pub(crate) use life::{Alarmed, Change};
pub use refusal::AssetRefusal;
pub use shares::Shares;
pub use view::{CatalogueEntry, Lineage, VersionView};

use crate::shared::Shared;
use crate::state::{ModelStatus, State};

/// An exact version of an asset of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Of which asset.
    pub asset: AssetId,
    /// How it came here.
    pub origin: Origin,
    /// Who brought or made it.
    pub by: BTreeSet<PartyId>,
    /// By the entry at this index.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// What it was made from.
    pub parents: BTreeSet<Digest>,
    /// How confidential it is.
    pub label: Label,
    /// The body that labelled it lower than what it was made from.
    pub lowered_by: Option<BodyId>,
    /// What it may be used for.
    pub purposes: BTreeSet<PurposeId>,
    /// Brought in or made here; not said yet, if this is absent.
    pub ground: Option<Ground>,
    /// Who owns it, in which parts.
    pub owners: Shares,
    /// The licence under which it came or is passed on.
    pub licence: Option<String>,
    /// Licences of what it was made from that ask for the same of it.
    pub bound_by: BTreeSet<String>,
    /// Every asset in its lineage, its own too.
    pub sources: BTreeSet<AssetId>,
    /// Those of them whose guard holds for it.
    pub guarded_by: BTreeSet<AssetId>,
    /// Who holds it, and where, as far as that was said.
    pub holders: BTreeMap<PartyId, Option<PlaceId>>,
    /// Of which released version it is an update, and how far.
    pub update: Option<Update>,
}

/// How a version came here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A dataset version that its holder listed.
    Listed,
    /// A model from elsewhere.
    Imported,
    /// Code that was registered.
    Registered,
    /// Something that a party had before.
    Declared,
    /// A run gave it.
    Run(RunId),
    /// It was made from others.
    Derived(Step),
}

impl Origin {
    /// Whether it was made in the partnership.
    pub fn is_made_here(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Derived(_))
    }
}

/// A declared update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Of this version.
    pub from: Digest,
    /// How much changes.
    pub class: UpdateClass,
    /// What was measured of the change, a blob.
    pub change: Digest,
}

/// Where a version stands in its life. Each phase has the acts that lead out of it, and no other does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Listed or brought in.
    Collected,
    /// Made from others.
    Made,
    /// Proposed for release.
    Proposed,
    /// Released.
    Released,
    /// Out of use.
    Withdrawn,
    /// Nobody holds it any more.
    Deleted,
}

impl Phase {
    /// The phase as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Made => "made",
            Self::Proposed => "proposed for release",
            Self::Released => "released",
            Self::Withdrawn => "withdrawn",
            Self::Deleted => "deleted",
        }
    }

    /// Whether something may still be done with it.
    pub fn is_usable(self) -> bool {
        !matches!(self, Self::Withdrawn | Self::Deleted)
    }
}

/// Rows to whose use people no longer consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// When consent was withdrawn.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// The versions of its holder that have them.
    pub versions: BTreeSet<Digest>,
    /// When they were erased, and in which models they still are.
    pub erased: Option<(Timestamp, BTreeSet<Digest>)>,
}

/// The appraisal of a place's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appraisal {
    /// What was appraised and found, a blob.
    pub appraisal: Digest,
    /// When it was filed.
    pub at: Timestamp,
}

/// What a party attested of deleting what it held of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// What shows it, a blob.
    pub evidence: Digest,
    /// What remains for a time, a blob.
    pub residuals: Option<Digest>,
    /// When.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
}

/// Something that became of assets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetEffect {
    /// Nobody holds the version any more.
    Deleted(Digest),
    /// Nobody declared the version in time as what was brought in: it counts as made here.
    Foreground(Digest),
    /// Consent to the use of a slice was withdrawn; these models were made with it.
    ConsentWithdrawn {
        /// The slice.
        slice: Digest,
        /// The models.
        models: BTreeSet<Digest>,
    },
    /// A version was handed to a party.
    Handed(Digest, PartyId),
    /// A party has a licence to a version, or that has ended.
    Licensed(Digest, PartyId, bool),
}

/// Every version, and what is known of assets besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assets {
    pub(crate) versions: RedBlackTreeMapSync<Digest, Version>,
    /// What was made from a version: version, made from it.
    pub(crate) children: RedBlackTreeSetSync<(Digest, Digest)>,
    /// Versions by asset, in the order of the log.
    pub(crate) by_asset: RedBlackTreeSetSync<(AssetId, u64, Digest)>,
    /// By dataset, holder and slice.
    pub(crate) slices: RedBlackTreeMapSync<(AssetId, PartyId, Digest), Slice>,
    /// Dataset versions that have a slice to whose use nobody consents any more: version, slice.
    pub(crate) blocked: RedBlackTreeMapSync<Digest, Digest>,
    pub(crate) appraisals: RedBlackTreeMapSync<(PartyId, PlaceId), Appraisal>,
    /// The version of each model that was released last.
    pub(crate) released: RedBlackTreeMapSync<AssetId, Digest>,
    /// Datasets on which a run has given a result.
    pub(crate) piloted: RedBlackTreeSetSync<AssetId>,
    /// What each party attested last of deleting what it held of an asset.
    pub(crate) attested: RedBlackTreeMapSync<(AssetId, PartyId), Attested>,
    /// By the index of the entry that granted it.
    pub(crate) licences: RedBlackTreeMapSync<u64, Granted>,
    /// Those in force, by version and who has it.
    pub(crate) licensed: RedBlackTreeSetSync<(Digest, PartyId, u64)>,
    /// Which `ip` clause speaks of an asset.
    pub(crate) ip: Shared<BTreeMap<AssetId, ClauseRef>>,
    /// Since when modules with such clauses are in force, in whatever text.
    pub(crate) ip_since: Shared<BTreeMap<ModuleId, Timestamp>>,
    /// Whether somebody may declare updates: then an update that nobody declared is refused.
    pub(crate) updates_declared: bool,
}

impl State {
    /// A version, by its digest.
    pub fn version(&self, digest: &Digest) -> Option<&Version> {
        self.assets.versions.get(digest)
    }

    /// Every version, in the order of digests.
    pub fn versions(&self) -> impl Iterator<Item = (&Digest, &Version)> {
        self.assets.versions.iter()
    }

    /// Who owns a version, in which parts.
    pub fn owners_of(&self, digest: &Digest) -> Option<&Shares> {
        self.version(digest).map(|version| &version.owners)
    }

    /// The appraisal of a party's place that was filed last.
    pub fn appraisal(&self, party: &PartyId, place: &PlaceId) -> Option<&Appraisal> {
        self.assets.appraisals.get(&(party.clone(), place.clone()))
    }

    /// Slices to whose use nobody consents any more, by dataset, holder and commitment.
    pub fn slices(&self) -> impl Iterator<Item = (&(AssetId, PartyId, Digest), &Slice)> {
        self.assets.slices.iter()
    }

    /// What a party attested last of deleting what it held of an asset.
    pub fn deletion_attested(&self, asset: &AssetId, party: &PartyId) -> Option<&Attested> {
        self.assets.attested.get(&(asset.clone(), party.clone()))
    }

    /// Whether a party has a copy of some version of an asset, as far as was said.
    pub fn holds_any(&self, asset: &AssetId, party: &PartyId) -> bool {
        self.versions_of(asset).any(|(_, version)| version.holders.contains_key(party))
    }

    /// The versions of an asset, in the order of the log.
    pub fn versions_of<'a>(
        &'a self,
        asset: &'a AssetId,
    ) -> impl Iterator<Item = (&'a Digest, &'a Version)> {
        let first = (asset.clone(), 0, Digest([0; 32]));
        let own = self.assets.by_asset.range(first..).take_while(move |(of, ..)| of == asset);
        own.filter_map(|(_, _, digest)| Some((digest, self.version(digest)?)))
    }

    /// The version of a model that was released last.
    pub fn released(&self, model: &AssetId) -> Option<&Digest> {
        self.assets.released.get(model)
    }

    /// Where a version stands.
    pub fn phase(&self, digest: &Digest) -> Option<Phase> {
        let version = self.version(digest)?;
        let withdrawn = || {
            let mut listed = version.by.iter().filter_map(|party| {
                self.datasets.get(&(version.asset.clone(), party.clone(), *digest))
            });
            let first = listed.next();
            first.is_some_and(|dataset| dataset.withdrawn.is_some())
                && listed.all(|dataset| dataset.withdrawn.is_some())
        };
        let model = || self.models.get(digest).map(|model| model.status);
        Some(if version.holders.is_empty() {
            Phase::Deleted
        } else if withdrawn() {
            Phase::Withdrawn
        } else {
            match model() {
                Some(ModelStatus::Proposed) => Phase::Proposed,
                Some(ModelStatus::Released) => Phase::Released,
                _ if version.origin.is_made_here() => Phase::Made,
                _ => Phase::Collected,
            }
        })
    }

    /// How far a model is an update: what nobody declared is a major one.
    pub fn update_class(&self, model: &Digest) -> UpdateClass {
        let update = self.version(model).and_then(|version| version.update.as_ref());
        update.map_or(UpdateClass::Major, |update| update.class)
    }
}
