//! `concordat serve --aggregator`: one of the three aggregators, until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use concordat_node::aggregate::{Aggregator, Event};
use concordat_node::home::Home;
use concordat_terms::PartyId;

use super::desk::failure;
use crate::args::Serve;
use crate::failure::Failure;
use crate::out::Out;

pub(super) fn run(args: &Serve, out: Out) -> Result<(), Failure> {
    super::trace();
    let home = Home::load(&args.home).map_err(failure)?;
    home.examine().map_err(failure)?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    super::on_interrupt(move || told.store(true, Ordering::Relaxed))?;
    let party = home.config().party.clone();
    Aggregator::run(&home, stop, |event| tell(&party, &event, out)).map_err(failure)
}

/// One event, a line: in JSON on stdout, and then only what an operator may act on on stderr too.
fn tell(party: &PartyId, event: &Event, out: Out) {
    let told =
        matches!(event, Event::Refused { .. } | Event::Offline { .. } | Event::Dropped { .. });
    if !out.json || told {
        out.say(&format!("{party}: {}", said(event)));
    }
    if out.json {
        // Nobody may be reading any more: the aggregator goes on.
        out.answer(event, String::new).ok();
    }
}

fn said(event: &Event) -> String {
    match event {
        Event::Followed { size: 1 } => "followed the log to 1 entry".to_owned(),
        Event::Followed { size } => format!("followed the log to {size} entries"),
        Event::Offline { problem } => format!("{}; {}", problem.what, problem.hint),
        Event::Unnamed => {
            "no clause in force names this party for an aggregator; it waits until one does"
                .to_owned()
        }
        Event::Attending { run, role } => format!("run {run}: the {role} aggregator attends"),
        Event::Offered { run, round, attempt } => {
            format!("run {run}: attempt {attempt} of round {} begins", round + 1)
        }
        Event::Opened { run, round, contributors, .. } => {
            format!("run {run}: opened its share of round {}, of {contributors}", round + 1)
        }
        Event::Dropped { run, round, attempt, reason } => {
            format!("run {run}: attempt {attempt} of round {} is lost: {reason}", round + 1)
        }
        Event::Refused { run: Some(run), problem } => {
            format!("run {run}: {}; {}", problem.what, problem.hint)
        }
        Event::Refused { run: None, problem } => format!("{}; {}", problem.what, problem.hint),
    }
}

#[cfg(test)]
mod tests {
    use concordat_secagg::three::Role;

    use super::*;

    #[test]
    fn an_aggregator_says_in_whose_name_and_what_became_of_an_attempt() {
        let run: concordat_terms::RunId = "first".parse().unwrap();
        let attending = Event::Attending { run: run.clone(), role: Role::Neutral };
        assert_eq!(said(&attending), "run first: the neutral aggregator attends");
        let opened = Event::Opened { run: run.clone(), round: 0, attempt: 1, contributors: 4 };
        assert_eq!(said(&opened), "run first: opened its share of round 1, of 4");
        let reason = "it began anew".to_owned();
        let dropped = Event::Dropped { run, round: 1, attempt: 0, reason };
        assert_eq!(said(&dropped), "run first: attempt 0 of round 2 is lost: it began anew");
    }
}
