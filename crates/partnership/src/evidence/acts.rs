//! Methods, labs, plans, replies and rules of recognition as acts.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use concordat_agreement::Label;
use concordat_evidence::name::{Family, MethodVersion, Standard, Technique};
use concordat_evidence::recognition::{LabClass, Rule};
use concordat_terms::{
    BodyId, Country, Digest, MethodId, MetricId, Money, PartyId, RecognitionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::deed::{Deed, Hearing};
use crate::duties::DutyRefusal;
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

/// `method.register`. The same version is registered again to say until when it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodRegister {
    /// The method's name, as gates state it.
    pub method: MethodId,
    /// Its version.
    pub version: MethodVersion,
    /// Its text or program, a blob.
    pub document: Digest,
    /// Its family: what rules of recognition speak of.
    pub family: Family,
    /// From when on tests by it count no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What a lab is accredited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accreditation {
    /// By which standard.
    pub standard: Standard,
    /// The certificate, a blob.
    pub certificate: Digest,
    /// For which methods.
    pub methods: BTreeSet<MethodId>,
    /// From when.
    pub from: Timestamp,
    /// The first moment at which it is not valid any more.
    pub until: Timestamp,
}

/// `lab.accredit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabAccredit {
    /// The lab, a party.
    pub lab: PartyId,
    /// Who it is to those whose models it tests.
    pub class: LabClass,
    /// For what.
    pub accreditation: Accreditation,
}

/// `lab.suspend`: all of a lab's accreditations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabSuspend {
    /// The lab.
    pub lab: PartyId,
    /// From when on its tests do not count; from this act on, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Why, a blob.
    pub reason: Digest,
}

/// `plan.register`: before the test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRegister {
    /// The plan, a blob.
    pub plan: Digest,
    /// By which method will be tested.
    pub method: MethodId,
    /// What will be measured.
    pub metrics: BTreeSet<MetricId>,
    /// On how many cases at least.
    pub cases: NonZeroU32,
    /// What will be tested, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
}

/// How something was tested (ISO/IEC 17025:2017, 7.8.2): a part of `evidence.submit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRecord {
    /// When the test ended.
    pub tested: Timestamp,
    /// By which version of the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<MethodVersion>,
    /// Whether the lab deviated from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deviated: bool,
    /// The plan that was registered before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// From when on the lab does not stand by it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// Who tested, where it was not the party that files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
    /// The ways of attacking that were tried.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub techniques: BTreeSet<Technique>,
    /// How confidential the report is; as its subject, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
}

/// A lab that tested under another agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Its name there.
    pub lab: PartyId,
    /// Where it tests.
    pub country: Country,
    /// Who it is to whom it tested.
    pub class: LabClass,
    /// What it is accredited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accreditations: Vec<Accreditation>,
}

/// `evidence.reply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceReply {
    /// The index of the entry that filed the result.
    pub evidence: u64,
    /// The reply, a blob.
    pub reply: Digest,
}

/// `evidence.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceWithdraw {
    /// The index of the entry that filed the result.
    pub evidence: u64,
    /// Why, a blob.
    pub reason: Digest,
}

/// `recognition.adopt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecognitionAdopt {
    /// The rule's name.
    pub recognition: RecognitionId,
    /// The rule.
    pub rule: Rule,
    /// What such a test costs here: what a result that is recognised spares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
}

/// `recognition.revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecognitionRevoke {
    /// The rule's name.
    pub recognition: RecognitionId,
    /// Why, a blob.
    pub reason: Digest,
}

/// What acts about testing change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Method { by: PartyId, body: Option<BodyId>, method: MethodRegister },
    Accredited(LabAccredit),
    Suspended { lab: LabSuspend, from: Timestamp },
    Plan { by: PartyId, plan: PlanRegister },
    Replied { by: PartyId, reply: EvidenceReply },
    TakenBack(EvidenceWithdraw),
    Adopted { body: Option<BodyId>, rule: RecognitionAdopt },
    Revoked(RecognitionRevoke),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Testing(change)
    }
}

type Changed = Option<crate::change::Change>;

impl Deed for MethodRegister {
    fn subject(&self) -> Option<Digest> {
        Some(self.document)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_method(self, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        self.refers(hearing.state, out);
        Some(Change::Method { by, body: hearing.via.cloned(), method: self.clone() }.into())
    }
}

impl Deed for LabAccredit {
    fn subject(&self) -> Option<Digest> {
        Some(self.accreditation.certificate)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        if state.agreement.party(&self.lab).is_none() {
            out.push(DutyRefusal::UnknownParty { party: self.lab.clone() }.into());
        }
        super::judge::check_accreditation(&self.lab, &self.accreditation, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        self.refers(hearing.state, out);
        Some(Change::Accredited(self.clone()).into())
    }
}

impl Deed for LabSuspend {
    fn subject(&self) -> Option<Digest> {
        Some(self.reason)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_lab(&self.lab, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        self.refers(hearing.state, out);
        let from = self.from.or(hearing.state.time)?;
        Some(Change::Suspended { lab: self.clone(), from }.into())
    }
}

impl Deed for PlanRegister {
    fn subject(&self) -> Option<Digest> {
        Some(self.plan)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        hearing.state.check_new_plan(self, out);
        Some(Change::Plan { by, plan: self.clone() }.into())
    }
}

impl Deed for EvidenceReply {
    fn subject(&self) -> Option<Digest> {
        Some(self.reply)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_result(matter, self.evidence);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        hearing.state.check_reply(self, &by, out);
        Some(Change::Replied { by, reply: self.clone() }.into())
    }
}

impl Deed for EvidenceWithdraw {
    fn subject(&self) -> Option<Digest> {
        Some(self.reason)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_result(matter, self.evidence);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        hearing.state.check_taking_back(self, &by, out);
        Some(Change::TakenBack(self.clone()).into())
    }
}

impl Deed for RecognitionAdopt {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_rule(self, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        self.refers(hearing.state, out);
        Some(Change::Adopted { body: hearing.via.cloned(), rule: self.clone() }.into())
    }
}

impl Deed for RecognitionRevoke {
    fn subject(&self) -> Option<Digest> {
        Some(self.reason)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_revocation(&self.recognition, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        self.refers(hearing.state, out);
        Some(Change::Revoked(self.clone()).into())
    }
}
