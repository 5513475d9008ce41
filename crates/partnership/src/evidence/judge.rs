//! What stands in the way of acts about testing.

use concordat_terms::{PartyId, Period, RecognitionId};

use super::{
    Accreditation, EvidenceRefusal as No, EvidenceReply, EvidenceWithdraw, MethodRegister,
    PlanRegister, RecognitionAdopt, TestRecord,
};
use crate::act::EvidenceSubmit;
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::{Evidence, State};

/// The most methods, metrics or countries in one act.
const NAMED_MOST: usize = 1_000;

/// Refuses an accreditation for nothing, or for no time.
pub(super) fn check_accreditation(
    lab: &PartyId,
    accreditation: &Accreditation,
    out: &mut Vec<Refusal>,
) {
    let Accreditation { methods, from, until, .. } = accreditation;
    let wrong = |what| No::BadAccreditation { lab: lab.clone(), what };
    if methods.is_empty() || methods.len() > NAMED_MOST {
        out.push(wrong("it names no method, or more than 1,000").into());
    }
    if from >= until {
        out.push(wrong("it ends before it begins").into());
    }
}

impl State {
    /// A version of a method is what it was: only its end is moved.
    pub(super) fn check_method(&self, act: &MethodRegister, out: &mut Vec<Refusal>) {
        let versions = self.testing.methods.get(&act.method).into_iter().flatten();
        let differs = versions
            .filter(|own| own.version == act.version)
            .any(|own| own.document != act.document || own.family != act.family);
        if differs {
            let (method, version) = (act.method.clone(), act.version.to_string());
            out.push(No::VersionDiffers { method, version }.into());
        }
    }

    /// Refuses a lab of which nothing could be suspended.
    pub(super) fn check_lab(&self, lab: &PartyId, out: &mut Vec<Refusal>) {
        let held = self.accreditations_of(lab).any(|own| own.ended.is_none());
        if !held {
            out.push(No::UnknownLab { lab: lab.clone() }.into());
        }
    }

    pub(super) fn check_new_plan(&self, act: &PlanRegister, out: &mut Vec<Refusal>) {
        if self.testing.plans.contains_key(&act.plan) {
            out.push(Refusal::NameTaken { name: act.plan.to_string() });
        }
        if act.metrics.is_empty() || act.metrics.len() > NAMED_MOST {
            out.push(No::BadPlan { plan: act.plan }.into());
        }
    }

    pub(super) fn check_rule(&self, act: &RecognitionAdopt, out: &mut Vec<Refusal>) {
        let name = &act.recognition;
        if self.testing.rules.contains_key(name) {
            out.push(Refusal::NameTaken { name: name.to_string() });
        }
        let rule = &act.rule;
        let most = [rule.from.len(), rule.accredited.len(), rule.extra_tests.len()];
        if most.into_iter().any(|many| many > NAMED_MOST) {
            let what = "a list of it has more than 1,000 lines";
            out.push(No::BadRule { recognition: name.clone(), what }.into());
        }
        if rule.max_age == Period::default() {
            let what = "no result is young enough for it";
            out.push(No::BadRule { recognition: name.clone(), what }.into());
        }
    }

    pub(super) fn check_revocation(&self, name: &RecognitionId, out: &mut Vec<Refusal>) {
        let recognition = name.clone();
        match self.testing.rules.get(name).map(|rule| rule.revoked) {
            None => out.push(No::UnknownRecognition { recognition }.into()),
            Some(Some(since)) => out.push(No::RecognitionRevoked { recognition, since }.into()),
            Some(None) => {}
        }
    }

    /// What is said of how something was tested: when, under which plan, by a lab that may.
    pub(crate) fn check_record(&self, act: &EvidenceSubmit, by: &PartyId, out: &mut Vec<Refusal>) {
        let Some(now) = self.time else { return };
        let record = act.record.as_deref();
        let tested = record.map_or(now, |record| record.tested);
        if tested > now {
            out.push(No::NotTestedYet { tested, now }.into());
        }
        let elsewhere = record.and_then(|record| record.elsewhere.as_ref());
        if let Some(elsewhere) = elsewhere {
            for own in &elsewhere.accreditations {
                check_accreditation(&elsewhere.lab, own, out);
            }
        } else if let Some(suspended) =
            self.testing.suspended.get(by).filter(|suspended| suspended.from <= tested)
        {
            let (lab, from, index) = (by.clone(), suspended.from, suspended.index);
            out.push(No::LabSuspended { lab, from, index }.into());
        }
        if let Some(record) = record {
            self.check_plan_of(act, record, by, out);
        }
    }

    fn check_plan_of(
        &self,
        act: &EvidenceSubmit,
        record: &TestRecord,
        by: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        let Some(plan) = record.plan else { return };
        let Some(registered) = self.testing.plans.get(&plan) else {
            return out.push(No::UnknownPlan { plan }.into());
        };
        let planned = &registered.plan;
        for (what, fits) in [
            ("lab", registered.by == *by),
            ("method", planned.method == act.method),
            ("subject", planned.subject.is_none_or(|subject| subject == act.subject)),
        ] {
            if !fits {
                out.push(No::NotOfPlan { plan, what }.into());
            }
        }
        let (registered, tested) = (registered.at, record.tested);
        if tested <= registered {
            out.push(No::PlanAfterTest { plan, registered, tested }.into());
        }
    }

    /// The result that an entry filed.
    pub fn result(&self, entry: u64) -> Option<&Evidence> {
        let subject = self.testing.filed.get(&entry)?;
        self.evidence.get(subject)?.iter().find(|filed| filed.index == entry)
    }

    pub(super) fn add_result<'a>(&'a self, matter: &mut Matter<'a>, entry: u64) {
        if let Some(subject) = self.testing.filed.get(&entry) {
            self.add_tested(matter, subject);
        }
    }

    fn standing_result(&self, entry: u64, out: &mut Vec<Refusal>) -> Option<&Evidence> {
        let filed = self.result(entry);
        if filed.is_none() {
            out.push(No::UnknownEvidence { evidence: entry }.into());
        }
        if let Some(back) = self.testing.taken_back.get(&entry) {
            out.push(No::EvidenceWithdrawn { evidence: entry, at: back.at }.into());
        }
        filed
    }

    pub(super) fn check_reply(&self, act: &EvidenceReply, by: &PartyId, out: &mut Vec<Refusal>) {
        let evidence = act.evidence;
        let filed = self.standing_result(evidence, out);
        if filed.is_some_and(|filed| filed.by == *by) {
            out.push(No::OwnEvidence { evidence, by: by.clone() }.into());
        }
        let mut replies = self.testing.replies.get(&evidence).into_iter().flatten();
        if replies.any(|reply| reply.by == *by) {
            out.push(No::AlreadyReplied { evidence, by: by.clone() }.into());
        }
    }

    pub(super) fn check_taking_back(
        &self,
        act: &EvidenceWithdraw,
        by: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        let evidence = act.evidence;
        let filed = self.standing_result(evidence, out);
        if let Some(filed) = filed.filter(|filed| filed.by != *by) {
            out.push(No::NotYourEvidence { evidence, by: filed.by.clone() }.into());
        }
    }
}
