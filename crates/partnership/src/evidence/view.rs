//! Results, labs, rules and what recognition spared, as they are shown.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Label, Terms, Topic};
use concordat_evidence::name::Technique;
use concordat_evidence::recognition::{LabClass, Rule};
use concordat_terms::{
    AssetId, BodyId, ClauseRef, Country, Decimal, Digest, MethodId, MetricId, Money, PartyId,
    Period, RecognitionId, SeatId, Timestamp,
};
use serde::Serialize;

use super::asked::class;
use super::{
    Accredited, RecognisedBy, RegisteredMethod, RegisteredPlan, Reliance, ResultReply, SparedTest,
    TakenBack,
};
use crate::state::{Evidence, State};

/// A result that was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultView {
    /// The entry that filed it.
    pub evidence: u64,
    /// Who filed it.
    pub by: PartyId,
    /// For which seat.
    pub seat: SeatId,
    /// The lab and its country, where it tested under another agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<(PartyId, Country)>,
    /// What was tested.
    pub subject: Digest,
    /// The asset of which that is a version.
    pub asset: Option<AssetId>,
    /// The method.
    pub method: MethodId,
    /// When the test ended.
    pub tested: Timestamp,
    /// On how many cases.
    pub cases: u32,
    /// Metrics and their values.
    pub results: BTreeMap<MetricId, Decimal>,
    /// Metrics that the plan it names did not announce.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub outside_plan: BTreeSet<MetricId>,
    /// The ways of attacking that were tried.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub techniques: BTreeSet<Technique>,
    /// How confidential its report is.
    pub label: Option<Label>,
    /// The report.
    pub report: Digest,
    /// What was replied to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<ResultReply>,
    /// Whether it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<TakenBack>,
    /// The acts that passed a gate on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relied: Vec<Reliance>,
}

/// An accreditation of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabView {
    /// The lab.
    pub lab: PartyId,
    /// Who it is to those whose models it tests.
    pub class: LabClass,
    /// By which standard.
    pub standard: String,
    /// For which methods.
    pub methods: BTreeSet<MethodId>,
    /// From when.
    pub from: Timestamp,
    /// The first moment at which it is not valid any more: earlier, where the lab was suspended.
    pub until: Timestamp,
    /// Whether it was cut short by a suspension.
    pub suspended: bool,
    /// By the entry at this index.
    pub index: u64,
}

/// A rule by which results from elsewhere count here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// The clause or the name of the rule.
    pub by: RecognisedBy,
    /// The method of a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodId>,
    /// The rule that a body adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The least independence of the lab.
    pub lab: LabClass,
    /// How old the test may be.
    pub max_age: Period,
    /// What a result that it recognises spares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// The body that decided it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyId>,
    /// By the entry at this index.
    pub index: u64,
    /// Since when it does not count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// What recognition spared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Savings {
    /// How many tests were not repeated.
    pub tests: u32,
    /// What they would have cost, in each currency.
    pub cost: BTreeMap<String, Decimal>,
    /// Of how many of them nobody said what they cost.
    pub unpriced: u32,
    /// Each, by the entry that filed the result.
    pub spared: BTreeMap<u64, SparedTest>,
}

impl State {
    /// Every result, in the order in which they were filed.
    pub fn results(&self) -> impl Iterator<Item = ResultView> + '_ {
        let filed = self.testing.filed.iter().filter_map(|(entry, _)| self.result(*entry));
        filed.map(|filed| self.result_view(filed))
    }

    /// The result that an entry filed.
    pub fn result_at(&self, entry: u64) -> Option<ResultView> {
        self.result(entry).map(|filed| self.result_view(filed))
    }

    /// The results that a party may read, in the order in which they were filed: who filed it and
    /// who made what it is about always do. Where clauses say who reads evidence (`disclosure =
    /// "evidence"`), these do besides, when its time has come. Where none does, its label says it:
    /// that of the result, or of what it is about.
    pub fn results_for<'a>(&'a self, reader: &'a PartyId) -> impl Iterator<Item = ResultView> + 'a {
        let filed = self.testing.filed.iter().filter_map(|(entry, _)| self.result(*entry));
        filed.filter(|filed| self.reads_result(reader, filed)).map(|filed| self.result_view(filed))
    }

    /// The versions of methods that were registered, by method.
    pub fn methods(&self) -> impl Iterator<Item = (&MethodId, &Vec<RegisteredMethod>)> {
        self.testing.methods.iter()
    }

    /// Test plans that were registered, by digest.
    pub fn plans(&self) -> impl Iterator<Item = (&Digest, &RegisteredPlan)> {
        self.testing.plans.iter()
    }

    /// The accreditations of labs, in the order of the log.
    pub fn labs(&self) -> impl Iterator<Item = LabView> + '_ {
        self.testing.accredited.iter().map(|(index, own)| {
            let Accredited { accredited, ended } = own;
            let time = &accredited.accreditation;
            LabView {
                lab: accredited.lab.clone(),
                class: accredited.class,
                standard: time.standard.to_string(),
                methods: time.methods.clone(),
                from: time.from,
                until: ended.map_or(time.until, |ended| ended.min(time.until)),
                suspended: ended.is_some(),
                index: *index,
            }
        })
    }

    /// The rules by which results from elsewhere count here: clauses, then what was adopted.
    pub fn recognition_rules(&self) -> Vec<RuleView> {
        let entered = |clause: &ClauseRef| {
            self.in_force().get(&clause.module).map_or(0, |module| module.index)
        };
        let clauses = self.agreement.recognitions().map(|own| RuleView {
            index: entered(&own.clause),
            by: RecognisedBy::Clause(own.clause),
            method: Some(own.terms.recognise.clone()),
            rule: None,
            lab: class(own.terms.lab),
            max_age: own.terms.max_age,
            cost: own.terms.cost.clone(),
            body: None,
            revoked: None,
        });
        let adopted = self.testing.rules.iter().map(|(name, own)| RuleView {
            by: RecognisedBy::Rule(RecognitionId::clone(name)),
            method: None,
            rule: Some(own.adopted.rule.clone()),
            lab: own.adopted.rule.lab,
            max_age: own.adopted.rule.max_age,
            cost: own.adopted.cost.clone(),
            body: own.body.clone(),
            index: own.index,
            revoked: own.revoked,
        });
        clauses.chain(adopted).collect()
    }

    /// How many tests recognition spared, and what they would have cost.
    pub fn savings(&self) -> Savings {
        let mut savings = Savings::default();
        for (entry, spared) in self.testing.spared.iter() {
            savings.tests += 1;
            let summed = spared.cost.as_ref().and_then(|cost| {
                let before = savings.cost.get(cost.currency()).copied();
                let sum = before.unwrap_or(Decimal::ZERO).plus(cost.amount())?;
                savings.cost.insert(cost.currency().to_owned(), sum);
                Some(sum)
            });
            savings.unpriced += u32::from(summed.is_none());
            savings.spared.insert(*entry, spared.clone());
        }
        savings
    }

    fn reads_result(&self, reader: &PartyId, filed: &Evidence) -> bool {
        let clauses = self.agreement.clauses().filter_map(|(_, clause)| match &clause.terms {
            Terms::Disclosure(own) if own.disclosure == Topic::Evidence => Some(own),
            _ => None,
        });
        let mut said = false;
        for clause in clauses {
            said = true;
            let open = clause
                .after
                .is_none_or(|after| self.time.is_some_and(|now| filed.at.plus(after) <= now));
            let mut seats = clause.readers.iter().filter_map(|reader| reader.seat());
            if open && seats.any(|seat| self.agreement.parties_of(seat).contains(reader)) {
                return true;
            }
        }
        if filed.by == *reader || self.makers(&filed.evidence.subject).contains(reader) {
            return true;
        }
        let restricted = filed.record().and_then(|record| record.label) == Some(Label::Restricted);
        let asset = self.asset_tested(&filed.evidence.subject);
        !said && !restricted && asset.is_none_or(|asset| self.may_read(reader, asset))
    }

    /// The asset of which a version was tested.
    pub(super) fn asset_tested(&self, subject: &Digest) -> Option<&AssetId> {
        let model = self.models.get(subject).map(|model| &model.asset);
        model.or_else(|| self.version(subject).map(|version| &version.asset))
    }

    fn result_view(&self, filed: &Evidence) -> ResultView {
        let (entry, tested) = (filed.index, &filed.evidence);
        let record = filed.record();
        let asset = self.asset_tested(&tested.subject);
        let plan = record.and_then(|record| record.plan);
        let plan = plan.and_then(|plan| self.testing.plans.get(&plan));
        let outside = plan.map(|plan| {
            let metrics = tested.results.keys();
            metrics.filter(|metric| !plan.plan.metrics.contains(*metric)).cloned().collect()
        });
        let of_asset =
            || asset.and_then(|asset| self.agreement.asset(asset)).map(|own| own.terms.label);
        ResultView {
            evidence: entry,
            by: filed.by.clone(),
            seat: filed.seat.clone(),
            elsewhere: filed.elsewhere().map(|own| (own.lab.clone(), own.country.clone())),
            subject: tested.subject,
            asset: asset.cloned(),
            method: tested.method.clone(),
            tested: filed.tested(),
            cases: tested.cases.get(),
            results: tested.results.clone(),
            outside_plan: outside.unwrap_or_default(),
            techniques: record.map(|record| record.techniques.clone()).unwrap_or_default(),
            label: record.and_then(|record| record.label).or_else(of_asset),
            report: tested.report,
            replies: self.testing.replies.get(&entry).cloned().unwrap_or_default(),
            taken_back: self.testing.taken_back.get(&entry).copied(),
            relied: self.testing.relied_on(entry).cloned().collect(),
        }
    }
}
