//! The boilerplate in English.

use concordat_terms::{ClauseId, Period};

use crate::clause::{
    Condition, ConditionKind, Consent, Immunity, Instrument, Joint, LabClass, MadeFrom, Notice,
    Objective, PartyChange, Recognise, TableOf, Vehicle,
};
use crate::shape::spelling;

use super::promises::addressees;
use super::{counted, listed, names, period};

pub(super) fn objective(objective: &Objective) -> String {
    let measure = match (&objective.metric, objective.at_least) {
        (Some(metric), Some(least)) => format!(", shown by `{metric}` of at least {least}"),
        _ => String::new(),
    };
    let by = objective.by.map(|day| format!(", by {day}"));
    let by = by.unwrap_or_default();
    format!("The partnership's objective is: {}{measure}{by}.", objective.objective)
}

pub(super) fn recognise(clause: &Recognise) -> String {
    let lab = match clause.lab {
        LabClass::FirstParty => "any lab",
        LabClass::SecondParty => "a lab other than the maker's own",
        LabClass::Independent => "an independent lab",
    };
    let from = if clause.from.is_empty() {
        String::new()
    } else {
        format!(" in {}", listed(&clause.from, "or"))
    };
    let accredited = if clause.accredited.is_empty() {
        String::new()
    } else {
        format!(" accredited under {}", listed(&clause.accredited, "and"))
    };
    let cost = clause.cost.as_ref().map(|cost| format!(" Each spares a test that costs {cost}."));
    format!(
        "Results by the method `{}` of {lab}{from}{accredited} count here for {}.{}",
        clause.recognise,
        period(clause.max_age),
        cost.unwrap_or_default()
    )
}

pub(super) fn table(id: &ClauseId, table: &TableOf) -> String {
    let rows = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    format!("`{id}` is the table “{}” of {}.", table.table, counted(rows, "row"))
}

pub(super) fn instrument(i: &Instrument) -> String {
    let mut parts = vec![format!(
        "“{}” stands under {}, before {}, in `{}`",
        i.instrument,
        law(&i.governing_law),
        if i.forum == "none" { "no court" } else { &i.forum },
        i.language
    )];
    if let Some(seat) = &i.arbitration_seat {
        parts.push(format!("arbitration sits in {seat}"));
    }
    if let Some(vehicle) = i.vehicle {
        parts.push(format!("it is carried by {}", vehicle_name(vehicle)));
    }
    match i.immunity {
        Some(Immunity::Kept) => parts.push("immunity is kept".to_owned()),
        Some(Immunity::Waived) => parts.push("immunity is waived".to_owned()),
        Some(Immunity::WaivedForArbitration) => {
            parts.push("immunity is waived for arbitration and its award".to_owned());
        }
        None => {}
    }
    if !i.precedence.is_empty() {
        let layers: Vec<&str> = i.precedence.iter().map(|layer| spelling(*layer)).collect();
        parts
            .push(format!("when layers differ, {} prevail in this order", listed(&layers, "then")));
    }
    if i.entire_agreement {
        parts.push("nothing outside of it counts".to_owned());
    }
    if !i.incorporates.is_empty() {
        let titles: Vec<String> =
            i.incorporates.iter().map(|d| format!("“{}” of {}", d.title, d.date)).collect();
        parts.push(format!("{} are part of it", listed(&titles, "and")));
    }
    if let Some(liability) = i.answer {
        parts.push(match liability {
            Joint::Several => "each answers for its part".to_owned(),
            Joint::Joint => "all answer together".to_owned(),
            Joint::JointAndSeveral => "each answers for the whole".to_owned(),
        });
    }
    if i.third_party_rights {
        parts.push("outsiders may enforce what is owed to them".to_owned());
    }
    for (clause, what) in
        [(&i.wrong_verdicts, "a wrong verdict"), (&i.operator_faults, "faults of the operator")]
    {
        if let Some(clause) = clause {
            parts.push(format!("`{clause}` says who answers for {what}"));
        }
    }
    if let Some(decider) = &i.escalates_to {
        parts.push(format!("a refusal may be taken to `{}`", decider.as_str()));
    }
    if let Some(most) = i.force_majeure_most {
        let most = period(most);
        parts.push(format!("force majeure stops the clock of a duty for {most} at most"));
    }
    if let Some(within) = i.correction_within {
        let within = period(within);
        parts.push(format!(
            "who is affected may ask for the correction of a verdict within {within}, and what is \
             to be paid because of it then pauses for as long, unless a determination comes before"
        ));
    }
    for change in &i.changes {
        let PartyChange { change: act, consent, body, notice } = change;
        let consent = match (consent, body) {
            (Consent::Own, _) => "the consent of the party alone".to_owned(),
            (Consent::Others, _) => "the consent of every other party".to_owned(),
            (Consent::Body, None) => "the decision of a body".to_owned(),
            (Consent::Body, Some(body)) => format!("the decision of `{body}`"),
        };
        let notice = notice.map(|time| format!(" and notice of {}", period(time)));
        parts.push(format!("`{act}` takes {consent}{}", notice.unwrap_or_default()));
    }
    if let Some(pack) = &i.pack {
        let MadeFrom { id, version, template, owner, digest, signer } = pack;
        let signed = signer.as_ref().map(|key| format!(" and signed with the key `{key}`"));
        parts.push(format!(
            "it was made from the template `{template}` of pack `{id}` {version} ({}), which {owner} \
             keeps{}",
            digest.short(),
            signed.unwrap_or_default()
        ));
    }
    if let Some(playbook) = &i.playbook {
        parts.push(format!(
            "its template has to come from the version {} of `{}` that was voted on",
            playbook.version.short(),
            playbook.asset
        ));
    }
    for row in &i.regimes {
        let under = names(&row.under, "and");
        parts.push(match &row.prevails {
            Some(regime) => format!(
                "of the regimes {under}, `{regime}` prevails for `{}`, as far as no other is law",
                row.seat
            ),
            None => {
                format!("of the regimes {under}, the strictest clock counts for `{}`", row.seat)
            }
        });
    }
    format!("{}.", parts.join("; "))
}

fn law(law: &str) -> String {
    if law == "none" { "no law".to_owned() } else { format!("the law of {law}") }
}

fn vehicle_name(vehicle: Vehicle) -> &'static str {
    match vehicle {
        Vehicle::FixedDeliverable => "a contract for a fixed deliverable",
        Vehicle::ContinuousService => "a continuous service",
        Vehicle::Framework => "a framework with orders",
        Vehicle::Grant => "a grant or cooperative agreement",
        Vehicle::JointDevelopment => "a joint development",
    }
}

pub(super) fn condition(condition: &Condition) -> String {
    let verb = match condition.kind {
        ConditionKind::Precedent => "takes effect only when",
        ConditionKind::Subsequent => "ends when",
    };
    let waive = if condition.waivable_by.is_empty() {
        String::new()
    } else {
        format!("; {} may waive it", names(&condition.waivable_by, "and"))
    };
    let stop = condition.long_stop.map(|day| format!("; after {day} it can no longer be met"));
    format!(
        "{} {verb} {}: `{}` by `{}`{waive}{}.",
        names(&condition.modules, "and"),
        condition.condition,
        condition.met_by,
        condition.by,
        stop.unwrap_or_default()
    )
}

pub(super) fn notice(notice: &Notice) -> String {
    let channels: Vec<&str> = notice.channels.iter().map(|channel| spelling(*channel)).collect();
    let language = notice.language.as_ref().map(|tag| format!(" in `{tag}`"));
    format!(
        "Notice of {} goes to {} by {}{}, and counts as received {}.",
        notice.notice,
        addressees(std::slice::from_ref(&notice.to), "and"),
        listed(&channels, "or"),
        language.unwrap_or_default(),
        match notice.deemed_received {
            none if none == Period::default() => "when it is sent".to_owned(),
            later => format!("{} after sending", period(later)),
        }
    )
}
