//! Duties that can be discharged, powers that lapse, signals that can cross, conditions that can
//! be met.

use concordat_terms::{ActName, Decimal, Period, RuledBy, SeatId, Severity};

use crate::source::Wrong;
use crate::{Account, Clause, Condition, Due, Duty, Event, Module, Power, Signal, Terms, Warranty};

use super::decide::unjudged;
use super::{Check, half};

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    let agreement = check.agreement;
    for at in agreement.clauses() {
        match &at.1.terms {
            Terms::Duty(terms) => duty(check, at, terms),
            Terms::Power(terms) => power(check, at, terms),
            Terms::Signal(terms) => signal(check, at, terms),
            Terms::Condition(terms) => condition(check, at, terms),
            Terms::Warranty(terms) => warranty(check, at, terms),
            Terms::Account(terms) => account(check, at, terms),
            _ => {}
        }
    }
}

fn duty(check: &mut Check<'_>, at: At<'_>, duty: &Duty) {
    due(check, at, &duty.due);
    unjudged(check, at, duty.discharged_by, "discharged_by");
    can(check, at, &duty.owner, duty.discharged_by, "owner", "duty-never-discharged");
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
    if act.is_judged() && !open && !check.permits(act, seat) {
        let what = format!("no permit lets `{seat}` do `{act}`");
        let hint = format!("add a clause `permit = \"{act}\"` by `{seat}`, or name another seat");
        check.fail(at, field, Wrong::new(code, what, hint));
    }
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
    }
    if let Some(event) = &due.after {
        event_fits(check, at, "due.after", event);
    }
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
        Event::InForce => {}
        Event::Act(act) => unjudged(check, at, *act, field),
        Event::Late(clause) | Event::Breach(clause) => {
            check.points(at, field, Some(clause), &["duty"]);
        }
        Event::Signal(clause) => check.points(at, field, Some(clause), &["signal"]),
    }
}

fn power(check: &mut Check<'_>, at: At<'_>, power: &Power) {
    unjudged(check, at, power.power, "power");
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
    if power.ratified_by.is_none() && power.after.is_none() && power.clauses.is_empty() {
        let what = format!("`{}` may do `{}` at any time, for ever", power.holder, power.power);
        let hint = "add `ratified_by` and `within`, or `after`, if that was not meant";
        check.say(Severity::Note, at, "power", Wrong::new("power-unbounded", what, hint));
    }
}

fn signal(check: &mut Check<'_>, at: At<'_>, signal: &Signal) {
    some_time(check, at, "window", signal.window);
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
    unjudged(check, at, condition.met_by, "met_by");
    can(check, at, &condition.by, condition.met_by, "by", "condition-never-met");
}

fn warranty(check: &mut Check<'_>, at: At<'_>, warranty: &Warranty) {
    half(check, at, warranty.metric.is_some(), warranty.at_least.is_some(), "");
    check.points(at, "remedy", warranty.remedy.as_ref(), &["duty", "power", "liability"]);
}

fn account(check: &mut Check<'_>, at: At<'_>, account: &Account) {
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
