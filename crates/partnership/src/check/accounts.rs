//! What a step leaves out of accounts, payments, milestones and reports.

use concordat_agreement::Terms;
use concordat_terms::{ActName, Amount, ClauseRef, Digest, PartyId};

use crate::act::{
    AccountAllocate, AccountOpen, AccountSettle, AccountTransfer, Act, Holder, ObjectiveReport,
    PaymentRecord, ProjectMilestone, RoadmapAdopt, UsageReport,
};

use super::fill::{Fill, Unfilled};
use super::world::stand_in;

impl Fill<'_> {
    pub(super) fn account(&mut self) -> Result<Act, Unfilled> {
        let is = |terms: &Terms| matches!(terms, Terms::Account(_));
        Ok(match self.deed.act {
            ActName::AccountOpen => {
                let account = self.clause("account", is)?;
                let until = self.deed.day("until").map(|day| day.start());
                Act::AccountOpen(AccountOpen { account, until })
            }
            ActName::AccountSettle => {
                Act::AccountSettle(AccountSettle { account: self.clause("account", is)? })
            }
            ActName::AccountAllocate => {
                let account = self.clause("account", is)?;
                let (to, amount) = (self.holder("to")?, self.amount(&account)?);
                let report = self.report_for(&account);
                Act::AccountAllocate(AccountAllocate { account, to, amount, report })
            }
            ActName::AccountTransfer => {
                let account = self.clause("account", is)?;
                let (to, amount) = (self.holder("to")?, self.amount(&account)?);
                let from = Holder { party: self.party.clone(), project: to.project.clone() };
                let into = self.deed.word("into");
                let into = into.map(|name| self.clause_named(Some(name), "account", is));
                let into = into.transpose()?;
                Act::AccountTransfer(AccountTransfer { account, from, to, amount, into })
            }
            ActName::UsageReport => {
                let spent = |terms: &Terms| matches!(terms, Terms::Account(_) | Terms::Ip(_));
                let under = self.clause("account or ip", spent)?;
                let (amount, reference) = (self.amount(&under)?, self.record());
                let (party, project) = (self.name("from"), self.name("project"));
                let version = self.earner(&under);
                let (purpose, country) = (self.name("purpose"), self.name("country"));
                Act::UsageReport(UsageReport {
                    under,
                    amount,
                    party,
                    project,
                    version,
                    purpose,
                    country,
                    reference,
                })
            }
            _ => {
                let paid = |terms: &Terms| {
                    matches!(terms, Terms::Account(_) | Terms::Ip(_) | Terms::Liability(_))
                };
                let under = self.clause("account, ip or liability", paid)?;
                let (amount, reference) = (self.amount(&under)?, self.record());
                let (from, to, project) =
                    (self.name("from"), self.name("to"), self.name("project"));
                let version = self.earner(&under).filter(|_| from.is_none());
                Act::PaymentRecord(PaymentRecord {
                    under,
                    from,
                    to,
                    project,
                    version,
                    amount,
                    reference,
                })
            }
        })
    }

    pub(super) fn progress(&mut self) -> Result<Act, Unfilled> {
        let shown = stand_in(&["shown"]);
        Ok(match self.deed.act {
            ActName::ProjectMilestone => {
                let milestone = self.makes("milestone")?;
                let project = self.name("project").or(self.world.named.project.clone());
                let Some(project) = project else {
                    let hint = "write `with project NAME`";
                    return Err(Unfilled::new("which project is meant is missing", hint));
                };
                let evidence = shown;
                Act::ProjectMilestone(ProjectMilestone { project, milestone, evidence })
            }
            ActName::RoadmapAdopt => {
                Act::RoadmapAdopt(RoadmapAdopt { roadmap: shown, milestones: Vec::new() })
            }
            _ => {
                let is = |terms: &Terms| matches!(terms, Terms::Objective(_));
                let objective = self.clause("objective", is)?;
                let Some(value) = self.deed.decimal("value") else {
                    let hint = "write `with value 0.8`";
                    return Err(Unfilled::new("the figure is missing", hint));
                };
                Act::ObjectiveReport(ObjectiveReport { objective, value, evidence: shown })
            }
        })
    }

    /// A party and the project that the step names; who acts, if it names none.
    fn holder(&self, key: &str) -> Result<Holder, Unfilled> {
        let party: PartyId = self.name(key).unwrap_or_else(|| self.party.clone());
        Ok(Holder { party, project: self.name("project") })
    }

    /// The amount of the step, in the unit of the clause.
    fn amount(&self, under: &ClauseRef) -> Result<Amount, Unfilled> {
        let Some(value) = self.deed.decimal("amount") else {
            return Err(Unfilled::new("how much is missing", "write `with amount 100`"));
        };
        let agreement = self.agreement();
        let account = agreement.account(under).map(|own| own.terms.unit.clone());
        let cap = || {
            let liability = agreement.liability(under)?.terms;
            Some(liability.cap.as_ref()?.currency().to_owned())
        };
        let said = || Some(self.deed.word("currency")?.to_owned());
        let unit = account.or_else(said).or_else(cap).unwrap_or_else(|| "EUR".to_owned());
        Ok(Amount::in_unit(&unit, value))
    }

    /// The version that earned it, where the clause parts by lineage: what the step names as
    /// `version`, or the model named last.
    fn earner(&self, under: &ClauseRef) -> Option<Digest> {
        let named = self.deed.word("version");
        let lineage = self.agreement().ip(under).is_some_and(|own| own.terms.by_lineage);
        (lineage || named.is_some()).then(|| self.version_named(named))
    }

    /// A record of its own for each step.
    fn record(&self) -> Digest {
        stand_in(&["record", &self.world.state.index().to_string()])
    }

    /// The last report on the objective of an account.
    fn report_for(&self, account: &ClauseRef) -> Option<u64> {
        let serves = self.agreement().account(account)?.terms.serves.clone()?;
        let serves = serves.cited(&account.module);
        let mut all = self.world.state.objective_reports();
        let of = |report: &(&u64, &crate::Reported)| report.1.objective == serves;
        all.by_ref().filter(of).last().map(|(index, _)| *index)
    }
}
