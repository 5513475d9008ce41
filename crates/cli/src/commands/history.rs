//! `concordat history`: which texts have governed, and since when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use concordat_agreement::suggest;
use concordat_partnership::{Event, Happened, Moment, Standing, State, Stood};
use concordat_terms::{Date, ModuleId, Timestamp};

use super::look::see_as;
use crate::args::HistoryArgs;
use crate::failure::Failure;
use crate::out::Out;

pub(super) fn run(args: &HistoryArgs, out: Out) -> Result<(), Failure> {
    let seen = see_as(&args.place, None)?;
    let state = seen.state();
    require_known(state, args.module.as_ref())?;
    let Some(at) = &args.at else {
        for event in state.history().iter().filter(|event| concerns(event, args.module.as_ref())) {
            out.answer(event, || told(event))?;
        }
        return Ok(());
    };
    let mut stood = state.stood(moment(at, state)?);
    if let Some(module) = &args.module {
        stood.retain(|id, _| id == module);
        if stood.is_empty() {
            let what = format!("no module `{module}` was in force then");
            return Err(Failure::usage("unknown-module", what, "leave `--module` out to see all"));
        }
    }
    if args.text {
        return text(state, &stood, out);
    }
    out.answer(&stood, || {
        let lines = stood.iter().map(|(id, module)| {
            let Stood { version, digest, index, since, standing } = module;
            format!(
                "{digest}  {id} {version}, {}, since {since} (entry {index})",
                standing.as_str()
            )
        });
        match stood.is_empty() {
            true => "no module was in force then".to_owned(),
            false => lines.collect::<Vec<_>>().join("\n"),
        }
    })
}

/// That the module ever governed: of one that never did, nothing would be told.
fn require_known(state: &State, module: Option<&ModuleId>) -> Result<(), Failure> {
    let known: BTreeSet<&ModuleId> = state.history().iter().map(of).collect();
    match module.filter(|module| !known.contains(module)) {
        None => Ok(()),
        Some(module) => {
            let what = format!("no module `{module}` was ever in force");
            let names: Vec<&str> = known.into_iter().map(ModuleId::as_str).collect();
            Err(Failure::usage("unknown-module", what, suggest(module.as_str(), names)))
        }
    }
}

/// An index, a day (its end, in UTC) or a time, none of which is yet to come.
fn moment(at: &str, state: &State) -> Result<Moment, Failure> {
    let wrong = |what: String, hint: &str| Err(Failure::usage("bad-moment", what, hint));
    if let Ok(index) = at.parse::<u64>() {
        return match state.index().checked_sub(1) {
            Some(last) if index <= last => Ok(Moment::Index(index)),
            _ => wrong(format!("the log has no entry {index} yet"), "name an entry that is there"),
        };
    }
    let begins = |day: Date| format!("{day}T00:00:00Z").parse::<Timestamp>().ok();
    let ends = |day: Date| format!("{day}T23:59:59Z").parse::<Timestamp>().ok();
    let day = at.parse::<Date>().ok();
    let time = at.parse::<Timestamp>().ok();
    let (Some(from), Some(to)) = (time.or(day.and_then(begins)), time.or(day.and_then(ends)))
    else {
        let hint = "write an index, a day like `2027-03-01` or a time like `2027-03-01T08:00:00Z`";
        return wrong(format!("`{at}` is no moment of a log"), hint);
    };
    if state.time().is_none_or(|now| from > now) {
        return wrong(format!("the log has not come to {at} yet"), "name a time that has passed");
    }
    if state.genesis().is_some_and(|genesis| to < genesis.time) {
        return wrong(format!("the log had not begun at {at}"), "name a time after its founding");
    }
    Ok(Moment::Time(to))
}

/// The exact texts, one after another.
fn text(state: &State, stood: &BTreeMap<ModuleId, Stood>, out: Out) -> Result<(), Failure> {
    let texts: BTreeMap<&ModuleId, &str> = stood
        .iter()
        .filter_map(|(id, module)| Some((id, state.proposals().get(&module.digest)?.module.text())))
        .collect();
    out.answer(&texts, || texts.values().copied().collect::<Vec<_>>().join("\n"))
}

fn concerns(event: &Event, module: Option<&ModuleId>) -> bool {
    module.is_none_or(|module| module == of(event))
}

/// The module that something happened to.
fn of(event: &Event) -> &ModuleId {
    match &event.what {
        Happened::Entered { module, .. } | Happened::Stands { module, .. } => module,
        Happened::Invalid { clause } => &clause.module,
    }
}

fn told(event: &Event) -> String {
    let mut line = format!("{} {} ", event.index, event.at);
    let _ = match &event.what {
        Happened::Entered { module, version, digest } => {
            write!(line, "{module} {version} entered into force  {digest}")
        }
        Happened::Stands { module, standing } => {
            let what = match standing {
                Standing::InForce => "was resumed",
                Standing::Suspended => "was suspended",
                Standing::Ended => "ended",
            };
            write!(line, "{module} {what}")
        }
        Happened::Invalid { clause } => write!(line, "{clause} was found invalid"),
    };
    line
}
