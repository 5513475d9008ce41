//! `concordat refusals`: how much of what was refused to whom, day by day.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use concordat_partnership::{Actor, Counted, State, Verdict};
use concordat_terms::{PartyId, SeatId, Timestamp};
use serde::Serialize;

use super::look::{Step, see_folding};
use super::views::told;
use crate::args::Look;
use crate::failure::Failure;
use crate::out::Out;

/// A day (in UTC, by the log's time), and for whom an act was signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Of {
    day: String,
    party: PartyId,
    /// None of what never came into the log: that is counted by party.
    seat: Option<SeatId>,
}

/// How much of that was refused.
#[derive(Debug, Default, Serialize)]
struct Count {
    /// Acts in the log. A copy that anybody could have sent is held against nobody.
    refused: u64,
    /// The same by the refusals' codes.
    codes: BTreeMap<&'static str, u64>,
    /// Acts that the coordinator turned away, by its own signed count, since too many had been refused.
    turned_away: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    of: &'a Of,
    #[serde(flatten)]
    count: &'a Count,
}

pub(super) fn run(look: &Look, out: Out) -> Result<(), Failure> {
    let mut counts = BTreeMap::new();
    let seen = see_folding(look, out, |step| {
        refused(step, &mut counts);
        ControlFlow::Continue(())
    })?;
    turned_away(seen.state(), &mut counts);
    if let Some(party) = &look.party {
        counts.retain(|of: &Of, _| of.party == *party);
    }
    let lines: Vec<Line<'_>> = counts.iter().map(|(of, count)| Line { of, count }).collect();
    out.list(&lines, || told(lines.iter().map(text), 12, "no act was refused"))
}

fn refused(step: &Step<'_>, counts: &mut BTreeMap<Of, Count>) {
    let Verdict::Refused { by: Some(Actor { party: Some(party), seat }), refusal, .. } =
        step.verdict
    else {
        return;
    };
    if !refusal.is_charged() {
        return;
    }
    let day = step.state.time().map(day).unwrap_or_default();
    let of = Of { day, party: party.clone(), seat: Some(seat.clone()) };
    let count = counts.entry(of).or_default();
    count.refused += 1;
    *count.codes.entry(refusal.code()).or_default() += 1;
}

fn turned_away(state: &State, counts: &mut BTreeMap<Of, Count>) {
    for Counted { count, .. } in state.counts() {
        let of = Of { day: day(count.from), party: count.party.clone(), seat: None };
        let own = counts.entry(of).or_default();
        own.turned_away = own.turned_away.saturating_add(count.turned_away);
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn text(line: &Line<'_>) -> String {
    let Line { of: Of { day, party, seat }, count } = line;
    match seat {
        Some(seat) => {
            let codes = count.codes.iter().map(|(code, count)| format!("{count} {code}"));
            let codes: Vec<String> = codes.collect();
            format!("{day}  {} of {party} for {seat} refused: {}", count.refused, codes.join(", "))
        }
        None => {
            format!("{day}  {} more of {party} turned away by the coordinator", count.turned_away)
        }
    }
}
