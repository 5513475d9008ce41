//! What the catalogue shows, and from what a version was made.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{AssetKind, Label};
use concordat_terms::{AssetId, ClauseRef, Digest, PartyId, PlaceId, PurposeId, SeatId, Timestamp};
use serde::Serialize;

use super::{Origin, Phase, Shares, Version};
use crate::state::State;

/// An asset of the agreement, and every version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogueEntry {
    /// Its name.
    pub asset: AssetId,
    /// Its title, for people.
    pub title: String,
    /// The clause that declares it.
    pub clause: ClauseRef,
    /// What it is.
    pub kind: AssetKind,
    /// The seat that holds it.
    pub holder: SeatId,
    /// How confidential it is.
    pub label: Label,
    /// What it may be used for.
    pub purposes: Vec<PurposeId>,
    /// The standard of anonymisation that holds for it.
    pub anonymisation: Option<String>,
    /// What its entry lacks before anything is done with a version.
    pub lacks: Option<&'static str>,
    /// Whether it is kept as evidence.
    pub held: bool,
    /// Its versions, in the order of the log.
    pub versions: Vec<VersionView>,
}

/// A version, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionView {
    /// Its digest.
    pub version: Digest,
    /// Of which asset.
    pub asset: AssetId,
    /// Where it stands.
    pub phase: Phase,
    /// How it came here.
    pub origin: Origin,
    /// By the entry at this index.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// How confidential it is.
    pub label: Label,
    /// What it may be used for.
    pub purposes: BTreeSet<PurposeId>,
    /// Who owns it, in which parts.
    pub owners: Shares,
    /// Who holds it, and where, as far as that was said.
    pub holders: BTreeMap<PartyId, Option<PlaceId>>,
    /// Its licence.
    pub licence: Option<String>,
    /// Licences of what it was made from that ask for the same of it.
    pub bound_by: BTreeSet<String>,
    /// What it was made from.
    pub parents: BTreeSet<Digest>,
    /// A slice of it to whose use nobody consents any more.
    pub withdrawn_slice: Option<Digest>,
}

/// A version and everything that it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// The version.
    pub of: Digest,
    /// It and all that it was made from, each once, in the order of the log backwards.
    pub versions: Vec<VersionView>,
    /// What was made from it, in whatever many steps.
    pub descendants: BTreeSet<Digest>,
}

impl State {
    /// Every asset of the agreement in force with its versions.
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        let entries = self.agreement.assets().filter_map(|cited| {
            let asset: AssetId = cited.id()?;
            let terms = cited.terms;
            let own = self.versions_of(&asset);
            let versions = own.filter_map(|(digest, _)| self.shown(digest)).collect();
            Some(CatalogueEntry {
                title: terms.asset.clone(),
                clause: cited.clause,
                kind: terms.kind,
                holder: terms.holder.clone(),
                label: terms.label,
                purposes: terms.purposes.clone(),
                anonymisation: terms.anonymisation.clone(),
                lacks: self.lacks_of(&asset),
                held: self.is_held(&asset),
                versions,
                asset,
            })
        });
        entries.collect()
    }

    /// A version, and everything that it was made from and that was made from it.
    pub fn lineage(&self, of: &Digest) -> Option<Lineage> {
        self.version(of)?;
        let mut seen: BTreeSet<Digest> = [*of].into();
        let (mut next, mut versions) = (vec![*of], Vec::new());
        while let Some(digest) = next.pop() {
            let Some(shown) = self.shown(&digest) else { continue };
            next.extend(shown.parents.iter().filter(|parent| seen.insert(**parent)));
            versions.push(shown);
        }
        versions.sort_by_key(|version| (std::cmp::Reverse(version.index), version.version));
        let mut descendants = self.descent(&[*of].into());
        descendants.remove(of);
        Some(Lineage { of: *of, versions, descendants })
    }

    fn shown(&self, digest: &Digest) -> Option<VersionView> {
        let version: &Version = self.version(digest)?;
        Some(VersionView {
            version: *digest,
            asset: version.asset.clone(),
            phase: self.phase(digest)?,
            origin: version.origin.clone(),
            index: version.index,
            at: version.at,
            label: version.label,
            purposes: version.purposes.clone(),
            owners: version.owners.clone(),
            holders: version.holders.clone(),
            licence: version.licence.clone(),
            bound_by: version.bound_by.clone(),
            parents: version.parents.clone(),
            withdrawn_slice: self.assets.blocked.get(digest).copied(),
        })
    }
}
