//! Annex D: what comes due, when, and what follows if it does not happen.

use std::collections::BTreeMap;

use concordat_agreement::{Duty, Event, Terms, english};
use concordat_terms::{ClauseRef, Date, ModuleId};
use maud::{Markup, html};

use super::super::index::{Index, none, row};
use super::{period, table};

pub(super) fn calendar(index: &Index<'_>) -> Markup {
    html! { (dates(index)) (duties(index)) (periods(index)) }
}

/// Days that stand in the text.
fn dates(index: &Index<'_>) -> Markup {
    let mut found: Vec<(Date, ClauseRef, Markup)> = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        let day = match &clause.terms {
            Terms::Duty(duty) => duty.due.on.map(|day| {
                (day, html! { "First due, by " (index.seat(&duty.owner)) ": " (duty.duty) })
            }),
            Terms::Objective(objective) => objective
                .by
                .map(|day| (day, html! { "Objective to be reached: " (objective.objective) })),
            Terms::Condition(condition) => condition.long_stop.map(|day| {
                (day, html! { "Last day on which this can be met: " (condition.condition) })
            }),
            _ => None,
        };
        found.extend(day.map(|(day, what)| (day, cited, what)));
    }
    found.sort_by_key(|(day, cited, _)| (*day, cited.clone()));
    let rows =
        found.into_iter().map(|(day, cited, what)| vec![html! { (day) }, what, index.cite(&cited)]);
    table("Days", &["Day", "What", "Clause"], rows)
}

/// Duties by what starts their clock.
fn duties(index: &Index<'_>) -> Markup {
    let mut by_start: BTreeMap<(u8, String), Vec<(&ModuleId, ClauseRef, &Duty)>> = BTreeMap::new();
    for (module, clause) in index.agreement.clauses() {
        if let Terms::Duty(duty) = &clause.terms {
            let cited = ClauseRef::new(&module.id, &clause.id);
            by_start.entry(start(duty)).or_default().push((&module.id, cited, duty));
        }
    }
    let rows = by_start.into_values().flatten().map(|(home, cited, duty)| {
        vec![
            html! { (duty.duty) " " (index.cite(&cited)) },
            index.seat(&duty.owner),
            row(duty.to.iter().map(|to| index.addressee(to))),
            index.words(home, None, &english::due(&duty.due)),
            html! { code { (duty.discharged_by) } },
            match duty.cure {
                Some(cure) => html! { (period(cure)) " from notice" },
                None => none(),
            },
            match &duty.consequence {
                Some(then) => index.cite_from(home, then),
                None => none(),
            },
        ]
    });
    let heads = ["Duty", "Owed by", "Owed to", "Due", "Discharged by", "Cure", "If it fails"];
    table("Duties, by what starts their clock", &heads, rows)
}

/// Entry into force first, then days, then acts, signals, lateness and breach.
fn start(duty: &Duty) -> (u8, String) {
    let text = |event: &Event| event.to_string();
    match (&duty.due.on, &duty.due.after) {
        (Some(day), _) => (1, day.to_string()),
        (None, None | Some(Event::InForce)) => (0, String::new()),
        (None, Some(event @ Event::Act(_))) => (2, text(event)),
        (None, Some(event @ Event::Signal(_))) => (3, text(event)),
        (None, Some(event @ Event::Late(_))) => (4, text(event)),
        (None, Some(event @ Event::Breach(_))) => (5, text(event)),
    }
}

/// Every other period.
fn periods(index: &Index<'_>) -> Markup {
    let mut rows: Vec<Vec<Markup>> = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        let found: Vec<(Markup, concordat_terms::Period)> = match &clause.terms {
            Terms::Power(power) => power.within.map(|within| {
                (html! { "Ratification of " code { (power.power) } " by " (index.seat(&power.holder)) }, within)
            }).into_iter().collect(),
            Terms::Body(body) => vec![(html! { "A motion of " (body.body) " is open" }, body.open_for)],
            Terms::Notice(notice) => {
                vec![(html! { "Notice of " (notice.notice) " counts as received" }, notice.deemed_received)]
            }
            Terms::Asset(asset) => asset.retention.map(|kept| {
                (html! { (asset.asset) " may be kept after its purpose ended" }, kept)
            }).into_iter().collect(),
            Terms::Gate(gate) => gate.evidence.iter().map(|need| {
                (html! { "Age of a result by " code { (need.method) } " for " code { (gate.gate) } ", at most" }, need.max_age)
            }).collect(),
            Terms::Recognise(clause) => {
                vec![(html! { "Age of a result by " code { (clause.recognise) } " that counts here, at most" }, clause.max_age)]
            }
            Terms::Ip(ip) => ip.declare_background.map(|within| {
                (html! { "Declaration of background, after entry into force" }, within)
            }).into_iter().collect(),
            Terms::Disclosure(clause) => clause.after.map(|after| {
                (html! { "Disclosure of " (clause.disclosure.as_str()) ", after the record" }, after)
            }).into_iter().collect(),
            Terms::Signal(signal) => {
                vec![(html! { "One value of " (signal.signal) " is measured over" }, signal.window)]
            }
            Terms::Witnesses(witnesses) => vec![
                (html! { "Age of a checkpoint on which a round starts, at most" }, witnesses.max_staleness),
                (html! { "Difference between clocks, at most" }, witnesses.skew),
                (html! { "Silence of the log while something is due, at most" }, witnesses.max_gap),
            ],
            _ => Vec::new(),
        };
        rows.extend(
            found
                .into_iter()
                .map(|(what, length)| vec![what, html! { (period(length)) }, index.cite(&cited)]),
        );
    }
    table("Other periods", &["What", "Period", "Clause"], rows)
}
