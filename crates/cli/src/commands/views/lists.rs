//! The views that are lists: a line of JSON for each thing, from the first on, as many as were asked for.

use concordat_partnership::{CaseView, CatalogueEntry, Decided, DutyView, RiskView};
use concordat_terms::PartyId;

use super::super::look::{left, see};
use super::super::part::Part;
use super::{list, told};
use crate::args::{DutiesArgs, ListArgs};
use crate::failure::Failure;
use crate::out::Out;

pub(in crate::commands) fn duties(args: &DutiesArgs, out: Out) -> Result<(), Failure> {
    let look = &args.list.look;
    let seen = see(look)?;
    let part = Part::of(&args.list.part, &seen)?;
    let state = seen.state();
    let mut duties = match args.all {
        true => state.duties().filter_map(|(id, _)| state.duty_view(id)).collect(),
        false => state.open_duties(),
    };
    if let Some(party) = &look.party {
        let own = |view: &DutyView<'_>| {
            view.id.owner == *party || view.to.iter().any(|to| to == party.as_str())
        };
        duties.retain(own);
    }
    part.take(&mut duties, |view| view.id.since, out);
    out.list(&duties, || {
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

pub(in crate::commands) fn decisions(args: &ListArgs, out: Out) -> Result<(), Failure> {
    let seen = see(&args.look)?;
    let part = Part::of(&args.part, &seen)?;
    let state = seen.state();
    let mut all = state.decisions();
    if let Some(party) = &args.look.party {
        all.retain(|own| own.by == *party || state.voters(&own.body).contains(party));
    }
    part.take(&mut all, |own| own.index, out);
    out.list(&all, || told(all.iter().flat_map(decision), 4, "nothing was put to a body"))
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

pub(in crate::commands) fn catalog(args: &ListArgs, out: Out) -> Result<(), Failure> {
    let seen = see(&args.look)?;
    let part = Part::of(&args.part, &seen)?;
    let mut all = seen.catalogue();
    if let Some(since) = part.since {
        all.iter_mut().for_each(|entry| entry.versions.retain(|own| own.index >= since));
    }
    let last = |entry: &CatalogueEntry| entry.versions.last().map_or(0, |own| own.index);
    part.take(&mut all, last, out);
    out.list(&all, || told(all.iter().flat_map(entry), 4, "the agreement declares no asset"))
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

pub(in crate::commands) fn cases(args: &ListArgs, out: Out) -> Result<(), Failure> {
    let seen = see(&args.look)?;
    let part = Part::of(&args.part, &seen)?;
    let state = seen.state();
    let all = state.cases().filter_map(|(id, _)| state.case_view(id));
    let concerns = |view: &CaseView<'_>| {
        args.look.party.as_ref().is_none_or(|party| {
            let owes = view.case.clocks.iter().any(|clock| clock.owners.contains(party));
            owes || view.case.by.as_ref() == Some(party) || view.case.against.contains(party)
        })
    };
    let mut all: Vec<CaseView<'_>> = all.filter(concerns).collect();
    part.take(&mut all, |view| view.case.index, out);
    out.list(&all, || told(all.iter().flat_map(case), 4, "there is no case"))
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
        let due = own.clock.counts().map(|due| format!(", due {due}")).unwrap_or_default();
        let strict = if own.clock.agreed.is_some() { " with the strictest beside it" } else { "" };
        format!(
            "    clock {}: {} by {} to {to}: {}{due}{strict}",
            own.number,
            own.title,
            list(&own.clock.owners),
            own.clock.status.as_str()
        )
    }));
    lines
}

pub(in crate::commands) fn risks(args: &ListArgs, out: Out) -> Result<(), Failure> {
    let seen = see(&args.look)?;
    let part = Part::of(&args.part, &seen)?;
    let state = seen.state();
    let mut all = state.risk_register();
    if let Some(party) = &args.look.party {
        let owns = |line: &RiskView<'_>| {
            let owner = &line.risk.rating.owner;
            line.risk.by == *party || state.agreement().parties_of(owner).contains(party)
        };
        all.retain(owns);
    }
    part.take(&mut all, |line| line.risk.index, out);
    out.list(&all, || {
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
