//! Annex D: what comes due, when, and what follows if it does not happen.

use concordat_agreement::{Duty, Event, Terms, english};
use concordat_terms::{ClauseRef, Date, ModuleId, Period};
use maud::{Markup, html};

use super::super::clause::AS_TEXT;
use super::super::index::{Index, none, row};
use super::{period, table};

pub(super) fn calendar(index: &Index<'_>) -> Markup {
    html! {
        p {
            "Where a calendar is named, every day counts, and what ends on a day that is no working "
            "day there ends with the next working day; what is counted in hours never moves. "
            "Deadlines of clauses with the sign " span.mark { (AS_TEXT) } " are kept by the parties: "
            "this edition of the rules does not watch them."
        }
        (dates(index)) (duties(index)) (periods(index))
    }
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
    let mut found: Vec<(&ModuleId, ClauseRef, &Duty)> = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        if let Terms::Duty(duty) = &clause.terms {
            found.push((&module.id, ClauseRef::new(&module.id, &clause.id), duty));
        }
    }
    found.sort_by_key(|(_, cited, duty)| (start(duty), cited.clone()));
    let rows = found.into_iter().map(|(home, cited, duty)| {
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
        (None, Some(event)) => (6, text(event)),
    }
}

/// Every other period.
fn periods(index: &Index<'_>) -> Markup {
    let mut rows: Vec<Vec<Markup>> = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        rows.extend(
            lasting(index, &clause.terms)
                .into_iter()
                .map(|(what, length)| vec![what, html! { (period(length)) }, index.cite(&cited)]),
        );
    }
    table("Other periods", &["What", "Period", "Clause"], rows)
}

fn lasting(index: &Index<'_>, terms: &Terms) -> Vec<(Markup, Period)> {
    let one = |what: Markup, length: Option<Period>| {
        length.map(|length| (what, length)).into_iter().collect::<Vec<_>>()
    };
    match terms {
        Terms::Power(power) => {
            let holder = index.seat(&power.holder);
            one(html! { "Ratification of " code { (power.power) } " by " (holder) }, power.within)
        }
        Terms::Body(body) => {
            one(html! { "A motion of " (body.body) " is open" }, Some(body.open_for))
        }
        Terms::Notice(notice) => one(
            html! { "Notice of " (notice.notice) " counts as received" },
            Some(notice.deemed_received),
        ),
        Terms::Asset(asset) => {
            one(html! { (asset.asset) " may be kept after its purpose ended" }, asset.retention)
        }
        Terms::Gate(gate) => {
            let needs = gate.evidence.iter().map(|need| {
                let method = html! { code { (need.method) } " for " code { (gate.gate) } };
                (html! { "Age of a result by " (method) ", at most" }, need.max_age)
            });
            needs.collect()
        }
        Terms::Recognise(clause) => one(
            html! { "Age of a result by " code { (clause.recognise) } " that counts here, at most" },
            Some(clause.max_age),
        ),
        Terms::Ip(ip) => one(
            html! { "Declaration of background, after entry into force" },
            ip.declare_background,
        ),
        Terms::Disclosure(clause) => one(
            html! { "Disclosure of " (clause.disclosure.as_str()) ", after the record" },
            clause.after,
        ),
        Terms::Signal(signal) => {
            one(html! { "One value of " (signal.signal) " is measured over" }, Some(signal.window))
        }
        Terms::Witnesses(w) => vec![
            (html! { "Age of a checkpoint on which a round starts, at most" }, w.max_staleness),
            (html! { "Difference between clocks, at most" }, w.skew),
            (html! { "Silence of the log while something is due, at most" }, w.max_gap),
        ],
        _ => Vec::new(),
    }
}
