//! What a gate asks of a result: of its method, its lab, its plan, its age and its figure.

use std::collections::BTreeSet;

use concordat_agreement::EvidenceNeed;
use concordat_evidence::recognition::LabClass;
use concordat_terms::{ClauseRef, Digest, MethodId, PartyId, Timestamp};

use super::{Accredited, EvidenceRefusal as No, RegisteredMethod, Stood, TestRecord};
use crate::refusal::Refusal;
use crate::state::{Evidence, State};

impl State {
    /// Asks for evidence about a digest. Of the results of the seat that were filed here and stand,
    /// the last one that is as the gate asks has to be young and good enough; where there is none
    /// that is young enough, one from elsewhere may take its place.
    pub(crate) fn ask_evidence(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        subject: Option<Digest>,
        out: &mut Vec<Refusal>,
    ) -> Option<Stood> {
        let mut lacks = Vec::new();
        let own = self.ask_own(clause, need, subject.as_ref(), &mut lacks);
        let decided = own.is_some_and(|filed| !self.is_over(filed, need));
        if !decided
            && let Some(country) = &need.recognised
            && let Some(elsewhere) = subject.as_ref().and_then(|of| self.found_elsewhere(of, need))
        {
            return self.ask_elsewhere(clause, need, country, elsewhere, out);
        }
        let stands = lacks.is_empty();
        out.append(&mut lacks);
        own.filter(|_| stands).map(|filed| Stood {
            evidence: filed.index,
            clause: clause.clone(),
            recognised: None,
        })
    }

    /// The last result that the seat filed and that is as the gate asks.
    fn ask_own(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        subject: Option<&Digest>,
        out: &mut Vec<Refusal>,
    ) -> Option<&Evidence> {
        let filed = subject.and_then(|digest| self.evidence.get(digest));
        let here = filed.into_iter().flatten().rev().filter(|filed| {
            filed.seat == need.by
                && filed.evidence.method == need.method
                && filed.elsewhere().is_none()
                && !self.is_taken_back(filed)
        });
        let mut first = None;
        for filed in here {
            let mut lacks = Vec::new();
            self.ask_test(clause, need, filed, &mut lacks);
            if lacks.is_empty() {
                self.ask_age(clause, need, filed, out);
                self.ask_figure(clause, need, filed, out);
                return Some(filed);
            }
            first.get_or_insert(lacks);
        }
        match first {
            Some(mut lacks) => out.append(&mut lacks),
            None => out.push(Refusal::NeedsEvidence {
                clause: clause.clone(),
                method: need.method.clone(),
                metric: None,
                by: need.by.clone(),
            }),
        }
        None
    }

    /// How it was tested.
    fn ask_test(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        filed: &Evidence,
        out: &mut Vec<Refusal>,
    ) {
        let (clause, method) = (clause.clone(), need.method.clone());
        if need.registered
            && let Some(why) = self.unregistered(filed)
        {
            let (clause, method) = (clause.clone(), method.clone());
            out.push(No::MethodNotRegistered { clause, method, why }.into());
        }
        if need.accredited || need.lab.is_some() {
            let lab = filed.by.clone();
            match (self.class_of(filed), need.lab.map(class)) {
                (Err(why), _) => {
                    let (clause, method) = (clause.clone(), method.clone());
                    out.push(No::LabNotAccredited { clause, lab, method, why }.into());
                }
                (Ok(is), Some(needs)) if is < needs => {
                    let clause = clause.clone();
                    out.push(No::LabNotIndependent { clause, lab, is, needs }.into());
                }
                (Ok(_), _) => {}
            }
        }
        if need.planned
            && let Some(why) = self.unplanned(need, filed)
        {
            out.push(No::NeedsPlan { clause, method, why }.into());
        }
    }

    /// How old it is, how long its lab stands by it, and whether it may still be replied to.
    pub(super) fn ask_age(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        filed: &Evidence,
        out: &mut Vec<Refusal>,
    ) {
        let (clause, method) = (clause.clone(), need.method.clone());
        let Some(now) = self.time else { return };
        let until = filed.record().and_then(|record| record.valid_until);
        if let Some(until) = until.filter(|until| *until <= now) {
            let (clause, method) = (clause.clone(), method.clone());
            out.push(No::EvidenceExpired { clause, method, until }.into());
        }
        if filed.tested().plus(need.max_age) <= now {
            let (clause, max_age) = (clause.clone(), need.max_age.to_string());
            out.push(Refusal::EvidenceTooOld { clause, method, max_age });
        }
        let until = need.reply.map(|time| filed.at.plus(time)).filter(|until| now < *until);
        if let Some(until) = until.filter(|_| !self.testing.replies.contains_key(&filed.index)) {
            out.push(No::ReplyPending { clause, evidence: filed.index, until }.into());
        }
    }

    /// What it says of the metric: the receiver has a threshold of its own.
    pub(super) fn ask_figure(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        filed: &Evidence,
        out: &mut Vec<Refusal>,
    ) {
        let (Some(metric), Some(at_least)) = (&need.metric, need.at_least) else { return };
        let (clause, metric) = (clause.clone(), metric.clone());
        match filed.evidence.results.get(&metric) {
            Some(value) if *value >= at_least => {}
            Some(value) => {
                out.push(Refusal::EvidenceBelow { clause, metric, value: *value, at_least });
            }
            None => out.push(Refusal::NeedsEvidence {
                clause,
                method: need.method.clone(),
                metric: Some(metric),
                by: need.by.clone(),
            }),
        }
    }

    /// Whether a result is too old for the gate, or its lab does not stand by it any more.
    fn is_over(&self, filed: &Evidence, need: &EvidenceNeed) -> bool {
        let until = filed.record().and_then(|record| record.valid_until);
        let ends = until.into_iter().chain([filed.tested().plus(need.max_age)]).min();
        ends.zip(self.time).is_some_and(|(ends, now)| ends <= now)
    }

    pub(super) fn is_taken_back(&self, filed: &Evidence) -> bool {
        self.testing.taken_back.contains_key(&filed.index)
    }

    /// Why no version of the method counts that was registered; `None` if one does.
    fn unregistered(&self, filed: &Evidence) -> Option<&'static str> {
        let record = filed.record();
        let Some(version) = record.and_then(|record| record.version.as_ref()) else {
            return Some("the result names no version");
        };
        if record.is_some_and(|record| record.deviated) {
            return Some("the lab deviated from it");
        }
        let mut versions = self.versions_of_method(&filed.evidence.method);
        let Some(own) = versions.find(|own| own.version == *version) else {
            return Some("the version of the result is not");
        };
        let tested = filed.tested();
        if tested < own.from {
            return Some("it was when the test had ended");
        }
        let over = own.until.is_some_and(|until| until <= tested);
        over.then_some("it was retired before the test had ended")
    }

    /// The versions of a method that were registered.
    pub(crate) fn versions_of_method(
        &self,
        method: &MethodId,
    ) -> impl Iterator<Item = &RegisteredMethod> {
        self.testing.methods.get(method).into_iter().flatten()
    }

    pub(super) fn accreditations_of(&self, lab: &PartyId) -> impl Iterator<Item = &Accredited> {
        let all = self.testing.accredited.iter().map(|(_, own)| own);
        all.filter(move |own| own.accredited.lab == *lab)
    }

    /// Who the lab is that tested to whom made what it tested: what its accreditation says, and
    /// the maker itself where it is one or is under one control with one. Or why it is not
    /// accredited.
    fn class_of(&self, filed: &Evidence) -> Result<LabClass, &'static str> {
        let (method, tested) = (&filed.evidence.method, filed.tested());
        let held: Vec<&Accredited> = self.accreditations_of(&filed.by).collect();
        let scoped = |own: &&&Accredited| own.accredited.accreditation.methods.contains(method);
        let in_time = |own: &&&Accredited| {
            let time = &own.accredited.accreditation;
            (time.from..time.until).contains(&tested)
        };
        let stands = |own: &&&Accredited| own.ended.is_none_or(|ended| tested < ended);
        let covers = held.iter().filter(scoped).filter(in_time).filter(stands);
        match covers.map(|own| own.accredited.class).max() {
            Some(_) if self.is_makers_own(filed) => Ok(LabClass::FirstParty),
            Some(class) => Ok(class),
            None if held.is_empty() => Err("it has no accreditation"),
            None if !held.iter().any(|own| scoped(&own)) => Err("the method is outside its scope"),
            None if !held.iter().filter(scoped).any(|own| in_time(&own)) => {
                Err("its accreditation was not valid")
            }
            None => Err("it was suspended"),
        }
    }

    /// Whether who filed a result made what it is about, or is under one control with who did, each
    /// as it was or as who has followed it.
    fn is_makers_own(&self, filed: &Evidence) -> bool {
        let control = |party: &PartyId| -> BTreeSet<String> {
            let both = [party, self.agreement.last(party)].into_iter();
            let named = both.filter_map(|party| self.agreement.party(party));
            named.filter_map(|party| party.terms.control.clone()).collect()
        };
        let (lab, own) = (self.agreement.last(&filed.by), control(&filed.by));
        self.makers(&filed.evidence.subject)
            .iter()
            .any(|maker| self.agreement.last(maker) == lab || !control(maker).is_disjoint(&own))
    }

    /// Who made what a result is about, or brought it in: the parties that signed for it, and those
    /// that hold its asset.
    pub(super) fn makers(&self, subject: &Digest) -> BTreeSet<PartyId> {
        let model = self.models.get(subject);
        let mut makers = model.map(|model| model.signed_by.clone()).unwrap_or_default();
        if let Some(asset) =
            self.asset_tested(subject).and_then(|asset| self.agreement.asset(asset))
        {
            makers.extend(self.agreement.parties_of(&asset.terms.holder).iter().cloned());
        }
        makers
    }

    /// Why a result is not as it was planned; `None` if it is.
    fn unplanned(&self, need: &EvidenceNeed, filed: &Evidence) -> Option<String> {
        let plan = filed.record().and_then(|record| record.plan);
        let Some(plan) = plan.and_then(|plan| self.testing.plans.get(&plan)) else {
            return Some("the result names no plan".to_owned());
        };
        let metric = need.metric.as_ref();
        if let Some(metric) = metric.filter(|metric| !plan.plan.metrics.contains(*metric)) {
            return Some(format!("`{metric}` is outside of the plan"));
        }
        let (cases, planned) = (filed.evidence.cases, plan.plan.cases);
        (cases < planned).then(|| format!("{cases} cases were tested of the {planned} planned"))
    }
}

/// The same word in the other vocabulary.
pub(super) fn class(class: concordat_agreement::LabClass) -> LabClass {
    match class {
        concordat_agreement::LabClass::FirstParty => LabClass::FirstParty,
        concordat_agreement::LabClass::SecondParty => LabClass::SecondParty,
        concordat_agreement::LabClass::Independent => LabClass::Independent,
    }
}

impl Evidence {
    /// How it was tested, where the result says so.
    pub fn record(&self) -> Option<&TestRecord> {
        self.evidence.record.as_deref()
    }

    /// When the test ended: when it was filed, where the result does not say.
    pub fn tested(&self) -> Timestamp {
        self.record().map_or(self.at, |record| record.tested)
    }

    /// The lab, where it tested under another agreement.
    pub fn elsewhere(&self) -> Option<&super::Elsewhere> {
        self.record()?.elsewhere.as_ref()
    }
}
