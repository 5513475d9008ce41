//! What a step leaves out of tests: methods, labs, plans, results and rules of recognition.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use concordat_agreement::{EvidenceNeed, Given};
use concordat_evidence::recognition::{LabClass, Rule};
use concordat_terms::{ActName, Country, Digest, MethodId, MetricId, Period, Timestamp};

use crate::act::{
    Accreditation, Act, Elsewhere, EvidenceReply, EvidenceSubmit, EvidenceWithdraw, LabAccredit,
    LabSuspend, MethodRegister, PlanRegister, RecognitionAdopt, RecognitionRevoke, TestRecord,
};

use super::fill::{Fill, Unfilled, id};
use super::work::model;
use super::world::stand_in;

/// By what labs are accredited where no clause says it.
const STANDARD: &str = "ISO/IEC 17025";
const A_YEAR: Period = Period { months: 12, days: 0, seconds: 0 };

impl Fill<'_> {
    pub(super) fn testing(&mut self) -> Result<Act, Unfilled> {
        Ok(match self.deed.act {
            ActName::MethodRegister => {
                let method: MethodId = self.method()?;
                let version = self.deed.word("version").unwrap_or("v1");
                let document = stand_in(&["method", method.as_str(), version]);
                let version = id(version)?;
                let family = id(self.deed.word("family").unwrap_or(method.as_str()))?;
                let until = self.day("until");
                Act::MethodRegister(MethodRegister { method, version, document, family, until })
            }
            ActName::LabAccredit => {
                let until = self.day("until").unwrap_or_else(|| self.now().plus(A_YEAR));
                let from = self.day("from").unwrap_or_else(|| self.now());
                let methods = [self.method()?].into();
                let (lab, class) = (self.lab()?, self.class());
                let accreditation = self.accreditation(methods, from, until)?;
                Act::LabAccredit(LabAccredit { lab, class, accreditation })
            }
            ActName::LabSuspend => {
                let (lab, from) = (self.lab()?, self.day("from"));
                Act::LabSuspend(LabSuspend { lab, from, reason: stand_in(&["reason"]) })
            }
            ActName::PlanRegister => {
                let method = self.said_method().map_or_else(|| id("test"), Ok)?;
                let plan = stand_in(&["plan", self.first_or("plan")]);
                let metrics = self.asked(&method).filter_map(|need| need.metric.clone());
                let mut metrics: BTreeSet<MetricId> = metrics.collect();
                if metrics.is_empty() {
                    metrics.insert(id("accuracy")?);
                }
                let cases = self.cases(1)?;
                Act::PlanRegister(PlanRegister { plan, method, metrics, cases, subject: None })
            }
            ActName::EvidenceReply => {
                let (evidence, reply) = (self.result(), stand_in(&["reply"]));
                Act::EvidenceReply(EvidenceReply { evidence, reply })
            }
            ActName::EvidenceWithdraw => {
                let (evidence, reason) = (self.result(), stand_in(&["reason"]));
                Act::EvidenceWithdraw(EvidenceWithdraw { evidence, reason })
            }
            ActName::RecognitionAdopt => {
                let recognition = id(self.first_or("recognition"))?;
                let cost = self.deed.decimal("cost");
                let cost = cost.map(|cost| id(&format!("EUR {cost}"))).transpose()?;
                let rule = self.rule()?;
                Act::RecognitionAdopt(RecognitionAdopt { recognition, rule, cost })
            }
            _ => {
                let recognition = id(self.first_or("recognition"))?;
                let reason = stand_in(&["reason"]);
                Act::RecognitionRevoke(RecognitionRevoke { recognition, reason })
            }
        })
    }

    pub(super) fn evidence(&mut self) -> Result<EvidenceSubmit, Unfilled> {
        let subject = self.model();
        let method = self.said_method().map_or_else(|| id("test"), Ok)?;
        let results = self.deed.with.iter().filter_map(|(key, given)| match given {
            Given::Decimal(value) => Some((key.parse().ok()?, *value)),
            _ => None,
        });
        let results: BTreeMap<_, _> = results.collect();
        let cases = self.cases(100)?;
        let report = stand_in(&["report", &subject.to_string()]);
        let record = self.record_of(&method)?.map(Box::new);
        Ok(EvidenceSubmit { subject, method, results, cases, report, record })
    }

    /// How it was tested, where the step says so or a gate asks.
    fn record_of(&self, method: &MethodId) -> Result<Option<TestRecord>, Unfilled> {
        let asked = self.asked(method).any(|need| need.registered || need.planned);
        let keys = ["version", "plan", "tested", "from"];
        if !asked && keys.iter().all(|key| self.deed.given(key).is_none()) {
            return Ok(None);
        }
        let tested = self.day("tested").unwrap_or_else(|| self.now());
        let known = self.world.state.versions_of_method(method).last();
        let version = match self.deed.word("version") {
            Some(version) => Some(id(version)?),
            None => known.map(|own| own.version.clone()),
        };
        let own = self.world.state.plans().filter(|(_, plan)| plan.plan.method == *method).last();
        let plan = self.deed.word("plan").map(|plan| stand_in(&["plan", plan]));
        let plan = plan.or(own.map(|(plan, _)| *plan));
        let elsewhere = match self.deed.word("from") {
            None => None,
            Some(country) => Some(Elsewhere {
                lab: id("lab-elsewhere")?,
                country: id(country)?,
                class: self.class(),
                accreditations: vec![self.accreditation(
                    [method.clone()].into(),
                    tested,
                    tested.plus(A_YEAR),
                )?],
            }),
        };
        Ok(Some(TestRecord {
            tested,
            version,
            deviated: false,
            plan: plan.filter(|_| elsewhere.is_none()),
            valid_until: None,
            elsewhere,
            techniques: BTreeSet::new(),
            label: None,
        }))
    }

    fn rule(&self) -> Result<Rule, Unfilled> {
        let method = self.said_method().map_or_else(|| id("test"), Ok)?;
        let registered = self.world.state.versions_of_method(&method).last();
        let family = match (self.deed.word("family"), registered) {
            (Some(family), _) => id(family)?,
            (None, Some(own)) => own.family.clone(),
            (None, None) => id(method.as_str())?,
        };
        let country = self.asked(&method).find_map(|need| need.recognised.clone());
        let to = match (self.deed.word("to"), country) {
            (Some(to), _) => id(to)?,
            (None, Some(country)) => country,
            (None, None) => id("EU")?,
        };
        let from = self.deed.word("from").map(id::<Country>).transpose()?;
        Ok(Rule {
            from: from.into_iter().collect(),
            to,
            family,
            lab: self.class(),
            accredited: BTreeSet::new(),
            max_age: self.deed.period("max-age").unwrap_or(A_YEAR),
            extra_tests: BTreeSet::new(),
        })
    }

    /// What gates before a release ask of a method.
    fn asked<'a>(&'a self, method: &'a MethodId) -> impl Iterator<Item = &'a EvidenceNeed> {
        self.needs().filter(move |need| need.method == *method)
    }

    fn needs(&self) -> impl Iterator<Item = &EvidenceNeed> {
        let gates = [ActName::ReleasePropose, ActName::ReleasePromote];
        let gates = gates.into_iter().flat_map(|act| self.agreement().gates(act));
        gates.flat_map(|gate| &gate.terms.evidence)
    }

    /// The method that the step says, or that a gate asks of its seat, or of anybody.
    fn said_method(&self) -> Option<MethodId> {
        let said = self.deed.word("method").and_then(|method| method.parse().ok());
        let own = || self.needs().find(|need| need.by == self.deed.seat);
        let any = || self.needs().next().filter(|_| self.deed.act != ActName::EvidenceSubmit);
        said.or_else(|| own().or_else(any).map(|need| need.method.clone()))
    }

    /// The method that the step is about.
    fn method(&self) -> Result<MethodId, Unfilled> {
        match self.deed.names.first() {
            Some(name) => id(name),
            None => self.said_method().map_or_else(|| id("test"), Ok),
        }
    }

    fn lab(&self) -> Result<concordat_terms::PartyId, Unfilled> {
        if let Some(lab) = self.deed.word("lab") {
            return id(lab);
        }
        let seat = self.needs().map(|need| &need.by).next();
        let labs = seat.map(|seat| self.agreement().parties_of(seat));
        labs.and_then(|labs| labs.first().cloned())
            .ok_or_else(|| Unfilled::new("which lab is meant is missing", "write `with lab PARTY`"))
    }

    fn class(&self) -> LabClass {
        match self.deed.word("class") {
            Some("first-party") => LabClass::FirstParty,
            Some("second-party") => LabClass::SecondParty,
            _ => LabClass::Independent,
        }
    }

    fn accreditation(
        &self,
        methods: BTreeSet<MethodId>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Accreditation, Unfilled> {
        let said = self.agreement().recognitions();
        let said = said.filter_map(|own| own.terms.accredited.first().cloned()).next();
        let standard = id(said.as_deref().unwrap_or(STANDARD))?;
        let certificate = stand_in(&["certificate"]);
        Ok(Accreditation { standard, certificate, methods, from, until })
    }

    /// The result that was filed last, about the model that the step names.
    fn result(&self) -> u64 {
        let about: Option<Digest> = self.deed.names.first().map(|name| model(name));
        let filed = self.world.state.testing.filed.iter();
        let mut filed = filed.filter(|(_, subject)| about.is_none_or(|about| about == **subject));
        filed.next_back().map_or(0, |(entry, _)| *entry)
    }

    fn cases(&self, plain: u32) -> Result<NonZeroU32, Unfilled> {
        NonZeroU32::new(self.deed.count("cases").unwrap_or(plain))
            .ok_or_else(|| Unfilled::new("a test on no case is no test", "write `cases 1` or more"))
    }

    fn first_or<'a>(&'a self, noun: &'a str) -> &'a str {
        self.deed.names.first().map_or(noun, String::as_str)
    }

    fn now(&self) -> Timestamp {
        self.world.state.time.unwrap_or(Timestamp::EPOCH)
    }

    fn day(&self, key: &str) -> Option<Timestamp> {
        self.deed.day(key).map(|day| day.start())
    }
}
