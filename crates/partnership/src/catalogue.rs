//! Places, dataset versions and the code that may run beside them.

use concordat_agreement::{AssetKind, Cited};
use concordat_terms::{ActName, AssetId, Digest, PartyId, PurposeId};

use crate::act::{CodeApproval, DatasetRegister, DatasetWithdraw, PlaceRegister};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Dataset, State};
use crate::trainers::check_trainer_approval;
use crate::verdict::Actor;

impl Deed for PlaceRegister {
    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.add_place(self);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_place(self, hearing.by, out)
    }
}

impl Deed for DatasetRegister {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, state: &'a State, actor: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
        matter.ask.purposes.extend(&self.purposes);
        let place = actor.party.clone().map(|party| (party, self.place.clone()));
        let place = place.and_then(|key| state.places.get(&key));
        place.iter().for_each(|place| matter.add_place(place));
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_dataset(self, hearing.by, out)
    }
}

impl Deed for DatasetWithdraw {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_withdraw(self, hearing.by, out)
    }
}

impl Deed for CodeApproval {
    fn subject(&self) -> Option<Digest> {
        Some(self.code)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        let approve = hearing.act == ActName::CodeApprove;
        hearing.state.judge_code(self, hearing.by, approve, out)
    }
}

impl State {
    fn judge_place(&self, act: &PlaceRegister, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let party = by.party(out)?.clone();
        if self.places.contains_key(&(party.clone(), act.place.clone())) {
            out.push(Refusal::NameTaken { name: act.place.to_string() });
        }
        Some(Change::Place { party, place: act.clone() })
    }

    fn judge_dataset(
        &self,
        act: &DatasetRegister,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        self.check_asset(&act.asset, AssetKind::Dataset, out);
        if !self.places.contains_key(&(party.clone(), act.place.clone())) {
            out.push(Refusal::UnknownPlace { place: act.place.clone(), party: party.clone() });
        }
        self.check_in_service(&party, &act.place, out);
        for purpose in &act.purposes {
            self.check_purpose_of_asset(&act.asset, purpose, out);
        }
        if self.datasets.contains_key(&(act.asset.clone(), party.clone(), act.version)) {
            out.push(Refusal::NameTaken { name: act.version.to_string() });
        }
        self.check_listed(act, by, out);
        self.check_place_of_rows(act, &party, out);
        Some(Change::Dataset { party, dataset: act.clone() })
    }

    fn judge_withdraw(
        &self,
        act: &DatasetWithdraw,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        self.usable_dataset(&act.asset, &party, &act.version, out)?;
        Some(Change::Withdrawn { party, dataset: act.clone() })
    }

    fn judge_code(
        &self,
        act: &CodeApproval,
        by: &By,
        approve: bool,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        self.check_asset(&act.asset, AssetKind::Dataset, out);
        let limited = !act.runs.is_empty() || act.until.is_some() || act.trainer.is_some();
        if limited && !approve {
            let reason =
                "a revocation is of the whole approval, and names no runs, no time and no plan";
            out.push(Refusal::BeyondRules { reason: reason.to_owned() });
        }
        if let Some((until, now)) = act.until.zip(self.time).filter(|(until, now)| until <= now) {
            let reason = format!("it approves until {until}, and it is {now}");
            out.push(Refusal::BeyondRules { reason });
        }
        check_trainer_approval(act, out);
        let approved = self.code_approval(&party, &act.asset, &act.code).is_some()
            || self.trusts(&party, &act.asset, &act.code);
        if !approve && !approved {
            out.push(Refusal::CodeNotApproved {
                party: party.clone(),
                code: act.code,
                asset: act.asset.clone(),
            });
        }
        let code = act.clone();
        Some(if approve {
            Change::CodeApproved { party, code }
        } else {
            Change::CodeRevoked { party, code }
        })
    }

    /// Refuses an asset that the agreement does not declare as this kind.
    pub(crate) fn check_asset(&self, asset: &AssetId, kind: AssetKind, out: &mut Vec<Refusal>) {
        if self.agreement.asset(asset).is_none_or(|cited| cited.terms.kind != kind) {
            out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: kind.as_str() });
        }
    }

    /// Refuses a purpose that the asset's clause does not list.
    pub(crate) fn check_purpose_of_asset(
        &self,
        asset: &AssetId,
        purpose: &PurposeId,
        out: &mut Vec<Refusal>,
    ) {
        if let Some(Cited { clause, terms }) = self.agreement.asset(asset)
            && !terms.purposes.contains(purpose)
        {
            out.push(Refusal::PurposeNotAllowed {
                asset: asset.clone(),
                purpose: purpose.clone(),
                by: "the asset's clause".to_owned(),
                clause,
            });
        }
    }

    /// The dataset version, refusing one that was never registered or was withdrawn.
    pub(crate) fn usable_dataset(
        &self,
        asset: &AssetId,
        party: &PartyId,
        version: &Digest,
        out: &mut Vec<Refusal>,
    ) -> Option<&Dataset> {
        let key = (asset.clone(), party.clone(), *version);
        let Some(dataset) = self.datasets.get(&key) else {
            out.push(Refusal::UnknownDataset {
                asset: asset.clone(),
                party: party.clone(),
                version: *version,
            });
            return None;
        };
        if dataset.withdrawn.is_some() {
            out.push(Refusal::DatasetWithdrawn {
                asset: asset.clone(),
                party: party.clone(),
                version: *version,
            });
        }
        self.check_consent_to(version, out);
        Some(dataset)
    }
}
