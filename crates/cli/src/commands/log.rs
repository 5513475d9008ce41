//! `concordat log`: entries with this party's own verdicts.

use concordat_node::follow::Follower;
use concordat_partnership::{Act, Verdict};
use concordat_replay::Replica;
use concordat_terms::{ActName, ClauseRef, Problem, Timestamp};
use serde::Serialize;

use super::desk::{failure, open, open_latest};
use crate::archive::{act_in, blobs_of};
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
    act: Option<ActName>,
    admitted: bool,
    clause: Option<ClauseRef>,
    problem: Option<Problem>,
}

pub(super) fn run(args: &LogArgs, out: Out) -> Result<(), Failure> {
    let opened =
        if args.view.offline { open(&args.view.home) } else { open_latest(&args.view.home) };
    let (_, follower) = opened?;
    for line in lines(&follower)?.iter().skip_while(|line| line.index < args.from) {
        out.answer(line, || text(line))?;
    }
    Ok(())
}

/// Folds the party's own entries once more, to have each verdict and the time of each.
fn lines(follower: &Follower) -> Result<Vec<Line>, Failure> {
    let entries = follower
        .store()
        .entries(0, usize::try_from(follower.replica().size()).unwrap_or(usize::MAX))
        .map_err(|fault| failure(fault.problem()))?;
    let mut replica = Replica::new();
    let mut lines = Vec::with_capacity(entries.len());
    for (index, entry) in (0..).zip(&entries) {
        let signed = act_in(entry);
        // The texts that verdicts depend on; those of other blobs are not asked for.
        if let Some(signed) = signed.as_ref().filter(|s| matches!(s.act, Act::ModulePropose(_))) {
            let held = blobs_of(&signed.act).into_iter();
            for digest in held {
                if let Some(blob) = follower.replica().blob(&digest) {
                    replica.supply(blob.to_vec());
                }
            }
        }
        let verdict = replica.step(entry).map_err(|halt| {
            Failure::fault("fold-halted", halt.to_string(), "follow the log online once")
        })?;
        lines.push(line(index, replica.state().time(), &verdict));
    }
    Ok(lines)
}

fn line(index: u64, time: Option<Timestamp>, verdict: &Verdict) -> Line {
    let (act, by) = match verdict {
        Verdict::Admitted { act, by, .. } => (Some(*act), by.as_ref()),
        Verdict::Refused { act, by, .. } => (*act, by.as_ref()),
    };
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
        act,
        admitted: verdict.is_admitted(),
        clause,
        problem: verdict.refusal().map(concordat_partnership::Refusal::problem),
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
    let shown = format!("{index:>5}  {time:20}  {act} by {who}: {verdict}");
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
