//! Bodies, said back in English.

use std::fmt::Write as _;

use concordat_terms::ClauseId;

use super::{counted, listed, names, period};
use crate::{Body, Fast, Majority, Reserved, Veto, Voting};

/// What a body is and how it decides.
pub(super) fn body(id: &ClauseId, b: &Body) -> String {
    let mut said = format!(
        "`{id}` ({}) is the members of {}, with {} for each side, a quorum of {} on each side \
         and a majority of {} on each side; a motion is open for {}",
        b.body,
        names(&b.members, "and"),
        counted(b.votes_per_side, "vote"),
        b.quorum_per_side,
        match b.majority {
            Majority::EachSide => "more than half",
            Majority::TwoThirdsOfEachSide => "two thirds",
        },
        period(b.open_for)
    );
    let more: Vec<String> = further(b).collect();
    // Writing to a text cannot fail.
    for sentence in more {
        let _ = write!(said, "; {sentence}");
    }
    said.push('.');
    said
}

fn further(b: &Body) -> impl Iterator<Item = String> {
    let when = |holds: bool, said: &str| holds.then(|| said.to_owned());
    let weights = b.weights.iter().map(|(party, votes)| format!("`{party}` {votes}"));
    let weights: Vec<String> = weights.collect();
    let voting = match b.voting {
        None | Some(Voting::Each) => None,
        Some(Voting::Nomination) => Some("the votes of a side are those whom it nominates".into()),
        Some(Voting::Rotation) => Some(format!(
            "the members of a side vote in turn, each turn {} long",
            period(b.turn.unwrap_or_default())
        )),
        Some(Voting::Weight) => Some(format!("of the votes {}", listed(&weights, "and"))),
    };
    let mixed = (!b.at_least_one.is_empty()).then(|| {
        format!("at least one of each of {} must have voted", names(&b.at_least_one, "and"))
    });
    let first = [
        voting,
        mixed,
        when(b.independents, "independent members are counted as a third side"),
        b.lead.map(|lead| format!("voting opens {} after a motion is put", period(lead))),
        b.late_guard.map(|guard| {
            let guard = period(guard);
            format!("a quorum reached within {guard} of the end prolongs voting by {guard}, once")
        }),
        b.vacancy.map(|vacancy| {
            format!("with a seat vacant for longer than {} it decides nothing", period(vacancy))
        }),
        when(b.delegates, "a member may hand its vote to another of its side"),
    ];
    let last = [
        b.fast.as_ref().map(fast),
        b.escalates_to.as_ref().map(|to| {
            format!("a matter on which two motions have failed goes to `{}`", to.as_str())
        }),
        b.procedure.as_ref().map(|asset| format!("a motion names its version of `{asset}`")),
    ];
    let reserved = b.reserved.iter().map(reserved);
    let vetoes = b.veto.iter().map(veto);
    first.into_iter().flatten().chain(reserved).chain(vetoes).chain(last.into_iter().flatten())
}

fn reserved(reserved: &Reserved) -> String {
    let (acts, to) = (names(&reserved.acts, "and"), names(&reserved.to, "and"));
    format!("{acts} takes the vote of every party of {to}")
}

fn veto(veto: &Veto) -> String {
    let acts = if veto.acts.is_empty() {
        "a decision".to_owned()
    } else {
        format!("a decision on {}", names(&veto.acts, "or"))
    };
    let by = &veto.by;
    match veto.within {
        Some(within) => format!(
            "`{by}` may veto {acts} within {} of its success, and nobody carries it out before",
            period(within)
        ),
        None => format!("`{by}` may veto {acts} until it is carried out"),
    }
}

fn fast(fast: &Fast) -> String {
    format!(
        "on {} it may decide in a hurry, with a quorum of {} on each side and votes for {}, and \
         owes `{}` for it",
        names(&fast.acts, "or"),
        fast.quorum_per_side,
        period(fast.open_for),
        fast.review
    )
}
