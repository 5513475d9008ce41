//! Evidence about models, and their way to release.

use concordat_terms::Digest;

use crate::act::{EvidenceSubmit, Release};
use crate::change::Change;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Model, ModelStatus, State};

impl State {
    pub(crate) fn judge_evidence(
        &self,
        act: &EvidenceSubmit,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        self.model(&act.subject, out);
        Some(Change::Evidence { party, seat: by.actor.seat.clone(), evidence: act.clone() })
    }

    pub(crate) fn judge_release_propose(
        &self,
        act: &Release,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        let model = self.model(&act.model, out)?;
        check_status(&act.model, model, ModelStatus::Trained, out);
        Some(Change::ReleaseProposed { party, model: act.model })
    }

    pub(crate) fn judge_release_promote(
        &self,
        act: &Release,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let model = self.model(&act.model, out)?;
        check_status(&act.model, model, ModelStatus::Proposed, out);
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
