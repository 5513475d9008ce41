//! Results from elsewhere: which of them a rule recognises, and what it asks for besides.

use concordat_agreement::{EvidenceNeed, Recognise};
use concordat_evidence::recognition::{
    self, Lab, Measured, Method, Recognition, Record, Rule, Subject,
};
use concordat_terms::{ClauseRef, Country, Digest, MethodId, Timestamp};

use super::asked::class;
use super::{EvidenceRefusal as No, RecognisedBy, Stood};
use crate::refusal::Refusal;
use crate::state::{Evidence, State};

impl State {
    /// The last result from elsewhere about a digest by the method of a gate, whoever filed it.
    pub(super) fn found_elsewhere(
        &self,
        subject: &Digest,
        need: &EvidenceNeed,
    ) -> Option<&Evidence> {
        self.evidence.get(subject)?.iter().rev().find(|filed| {
            filed.evidence.method == need.method
                && filed.elsewhere().is_some()
                && !self.is_taken_back(filed)
        })
    }

    /// Asks whether a result from elsewhere counts in a country, and whether it is good enough.
    pub(super) fn ask_elsewhere(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        country: &Country,
        filed: &Evidence,
        out: &mut Vec<Refusal>,
    ) -> Option<Stood> {
        let before = out.len();
        let mut by = None;
        match self.recognise(filed, country) {
            Some((own, Recognition::Accepted)) => by = Some(own),
            Some((own, Recognition::WithTopUp(methods))) => {
                let done = |method: &MethodId| self.is_tested_by(filed, need, method);
                let methods: Vec<MethodId> =
                    methods.into_iter().filter(|method| !done(method)).collect();
                if !methods.is_empty() {
                    let (clause, by) = (clause.clone(), need.by.clone());
                    out.push(No::NeedsTopUp { clause, evidence: filed.index, by, methods }.into());
                }
                by = Some(own);
            }
            Some((_, Recognition::Refused(lacks))) => {
                let clause = clause.clone();
                out.push(No::NotRecognised { clause, evidence: filed.index, lacks }.into());
            }
            None => {
                let (clause, lacks) = (clause.clone(), Vec::new());
                out.push(No::NotRecognised { clause, evidence: filed.index, lacks }.into());
            }
        }
        self.ask_age(clause, need, filed, out);
        self.ask_figure(clause, need, filed, out);
        let recognised = by.filter(|_| out.len() == before);
        recognised.map(|by| Stood {
            evidence: filed.index,
            clause: clause.clone(),
            recognised: Some(by),
        })
    }

    /// What the most favourable rule for a country says of a result from elsewhere; none, if there
    /// is no rule.
    pub(super) fn recognise(
        &self,
        filed: &Evidence,
        country: &Country,
    ) -> Option<(RecognisedBy, Recognition)> {
        let (record, now) = (self.record_of(filed)?, self.time?);
        let clauses = self.agreement.recognitions().filter(|own| {
            own.terms.recognise == record.method.id && self.agreement.silence(&own.clause).is_none()
        });
        let clauses = clauses.map(|own| {
            let answer = by_clause(own.terms, country, &record, now);
            (RecognisedBy::Clause(own.clause), answer)
        });
        let adopted = self
            .testing
            .rules
            .iter()
            .filter(|(_, own)| own.revoked.is_none() && own.adopted.rule.to == *country);
        let adopted = adopted.map(|(name, own)| {
            let answer = recognition::recognise(&own.adopted.rule, &record, now);
            (RecognisedBy::Rule(name.clone()), answer)
        });
        clauses.chain(adopted).min_by_key(|(_, answer)| answer.rank())
    }

    /// A result from elsewhere as a report that rules can be held against. A method that is
    /// registered nowhere is a family of its own.
    fn record_of(&self, filed: &Evidence) -> Option<Record> {
        let (tested, record) = (&filed.evidence, filed.record()?);
        let elsewhere = record.elsewhere.as_ref()?;
        let registered = self.versions_of_method(&tested.method).last();
        let family = match registered {
            Some(own) => own.family.clone(),
            None => tested.method.as_str().parse().ok()?,
        };
        let accreditations =
            elsewhere.accreditations.iter().map(|own| recognition::Accreditation {
                standard: own.standard.to_string(),
                body: String::new(),
                certificate: own.certificate.to_string(),
                scope: own.methods.clone(),
                from: own.from,
                until: own.until,
            });
        let plan = record.plan.and_then(|plan| Some((plan, self.testing.plans.get(&plan)?.at)));
        let results = tested.results.iter().map(|(metric, value)| Measured {
            metric: metric.clone(),
            value: *value,
            unit: "1".to_owned(),
            n: tested.cases.get().into(),
            uncertainty: None,
        });
        Some(Record {
            lab: Lab {
                party: elsewhere.lab.clone(),
                country: elsewhere.country.clone(),
                class: elsewhere.class,
                accreditations: accreditations.collect(),
            },
            report: tested.report,
            tested: record.tested,
            method: Method {
                id: tested.method.clone(),
                family,
                version: record.version.as_ref().map(ToString::to_string).unwrap_or_default(),
                digest: registered.map_or(tested.report, |own| own.document),
                deviated: record.deviated,
            },
            subject: Subject::Asset { digest: tested.subject, configuration: tested.subject },
            plan,
            results: results.collect(),
            conformity: None,
            valid_until: record.valid_until,
            voided: self.is_taken_back(filed),
            raw: [tested.report].into(),
        })
    }

    /// Whether the seat of a gate has tested the same thing by a method besides.
    fn is_tested_by(&self, filed: &Evidence, need: &EvidenceNeed, method: &MethodId) -> bool {
        let all = self.evidence.get(&filed.evidence.subject).into_iter().flatten();
        all.filter(|own| own.seat == need.by && own.elsewhere().is_none())
            .any(|own| own.evidence.method == *method && !self.is_taken_back(own))
    }
}

/// What a clause says of a report: it holds for every accreditation that the clause names.
fn by_clause(
    clause: &Recognise,
    country: &Country,
    record: &Record,
    now: Timestamp,
) -> Recognition {
    let Recognise { from, lab, accredited, max_age, .. } = clause;
    let rule = |accredited: Option<&String>| Rule {
        from: from.iter().cloned().collect(),
        to: country.clone(),
        family: record.method.family.clone(),
        lab: class(*lab),
        accredited: accredited.into_iter().cloned().collect(),
        max_age: *max_age,
        extra_tests: [].into(),
    };
    let each = accredited.iter().map(|standard| rule(Some(standard)));
    let answers = each.chain([rule(None)]).map(|rule| recognition::recognise(&rule, record, now));
    answers.max_by_key(Recognition::rank).unwrap_or(Recognition::Accepted)
}
