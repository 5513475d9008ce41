//! The views that are accounts: what is spent and owed, and what each party brings and gets.

use std::collections::BTreeMap;

use concordat_partnership::{Budget, Statement, Value};
use serde::Serialize;

use super::super::look::see;
use super::privacy::{Account, History};
use super::{burn_down, told};
use crate::args::{BudgetArgs, Look};
use crate::failure::Failure;
use crate::files::write_whole;
use crate::out::Out;

/// The budget with what the privacy accounts have spent: that is a figure for people.
#[derive(Debug, Serialize)]
struct Money<'a> {
    #[serde(flatten)]
    budget: Budget<'a>,
    privacy: Vec<Account>,
}

pub(in crate::commands) fn budget(args: &BudgetArgs, out: Out) -> Result<(), Failure> {
    let look = &args.look;
    let (seen, history) = History::see(look, out)?;
    let mut money = Money { budget: seen.state().budget(), privacy: history.accounts(&seen) };
    if let Some(party) = &look.party {
        money.budget.owed.retain(|owed| owed.party == *party);
        for account in &mut money.budget.accounts {
            account.holders.retain(|holder| holder.party == *party);
        }
        money.privacy.retain(|own| own.holder == *party);
    }
    if let Some(path) = &args.svg {
        write_whole(path, burn_down::svg(&money.privacy).as_bytes())?;
        out.say(&format!("note: drawn in {}", path.display()));
    }
    out.answer(&money, || told(spent(&money), 4, "there is no account"))
}

fn spent(money: &Money<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for account in &money.budget.accounts {
        let stands = match account.since {
            None => "closed",
            Some(_) if account.warned => "its holders are warned",
            Some(_) => "open",
        };
        let (title, unit) = (account.title, account.unit);
        lines.push(format!(
            "{}: {title}, {unit} {} of {} spent, {stands}",
            account.account, account.spent, account.ceiling
        ));
        lines.extend(account.holders.iter().map(|own| {
            let project = own.project.as_ref().map(|project| format!(" for {project}"));
            format!(
                "    {}{}: {unit} {} of {}, {} left",
                own.party,
                project.unwrap_or_default(),
                own.spent,
                own.allocated,
                own.left
            )
        }));
    }
    lines.extend(money.budget.owed.iter().map(|owed| {
        let paused = if owed.paused { ", paused" } else { "" };
        format!("{}: {} stands at {}{paused}", owed.under, owed.party, owed.amount)
    }));
    lines.extend(money.budget.caps.iter().map(|own| match own.cap {
        Some(cap) => format!("{}: {} used of the cap of {cap}", own.under, own.used),
        None => format!("{}: {} used, and no cap", own.under, own.used),
    }));
    lines.extend(money.privacy.iter().flat_map(burn_down::lines));
    lines
}

pub(in crate::commands) fn value(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let mut statement = seen.state().value_statement();
    if let Some(party) = &args.party {
        statement.parties.retain(|own, _| own == party);
    }
    out.answer(&statement, || told(valued(&statement), 4, "nothing came in or went out"))
}

fn valued(statement: &Statement<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (party, own) in &statement.parties {
        lines.push(format!("{party}"));
        let Value { contributes, used, earned, owed } = own;
        lines.extend(contributes.iter().map(|(what, (open, overdue))| {
            format!("    brings {what}: {open} open, {overdue} of them overdue")
        }));
        let mut sums = |word: &str, sums: &BTreeMap<String, concordat_partnership::Total>| {
            lines.extend(sums.iter().map(|(unit, sum)| format!("    {word} {unit} {}", sum.0)));
        };
        sums("used", used);
        sums("came to be owed", earned);
        sums("came to owe", owed);
    }
    lines.extend(statement.objectives.iter().map(|own| {
        let last = match own.last {
            Some(last) => format!("last reported {} by {}", last.value, last.by),
            None => "nothing reported".to_owned(),
        };
        let reached = if own.reached { ", reached" } else { "" };
        format!("{}: {}; {last}{reached}", own.objective, own.what)
    }));
    lines
}
