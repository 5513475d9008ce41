//! The views: what is owed, decided, held, at issue and spent, by this party's own fold or an
//! archive's. What they show the state tells; here it is put in lines.

mod table;

use std::collections::BTreeMap;

use concordat_dp::epsilon;
use concordat_partnership::{
    Budget, CaseView, CatalogueEntry, Decided, DutyView, Matrix, Part, RiskView, State, Statement,
    Value,
};
use concordat_terms::{AssetId, Decimal, PartyId};
use serde::Serialize;

use super::look::{left, see};
use crate::args::{DutiesArgs, Look};
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;
use table::Table;

pub(super) fn duties(args: &DutiesArgs, out: Out) -> Result<(), Failure> {
    let seen = see(&args.look)?;
    let state = seen.state();
    let mut duties = match args.all {
        true => state.duties().filter_map(|(id, _)| state.duty_view(id)).collect(),
        false => state.open_duties(),
    };
    if let Some(party) = &args.look.party {
        let own = |view: &DutyView<'_>| {
            view.id.owner == *party || view.to.iter().any(|to| to == party.as_str())
        };
        duties.retain(own);
    }
    out.answer(&duties, || {
        let now = state.time().map(|time| time.seconds()).unwrap_or_default();
        let lines = duties.iter().map(|view| {
            let due =
                view.duty.due.filter(|_| view.duty.status.is_open()).map(|due| {
                    format!(", due {due} ({})", left(due.seconds().saturating_sub(now)))
                });
            let what = view.what.unwrap_or("a duty whose clause is no longer in force");
            let to =
                if view.to.is_empty() { String::new() } else { format!(" to {}", list(&view.to)) };
            format!(
                "{:10}  {}{to}: {what}{}  [{}]",
                view.duty.status.as_str(),
                view.id.owner,
                due.unwrap_or_default(),
                view.id
            )
        });
        told(lines, 12, "nothing is owed")
    })
}

pub(super) fn decisions(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let mut all = state.decisions();
    if let Some(party) = &args.party {
        all.retain(|own| own.by == *party || state.voters(&own.body).contains(party));
    }
    out.answer(&all, || told(all.iter().flat_map(decision), 4, "nothing was put to a body"))
}

fn decision(own: &Decided) -> Vec<String> {
    let question = own.question.name();
    let mut lines = vec![format!(
        "{}: `{}` on {question}, put by {} at {} (entry {}): {}",
        own.motion,
        own.body,
        own.by,
        own.at,
        own.index,
        own.status.as_str()
    )];
    lines.extend(own.tally.iter().map(|tally| format!("    {}", tally.in_words())));
    if !own.dissent.is_empty() {
        lines.push(format!("    against: {}", list(&own.dissent)));
    }
    if !own.options.is_empty() {
        lines.push(format!("    instead of: {}", list(&own.options)));
    }
    let evidence = own.evidence.iter().map(|digest| format!("    evidence: {digest}"));
    lines.extend(evidence);
    lines
}

pub(super) fn catalog(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let mut all = state.catalogue();
    if let Some(party) = &args.party {
        all.retain(|entry| state.may_read(party, &entry.asset));
    }
    out.answer(&all, || told(all.iter().flat_map(entry), 4, "the agreement declares no asset"))
}

fn entry(entry: &CatalogueEntry) -> Vec<String> {
    let held = if entry.held { ", held as evidence" } else { "" };
    let lacks = entry.lacks.map(|lacks| format!(", lacks {lacks}")).unwrap_or_default();
    let mut lines = vec![format!(
        "{}: {}, a {} held by {}, {}, for {}{held}{lacks}",
        entry.asset,
        entry.title,
        entry.kind,
        entry.holder,
        entry.label,
        list(&entry.purposes)
    )];
    lines.extend(entry.versions.iter().map(|own| {
        let (version, phase) = (own.version.short(), own.phase.as_str());
        let holders: Vec<&PartyId> = own.holders.keys().collect();
        let from = own.parents.len();
        let from = if from == 0 { String::new() } else { format!(", made from {from}") };
        format!(
            "    {version} {phase}, {}, at {}{from} (entry {})",
            own.label,
            list(&holders),
            own.index
        )
    }));
    lines
}

pub(super) fn cases(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let all = state.cases().filter_map(|(id, _)| state.case_view(id));
    let concerns = |view: &CaseView<'_>| {
        args.party.as_ref().is_none_or(|party| {
            let owes = view.case.clocks.iter().any(|clock| clock.owners.contains(party));
            owes || view.case.by.as_ref() == Some(party) || view.case.against.contains(party)
        })
    };
    let all: Vec<CaseView<'_>> = all.filter(concerns).collect();
    out.answer(&all, || told(all.iter().flat_map(case), 4, "there is no case"))
}

fn case(view: &CaseView<'_>) -> Vec<String> {
    let case = view.case;
    let drill = if case.drill.is_some() { " (a drill)" } else { "" };
    let by = case.by.as_ref().map_or("by itself".to_owned(), |by| format!("by {by}"));
    let mut lines = vec![format!(
        "{}: {}{drill}, {}, opened {by} at {} (entry {})",
        view.id,
        case.kind,
        case.status.as_str(),
        case.opened,
        case.index
    )];
    if !case.against.is_empty() {
        lines.push(format!("    against: {}", list(&case.against)));
    }
    if let Some(decider) = view.decider {
        let moves = view.moves_on.map(|at| format!(", moves on by itself at {at}"));
        lines.push(format!("    {decider} decides{}", moves.unwrap_or_default()));
    }
    lines.extend(view.each.iter().map(|own| {
        let to = own.clock.to.as_deref().unwrap_or("nobody named");
        let due = own.clock.due.map(|due| format!(", due {due}")).unwrap_or_default();
        format!(
            "    clock {}: {} by {} to {to}: {}{due}",
            own.number,
            own.title,
            list(&own.clock.owners),
            own.clock.status.as_str()
        )
    }));
    lines
}

pub(super) fn risks(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let mut all = state.risk_register();
    if let Some(party) = &args.party {
        let owns = |line: &RiskView<'_>| {
            let owner = &line.risk.rating.owner;
            line.risk.by == *party || state.agreement().parties_of(owner).contains(party)
        };
        all.retain(owns);
    }
    out.answer(&all, || {
        let lines = all.iter().map(|line| {
            let rating = &line.risk.rating;
            let stands = match (line.risk.closed.is_some(), line.above) {
                (true, _) => "closed",
                (_, true) => "above what is accepted",
                _ => "open",
            };
            let controls = match rating.controls.is_empty() {
                true => "no controls".to_owned(),
                false => format!("controls {}", list(&rating.controls)),
            };
            format!(
                "{:>2}  {}: {stands}, likelihood {} by impact {}, watched by {}, {controls}",
                line.score, line.id, rating.likelihood, rating.impact, rating.owner
            )
        });
        told(lines, 4, "no risk is on record")
    })
}

/// The budget with what the privacy accounts have spent: that is a figure for people.
#[derive(Debug, Serialize)]
struct Money<'a> {
    #[serde(flatten)]
    budget: Budget<'a>,
    privacy: Vec<Privacy>,
}

/// A holder's privacy account of a dataset.
#[derive(Debug, Serialize)]
struct Privacy {
    asset: AssetId,
    holder: PartyId,
    spent: f64,
    epsilon: Decimal,
    delta: Decimal,
}

pub(super) fn budget(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let state = seen.state();
    let mut money = Money { budget: state.budget(), privacy: privacy(state) };
    if let Some(party) = &args.party {
        money.budget.owed.retain(|owed| owed.party == *party);
        for account in &mut money.budget.accounts {
            account.holders.retain(|holder| holder.party == *party);
        }
        money.privacy.retain(|own| own.holder == *party);
    }
    out.answer(&money, || told(spent(&money), 4, "there is no account"))
}

fn privacy(state: &State) -> Vec<Privacy> {
    let line = |((holder, asset), spent): (&(PartyId, AssetId), &concordat_terms::Cost)| {
        let terms = state.agreement().privacy(asset)?.terms;
        let (asset, holder) = (asset.clone(), holder.clone());
        let spent = epsilon(spent, terms.delta).ok()?;
        Some(Privacy { asset, holder, spent, epsilon: terms.epsilon, delta: terms.delta })
    };
    state.accounts().iter().filter_map(line).collect()
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
    lines.extend(money.privacy.iter().map(|own| {
        let Privacy { asset, holder, spent, epsilon, delta } = own;
        format!("{asset} of {holder}: \u{3b5} {spent:.4} of {epsilon} at \u{3b4} = {delta}")
    }));
    lines
}

pub(super) fn matrix(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let mut matrix = seen.state().matrix();
    if let Some(party) = &args.party {
        matrix.parties.retain(|own| own == party);
        matrix.lines.retain(|line| line.parts.contains_key(party));
        matrix.lines.iter_mut().for_each(|line| line.parts.retain(|own, _| own == party));
    }
    out.answer(&matrix, || responsible(&matrix))
}

fn responsible(matrix: &Matrix) -> String {
    let mut table = Table::of(matrix.parties.iter().map(PartyId::as_str));
    for own in &matrix.lines {
        let letters = matrix.parties.iter().map(|party| {
            let parts = own.parts.get(party).into_iter().flatten();
            parts.map(|part| Part::letter(*part)).collect::<String>()
        });
        let what = own.act.map_or(own.what.clone(), |act| act.to_string());
        let overdue = match own.overdue {
            0 => String::new(),
            many => format!(" ({many} overdue)"),
        };
        table.row(letters.collect(), &line(&format!("{what}{overdue}")));
    }
    table.print()
}

pub(super) fn value(args: &Look, out: Out) -> Result<(), Failure> {
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

/// Lines for people, or what is said where there are none.
pub(super) fn told(lines: impl IntoIterator<Item = String>, hang: usize, none: &str) -> String {
    let lines: Vec<String> = lines.into_iter().map(|text| wrapped(&line(&text), hang)).collect();
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
