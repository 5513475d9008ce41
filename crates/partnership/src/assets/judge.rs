//! What stands in the way of acts about assets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{AssetKind, Cited, Ground, Label, Place};
use concordat_terms::{
    ActName, AssetId, Country, Decimal, Digest, Money, PartyId, PlaceId, PurposeId,
};

use super::acts::*;
use super::{AssetRefusal as No, Change, Phase, Version, checks, shares};
use crate::act::{AssetImport, DatasetRegister, Plan};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing, Hears};
use crate::duties::DutyRefusal;
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::{Dataset, Model, ModelStatus, State};
use crate::verdict::Actor;

impl Deed for AssetDerive {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, state: &'a State, actor: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
        for source in &self.from {
            state.add_version(matter, source);
        }
        matter.ask.purposes.extend(&self.purposes);
        state.add_place_of(matter, actor.party.as_ref(), self.place.as_ref());
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        let clause = state.declared(&self.asset, out)?;
        state.is_new(&self.version, out);
        if self.from.is_empty() {
            out.push(No::MadeFromNothing { version: self.version }.into());
        }
        let sources: Vec<(&Digest, &Version)> = self
            .from
            .iter()
            .filter_map(|source| Some((source, state.usable(source, out)?)))
            .collect();
        for (source, _) in sources.iter().filter(|(_, from)| !from.holders.contains_key(&party)) {
            let (version, party) = (**source, party.clone());
            out.push(No::NotTheHolder { version, party }.into());
        }
        let from: Vec<&Version> = sources.iter().map(|(_, version)| *version).collect();
        self.check_purposes(&clause.terms.purposes, &from, out);
        self.check_contributions(out);
        for version in &from {
            state.check_shareable(&version.asset, out);
            state.check_pilot(&version.asset, out);
        }
        self.check_figures(state, clause.terms.kind, &from, out);
        self.check_custodian(hearing, &party, out);
        let mut guarded: BTreeSet<AssetId> =
            from.iter().flat_map(|version| version.guarded_by.iter().cloned()).collect();
        guarded.insert(self.asset.clone());
        let label = from.iter().map(|version| version.label).max();
        let label = label.map_or(clause.terms.label, |label| label.max(clause.terms.label));
        state.check_place(&guarded, label, &party, self.place.as_ref(), out);
        State::check_licence(self.licence.as_ref(), out);
        Some(Change::Derived { party, derive: Box::new(self.clone()) }.into())
    }
}

impl AssetDerive {
    /// What the sources have in common, or a part of that.
    fn check_purposes(&self, own: &[PurposeId], from: &[&Version], out: &mut Vec<Refusal>) {
        let common = |purpose: &&PurposeId| {
            own.contains(*purpose) && from.iter().all(|source| source.purposes.contains(*purpose))
        };
        if let Some(beyond) = self.purposes.iter().find(|purpose| !common(purpose)) {
            let (version, purpose) = (self.version, beyond.clone());
            out.push(No::PurposeBeyondSources { version, purpose }.into());
        } else if !own.iter().any(|purpose| common(&purpose)) {
            out.push(No::NoCommonPurpose { version: self.version }.into());
        }
    }

    fn check_contributions(&self, out: &mut Vec<Refusal>) {
        if self.contributions.is_empty() {
            return;
        }
        let named: BTreeSet<Digest> = self.contributions.keys().copied().collect();
        let one = Decimal::whole(1);
        let mut fractions = self.contributions.values();
        let sum = fractions.try_fold(Decimal::ZERO, |sum, part| {
            shares::parts(*part)?;
            sum.plus(*part)
        });
        if named != self.from || sum != one {
            out.push(No::ContributionsDoNotSum { version: self.version }.into());
        }
    }

    /// What leaves the rows of a dataset that says so is about enough persons.
    fn check_figures(
        &self,
        state: &State,
        kind: AssetKind,
        from: &[&Version],
        out: &mut Vec<Refusal>,
    ) {
        if kind == AssetKind::Dataset {
            return;
        }
        let persons = match self.step {
            Step::Aggregate { persons } => persons,
            _ => 0,
        };
        for version in from {
            let of_rows = state.agreement.asset(&version.asset);
            if of_rows.is_none_or(|asset| asset.terms.kind != AssetKind::Dataset) {
                continue;
            }
            for (asset, Cited { clause, terms }) in state.clauses_of(&version.guarded_by) {
                let least = terms.guard.as_ref().and_then(|guard| guard.least_persons);
                if let Some(least) = least.filter(|least| persons < *least) {
                    let asset = asset.clone();
                    out.push(No::TooFewPersons { asset, least, clause }.into());
                }
            }
        }
    }

    /// Whoever keeps the key of the pseudonyms is somebody else, and signs that it has it.
    fn check_custodian(&self, hearing: &Hearing<'_>, party: &PartyId, out: &mut Vec<Refusal>) {
        if self.step != Step::Pseudonymise {
            return;
        }
        let agreement = &hearing.state.agreement;
        let seat = agreement.asset(&self.asset).and_then(|asset| asset.terms.key_custodian.clone());
        let keepers = seat.as_ref().map(|seat| agreement.parties_of(seat));
        let keeps = |by: &PartyId| keepers.is_some_and(|keepers| keepers.contains(by));
        let signed = hearing.by.parties.iter().any(|by| by != party && keeps(by));
        if !signed {
            out.push(No::CustodianSilent { version: self.version, seat }.into());
        }
    }
}

impl Deed for AssetLabel {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_version(matter, &self.version);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.known(&self.version, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let version = hearing.state.usable(&self.version, out)?;
        if self.label < version.label && hearing.via.is_none() {
            let (is, to) = (version.label, self.label);
            out.push(No::WriteDown { version: self.version, is, to }.into());
        }
        let by = hearing.via.cloned();
        Some(Change::Labelled { version: self.version, label: self.label, by }.into())
    }
}

impl Deed for AssetDeclareBackground {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        let clause = state.declared(&self.asset, out)?;
        let digest = self.version;
        if let Some(version) = state.version(&digest) {
            if version.asset != self.asset {
                out.push(Refusal::NameTaken { name: digest.to_string() });
            }
            if version.origin.is_made_here() {
                out.push(No::MadeHere { version: digest }.into());
            } else if !version.by.contains(&party) {
                out.push(No::NotTheHolder { version: digest, party: party.clone() }.into());
            } else if version.ground == Some(Ground::Background) {
                out.push(No::AlreadyDeclared { version: digest }.into());
            } else if version.ground == Some(Ground::Foreground) {
                out.push(No::DeclaredLate { version: digest }.into());
            }
        } else if clause.terms.ground == Some(Ground::Foreground) {
            out.push(No::MadeHere { version: digest }.into());
        }
        Some(Change::Background { party, declare: self.clone() }.into())
    }
}

impl Deed for AssetTransfer {
    fn amount(&self) -> Option<Money> {
        match &self.what {
            Handed::Licence(licence) => licence.fee.clone(),
            Handed::Copy | Handed::Share(_) => None,
        }
    }

    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_version(matter, &self.version);
        state.add_place_of(matter, Some(&self.to), self.place.as_ref());
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.known(&self.version, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        let version = state.usable(&self.version, out)?;
        let to = &self.to;
        if state.agreement.party(to).is_none() || state.agreement.has_left(to) || *to == party {
            out.push(DutyRefusal::UnknownParty { party: to.clone() }.into());
        }
        match &self.what {
            Handed::Copy => self.check_copy(state, version, &party, out),
            Handed::Licence(licence) => {
                let (licence, transfer) = (licence.clone(), Box::new(self.clone()));
                let (under, fee) = state.judge_licence(self, &licence, version, hearing, out)?;
                return Some(
                    Change::Licensed { from: party, transfer, licence, under, fee }.into(),
                );
            }
            Handed::Share(share) => {
                let share = *share;
                if !share.is_positive()
                    || shares::parts(share).is_none()
                    || version.owners.of(&party) < share
                {
                    let (version, party) = (self.version, party.clone());
                    out.push(No::ShareTooSmall { version, party }.into());
                }
            }
        }
        Some(Change::Handed { from: party, transfer: self.clone() }.into())
    }
}

impl AssetTransfer {
    fn check_copy(
        &self,
        state: &State,
        version: &Version,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        if !version.holders.contains_key(party) {
            let (version, party) = (self.version, party.clone());
            out.push(No::NotTheHolder { version, party }.into());
        }
        state.check_clearance([&self.to], [&version.asset].into_iter(), out);
        let kind = state.agreement.asset(&version.asset).map(|asset| asset.terms.kind);
        if kind == Some(AssetKind::Dataset) && version.label != Label::Public {
            out.push(No::RowsStay { asset: version.asset.clone() }.into());
        }
        state.check_shareable(&version.asset, out);
        let place = self.place.as_ref();
        state.check_place(&version.guarded_by, version.label, &self.to, place, out);
        state.check_way(&version.guarded_by, self.profile, out);
        let place = place.and_then(|place| state.places.get(&(self.to.clone(), place.clone())));
        let there: Vec<Country> = match place {
            Some(place) => vec![place.jurisdiction.clone()],
            None => state
                .agreement
                .party(&self.to)
                .map(|party| party.terms.jurisdictions.clone())
                .unwrap_or_default(),
        };
        state.check_border(&version.sources, &self.version, party, &there, out);
        state.check_passed_on(&self.version, out);
    }
}

impl Deed for ConsentWithdraw {
    fn subject(&self) -> Option<Digest> {
        Some(self.slice)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        state.check_asset(&self.asset, AssetKind::Dataset, out);
        for version in &self.versions {
            let key = (self.asset.clone(), party.clone(), *version);
            if !state.datasets.contains_key(&key) {
                let (asset, party, version) = key;
                out.push(Refusal::UnknownDataset { asset, party, version });
            }
        }
        let key = (self.asset.clone(), party.clone(), self.slice);
        if state.assets.slices.contains_key(&key) {
            out.push(Refusal::NameTaken { name: self.slice.to_string() });
        }
        Some(Change::ConsentWithdrawn { party, withdraw: self.clone() }.into())
    }
}

impl Deed for DeletionAttest {
    fn hears(&self, _: &State, _: &Actor) -> Hears<'_> {
        // Who signs beside has deleted nothing of its own.
        Hears { alone: true, ..Hears::default() }
    }

    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        state.declared(&self.asset, out)?;
        state.check_deletion(&self.asset, &self.versions, out);
        if self.versions.is_empty() && state.holds_any(&self.asset, &party) {
            out.push(No::NothingDeleted { asset: self.asset.clone(), party: party.clone() }.into());
        }
        for digest in &self.versions {
            let Some(version) = state.known(digest, out) else { continue };
            if version.asset != self.asset || !version.holders.contains_key(&party) {
                let (version, party) = (*digest, party.clone());
                out.push(No::NotTheHolder { version, party }.into());
            }
        }
        Some(Change::Deleted { party, deletion: self.clone() }.into())
    }
}

impl Deed for ErasureRecord {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        state.check_deletion(&self.asset, &BTreeSet::new(), out);
        let key = (self.asset.clone(), party.clone(), self.slice);
        let slice = state.assets.slices.get(&key).filter(|slice| slice.erased.is_none());
        let Some(slice) = slice else {
            let (asset, slice) = (self.asset.clone(), self.slice);
            out.push(No::UnknownSlice { asset, slice }.into());
            return None;
        };
        let affected = state.made_with(&slice.versions);
        for version in self.residuals.difference(&affected) {
            out.push(No::NotAffected { version: *version, slice: self.slice }.into());
        }
        Some(Change::Erased { party, erasure: self.clone() }.into())
    }
}

impl Deed for CodeRegister {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        hearing.state.check_asset(&self.asset, AssetKind::Code, out);
        hearing.state.is_new(&self.version, out);
        State::check_licence(self.licence.as_ref(), out);
        Some(Change::Code { party, code: self.clone() }.into())
    }
}

impl Deed for PlaceAttest {
    fn subject(&self) -> Option<Digest> {
        Some(self.appraisal)
    }

    fn about<'a>(&'a self, state: &'a State, actor: &'a Actor, matter: &mut Matter<'a>) {
        state.add_place_of(matter, actor.party.as_ref(), Some(&self.place));
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        if !hearing.state.places.contains_key(&(party.clone(), self.place.clone())) {
            let (place, party) = (self.place.clone(), party.clone());
            out.push(Refusal::UnknownPlace { place, party });
        }
        Some(Change::Appraised { party, appraised: self.clone() }.into())
    }
}

impl Deed for UpdateDeclare {
    fn subject(&self) -> Option<Digest> {
        Some(self.to)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_model(matter, &self.to);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let model = state.model(&self.to, out)?;
        let released = state.assets.released.get(&model.asset).copied();
        if released != Some(self.from) {
            out.push(No::NotTheReleasedVersion { from: self.from, released }.into());
        }
        let declared = state.version(&self.to).and_then(|version| version.update.as_ref());
        if declared.is_some_and(|update| Some(update.from) == released) {
            out.push(Refusal::NameTaken { name: self.to.to_string() });
        }
        if matches!(model.status, ModelStatus::Proposed | ModelStatus::Released) {
            let is = state.phase(&self.to).unwrap_or(Phase::Released).as_str();
            out.push(No::Phase { version: self.to, is, needs: "not proposed yet" }.into());
        }
        Some(Change::Updated(self.clone()).into())
    }
}

impl State {
    fn declared(
        &self,
        asset: &AssetId,
        out: &mut Vec<Refusal>,
    ) -> Option<Cited<'_, concordat_agreement::Asset>> {
        let clause = self.agreement.asset(asset);
        if clause.is_none() {
            out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: "asset" });
        }
        clause
    }

    pub(crate) fn add_version<'a>(&'a self, matter: &mut Matter<'a>, digest: &Digest) {
        if let Some(version) = self.version(digest) {
            matter.ask.assets.insert(&version.asset);
        }
    }

    fn add_place_of<'a>(
        &'a self,
        matter: &mut Matter<'a>,
        party: Option<&PartyId>,
        place: Option<&PlaceId>,
    ) {
        let key = party.cloned().zip(place.cloned());
        let place = key.and_then(|key| self.places.get(&key));
        let there = place.map(|place| {
            let (class, jurisdiction) = (place.class, place.jurisdiction.clone());
            Place { class, jurisdiction }
        });
        matter.ask.places.extend(there);
    }

    /// Rows are listed at a place that is good enough, and cross no border unseen.
    pub(crate) fn check_place_of_rows(
        &self,
        act: &DatasetRegister,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        let Some(place) = self.places.get(&(party.clone(), act.place.clone())) else { return };
        let (guarded, sources, label) = self.guard_of(&act.asset, &act.version);
        self.check_place(&guarded, label, party, Some(&act.place), out);
        let there = [place.jurisdiction.clone()];
        self.check_border(&sources, &act.version, party, &there, out);
    }

    /// Rows are worked with where they are, as long as that place is good enough.
    pub(crate) fn check_rows_at_work(
        &self,
        plan: &Plan,
        party: &PartyId,
        dataset: &Dataset,
        out: &mut Vec<Refusal>,
    ) {
        let listed = &dataset.registered;
        let (guarded, _, label) = self.guard_of(&plan.asset, &listed.version);
        self.check_place(&guarded, label, party, Some(&listed.place), out);
    }

    pub(super) fn guard_of(
        &self,
        asset: &AssetId,
        version: &Digest,
    ) -> (Cow<'_, BTreeSet<AssetId>>, Cow<'_, BTreeSet<AssetId>>, Label) {
        if let Some(Version { guarded_by, sources, label, .. }) = self.version(version) {
            return (Cow::Borrowed(guarded_by), Cow::Borrowed(sources), *label);
        }
        let label = self.agreement.asset(asset).map_or(Label::Restricted, |a| a.terms.label);
        let own = || Cow::Owned([asset.clone()].into());
        (own(), own(), label)
    }

    pub(crate) fn check_licence_of(act: &AssetImport, out: &mut Vec<Refusal>) {
        Self::check_licence(act.licence.as_ref(), out);
    }

    /// Whether a digest that is brought in is a version of another asset, or was made here.
    pub(crate) fn is_of_another(&self, act: &AssetImport) -> bool {
        let before = self.version(&act.version);
        before.is_some_and(|version| version.asset != act.asset || version.origin.is_made_here())
    }

    /// Where updates are declared, what takes the place of a released version was.
    pub(crate) fn check_declared_update(
        &self,
        digest: &Digest,
        model: &Model,
        out: &mut Vec<Refusal>,
    ) {
        let released = self.assets.released.get(&model.asset).filter(|was| *was != digest);
        let Some(released) = released.filter(|_| self.assets.updates_declared) else { return };
        match self.version(digest).and_then(|version| version.update.as_ref()) {
            Some(update) if update.from == *released => {}
            Some(update) => {
                let (from, released) = (update.from, Some(*released));
                out.push(No::NotTheReleasedVersion { from, released }.into());
            }
            None => {
                let (model, released) = (*digest, *released);
                out.push(No::UndeclaredUpdate { model, released }.into());
            }
        }
    }

    /// Whether somebody may declare updates.
    pub(super) fn lets_declare_updates(&self) -> bool {
        self.agreement.permits(ActName::UpdateDeclare).next().is_some()
    }

    /// What each source of a version contributes, in parts.
    pub(super) fn weights(derive: &AssetDerive) -> BTreeMap<Digest, u64> {
        let part = |source: &Digest| {
            let said = derive.contributions.get(source);
            said.map_or(1, |part| shares::parts(*part).unwrap_or_default())
        };
        derive.from.iter().map(|source| (*source, part(source))).collect()
    }

    /// What a catalogue entry lacks before anything is done with its versions.
    pub(super) fn lacks_of(&self, asset: &AssetId) -> Option<&'static str> {
        checks::missing(self.agreement.asset(asset)?.terms)
    }
}
