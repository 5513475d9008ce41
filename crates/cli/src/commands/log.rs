//! `concordat log`: entries, each with the verdict that a fold of one's own gives.

use std::ops::ControlFlow;

use concordat_partnership::act::{PersonErase, RefusalCount};
use concordat_partnership::{Act, Verdict};
use concordat_terms::{ActName, ClauseRef, Digest, KeyId, PartyId, Problem, Timestamp};
use serde::Serialize;

use super::look::{Step, see_folding};
use super::part::{Moment, left_out};
use crate::args::LogArgs;
use crate::failure::Failure;
use crate::harmless;
use crate::out::Out;
use crate::width::wrapped;

#[derive(Debug, Serialize)]
struct Line {
    index: u64,
    time: Option<Timestamp>,
    who: String,
    #[serde(skip)]
    by: Option<PartyId>,
    act: Option<ActName>,
    admitted: bool,
    /// Whether others may have had a key by which it was admitted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_doubt: bool,
    /// What it tells beside the act's name, of acts that are read for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    clause: Option<ClauseRef>,
    problem: Option<Problem>,
}

pub(super) fn run(args: &LogArgs, out: Out) -> Result<(), Failure> {
    let since = args.since.as_deref().map(Moment::of).transpose()?;
    let mut shown =
        Shown { since, limit: args.limit, of: args.look.party.as_ref(), ..Shown::default() };
    let seen = see_folding(&args.look, out, |step| shown.see(step))?;
    let size = seen.replica().size();
    left_out(shown.more + shown.ended.map_or(0, |end| size - end), out);
    shown.lines.iter_mut().try_for_each(|(line, signers)| {
        // What is in doubt, is found out later.
        let doubtful = |key: &KeyId| seen.state().is_doubtful(key, line.index);
        line.in_doubt = line.admitted && signers.iter().any(doubtful);
        out.answer(line, || text(line))
    })
}

/// What is shown of a log, and no more of it.
#[derive(Default)]
struct Shown<'a> {
    since: Option<Moment>,
    limit: Option<usize>,
    /// Whose acts alone.
    of: Option<&'a PartyId>,
    /// Each with the keys that signed it.
    lines: Vec<(Line, Vec<KeyId>)>,
    /// How many would be shown besides, as far as was looked.
    more: u64,
    /// The entry at which nobody had to look any further.
    ended: Option<u64>,
}

impl Shown<'_> {
    fn see(&mut self, step: &Step<'_>) -> ControlFlow<()> {
        let Step { index, signed, verdict, state, .. } = *step;
        if self.since.is_some_and(|since| !since.has_come(index, state.time())) {
            return ControlFlow::Continue(());
        }
        let full = self.limit.is_some_and(|limit| self.lines.len() >= limit);
        // Without a party the entries themselves are counted.
        if full && self.of.is_none() {
            self.ended = Some(index);
            return ControlFlow::Break(());
        }
        let line = line(index, state.time(), verdict);
        if self.of.is_some_and(|party| line.by.as_ref() != Some(party)) {
            return ControlFlow::Continue(());
        }
        if full {
            self.more += 1;
            return ControlFlow::Continue(());
        }
        let signers = signed.and_then(|signed| signed.header.as_ref());
        let signers = signers.into_iter().flat_map(|header| &header.signers);
        let says = signed.and_then(|signed| says(&signed.act));
        let signers = signers.map(|signer| signer.key.clone()).collect();
        self.lines.push((Line { says, ..line }, signers));
        ControlFlow::Continue(())
    }
}

fn line(index: u64, time: Option<Timestamp>, verdict: &Verdict) -> Line {
    let (act, by) = match verdict {
        Verdict::Admitted { act, by, .. } => (Some(*act), by.as_ref()),
        Verdict::Refused { act, by, .. } => (*act, by.as_ref()),
    };
    let party = by.and_then(|by| by.party.clone());
    let who = by.map(|by| match &by.party {
        Some(party) => format!("{party} ({})", by.seat),
        None => by.seat.to_string(),
    });
    let clause = match verdict {
        Verdict::Admitted { clause, .. } => clause.clone(),
        Verdict::Refused { refusal, .. } => refusal.clause().cloned(),
    };
    // Only a genesis has many authors; what cannot be read, or is signed by nobody known, has none.
    let nobody = if index == 0 { "all founders" } else { "nobody known" };
    Line {
        index,
        time,
        who: who.unwrap_or_else(|| nobody.to_owned()),
        by: party,
        act,
        admitted: verdict.is_admitted(),
        in_doubt: false,
        says: None,
        clause,
        problem: verdict.refusal().map(concordat_partnership::Refusal::problem),
    }
}

fn says(act: &Act) -> Option<String> {
    match act {
        Act::RefusalCount(RefusalCount { party, from, until, turned_away, .. }) => {
            Some(format!("{turned_away} of `{party}` turned away from {from} to {until}"))
        }
        Act::PersonErase(PersonErase { papers, ground, .. }) => {
            let papers: Vec<String> = papers.iter().map(Digest::short).collect();
            Some(format!("{} erased, {}", papers.join(", "), ground.as_str()))
        }
        _ => None,
    }
}

fn text(line: &Line) -> String {
    let time = line.time.map(|time| time.to_string()).unwrap_or_default();
    let act = line.act.map_or("bytes", ActName::as_str);
    let verdict = match (&line.problem, &line.clause) {
        (Some(problem), _) => format!("refused, {}: {}", problem.code, problem.what),
        (None, Some(clause)) => format!("admitted by {clause}"),
        (None, None) => "admitted".to_owned(),
    };
    let Line { index, who, .. } = line;
    let doubt = if line.in_doubt { "; in doubt: others may have had the key" } else { "" };
    let says = line.says.as_ref().map(|says| format!("; {says}")).unwrap_or_default();
    let shown = format!("{index:>5}  {time:20}  {act} by {who}: {verdict}{says}{doubt}");
    // One entry, one paragraph: nothing in it can look like another entry.
    wrapped(&harmless::line(&shown), 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_known_signed_is_not_said_to_be_by_the_founders() {
        let refusal = concordat_partnership::Refusal::Malformed { reason: "junk".to_owned() };
        let verdict = Verdict::Refused { act: None, by: None, refusal };
        assert_eq!(line(7, None, &verdict).who, "nobody known");
        assert_eq!(line(0, None, &verdict).who, "all founders");
    }
}
