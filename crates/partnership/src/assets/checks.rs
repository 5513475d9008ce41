//! What stands in the way of doing something with versions: their phase, what guards them, borders,
//! licences, consent.

use std::collections::BTreeSet;

use concordat_agreement::{Asset, AssetKind, Cited, Label, Profile, licence};
use concordat_terms::{AssetId, Digest, PartyId, PlaceId};

use super::{AssetRefusal as No, Origin, Version};
use crate::act::{DatasetRegister, PlaceRegister};
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Run, State};

impl State {
    /// A version, refusing one that is not there.
    pub(super) fn known(&self, digest: &Digest, out: &mut Vec<Refusal>) -> Option<&Version> {
        let version = self.version(digest);
        if version.is_none() {
            out.push(No::UnknownVersion { version: *digest }.into());
        }
        version
    }

    /// A version that may still be used, refusing others.
    pub(super) fn usable(&self, digest: &Digest, out: &mut Vec<Refusal>) -> Option<&Version> {
        let version = self.known(digest, out)?;
        if let Some(phase) = self.phase(digest).filter(|phase| !phase.is_usable()) {
            let (version, is) = (*digest, phase.as_str());
            out.push(No::Phase { version, is, needs: "in use" }.into());
        }
        self.check_consent_to(digest, out);
        Some(version)
    }

    /// Refuses a version with rows to whose use nobody consents any more.
    pub(crate) fn check_consent_to(&self, version: &Digest, out: &mut Vec<Refusal>) {
        if let Some(slice) = self.assets.blocked.get(version) {
            out.push(No::ConsentWithdrawn { version: *version, slice: *slice }.into());
        }
    }

    /// Refuses a name that was given to another version.
    pub(crate) fn is_new(&self, digest: &Digest, out: &mut Vec<Refusal>) {
        if self.assets.versions.get(digest).is_some() {
            out.push(Refusal::NameTaken { name: digest.to_string() });
        }
    }

    /// Refuses a run's result by the name of a version that was there before the run, or that was made or
    /// brought in. What participants listed or declared since gives way: every participant knows the digest
    /// before it is logged, and none of them alone keeps the others from closing the run. What anybody else
    /// has a part in stays: participants who sign whatever they like take no rows from others.
    pub(crate) fn check_result_is_new(&self, digest: &Digest, run: &Run, out: &mut Vec<Refusal>) {
        let Some(there) = self.version(digest) else { return };
        let said = matches!(there.origin, Origin::Listed | Origin::Declared);
        let since = run.opened.is_some_and(|opened| there.index >= opened);
        if !said || !since || !there.by.is_subset(&run.joined) {
            out.push(Refusal::NameTaken { name: digest.to_string() });
        }
    }

    pub(super) fn check_licence(text: Option<&String>, out: &mut Vec<Refusal>) {
        if let Some(text) = text.filter(|text| licence::read(text).is_err()) {
            let licence = text.chars().take(200).collect();
            out.push(No::BadLicence { licence }.into());
        }
    }

    /// Whether a version that is there is one's own to list or to bring in: who acts holds it, or those who
    /// brought it sign too. Else whoever reads its digest in the log would have a part in it.
    pub(crate) fn is_ones_own(&self, version: &Version, by: &By) -> bool {
        let own = by.actor.party.iter().flat_map(|party| self.agreement.before(party));
        let signs = |party: &PartyId| {
            let last = self.agreement.last(party);
            by.parties.contains(party) || by.parties.contains(last)
        };
        own.into_iter().any(|own| version.holders.contains_key(&own))
            || version.by.iter().all(signs)
    }

    /// The clauses of some assets.
    pub(super) fn clauses_of<'a>(
        &'a self,
        assets: &'a BTreeSet<AssetId>,
    ) -> impl Iterator<Item = (&'a AssetId, Cited<'a, Asset>)> {
        assets.iter().filter_map(|asset| Some((asset, self.agreement.asset(asset)?)))
    }

    /// Whether a place is good enough for what some assets guard.
    pub(crate) fn check_place(
        &self,
        guarded: &BTreeSet<AssetId>,
        label: Label,
        party: &PartyId,
        place: Option<&PlaceId>,
        out: &mut Vec<Refusal>,
    ) {
        let key = place.map(|place| (party.clone(), place.clone()));
        let there = key.as_ref().and_then(|key| self.places.get(key));
        if let (Some(place), None) = (place, there) {
            let (place, party) = (place.clone(), party.clone());
            out.push(Refusal::UnknownPlace { place, party });
            return;
        }
        let appraised = key.as_ref().and_then(|key| self.assets.appraisals.get(key));
        for (asset, Cited { clause, terms }) in self.clauses_of(guarded) {
            let asset = asset.clone();
            let guard = terms.guard.as_ref();
            if let Some(PlaceRegister { place, class: 0, .. }) = there
                && label != Label::Public
                && !guard.is_some_and(|guard| guard.interim)
            {
                let (place, asset, clause) = (place.clone(), asset.clone(), clause.clone());
                out.push(No::InterimPlace { asset, place, clause }.into());
            }
            let Some(guard) = guard else { continue };
            let is = there.map(|place| place.class);
            if let Some(class) =
                guard.class.filter(|class| is.is_none_or(|is| u32::from(is) < *class))
            {
                let (asset, clause) = (asset.clone(), clause.clone());
                out.push(No::PlaceTooOpen { asset, class, is, clause }.into());
            }
            let recent = |age| {
                let now = self.time;
                appraised.is_some_and(|last| now.is_none_or(|now| now < last.at.plus(age)))
            };
            if guard.attested.is_some_and(|age| !recent(age)) {
                out.push(No::AppraisalTooOld { asset, place: place.cloned(), clause }.into());
            }
        }
    }

    /// Whether something is well enough protected on its way.
    pub(super) fn check_way(
        &self,
        guarded: &BTreeSet<AssetId>,
        profile: Option<Profile>,
        out: &mut Vec<Refusal>,
    ) {
        for (asset, Cited { clause, terms }) in self.clauses_of(guarded) {
            let Some(guard) = &terms.guard else { continue };
            let asset = asset.clone();
            if guard.stays {
                out.push(No::Stays { asset, clause }.into());
            } else if let Some(needs) = guard.profile.filter(|needs| profile < Some(*needs)) {
                out.push(No::ProfileTooWeak { asset, needs: needs.as_str(), clause }.into());
            }
        }
    }

    /// Whether passing a version on keeps to the licences of what it was made from.
    pub(crate) fn check_passed_on(&self, digest: &Digest, out: &mut Vec<Refusal>) {
        let Some(version) = self.version(digest) else { return };
        let under = version.licence.as_deref();
        for bound in version.bound_by.iter().filter(|bound| !licence::kept(bound, under)) {
            let (version, licence) = (*digest, bound.clone());
            let under = under.unwrap_or("no licence that says so").to_owned();
            out.push(No::Copyleft { version, licence, under }.into());
        }
    }

    /// A catalogue entry without schema or standard is not shared; a label every clause has.
    pub(crate) fn check_shareable(&self, asset: &AssetId, out: &mut Vec<Refusal>) {
        let Some(Cited { clause, terms }) = self.agreement.asset(asset) else { return };
        if let Some(missing) = missing(terms) {
            let refusal = No::NotShareable { asset: asset.clone(), missing, clause }.into();
            if !out.contains(&refusal) {
                out.push(refusal);
            }
        }
    }

    /// What comes first on data that are public, or less confidential, has happened.
    pub(crate) fn check_pilot(&self, asset: &AssetId, out: &mut Vec<Refusal>) {
        let Some(Cited { clause, terms }) = self.agreement.asset(asset) else { return };
        let pilot = terms.pilot.as_ref().filter(|first| !self.assets.piloted.contains(*first));
        if let Some(first) = pilot {
            let (asset, first) = (asset.clone(), first.clone());
            out.push(No::PilotFirst { asset, first, clause }.into());
        }
    }

    /// A new version of a dataset leaves out the rows to whose use nobody consents any more, and is
    /// of the asset and for the purposes that it was made for.
    pub(crate) fn check_listed(&self, act: &DatasetRegister, by: &By, out: &mut Vec<Refusal>) {
        let Some(party) = &by.actor.party else { return };
        let first = (act.asset.clone(), party.clone(), Digest([0; 32]));
        let own = self.assets.slices.range(first..);
        let own = own.take_while(|((asset, by, _), _)| *asset == act.asset && by == party);
        // What is kept as evidence cannot be erased; it is for its holder to leave it out.
        let own = own.filter(|(_, slice)| slice.erased.is_none() && !self.is_held(&act.asset));
        for ((asset, _, slice), _) in own {
            let (asset, slice) = (asset.clone(), *slice);
            out.push(No::SliceNotErased { asset, slice }.into());
        }
        self.check_consent_to(&act.version, out);
        let Some(version) = self.version(&act.version) else { return };
        if version.asset != act.asset || !self.is_ones_own(version, by) {
            out.push(Refusal::NameTaken { name: act.version.to_string() });
        }
        let beyond = act.purposes.iter().find(|purpose| !version.purposes.contains(*purpose));
        if let Some(purpose) = beyond.filter(|_| version.origin.is_made_here()) {
            let (version, purpose) = (act.version, purpose.clone());
            out.push(No::PurposeBeyondSources { version, purpose }.into());
        }
    }
}

/// What a dataset's catalogue entry lacks.
pub(super) fn missing(asset: &Asset) -> Option<&'static str> {
    if asset.kind != AssetKind::Dataset {
        return None;
    }
    if asset.columns.is_empty() {
        return Some("the schema (`columns`)");
    }
    asset.anonymisation.is_none().then_some("the standard (`anonymisation`)")
}
