//! Models that are brought in, evidence about models, and their way to release.

use concordat_agreement::{AssetKind, Ground};
use concordat_terms::{ActName, Digest};

use crate::act::{AssetImport, EvidenceSubmit, Release};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Model, ModelStatus, State};
use crate::verdict::Actor;

impl Deed for AssetImport {
    fn subject(&self) -> Option<Digest> {
        Some(self.version)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.insert(&self.asset);
        matter.ask.purposes.insert(&self.purpose);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_import(self, hearing.by, out)
    }
}

impl Deed for EvidenceSubmit {
    fn subject(&self) -> Option<Digest> {
        Some(self.subject)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_tested(matter, &self.subject);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_evidence(self, hearing.by, out)
    }
}

impl Deed for Release {
    fn subject(&self) -> Option<Digest> {
        Some(self.model)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_model(matter, &self.model);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.model(&self.model, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        match hearing.act {
            ActName::ReleasePropose => hearing.state.judge_release_propose(self, hearing.by, out),
            _ => hearing.state.judge_release_promote(self, out),
        }
    }
}

impl State {
    /// What is made here comes from a run, whose rows and budget are known; nobody brings it in.
    fn judge_import(&self, act: &AssetImport, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let party = by.party(out)?.clone();
        self.check_asset(&act.asset, AssetKind::Model, out);
        let asset = self.agreement.asset(&act.asset);
        if asset.is_some_and(|asset| asset.terms.ground == Some(Ground::Foreground)) {
            let kind = "model made elsewhere";
            out.push(Refusal::UnknownAsset { asset: act.asset.clone(), kind });
        }
        self.check_purpose_of_asset(&act.asset, &act.purpose, out);
        let others = self.version(&act.version).is_some_and(|there| !self.is_ones_own(there, by));
        if self.models.contains_key(&act.version) || others || self.is_of_another(act) {
            out.push(Refusal::NameTaken { name: act.version.to_string() });
        }
        Self::check_licence_of(act, out);
        self.check_import(act, &party, out);
        Some(Change::Imported { party, model: act.clone() })
    }

    fn judge_evidence(
        &self,
        act: &EvidenceSubmit,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        let of_other = self.version(&act.subject).is_some();
        if !self.people.digests.contains_key(&act.subject) && !of_other {
            self.model(&act.subject, out);
        }
        self.check_record(act, &party, out);
        Some(Change::Evidence { party, seat: by.actor.seat.clone(), evidence: act.clone() })
    }

    fn judge_release_propose(
        &self,
        act: &Release,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        let model = self.model(&act.model, out)?;
        let first = if model.run.is_some() { ModelStatus::Trained } else { ModelStatus::Imported };
        // What was taken back is tested and decided on anew.
        if model.status != ModelStatus::RolledBack {
            check_status(&act.model, model, first, out);
        }
        self.check_declared_update(&act.model, model, out);
        self.check_licensed_release(&party, &act.model, &model.purpose, out);
        Some(Change::ReleaseProposed { party, model: act.model })
    }

    fn judge_release_promote(&self, act: &Release, out: &mut Vec<Refusal>) -> Option<Change> {
        let model = self.model(&act.model, out)?;
        check_status(&act.model, model, ModelStatus::Proposed, out);
        self.check_passed_on(&act.model, out);
        Some(Change::Released(act.model))
    }

    pub(crate) fn model(&self, digest: &Digest, out: &mut Vec<Refusal>) -> Option<&Model> {
        let model = self.models.get(digest);
        if model.is_none() {
            out.push(Refusal::UnknownModel { model: *digest });
        }
        model
    }
}

fn check_status(digest: &Digest, model: &Model, needs: ModelStatus, out: &mut Vec<Refusal>) {
    if model.status != needs {
        out.push(Refusal::ReleaseState {
            model: *digest,
            is: model.status.as_str(),
            needs: needs.as_str(),
        });
    }
}
