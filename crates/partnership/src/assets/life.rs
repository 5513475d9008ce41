//! What becomes of versions.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{AssetKind, Ground, Label, licence};
use concordat_terms::{AssetId, BodyId, Digest, PartyId, PlaceId, PurposeId, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use super::acts::*;
use super::{Appraisal, AssetEffect, Attested, Licence, Origin, Slice, Update, Version};
use crate::accounts::Posting;
use crate::act::{AssetImport, DatasetRegister, RunClose};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// What acts about assets change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Derived {
        party: PartyId,
        derive: Box<AssetDerive>,
    },
    Labelled {
        version: Digest,
        label: Label,
        by: Option<BodyId>,
    },
    Background {
        party: PartyId,
        declare: AssetDeclareBackground,
    },
    Handed {
        from: PartyId,
        transfer: AssetTransfer,
    },
    Licensed {
        from: PartyId,
        transfer: Box<AssetTransfer>,
        #[serde(skip)]
        licence: Box<Licence>,
        #[serde(skip_serializing_if = "Option::is_none")]
        under: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fee: Option<Posting>,
    },
    ConsentWithdrawn {
        party: PartyId,
        withdraw: ConsentWithdraw,
    },
    Deleted {
        party: PartyId,
        deletion: DeletionAttest,
    },
    Erased {
        party: PartyId,
        erasure: ErasureRecord,
    },
    Code {
        party: PartyId,
        code: CodeRegister,
    },
    Appraised {
        party: PartyId,
        appraised: PlaceAttest,
    },
    Updated(UpdateDeclare),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Asset(change)
    }
}

/// What of assets waits for its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alarmed {
    /// The last day on which a version can be declared as background is over.
    Background(Digest),
    /// The time of a licence that this entry granted is over.
    Licence(u64),
}

/// A version that comes into the catalogue.
struct Born {
    digest: Digest,
    asset: AssetId,
    origin: Origin,
    by: BTreeSet<PartyId>,
    /// What it was made from, with weights.
    parents: BTreeMap<Digest, u64>,
    /// What it may be used for; all that is left, if this is empty.
    purposes: BTreeSet<PurposeId>,
    licence: Option<String>,
    place: Option<PlaceId>,
}

impl State {
    pub(crate) fn change_asset(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Derived { party, derive } => {
                let parents = Self::weights(&derive);
                let AssetDerive { asset, version, step, place, purposes, licence, .. } = *derive;
                let (origin, by) = (Origin::Derived(step), [party].into());
                let digest = version;
                self.bear(
                    Born { digest, asset, origin, by, parents, purposes, licence, place },
                    now,
                );
            }
            Change::Labelled { version, label, by } => self.relabel(&version, label, by),
            Change::Background { party, declare } => self.declare(&party, declare, now),
            Change::Handed { from, transfer } => self.hand(&from, transfer, &mut effects),
            Change::Licensed { from, transfer, licence, under, fee } => {
                self.license((from, &transfer), *licence, under, now, &mut effects);
                if let Some(fee) = fee {
                    self.post(fee, now, &mut effects);
                }
            }
            Change::ConsentWithdrawn { party, withdraw } => {
                let ConsentWithdraw { asset, slice, versions } = withdraw;
                let models = self.made_with(&versions);
                for version in self.rows_made_with(&versions) {
                    self.assets.blocked.insert_mut(version, slice);
                }
                let key = (asset, party, slice);
                let index = self.index;
                let withdrawn = Slice { at: now, index, versions, erased: None };
                self.assets.slices.insert_mut(key, withdrawn);
                effects.push(Effect::Asset(AssetEffect::ConsentWithdrawn { slice, models }));
            }
            Change::Deleted { party, deletion } => {
                let DeletionAttest { asset, versions, residuals, evidence } = deletion;
                for digest in versions {
                    self.delete(&digest, &party, now, &mut effects);
                }
                let attested = Attested { evidence, residuals, at: now, index: self.index };
                self.assets.attested.insert_mut((asset.clone(), party.clone()), attested);
                self.deleted_in_exits(&asset, &party);
            }
            Change::Erased { party, erasure } => {
                let key = (erasure.asset, party, erasure.slice);
                if let Some(slice) = self.assets.slices.get_mut(&key) {
                    slice.erased = Some((now, erasure.residuals));
                }
            }
            Change::Code { party, code } => {
                let CodeRegister { asset, version: digest, licence, .. } = code;
                let (parents, purposes) = (BTreeMap::new(), BTreeSet::new());
                let (origin, by, place) = (Origin::Registered, [party].into(), None);
                self.bear(
                    Born { digest, asset, origin, by, parents, purposes, licence, place },
                    now,
                );
            }
            Change::Appraised { party, appraised } => {
                let appraisal = Appraisal { appraisal: appraised.appraisal, at: now };
                self.assets.appraisals.insert_mut((party, appraised.place), appraisal);
            }
            Change::Updated(UpdateDeclare { from, to, class, change }) => {
                if let Some(version) = self.assets.versions.get_mut(&to) {
                    version.update = Some(Update { from, class, change });
                }
            }
        }
        effects
    }

    /// A dataset version is listed: a new one, or one that was made from others.
    pub(crate) fn list_version(
        &mut self,
        dataset: &DatasetRegister,
        party: &PartyId,
        now: Timestamp,
    ) {
        let (digest, place) = (dataset.version, Some(dataset.place.clone()));
        if let Some(version) = self.assets.versions.get_mut(&digest) {
            version.by.insert(party.clone());
            version.holders.insert(party.clone(), place);
            return;
        }
        self.bear(
            Born {
                digest,
                asset: dataset.asset.clone(),
                origin: Origin::Listed,
                by: [party.clone()].into(),
                parents: BTreeMap::new(),
                purposes: dataset.purposes.clone(),
                licence: None,
                place,
            },
            now,
        );
    }

    /// A model from elsewhere is brought in, which may have been declared before.
    pub(crate) fn bring_in(&mut self, model: &AssetImport, party: &PartyId, now: Timestamp) {
        let digest = model.version;
        if let Some(version) = self.assets.versions.get_mut(&digest) {
            version.by.insert(party.clone());
            version.holders.entry(party.clone()).or_default();
            return;
        }
        self.bear(
            Born {
                digest,
                asset: model.asset.clone(),
                origin: Origin::Imported,
                by: [party.clone()].into(),
                parents: BTreeMap::new(),
                purposes: [model.purpose.clone()].into(),
                licence: model.licence.clone(),
                place: None,
            },
            now,
        );
    }

    /// What participants listed or declared by the digest of a run's result makes place for it.
    pub(crate) fn give_way(&mut self, digest: &Digest) {
        let Some(there) = self.assets.versions.get(digest).cloned() else { return };
        self.assets.versions.remove_mut(digest);
        self.assets.by_asset.remove_mut(&(there.asset.clone(), there.index, *digest));
        for party in &there.by {
            self.datasets.remove_mut(&(there.asset.clone(), party.clone(), *digest));
        }
        self.agenda.cancel(&Alarm::Asset(Alarmed::Background(*digest)));
    }

    /// A run has given a model, made from the versions of those who contributed.
    pub(crate) fn made_by_run(&mut self, closed: &RunClose, now: Timestamp) {
        let Some(run) = self.runs.get(&closed.run) else { return };
        let plan = run.proposed.plan.clone();
        let by: BTreeSet<PartyId> = [run.by.clone()].into();
        if !self.assets.piloted.contains(&plan.asset) {
            self.assets.piloted.insert_mut(plan.asset.clone());
        }
        let Some(asset) = plan.model else { return };
        let rows = plan.datasets.iter().filter(|(party, _)| closed.roster.contains(*party));
        let rows = rows.map(|(_, version)| *version);
        let code = self.version(&plan.code).map(|_| plan.code);
        let parents: BTreeMap<Digest, u64> =
            rows.map(|row| (row, 1)).chain(code.map(|code| (code, 0))).collect();
        let origin = Origin::Run(RunId::clone(&closed.run));
        let (digest, purposes, licence) = (closed.model, BTreeSet::new(), None);
        let place = None;
        self.bear(Born { digest, asset, origin, by, parents, purposes, licence, place }, now);
        // Who contributed has the model that was summed.
        if let Some(version) = self.assets.versions.get_mut(&digest) {
            let each = closed.roster.iter().map(|party| (party.clone(), None));
            version.holders.extend(each);
        }
    }

    /// A model is the one that is released.
    pub(crate) fn stands_released(&mut self, model: Digest) {
        if let Some(asset) = self.models.get(&model).map(|model| model.asset.clone()) {
            self.assets.released.insert_mut(asset, model);
        }
    }

    fn bear(&mut self, born: Born, now: Timestamp) {
        let Born { digest, asset, origin, by, parents, purposes, licence, place } = born;
        let Some(clause) = self.agreement.asset(&asset).map(|cited| cited.terms) else { return };
        let ground = self.ground_at_birth(&asset, &origin);
        let owners = self.owners_at_birth(&asset, ground, &by, &parents);
        let mut version = Version {
            label: clause.label,
            lowered_by: None,
            purposes: clause.purposes.iter().cloned().collect(),
            licence: licence.or_else(|| clause.licence.clone()),
            bound_by: BTreeSet::new(),
            sources: [asset.clone()].into(),
            guarded_by: [asset.clone()].into(),
            holders: by.iter().map(|party| (party.clone(), place.clone())).collect(),
            update: None,
            parents: parents.keys().copied().collect(),
            index: self.index,
            at: now,
            asset,
            origin,
            by,
            ground,
            owners,
        };
        version.bound_by.extend(version.licence.clone().filter(|text| licence::binds(text)));
        for parent in parents.keys() {
            let Some(from) = self.assets.versions.get(parent) else { continue };
            version.sources.extend(from.sources.iter().cloned());
            version.bound_by.extend(from.bound_by.iter().cloned());
            let code = self.agreement.asset(&from.asset);
            let code = code.is_some_and(|cited| cited.terms.kind == AssetKind::Code);
            if !code {
                version.purposes.retain(|purpose| from.purposes.contains(purpose));
            }
            // Sums under a privacy account are what all signed may be shown as their clause says.
            if !matches!(version.origin, Origin::Run(_)) {
                version.label = version.label.max(from.label);
                version.guarded_by.extend(from.guarded_by.iter().cloned());
            }
            self.assets.children.insert_mut((*parent, digest));
        }
        if !purposes.is_empty() {
            version.purposes.retain(|purpose| purposes.contains(purpose));
        }
        self.assets.by_asset.insert_mut((version.asset.clone(), self.index, digest));
        self.await_declaration(&digest, &version);
        self.bring_back(&digest);
        self.assets.versions.insert_mut(digest, version);
    }

    /// Sets the last moment at which a version can be declared as background, if it can.
    fn await_declaration(&mut self, digest: &Digest, version: &Version) {
        let alarm = Alarm::Asset(Alarmed::Background(*digest));
        match self.declare_by(version).filter(|_| version.ground.is_none()) {
            Some(at) => self.agenda.set(alarm, at),
            None => self.agenda.cancel(&alarm),
        }
    }

    /// Something of assets has waited for this moment.
    pub(crate) fn ring_asset(&mut self, what: &Alarmed, effects: &mut Vec<Effect>) {
        let digest = match what {
            Alarmed::Background(digest) => digest,
            Alarmed::Licence(index) => return self.ring_licence(*index, effects),
        };
        let Some(version) = self.assets.versions.get(digest).cloned() else { return };
        if version.ground.is_some() {
            return;
        }
        let made = Some(Ground::Foreground);
        let owners = self.owners_at_birth(&version.asset, made, &version.by, &BTreeMap::new());
        self.assets.versions.insert_mut(*digest, Version { ground: made, owners, ..version });
        effects.push(Effect::Asset(AssetEffect::Foreground(*digest)));
    }

    /// Puts what waits under the agreement as it is now.
    pub(crate) fn resettle_assets(&mut self, now: Timestamp) {
        self.list_ips(now);
        self.assets.updates_declared = self.lets_declare_updates();
        let undeclared =
            self.assets.versions.iter().filter(|(_, version)| version.ground.is_none());
        let undeclared: Vec<(Digest, Version)> =
            undeclared.map(|(digest, version)| (*digest, version.clone())).collect();
        for (digest, mut version) in undeclared {
            version.ground = self.ground_at_birth(&version.asset, &version.origin);
            self.await_declaration(&digest, &version);
            self.assets.versions.insert_mut(digest, version);
        }
    }

    fn declare(&mut self, party: &PartyId, declare: AssetDeclareBackground, now: Timestamp) {
        let AssetDeclareBackground { asset, version: digest, .. } = declare;
        if let Some(version) = self.assets.versions.get_mut(&digest) {
            version.ground = Some(Ground::Background);
            self.agenda.cancel(&Alarm::Asset(Alarmed::Background(digest)));
            return;
        }
        let (parents, purposes, licence) = (BTreeMap::new(), BTreeSet::new(), None);
        let (origin, by, place) = (Origin::Declared, [party.clone()].into(), None);
        self.bear(Born { digest, asset, origin, by, parents, purposes, licence, place }, now);
    }

    /// A label that rises goes on to what was made from the version, but for what a run gave and
    /// what a body labelled.
    fn relabel(&mut self, digest: &Digest, label: Label, by: Option<BodyId>) {
        let Some(version) = self.assets.versions.get_mut(digest) else { return };
        let lower = label < version.label;
        version.label = label;
        if lower {
            version.guarded_by = [version.asset.clone()].into();
            version.lowered_by = by;
            return;
        }
        let mut next: Vec<Digest> = self.children_of(digest).collect();
        while let Some(child) = next.pop() {
            let Some(version) = self.assets.versions.get_mut(&child) else { continue };
            let kept = version.lowered_by.is_some() || matches!(version.origin, Origin::Run(_));
            if !kept && version.label < label {
                version.label = label;
                next.extend(self.children_of(&child).collect::<Vec<_>>());
            }
        }
    }

    fn hand(&mut self, from: &PartyId, transfer: AssetTransfer, effects: &mut Vec<Effect>) {
        let AssetTransfer { version: digest, to, what, place, .. } = transfer;
        let Some(version) = self.assets.versions.get_mut(&digest) else { return };
        match what {
            Handed::Copy => {
                version.holders.insert(to.clone(), place);
                effects.push(Effect::Asset(AssetEffect::Handed(digest, to)));
            }
            Handed::Share(share) => version.owners.hand(from, &to, share),
            Handed::Licence(_) => {}
        }
    }

    fn delete(
        &mut self,
        digest: &Digest,
        party: &PartyId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(version) = self.assets.versions.get_mut(digest) else { return };
        version.holders.remove(party);
        let nobody = version.holders.is_empty();
        let key = (version.asset.clone(), party.clone(), *digest);
        if let Some(dataset) = self.datasets.get_mut(&key) {
            dataset.withdrawn.get_or_insert(now);
        }
        if nobody {
            effects.push(Effect::Asset(AssetEffect::Deleted(*digest)));
        }
    }

    /// What was made from a version, in one step.
    pub(super) fn children_of(&self, digest: &Digest) -> impl Iterator<Item = Digest> {
        let (first, last) = ((*digest, Digest([0; 32])), (*digest, Digest([0xff; 32])));
        self.assets.children.range(first..=last).map(|(_, child)| *child)
    }

    /// Some versions and all that was made from them, in whatever many steps.
    pub(super) fn descent(&self, of: &BTreeSet<Digest>) -> BTreeSet<Digest> {
        let mut found = of.clone();
        let mut next: Vec<Digest> = of.iter().copied().collect();
        while let Some(digest) = next.pop() {
            next.extend(self.children_of(&digest).filter(|child| found.insert(*child)));
        }
        found
    }

    /// The models that were made with some versions.
    pub fn made_with(&self, versions: &BTreeSet<Digest>) -> BTreeSet<Digest> {
        let all = self.descent(versions).into_iter();
        all.filter(|digest| self.models.contains_key(digest)).collect()
    }

    /// Some dataset versions, and those that were made with them.
    fn rows_made_with(&self, versions: &BTreeSet<Digest>) -> Vec<Digest> {
        let rows = |digest: &Digest| {
            let asset = self.version(digest).map(|version| &version.asset);
            let clause = asset.and_then(|asset| self.agreement.asset(asset));
            clause.is_some_and(|clause| clause.terms.kind == AssetKind::Dataset)
        };
        self.descent(versions).into_iter().filter(rows).collect()
    }

    /// What a party holds, owns and brought is who follows it has from then on.
    pub(crate) fn hand_over_assets(&mut self, old: &PartyId, new: &PartyId) {
        let concerned = |version: &Version| {
            version.by.contains(old)
                || version.holders.contains_key(old)
                || version.owners.iter().any(|(party, _)| party == old)
        };
        let own = self.assets.versions.iter().filter(|(_, version)| concerned(version));
        let own: Vec<(Digest, Version)> = own.map(|(d, v)| (*d, v.clone())).collect();
        for (digest, mut version) in own {
            if version.by.remove(old) {
                version.by.insert(new.clone());
            }
            if let Some(place) = version.holders.remove(old) {
                version.holders.entry(new.clone()).or_insert(place);
            }
            version.owners.follow(old, new);
            self.assets.versions.insert_mut(digest, version);
        }
        let slices = self.assets.slices.iter().filter(|((_, party, _), _)| party == old);
        let slices: Vec<_> = slices.map(|(key, slice)| (key.clone(), slice.clone())).collect();
        for (key, slice) in slices {
            self.assets.slices.remove_mut(&key);
            let (asset, _, commitment) = key;
            self.assets.slices.insert_mut((asset, new.clone(), commitment), slice);
        }
        let licences = self.assets.licences.iter().filter(|(_, granted)| granted.to == *old);
        for (index, mut granted) in
            licences.map(|(index, own)| (*index, own.clone())).collect::<Vec<_>>()
        {
            if self.assets.licensed.remove_mut(&(granted.version, old.clone(), index)) {
                self.assets.licensed.insert_mut((granted.version, new.clone(), index));
            }
            granted.to = new.clone();
            self.assets.licences.insert_mut(index, granted);
        }
    }
}
