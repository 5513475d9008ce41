//! Duties that can be discharged, powers that lapse, signals that can cross, conditions that can
//! be met.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, Amount, ClauseRef, Decimal, Period, RuledBy, SeatId, Severity};

use crate::source::Wrong;
use crate::{
    Account, Asset, Clause, Condition, Due, Duty, Event, Module, Power, Signal, Terms, Warranty,
};

use super::{Check, half};

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    let agreement = check.agreement;
    circles(check);
    for at in agreement.clauses() {
        match &at.1.terms {
            Terms::Duty(terms) => duty(check, at, terms),
            Terms::Power(terms) => power(check, at, terms),
            Terms::Signal(terms) => signal(check, at, terms),
            Terms::Condition(terms) => condition(check, at, terms),
            Terms::Warranty(terms) => warranty(check, at, terms),
            Terms::Account(terms) => account(check, at, terms),
            Terms::Asset(terms) => retention(check, at, terms),
            _ => {}
        }
    }
}

/// What follows a duty that is late never leads back to it: time would never come to an end of it.
fn circles(check: &mut Check<'_>) {
    let agreement = check.agreement;
    let mut follows: BTreeMap<ClauseRef, Vec<ClauseRef>> = BTreeMap::new();
    for duty in agreement.duties() {
        let own = &duty.clause.module;
        if let Some(next) = &duty.terms.consequence {
            follows.entry(duty.clause.clone()).or_default().push(next.cited(own));
        }
        if let Some(Event::Late(before) | Event::Breach(before)) = &duty.terms.due.after {
            follows.entry(before.cited(own)).or_default().push(duty.clause.clone());
        }
    }
    // What nothing follows is in no circle, nor is what then nothing follows.
    loop {
        let known: BTreeSet<ClauseRef> = follows.keys().cloned().collect();
        follows.retain(|_, next| next.iter().any(|next| known.contains(next)));
        if follows.len() == known.len() {
            break;
        }
    }
    for at in agreement.clauses() {
        let Terms::Duty(duty) = &at.1.terms else { continue };
        let cited = ClauseRef::new(&at.0.id, &at.1.id);
        if follows.contains_key(&cited) {
            let what = "what follows this duty if it is late leads back to a duty that it follows";
            let hint = "let the last duty of the chain be followed by a power, or by nothing";
            let field = if duty.consequence.is_some() { "else" } else { "due" };
            check.fail(at, field, Wrong::new("duty-circle", what, hint));
        }
    }
}

fn duty(check: &mut Check<'_>, at: At<'_>, duty: &Duty) {
    due(check, at, &duty.due);
    can(check, at, &duty.owner, duty.discharged_by, "owner", "duty-never-discharged");
    if !duty.reports.is_empty() && duty.discharged_by != ActName::DutyDischarge {
        let what = format!("`{}` has no figures", duty.discharged_by);
        let hint = "have it discharged by `duty.discharge`, or leave `reports` out";
        check.fail(at, "reports", Wrong::new("bad-report", what, hint));
    }
    if let Some(cure) = duty.cure {
        some_time(check, at, "cure", cure);
    }
    check.points(at, "else", duty.consequence.as_ref(), &["duty", "power", "liability"]);
}

/// An act that only a permit opens needs one for the seat that is to do it.
fn can(
    check: &mut Check<'_>,
    at: At<'_>,
    seat: &SeatId,
    act: ActName,
    field: &str,
    code: &'static str,
) {
    let open = act.ruled_by() != RuledBy::Clauses;
    if !open && !check.permits(act, seat) {
        let what = format!("no permit lets `{seat}` do `{act}`");
        let hint = format!("add a clause `permit = \"{act}\"` by `{seat}`, or name another seat");
        check.fail(at, field, Wrong::new(code, what, hint));
    }
}

/// Whether something would come round more often than once a day: a tick far ahead rings each time.
pub(super) fn under_a_day(every: Period) -> bool {
    every.months == 0 && every.days == 0 && every.seconds < 86_400
}

/// A deadline starts somewhere, once, and comes.
fn due(check: &mut Check<'_>, at: At<'_>, due: &Due) {
    let wrong = match (&due.on, &due.after) {
        (None, None) => Some("this never comes due: there is neither `on` nor `after`"),
        (Some(_), Some(_)) => Some("this comes due `on` a day and `after` an event: one of them"),
        (Some(_), None) if due.period.is_some() => Some("`period` counts from an event: `after`"),
        _ => None,
    };
    if let Some(what) = wrong {
        let hint = "write `due = { after = \"in-force\", period = \"P30D\" }` or \
                    `due = { on = \"2027-01-31\" }`";
        check.fail(at, "due", Wrong::new("never-due", what, hint));
    }
    if let Some(every) = due.every {
        some_time(check, at, "due.every", every);
        if under_a_day(every) {
            let what = format!(
                "this comes round every {every}, and a duty comes round once a day at most"
            );
            let hint = "write `P1D` or more, or let a `signal` open it";
            check.fail(at, "due.every", Wrong::new("bad-period", what, hint));
        }
    }
    working_days(check, at, due);
    if let Some(event) = &due.after {
        event_fits(check, at, "due.after", event);
    }
}

/// What counts working days counts days, of somebody's calendar.
fn working_days(check: &mut Check<'_>, at: At<'_>, due: &Due) {
    let in_days = |period: Period| period.seconds == 0 && period.days > 0;
    let (what, hint) = match (due.days, &due.calendar) {
        (None, _) => return,
        (Some(_), None) => {
            let hint = "name the country whose days count: `calendar = \"BE\"`";
            ("nothing says where people work on the days that count", hint)
        }
        (Some(_), Some(_)) if !due.period.is_some_and(in_days) => {
            let hint = "write the period in days, like `P10D`, or leave `days` out";
            ("no days are counted here: `period` is none, or of hours or whole months", hint)
        }
        (Some(_), Some(_)) => return,
    };
    check.fail(at, "due.days", Wrong::new("bad-period", what, hint));
}

fn some_time(check: &mut Check<'_>, at: At<'_>, field: &str, period: Period) {
    if period == Period::default() {
        let what = format!("`{field}` is no time at all");
        check.fail(at, field, Wrong::new("bad-period", what, "write a period above zero"));
    }
}

/// What starts a clock is a duty where it is late or breached, and a signal where it crosses.
fn event_fits(check: &mut Check<'_>, at: At<'_>, field: &str, event: &Event) {
    match event {
        Event::InForce | Event::Act(_) => {}
        Event::Late(clause) => check.points(at, field, Some(clause), &["duty"]),
        Event::Breach(clause) => {
            check.points(at, field, Some(clause), &["duty", "warranty"]);
        }
        Event::Signal(clause) => check.points(at, field, Some(clause), &["signal"]),
        Event::Alert(clause) => check.points(at, field, Some(clause), &["account"]),
        Event::Deadlock(clause) | Event::Fast(clause) | Event::Meeting(clause) => {
            check.points(at, field, Some(clause), &["body"]);
        }
        Event::Used(clause) => check.points(at, field, Some(clause), &["power"]),
    }
}

fn power(check: &mut Check<'_>, at: At<'_>, power: &Power) {
    let (lone, other) = match (&power.ratified_by, power.within) {
        (Some(_), None) => ("ratified_by", "within"),
        (None, Some(_)) => ("within", "ratified_by"),
        _ => ("", ""),
    };
    if !lone.is_empty() {
        let what =
            format!("`{lone}` stands without `{other}`: nobody could tell who ratifies it by when");
        let hint = format!("add `{other}`, or remove `{lone}`");
        check.fail(at, lone, Wrong::new("half-a-ratification", what, hint));
    }
    if let Some(within) = power.within {
        some_time(check, at, "within", within);
    }
    if let Some(event) = &power.after {
        event_fits(check, at, "after", event);
    }
    glass(check, at, power);
    if power.ratified_by.is_none() && power.after.is_none() && power.clauses.is_empty() {
        let what = format!("`{}` may do `{}` at any time, for ever", power.holder, power.power);
        let hint = "add `ratified_by` and `within`, or `after`, if that was not meant";
        check.say(Severity::Note, at, "power", Wrong::new("power-unbounded", what, hint));
    }
}

/// What breaks glass is reviewed by a duty that begins with that.
fn glass(check: &mut Check<'_>, at: At<'_>, power: &Power) {
    let Some(review) = &power.break_glass else { return };
    check.points(at, "break_glass", Some(review), &["duty"]);
    let own = ClauseRef::new(&at.0.id, &at.1.id);
    let cited = review.cited(&at.0.id);
    let after = check.agreement.duty(&cited).map(|duty| duty.terms.due.after.clone());
    let begins = match after {
        Some(Some(Event::Used(name))) => name.cited(&cited.module) == own,
        Some(_) => false,
        // What is no duty was told.
        None => true,
    };
    if !begins {
        let what = format!("`{review}` is not due after this power was used");
        let hint = format!("write `after = \"used: {}\"` there", at.1.id);
        check.fail(at, "break_glass", Wrong::new("review-never-due", what, hint));
    }
}

fn signal(check: &mut Check<'_>, at: At<'_>, signal: &Signal) {
    some_time(check, at, "window", signal.window);
    can(check, at, &signal.by, ActName::SignalBatch, "by", "signal-never-measured");
    match (signal.below, signal.above) {
        (None, None) if signal.opens.is_some() => {
            let what = "no value crosses a threshold: there is neither `above` nor `below`";
            let hint = "add `above` or `below`, or remove `opens`";
            check.fail(at, "opens", Wrong::new("signal-never-crosses", what, hint));
        }
        (Some(below), Some(above)) if below > above => {
            let what = format!("every value is below {below} or above {above}");
            let hint = "write `below` under `above`";
            check.fail(at, "below", Wrong::new("signal-always-crosses", what, hint));
        }
        _ => {}
    }
    check.points(at, "opens", signal.opens.as_ref(), &["duty"]);
}

fn condition(check: &mut Check<'_>, at: At<'_>, condition: &Condition) {
    can(check, at, &condition.by, condition.met_by, "by", "condition-never-met");
    let nobody = |seat: &&SeatId| !check.permits(ActName::ConditionWaive, seat);
    if let Some(seat) = condition.waivable_by.iter().find(nobody) {
        let act = ActName::ConditionWaive;
        let what = format!("`{seat}` may waive this, and no permit lets it do `{act}`");
        let hint = format!("add a clause `permit = \"{act}\"` by `{seat}`, or leave it out here");
        check.say(
            Severity::Warning,
            at,
            "waivable_by",
            Wrong::new("waiver-not-permitted", what, hint),
        );
    }
}

/// What is kept for a time only is deleted by an act that somebody has to be let do.
fn retention(check: &mut Check<'_>, at: At<'_>, asset: &Asset) {
    let act = ActName::DeletionAttest;
    if asset.retention.is_some() && !check.permits(act, &asset.holder) {
        let seat = &asset.holder;
        let what = format!("`{seat}` is to delete this in time, and no permit lets it do `{act}`");
        let hint = format!("add a clause `permit = \"{act}\"` by `{seat}`");
        let wrong = Wrong::new("deletion-not-permitted", what, hint);
        check.say(Severity::Warning, at, "retention", wrong);
    }
}

fn warranty(check: &mut Check<'_>, at: At<'_>, warranty: &Warranty) {
    half(check, at, warranty.metric.is_some(), warranty.at_least.is_some(), "");
    check.points(at, "measured_by", warranty.measured_by.as_ref(), &["signal"]);
    check.points(at, "remedy", warranty.remedy.as_ref(), &["duty", "power", "liability"]);
    let agreement = check.agreement;
    let cited = warranty.remedy.as_ref().map(|name| name.cited(&at.0.id));
    let cited = cited.filter(|_| warranty.measured_by.is_some());
    if let Some(cited) = cited
        && let Some(Terms::Liability(liability)) = agreement.clause(&cited).map(|c| &c.terms)
        && liability.amounts.is_some()
        && agreement.credits(&cited).is_none()
    {
        let what = format!("the amounts of `{cited}` cannot be computed from a signal");
        let hint = "give each row a threshold first and an amount of money or a percentage last, \
                    and the liability a `base` for percentages";
        check.say(Severity::Warning, at, "remedy", Wrong::new("credit-not-computed", what, hint));
    }
}

fn account(check: &mut Check<'_>, at: At<'_>, account: &Account) {
    if Amount::new(&account.unit, Decimal::ZERO).is_none() {
        let what = "this is no unit";
        let hint = "write a currency like `EUR`, or at most 40 characters like `gpu-hour`";
        check.fail(at, "unit", Wrong::new("bad-unit", what, hint));
    }
    check.points(at, "serves", account.serves.as_ref(), &["objective"]);
    check.points(at, "limits", account.limits.as_ref(), &["table"]);
    for to in &account.transfers_to {
        check.points(at, "transfers_to", Some(to), &["account"]);
        let cited = to.cited(&at.0.id);
        let other = check.agreement.account(&cited).map(|own| own.terms.unit.clone());
        if let Some(unit) = other.filter(|unit| *unit != account.unit) {
            let what = format!("`{cited}` is kept in {unit}, and this in {}", account.unit);
            let hint = "name accounts of the same unit: no rate of exchange is known";
            check.fail(at, "transfers_to", Wrong::new("other-unit", what, hint));
        }
    }
    let table = account.limits.as_ref().and_then(|name| {
        match &check.agreement.clause(&name.cited(&at.0.id))?.terms {
            Terms::Table(table) => Some(table),
            _ => None,
        }
    });
    if table.is_some_and(|table| table.limits().is_none()) {
        let what = "a row of the table is no threshold";
        let hint = "write a day, `payment`, `total` or `modification`, and an amount: \
                    `[\"2027-01-01\", \"total\", \"250000\"]`";
        check.fail(at, "limits", Wrong::new("not-a-threshold", what, hint));
    }
    if account.opening.is_some_and(|opening| !opening.is_positive()) {
        let wrong =
            Wrong::new("bad-number", "nothing is there at the opening", "write more than 0");
        check.fail(at, "opening", wrong);
    }
    if !account.ceiling.is_positive() {
        let wrong = Wrong::new("bad-number", "nothing may be spent", "write more than 0");
        check.fail(at, "ceiling", wrong);
    }
    let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
    if let Some(alert) = account.alert_at
        && (!alert.is_positive() || alert > one)
    {
        let what = format!("`alert_at` is {alert}, and is a fraction of the ceiling");
        check.fail(at, "alert_at", Wrong::new("bad-number", what, "write 0.8 for 80 %"));
    }
}
