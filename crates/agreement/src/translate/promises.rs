//! Duties, powers, accounts and what is owed, in English.

use concordat_terms::{ActName, ClauseId, Country, Period};

use crate::clause::{
    Account, Days, Disclosure, Due, Duty, Event, Ip, IpModel, Ladder, Liability, Power, Signal,
    Topic, Warranty,
};
use crate::shape::Addressee;

use super::{each, listed, names, period, restricted};

pub(super) fn duty(id: &ClauseId, duty: &Duty) -> String {
    let cure = duty.cure.map(|cure| {
        format!(" It is breached when {} have passed since notice of the delay.", period(cure))
    });
    let then = duty.consequence.as_ref().map(|then| format!(" If it fails, `{then}` follows."));
    format!(
        "`{id}`: `{}` owes {} this: {}{}. It is due {} and discharged by `{}`{}.{}{}",
        duty.owner,
        addressees(&duty.to, "and"),
        duty.duty,
        restricted("on", &duty.on),
        due(&duty.due),
        duty.discharged_by,
        with_figures(duty),
        cure.unwrap_or_default(),
        then.unwrap_or_default()
    )
}

fn with_figures(duty: &Duty) -> String {
    if duty.reports.is_empty() {
        return String::new();
    }
    let figures: Vec<String> = duty.reports.iter().map(|metric| format!("`{metric}`")).collect();
    format!(" with {}", listed(&figures, "and"))
}

/// When something comes due: `30 days after the agreement enters into force`. Names are in
/// backticks.
pub fn due(due: &Due) -> String {
    let anchor = match (&due.on, &due.after, due.period) {
        (Some(day), ..) => format!("on {day}"),
        (None, Some(event), Some(later)) => {
            let later = match due.days {
                Some(Days::Working) => working(later),
                None => period(later),
            };
            format!("{later} after {}", self::event(event))
        }
        (None, Some(event), None) => format!("at once when {}", self::event(event)),
        (None, None, later) => {
            format!("{} after entry into force", period(later.unwrap_or_default()))
        }
    };
    let every = due.every.map(|every| format!(" and {} from then on", each(every)));
    let rolls = due.calendar.as_ref().map(|country| match due.days {
        Some(Days::Working) => format!(", counting only days on which people work in {country}"),
        None => rolls(due, country),
    });
    format!("{anchor}{}{}", every.unwrap_or_default(), rolls.unwrap_or_default())
}

/// A period whose days are working days.
fn working(length: Period) -> String {
    let text = period(length);
    match text.strip_suffix("days") {
        Some(count) => format!("{count}working days"),
        None => text.replace("day", "working day"),
    }
}

/// What a calendar does to a deadline (Regulation (EEC, Euratom) No 1182/71 Art. 3(4)): the day on
/// which it ends moves to one on which people work, unless it is counted in hours.
fn rolls(due: &Due, country: &Country) -> String {
    let in_days = |period: &Period| *period != Period::default() && period.seconds == 0;
    if due.on.is_some() || due.period.iter().chain(&due.every).any(in_days) {
        format!(", or with the next working day of {country} where that day is none")
    } else {
        format!(", whether or not that is on a working day of {country}")
    }
}

/// An event as the end of a clause that begins with *when*: `` `run.close` is admitted``.
pub fn event(event: &Event) -> String {
    match event {
        Event::InForce => "the agreement enters into force".to_owned(),
        Event::Act(act) => format!("`{act}` is admitted"),
        Event::Late(duty) => format!("`{duty}` is late"),
        Event::Breach(duty) => format!("`{duty}` is breached"),
        Event::Signal(signal) => format!("`{signal}` crosses its threshold"),
        Event::Deadlock(body) => format!("a matter that `{body}` could not decide goes further"),
        Event::Fast(body) => format!("what `{body}` decided in a hurry is carried out"),
        Event::Meeting(body) => {
            format!("the time comes for which a meeting of `{body}` was called")
        }
        Event::Alert(account) => format!("so much of `{account}` is spent that a warning is due"),
        Event::Used(power) => format!("`{power}` is used"),
    }
}

pub(super) fn power(power: &Power) -> String {
    let after = power.after.as_ref().map(|e| format!(", once {}", event(e)));
    let undone = power.power.can_be_undone();
    let first = power.ratified_by.as_ref().filter(|_| !undone);
    let first = first.map(|body| format!(", once `{body}` has decided so by a motion"));
    let at_once = power.ratified_by.as_ref().zip(power.within).filter(|_| undone);
    let lapses = at_once.map(|(body, within)| {
        let within = period(within);
        let meanwhile = match power.power {
            ActName::ModuleTerminate => "Until it is ratified the module is suspended. ",
            _ => "It takes effect at once. ",
        };
        format!(" {meanwhile}Unless `{body}` ratifies it within {within}, it lapses and is undone.")
    });
    let glass = power.break_glass.as_ref().map(|review| {
        format!(
            " It passes what gates ask; then `{review}` begins, and until that is discharged it is \
             not used again."
        )
    });
    let alone = if power.ratified_by.is_some() { "" } else { " alone" };
    format!(
        "`{}` may do `{}`{alone}{}{}{}{}{}.{}{}",
        power.holder,
        power.power,
        restricted("over", &power.over),
        restricted("in", &power.clauses),
        restricted("on", &power.on),
        after.unwrap_or_default(),
        first.unwrap_or_default(),
        lapses.unwrap_or_default(),
        glass.unwrap_or_default()
    )
}

pub(super) fn signal(id: &ClauseId, signal: &Signal) -> String {
    let above = signal.above.map(|value| format!("above {value}"));
    let below = signal.below.map(|value| format!("below {value}"));
    let bounds: Vec<String> = above.into_iter().chain(below).collect();
    let crossing = if bounds.is_empty() {
        String::new()
    } else {
        let then = signal.opens.as_ref().map(|duty| format!(" and opens `{duty}`"));
        format!(
            "; a value {} crosses the threshold{}",
            listed(&bounds, "or"),
            then.unwrap_or_default()
        )
    };
    format!(
        "`{id}` ({}) is measured by `{}` in {}, one value {}{crossing}.",
        signal.signal,
        signal.by,
        signal.unit,
        each(signal.window)
    )
}

pub(super) fn account(id: &ClauseId, account: &Account) -> String {
    let by = account.allocated_by.as_ref().map(|body| format!(", as `{body}` allocates"));
    let alert = account.alert_at.map(|at| format!("; a warning is due at {at} of it"));
    let opening = account.opening.map(|amount| {
        let unit = &account.unit;
        format!(" Each of its parties has {amount} {unit} as soon as the account is opened.")
    });
    let objective = account
        .serves
        .as_ref()
        .map(|objective| format!(" Who allocates names a report on the objective `{objective}`."));
    let metered =
        account.metered_by.as_ref().map(|seat| format!(" `{seat}` says whose use it was."));
    let to = &account.transfers_to;
    let transfers =
        (!to.is_empty()).then(|| format!(" What a party has of it may go to {}.", names(to, "or")));
    let limits = account.limits.as_ref().map(|table| {
        format!(
            " What one payment, all together and a higher ceiling may come to stands in `{table}`."
        )
    });
    format!(
        "`{}` may spend at most {} {} from `{id}` ({}){}{}.{}{}{}{}{}",
        account.holder,
        account.ceiling,
        account.unit,
        account.account,
        by.unwrap_or_default(),
        alert.unwrap_or_default(),
        opening.unwrap_or_default(),
        objective.unwrap_or_default(),
        metered.unwrap_or_default(),
        transfers.unwrap_or_default(),
        limits.unwrap_or_default()
    )
}

pub(super) fn warranty(warranty: &Warranty) -> String {
    let measure = match (&warranty.metric, warranty.at_least) {
        (Some(metric), Some(least)) => {
            let method = warranty.method.as_ref().map(|m| format!(" by the method `{m}`"));
            format!(", measured{} as `{metric}` of at least {least}", method.unwrap_or_default())
        }
        _ => String::new(),
    };
    let signal = warranty.measured_by.as_ref();
    let signal = signal.map(|clause| format!(", and breached while `{clause}` is crossed"));
    let remedy = warranty.remedy.as_ref().map(|clause| format!(" If not, `{clause}` follows."));
    format!(
        "`{}` warrants to {}: {}{}{measure}{}.{}",
        warranty.by,
        names(&warranty.to, "and"),
        warranty.warranty,
        restricted("on", &warranty.on),
        signal.unwrap_or_default(),
        remedy.unwrap_or_default()
    )
}

pub(super) fn disclosure(clause: &Disclosure) -> String {
    let what = match clause.disclosure {
        Topic::Acts => "records of acts",
        Topic::Clauses => "clauses and verdicts that cite them",
        Topic::Evidence => "test results",
        Topic::Minutes => "minutes",
        Topic::Models => "models and their cards",
    };
    let after = clause.after.map(|after| format!(", {} after the record", period(after)));
    format!(
        "{} may read {what}{}{}{}.",
        addressees(&clause.readers, "and"),
        restricted("of", &clause.acts),
        restricted("of", &clause.clauses),
        after.unwrap_or_default()
    )
}

pub(super) fn ip(ip: &Ip) -> String {
    let mut parts = vec![match ip.ip {
        IpModel::GovernmentOwned => "the public side owns it".to_owned(),
        IpModel::JointPool => "the parties own it together".to_owned(),
        IpModel::PrivateRetained => "the private side keeps it".to_owned(),
    }];
    if !ip.shares.is_empty() {
        let shares: Vec<String> =
            ip.shares.iter().map(|(seat, share)| format!("`{seat}` {share}")).collect();
        parts.push(format!("shares are {}", listed(&shares, "and")));
    }
    if ip.by_lineage {
        parts.push(
            "what a version earns is parted among its owners, as its lineage gives it".to_owned(),
        );
    }
    if !ip.licensed_to.is_empty() {
        parts.push(format!("{} may use it", names(&ip.licensed_to, "and")));
    }
    if let Some(royalty) = ip.royalty {
        parts.push(format!("a licensee owes {royalty} of reported revenue"));
    }
    if ip.public_use {
        parts.push("the public side uses it free of royalty".to_owned());
    }
    if let Some(body) = &ip.licence_out_by {
        parts.push(format!("`{body}` must agree before anybody outside is licensed"));
    }
    if ip.licensed_release {
        parts
            .push("only who owns a version or has a licence to it proposes its release".to_owned());
    }
    if let Some(within) = ip.declare_background {
        parts
            .push(format!("background not declared within {} counts as made here", period(within)));
    }
    let of = if ip.on.is_empty() {
        "what the partnership makes".to_owned()
    } else {
        names(&ip.on, "and")
    };
    format!("Of {of}: {}.", parts.join("; "))
}

pub(super) fn liability(liability: &Liability) -> String {
    let cap = match &liability.cap {
        Some(cap) => format!(", up to {cap} in total"),
        None => ", without a cap".to_owned(),
    };
    let uncapped = if liability.uncapped.is_empty() {
        String::new()
    } else {
        format!("; not capped: {}", listed(&liability.uncapped, "and"))
    };
    let incidents = if liability.incidents.is_empty() {
        String::new()
    } else {
        format!(" (incidents: {})", names(&liability.incidents, "or"))
    };
    let table = liability.amounts.as_ref().map(|table| {
        let base = liability.base.as_ref().map(|base| format!(", percentages of {base}"));
        format!("; amounts are in `{table}`{}", base.unwrap_or_default())
    });
    format!(
        "For {}{incidents}, {} answer in this order{cap}{uncapped}{}.",
        liability.liability,
        names(&liability.order, "then"),
        table.unwrap_or_default()
    )
}

pub(super) fn ladder(ladder: &Ladder) -> String {
    let stages = ladder.stages.iter().map(|stage| {
        let within = stage.within.map(|within| {
            let rolls = stage.calendar.as_ref().map(|country| {
                format!(", the last day rolling to one on which people work in {country}")
            });
            format!(" for {}{}", period(within), rolls.unwrap_or_default())
        });
        let within = within.unwrap_or_default();
        format!("`{}`, in which `{}` decides{within}", stage.stage, stage.by.as_str())
    });
    let stages: Vec<String> = stages.collect();
    format!(
        "Cases of the kind {} ({}) go through {}; when a stage is over the next begins by itself.",
        names(&ladder.cases, "or"),
        ladder.ladder,
        stages.join("; then ")
    )
}

pub(super) fn addressees(list: &[Addressee], last: &str) -> String {
    let said: Vec<String> = list
        .iter()
        .map(|to| match to {
            Addressee::Seat(seat) => format!("`{seat}`"),
            Addressee::Outside(who) => who.clone(),
        })
        .collect();
    listed(&said, last)
}
