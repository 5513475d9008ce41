//! What a clause enforces, said back in English.

mod accounts;
mod assets;
mod bodies;
mod paper;
mod promises;

use std::fmt::Display;

use concordat_terms::{ClauseId, Period};

use crate::shape::{Word, spelling};
use crate::{About, Clause, EvidenceNeed, Gate, LabClass, Rule, Seat, Terms};

pub use promises::{due, event};

/// One English sentence from a clause's terms, for the rendered document: lawyers compare it
/// with the prose above. Markdown; names are in backticks.
pub fn back_translation(clause: &Clause) -> String {
    let id = &clause.id;
    match &clause.terms {
        Terms::Party(p) => {
            let control = p.control.as_ref().map(|c| format!(", under the control of `{c}`"));
            format!(
                "`{id}` is {}, {} party bound by the law of {}{}.",
                p.party,
                match p.side {
                    concordat_terms::Side::Public => "a public",
                    concordat_terms::Side::Private => "a private",
                    concordat_terms::Side::Independent => "an independent",
                },
                listed(&p.jurisdictions, "and"),
                control.unwrap_or_default()
            )
        }
        Terms::Seat(s) => seat(id, s),
        Terms::Purpose(p) => format!("`{id}` means the purpose: {}.", p.purpose),
        Terms::Objective(o) => paper::objective(o),
        Terms::Term(t) => format!("“{}” has the meaning given above.", t.term),
        Terms::Asset(a) => assets::asset(id, a),
        Terms::Permit(r) => format!("{} may do `{}`{}.", names(&r.by, "or"), r.act, scope(r)),
        Terms::Forbid(r) if r.by.is_empty() => {
            format!("Nobody may do `{}`{}, whatever a permit says.", r.act, scope(r))
        }
        Terms::Forbid(r) => format!(
            "{} may not do `{}`{}, whatever a permit says.",
            names(&r.by, "and"),
            r.act,
            scope(r)
        ),
        Terms::Gate(g) => gate(g),
        Terms::Body(b) => bodies::body(id, b),
        Terms::Privacy(p) => accounts::privacy(p),
        Terms::Aggregation(a) => format!(
            "Contributions of `{}` are summed by {}{} with threshold {}, against {} and after {}, \
             in a ring of {} bits at {} bits of scale, for at most {} per participant and round, \
             a clipping bound of {}, a noise multiplier of {}, {} and {}.",
            a.of,
            spelling(a.aggregation),
            match a.aggregators.as_slice() {
                [] => String::new(),
                run_by => format!(", run by {},", names(run_by, "and")),
            },
            a.threshold,
            counted(a.colluders, "colluder"),
            counted(a.dropouts, "dropout"),
            a.ring_bits,
            a.scale_bits,
            counted(a.units_per_round, "person"),
            a.clip_most,
            a.noise_most,
            counted(a.dimension_most, "parameter"),
            if a.retries == 1 { "1 retry".to_owned() } else { format!("{} retries", a.retries) }
        ),
        Terms::Duty(d) => promises::duty(id, d),
        Terms::Power(p) => promises::power(p),
        Terms::Signal(s) => promises::signal(id, s),
        Terms::Account(a) => promises::account(id, a),
        Terms::Warranty(w) => promises::warranty(w),
        Terms::Disclosure(d) => promises::disclosure(d),
        Terms::Ip(ip) => promises::ip(ip),
        Terms::Liability(l) => promises::liability(l),
        Terms::Recognise(r) => paper::recognise(r),
        Terms::Table(t) => paper::table(id, t),
        Terms::Instrument(i) => paper::instrument(i),
        Terms::Condition(c) => paper::condition(c),
        Terms::Notice(n) => paper::notice(n),
        Terms::Ladder(l) => promises::ladder(l),
        Terms::Witnesses(w) => format!(
            "A checkpoint counts when {} of {} have cosigned it; no round starts on one older \
             than {}; cosigners refuse time more than {} off, or silence of more than {} while \
             something is due.",
            w.quorum,
            names(&w.witnesses, "and"),
            period(w.max_staleness),
            period(w.skew),
            period(w.max_gap)
        ),
    }
}

fn seat(id: &ClauseId, seat: &Seat) -> String {
    let filled = names(&seat.filled_by, "and");
    let trained =
        seat.training.iter().map(|t| format!("`{}` within the last {}", t.course, period(t.valid)));
    let trained: Vec<String> = trained.collect();
    let mandates = match trained.as_slice() {
        [] if !seat.mandates => String::new(),
        [] => "; who signs for it has a mandate".to_owned(),
        trained => {
            format!(
                "; who signs for it has a mandate and was trained in {}",
                listed(trained, "and")
            )
        }
    };
    let roles = if seat.roles.is_empty() {
        String::new()
    } else {
        format!("; under regimes it is {}", names(&seat.roles, "and"))
    };
    format!("The seat `{id}` ({}) is filled by {filled}{mandates}{roles}.", seat.seat)
}

fn scope(rule: &Rule) -> String {
    let kinds = match kinds(&rule.kinds) {
        kinds if kinds.is_empty() => kinds,
        kinds => format!(" ({kinds})"),
    };
    let on = restricted("on", &rule.on);
    let purposes = restricted("for", &rule.purposes);
    let when = rule.when.as_ref().map(|when| format!(" where `{}`", when.text()));
    format!("{kinds}{on}{purposes}{}", when.unwrap_or_default())
}

fn restricted<T: Display>(word: &str, list: &[T]) -> String {
    if list.is_empty() { String::new() } else { format!(" {word} {}", names(list, "or")) }
}

fn gate(gate: &Gate) -> String {
    let mut needs = Vec::new();
    if !gate.modules.is_empty() {
        let verb = if gate.modules.len() == 1 { "is" } else { "are" };
        needs.push(format!("{} {verb} in force", names(&gate.modules, "and")));
    }
    for a in &gate.approvals {
        let parties = if a.at_least == 1 { "party" } else { "parties" };
        let have = if a.at_least == 1 { "has" } else { "have" };
        needs.push(format!("at least {} {parties} of `{}` {have} approved", a.at_least, a.seat));
    }
    needs.extend(gate.evidence.iter().map(evidence));
    needs.extend(gate.level.map(|level| format!("it is signed at level `{level}` or above")));
    if let Some(body) = &gate.motion {
        let motion = format!("a motion of `{body}` has succeeded and carries it out");
        needs.push(match gate.tier {
            Some(1) => format!("another member of `{body}` signs it too, or {motion}"),
            Some(3) => format!("{motion}, with two thirds of the votes cast on each side"),
            _ => motion,
        });
    }
    let kinds = match kinds(&gate.kinds) {
        kinds if kinds.is_empty() => kinds,
        kinds => format!(" ({kinds})"),
    };
    let tier = gate.tier.map(|t| format!(" is of tier {t} and"));
    let needs =
        if needs.is_empty() { "a permit allows it".to_owned() } else { listed(&needs, "and") };
    let updates: Vec<&str> = gate.updates.iter().map(|class| spelling(*class)).collect();
    let updates = match updates.as_slice() {
        [] => String::new(),
        classes => format!(" of a {} update", listed(classes, "or")),
    };
    let tier = tier.unwrap_or_default();
    format!("`{}`{kinds}{updates}{tier} is admitted only when {needs}.", gate.gate)
}

fn evidence(need: &EvidenceNeed) -> String {
    let threshold = match (&need.metric, need.at_least) {
        (Some(metric), Some(least)) => format!(" and shows `{metric}` of at least {least}"),
        _ => String::new(),
    };
    let (by, method, age) = (&need.by, &need.method, period(need.max_age));
    let about = match need.about {
        Some(About::Party) => " about the party that acts",
        Some(About::Subject) | None => "",
    };
    let asked = asked_of_test(need);
    format!(
        "evidence{about} by `{by}`, by the method `{method}`, is at most {age} old{threshold}{asked}"
    )
}

/// What a gate asks of how something was tested.
fn asked_of_test(need: &EvidenceNeed) -> String {
    let lab = match (need.accredited, need.lab) {
        (_, Some(LabClass::Independent)) => Some("by an accredited lab that is independent"),
        (_, Some(LabClass::SecondParty)) => Some("by an accredited lab other than the maker's own"),
        (true, _) => Some("by an accredited lab"),
        (false, _) => None,
    };
    let mut parts: Vec<String> = lab.map(str::to_owned).into_iter().collect();
    if need.registered {
        parts.push("by a registered version of the method".to_owned());
    }
    if need.planned {
        parts.push("under a plan registered before the test".to_owned());
    }
    if let Some(time) = need.reply {
        parts.push(format!("after {} for a reply, or the reply", period(time)));
    }
    if let Some(country) = &need.recognised {
        parts.push(format!("or recognised for {country} from elsewhere"));
    }
    if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) }
}

fn kinds<T: Word + PartialEq>(kinds: &[T]) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| spelling(*kind)).collect();
    listed(&words, "or")
}

fn names<T: Display>(names: &[T], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    listed(&quoted, last)
}

/// `a, b and c`.
fn listed<T: Display>(items: &[T], last: &str) -> String {
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        let between = match index {
            0 => "",
            _ if index + 1 == items.len() => &format!(" {last} "),
            _ => ", ",
        };
        text.push_str(between);
        text.push_str(&item.to_string());
    }
    text
}

fn counted(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// How often something comes round: `every year`, `every 2 months`.
pub(crate) fn each(every: Period) -> String {
    let words = period(every);
    let one = words.strip_prefix("1 ").filter(|noun| !noun.contains(' '));
    format!("every {}", one.unwrap_or(&words))
}

/// A period in words: `2 months, 3 days and 4 hours`.
pub fn period(period: Period) -> String {
    let (hours, minutes) = (period.seconds / 3600, period.seconds / 60 % 60);
    let parts = [
        (period.months / 12, "year"),
        (period.months % 12, "month"),
        (period.days, "day"),
        (hours, "hour"),
        (minutes, "minute"),
        (period.seconds % 60, "second"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| counted(*n, noun)).collect();
    if said.is_empty() { "no time".to_owned() } else { listed(&said, "and") }
}
