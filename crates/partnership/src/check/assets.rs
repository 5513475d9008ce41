//! What a step leaves out of versions: what they were made from, handed on, updated, deleted.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{AssetKind, Label, Profile, UpdateClass};
use concordat_terms::{Amount, AssetId, Digest, PartyId, Timestamp};

use crate::act::{
    Act, AssetDeclareBackground, AssetDerive, AssetLabel, AssetTransfer, CodeRegister,
    ConsentWithdraw, DeletionAttest, ErasureGround, ErasureRecord, Handed, Licence, PersonErase,
    PlaceAttest, Step, UpdateDeclare,
};

use super::fill::{Fill, Unfilled, id};
use super::work::model;
use super::world::stand_in;

impl Fill<'_> {
    /// The version that a step means by a name: of a model, of what was made or declared, or of the
    /// acting party's rows; of the model named last, without a name.
    pub(super) fn version_named(&self, name: Option<&str>) -> Digest {
        let last = || self.world.named.model.as_deref().unwrap_or("run");
        let name = name.unwrap_or_else(last);
        let known = |digest: &Digest| self.world.state.version(digest).is_some();
        let mut names = vec![model(name), stand_in(&["version", name]), stand_in(&["code", name])];
        names.extend(
            super::fill::datasets(self.agreement())
                .filter_map(|asset| asset.id::<AssetId>())
                .map(|asset| stand_in(&["dataset", self.party.as_str(), asset.as_str(), name])),
        );
        names.iter().copied().find(known).unwrap_or_else(|| model(name))
    }

    fn first_name(&self) -> Option<&str> {
        self.deed.names.first().map(String::as_str)
    }

    /// The asset that the step names, or the first of a kind.
    fn asset_of(&self, fits: impl Fn(AssetKind) -> bool) -> Result<AssetId, Unfilled> {
        let first = || {
            let mut all = self.agreement().assets();
            all.find(|asset| fits(asset.terms.kind))?.id()
        };
        self.deed.on.first().cloned().or_else(first).ok_or_else(|| {
            Unfilled::new("which asset is meant is missing", "say it, like `on findings`")
        })
    }

    /// Made from the version that the step names, or from the party's last rows.
    pub(super) fn derive(&self) -> Result<AssetDerive, Unfilled> {
        let asset = self.asset_of(|_| true)?;
        let rows = || {
            let held =
                self.world.named.versions.iter().filter(|((party, _), _)| party == self.party);
            held.map(|(_, (version, _))| *version).next()
        };
        let from = match self.deed.word("from") {
            Some(name) => Some(self.version_named(Some(name))),
            None => rows(),
        };
        let step = match self.deed.word("step") {
            Some("combine") => Step::Combine,
            Some("pseudonymise") => Step::Pseudonymise,
            Some("aggregate") => {
                Step::Aggregate { persons: self.deed.count("persons").unwrap_or(100) }
            }
            Some("synthesise") => Step::Synthesise,
            _ => Step::Transform,
        };
        let place = self.world.named.places.get(self.party).cloned();
        let name = self.first_name().unwrap_or("version");
        Ok(AssetDerive {
            asset,
            version: stand_in(&["version", name]),
            from: from.into_iter().collect(),
            step,
            place,
            purposes: self.deed.purposes.iter().cloned().collect(),
            contributions: BTreeMap::new(),
            licence: None,
        })
    }

    pub(super) fn label(&self) -> Result<AssetLabel, Unfilled> {
        let label = match self.deed.word("label") {
            Some("public") => Label::Public,
            Some("internal") => Label::Internal,
            _ => Label::Restricted,
        };
        let version = self.version_named(self.first_name());
        Ok(AssetLabel { version, label, reasons: stand_in(&["reasons"]) })
    }

    pub(super) fn background(&self) -> Result<AssetDeclareBackground, Unfilled> {
        let asset = self.asset_of(|kind| kind == AssetKind::Model)?;
        let known = self.first_name().map(|name| self.version_named(Some(name)));
        let known = known.filter(|digest| self.world.state.version(digest).is_some());
        let name = self.first_name().unwrap_or("version");
        let version = known.unwrap_or_else(|| stand_in(&["version", name]));
        Ok(AssetDeclareBackground { asset, version, terms: stand_in(&["terms"]) })
    }

    /// To the party that the step names: a copy, or the share that it names.
    pub(super) fn transfer(&self) -> Result<AssetTransfer, Unfilled> {
        let Some(to) = self.name::<PartyId>("to") else {
            let hint = "write `with to PARTY`";
            return Err(Unfilled::new("to whom it is handed over is missing", hint));
        };
        let what = match self.deed.day("until") {
            Some(until) => Handed::Licence(Box::new(self.licence(until.start()))),
            None => self.deed.decimal("share").map_or(Handed::Copy, Handed::Share),
        };
        let profile = match self.deed.word("profile") {
            Some("tls-1.2") => Some(Profile::Tls12),
            Some("tls-1.3") => Some(Profile::Tls13),
            Some(_) => Some(Profile::Sealed),
            None => None,
        };
        let place = self.world.named.places.get(&to).cloned();
        let place = place.filter(|_| what == Handed::Copy);
        let version = self.version_named(self.first_name());
        let terms = stand_in(&["terms"]);
        Ok(AssetTransfer { version, to, what, terms, place, profile })
    }

    fn licence(&self, until: Timestamp) -> Licence {
        let fee = self.deed.decimal("fee").and_then(|fee| {
            Amount::in_unit(self.deed.word("currency").unwrap_or("EUR"), fee).money()
        });
        Licence {
            field: self.name("field").into_iter().collect(),
            territory: self.name("country").into_iter().collect(),
            until,
            royalty: self.deed.decimal("royalty"),
            fee,
            sublicense: self.deed.word("sublicense").is_some(),
        }
    }

    fn slice(&self) -> Digest {
        stand_in(&["slice", self.first_name().unwrap_or("slice")])
    }

    pub(super) fn withdraw_consent(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let versions = [self.last_version(self.party, &asset)].into();
        Ok(Act::ConsentWithdraw(ConsentWithdraw { asset, slice: self.slice(), versions }))
    }

    pub(super) fn record_erasure(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let (slice, evidence) = (self.slice(), stand_in(&["evidence"]));
        let residuals = BTreeSet::new();
        Ok(Act::ErasureRecord(ErasureRecord { asset, slice, residuals, evidence }))
    }

    /// Of the version that the step names, or of copies that were made for runs.
    pub(super) fn attest_deletion(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let versions = self.first_name().map(|name| self.version_named(Some(name)));
        let (versions, residuals) = (versions.into_iter().collect(), None);
        let evidence = stand_in(&["evidence"]);
        Ok(Act::DeletionAttest(DeletionAttest { asset, versions, residuals, evidence }))
    }

    /// The last blob or commitment that the party which the step names, or who acts, named first; of
    /// somebody else's what that erased, where it did.
    pub(super) fn last_paper(&self) -> Option<Digest> {
        let of = self.name::<PartyId>("of");
        let party = of.as_ref().unwrap_or(self.party);
        let state = &self.world.state;
        let own = state.papers().filter(|(_, paper)| paper.by.as_ref() == Some(party));
        let own = own.filter(|(digest, _)| !state.rests_on(digest));
        let own = own.map(|(digest, paper)| {
            (of.is_some() && state.erased(digest).is_some(), paper.index, *digest)
        });
        own.max().map(|(.., digest)| digest)
    }

    pub(super) fn erase(&self) -> PersonErase {
        let ground = match self.deed.word("ground") {
            Some("consent-withdrawn") => ErasureGround::ConsentWithdrawn,
            Some("objection") => ErasureGround::Objection,
            Some("unlawful") => ErasureGround::Unlawful,
            Some("law") => ErasureGround::Law,
            _ => ErasureGround::NotNeeded,
        };
        let papers = [self.last_paper().unwrap_or_else(|| stand_in(&["paper"]))].into();
        PersonErase { papers, ground, request: None }
    }

    pub(super) fn register_code(&self) -> Result<CodeRegister, Unfilled> {
        let asset = self.asset_of(|kind| kind == AssetKind::Code)?;
        let version = stand_in(&["code", self.first_name().unwrap_or("code")]);
        let environment = stand_in(&["environment"]);
        Ok(CodeRegister { asset, version, environment, licence: None })
    }

    pub(super) fn attest_place(&self) -> Result<PlaceAttest, Unfilled> {
        let last = self.world.named.places.get(self.party).cloned();
        let place = match (self.first_name(), last) {
            (None, Some(last)) => last,
            (name, _) => id(name.unwrap_or("place"))?,
        };
        Ok(PlaceAttest { place, appraisal: stand_in(&["appraisal"]) })
    }

    /// Of the version of the same model that is released.
    pub(super) fn declare_update(&self) -> Result<UpdateDeclare, Unfilled> {
        let to = self.version_named(self.first_name());
        let state = &self.world.state;
        let asset = state.models().get(&to).map(|model| &model.asset);
        let from = asset.and_then(|asset| state.released(asset)).copied().unwrap_or(to);
        let class = match self.deed.word("class") {
            Some("patch") => UpdateClass::Patch,
            Some("minor") => UpdateClass::Minor,
            _ => UpdateClass::Major,
        };
        Ok(UpdateDeclare { from, to, class, change: stand_in(&["change"]) })
    }
}
