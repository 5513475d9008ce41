//! What is shown of cases: their clocks, what a report still lacks, and what is recorded against
//! whom.

use std::collections::BTreeMap;

use concordat_evidence::name::Fact;
use concordat_terms::{CaseId, Digest, PartyId, Timestamp};
use serde::Serialize;

use super::clocks::number;
use super::{Case, CaseClock, ClockStatus, Filed, Replied};
use crate::state::State;

/// A case with what can be said of it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseView<'a> {
    /// Its name.
    pub id: &'a CaseId,
    /// The case.
    #[serde(flatten)]
    pub case: &'a Case,
    /// Who decides at its stage: a seat or a body.
    pub decider: Option<&'a str>,
    /// When it moves on by itself.
    pub moves_on: Option<Timestamp>,
    /// What is due first, of the clocks to which nothing was filed.
    pub first: Option<Timestamp>,
    /// Its clocks.
    pub each: Vec<ClockView<'a>>,
}

/// A clock of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockView<'a> {
    /// Its number.
    pub number: u32,
    /// What is to be done, in words.
    pub title: &'a str,
    /// The clock.
    #[serde(flatten)]
    pub clock: &'a CaseClock,
    /// Facts that the whole report still lacks.
    pub missing: Vec<Fact>,
}

/// The draft of a report: each fact that it has to tell, and the blob that does, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft<'a> {
    /// What the report is.
    pub title: &'a str,
    /// To whom.
    pub to: Option<&'a str>,
    /// The facts in the order in which they are told: the question, and what answers it.
    pub facts: Vec<(Fact, &'a str, Option<Digest>)>,
    /// The draft in Markdown, with what is missing marked.
    pub text: String,
}

/// Something that is recorded against a party, and its replies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// The entry that recorded it.
    pub entry: u64,
    /// What was filed, where it was no opening.
    pub filed: Option<&'a Filed>,
    /// What was replied.
    pub replies: Vec<&'a Replied>,
}

impl State {
    /// Every case and drill, open and closed.
    pub fn cases(&self) -> impl Iterator<Item = (&CaseId, &Case)> {
        self.cases.all.iter()
    }

    /// One case or drill.
    pub fn case(&self, id: &CaseId) -> Option<&Case> {
        self.cases.all.get(id)
    }

    /// What was filed in a case, in the order of the log.
    pub fn filed_in(&self, id: &CaseId) -> impl Iterator<Item = (u64, &Filed)> {
        let range = self.cases.filed.range((id.clone(), 0)..=(id.clone(), u64::MAX));
        range.map(|((_, index), filed)| (*index, filed))
    }

    /// One case with what can be said of it now.
    pub fn case_view(&self, id: &CaseId) -> Option<CaseView<'_>> {
        let (id, case) = self.cases.all.get_key_value(id)?;
        let each = case.clocks.iter().enumerate().map(|(at, clock)| {
            let row = self.cases.regimes.pack(&clock.pack).and_then(|pack| pack.row(&clock.row));
            ClockView {
                number: number(at),
                title: row.map_or("", |row| row.title.as_str()),
                missing: self.facts_missing(case, clock, false),
                clock,
            }
        });
        let running = case.clocks.iter().filter(|clock| clock.status == ClockStatus::Running);
        Some(CaseView {
            id,
            case,
            decider: case.at_stage().map(|stage| stage.by.as_str()),
            moves_on: case.stage_ends(self),
            first: running.filter_map(CaseClock::counts).min(),
            each: each.collect(),
        })
    }

    /// The draft of what a clock of a case wants reported; none, where its regime has no template.
    pub fn report_draft(&self, id: &CaseId, clock: u32) -> Option<Draft<'_>> {
        let case = self.cases.all.get(id)?;
        let clock = case.clock(clock)?;
        let pack = self.cases.regimes.pack(&clock.pack)?;
        let report = pack.report(&clock.row)?;
        let question = |fact: &Fact| pack.facts.get(fact).map_or("", String::as_str);
        let facts = report.facts.iter();
        let facts = facts.map(|fact| (fact.clone(), question(fact), case.facts.get(fact).copied()));
        let known: BTreeMap<Fact, String> =
            case.facts.iter().map(|(fact, blob)| (fact.clone(), blob.to_string())).collect();
        Some(Draft {
            title: pack.row(&clock.row).map_or("", |row| row.title.as_str()),
            to: clock.to.as_deref(),
            facts: facts.collect(),
            text: report.draft(pack, &known),
        })
    }

    /// What is recorded against a party, with its replies and those of others that were asked.
    pub fn recorded_against(&self, party: &PartyId) -> Vec<Recorded<'_>> {
        let Ok(first) = "0".parse::<CaseId>() else { return Vec::new() };
        let range = self.cases.against.range((party.clone(), first, 0)..);
        let own = range.take_while(|(against, ..)| against == party);
        let each = own.map(|(_, case, entry)| Recorded {
            case,
            entry: *entry,
            filed: self.cases.filed.get(&(case.clone(), *entry)),
            replies: self.replies_to(case, *entry),
        });
        each.collect()
    }

    /// What was replied to an entry of a case.
    pub fn replies_to(&self, case: &CaseId, entry: u64) -> Vec<&Replied> {
        let from = (case.clone(), entry, 0);
        let range = self.cases.replies.range(from..=(case.clone(), entry, u64::MAX));
        range.map(|(_, replied)| replied).collect()
    }
}
