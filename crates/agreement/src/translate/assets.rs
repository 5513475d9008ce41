//! Assets in words: what they are, whose, and what protects them.

use concordat_terms::ClauseId;

use super::{evidence, names, period};
use crate::shape::spelling;
use crate::{Asset, Ground, Guard, Label};

pub(super) fn asset(id: &ClauseId, a: &Asset) -> String {
    let person = a.person.as_ref().map(|column| {
        let rows = a.rows_per_person.map(|m| match m {
            1 => ", at most one row each".to_owned(),
            m => format!(", at most {m} rows each"),
        });
        format!("; its rows are about the persons in `{column}`{}", rows.unwrap_or_default())
    });
    let columns = match a.columns.len() {
        0 => String::new(),
        count => format!("; it has {count} columns"),
    };
    let mut said = Vec::new();
    said.extend(a.ground.map(|ground| match ground {
        Ground::Background => "it was brought in".to_owned(),
        Ground::Foreground => "it is made here".to_owned(),
    }));
    said.extend(a.owner.as_ref().map(|owner| format!("`{owner}` owns it")));
    if !a.derived_owner.is_empty() {
        let owners = names(&a.derived_owner, "and");
        let verb = if a.derived_owner.len() == 1 { "owns" } else { "own" };
        said.push(format!("{owners} {verb} what is derived from it"));
    }
    said.extend(a.anonymisation.as_ref().map(|standard| format!("it is anonymised by {standard}")));
    said.extend(a.licence.as_ref().map(|licence| format!("its licence is {licence}")));
    if let Some(entry) = &a.export {
        said.push(match &a.export_licence {
            None => format!("it is listed for export control ({entry}) and crosses no border"),
            Some(need) => format!(
                "it is listed for export control ({entry}) and crosses a border only when {}",
                evidence(need)
            ),
        });
    }
    if !a.classes.is_empty() {
        said.push(format!("under regimes it is {}", names(&a.classes, "and")));
    }
    said.extend(a.guard.as_ref().and_then(guard));
    let custodian = a.key_custodian.as_ref();
    said.extend(custodian.map(|seat| format!("`{seat}` keeps the key of its pseudonyms")));
    let pilot = a.pilot.as_ref();
    said.extend(pilot.map(|first| {
        format!("nothing is computed on it before a run on `{first}` has given a result")
    }));
    let said: String = said.iter().map(|part| format!("; {part}")).collect();
    format!(
        "`{id}` ({}) is {} {} {} held by `{}`, usable for {} only{}{columns}{said}.",
        a.asset,
        if a.label == Label::Internal { "an" } else { "a" },
        spelling(a.label),
        spelling(a.kind),
        a.holder,
        names(&a.purposes, "and"),
        person.unwrap_or_default()
    )
}

fn guard(guard: &Guard) -> Option<String> {
    let Guard { class, attested, interim, profile, stays, least_persons } = guard;
    let mut asks = Vec::new();
    asks.extend(class.map(|class| format!("is at places of class {class} or higher only")));
    asks.extend(
        attested.map(|age| format!("is at places appraised within the last {} only", period(age))),
    );
    if *interim {
        asks.push("may be at an interim place".to_owned());
    }
    let protected = profile.map(|profile| format!("travels under {} or better", spelling(profile)));
    asks.extend(protected);
    if *stays {
        asks.push("is handed over to nobody".to_owned());
    }
    asks.extend(least_persons.map(|n| format!("gives figures about at least {n} persons only")));
    (!asks.is_empty()).then(|| format!("it {}", super::listed(&asks, "and")))
}
