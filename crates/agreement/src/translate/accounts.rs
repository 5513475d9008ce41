//! Privacy accounts and their parts, in English.

use crate::{Adjacency, Monitoring, Privacy, Queries, TrainerMode};

use super::{listed, names};

pub(super) fn privacy(account: &Privacy) -> String {
    let datasets: Vec<_> = [&account.privacy].into_iter().chain(&account.also).collect();
    let one = if account.also.is_empty() { "" } else { ", which are about the same persons," };
    let whole = format!(
        "Each holder of {}{one} may spend at most ε = {} at δ = {}, for ever, where neighbours differ \
         by one person {}.",
        names(&datasets, "and"),
        account.epsilon,
        account.delta,
        match account.adjacency {
            Adjacency::AddRemove => "more or less",
            Adjacency::Replace => "replaced",
        }
    );
    let part = |(purpose, part): (_, _)| format!("at most ε = {part} for `{purpose}`");
    let parts: Vec<String> = account.at_most.iter().map(part).collect();
    let parts = match parts.as_slice() {
        [] => String::new(),
        parts => format!(" Of that, {}.", listed(parts, "and")),
    };
    let kept = account.monitoring.as_ref().map(monitoring).unwrap_or_default();
    let queries = account.queries.as_ref().map(queries).unwrap_or_default();
    format!("{whole}{parts}{kept}{queries}{}", trainers(account))
}

fn queries(own: &Queries) -> String {
    let holders = match own.by_holder {
        true => "A query may tell figures of single holders, with noise.",
        false => "No query tells figures of single holders.",
    };
    format!(
        " A query whose figures noise is expected to put off by more than {} is asked with a warning, and \
         by more than {} not at all. {holders}",
        own.warn_above, own.refuse_above,
    )
}

fn trainers(account: &Privacy) -> String {
    if account.trainers.is_empty() {
        return String::new();
    }
    let how = account.trainers.iter().map(|mode| match mode {
        TrainerMode::Features => "turning single records into numbers",
        TrainerMode::UpdateDp => "sending updates that the node clips and noises",
        TrainerMode::AssertedDp => {
            "sending updates with noise of their own, which no node enforces"
        }
        TrainerMode::SecaggOnly => {
            "sending updates without noise, of which sums alone become readable"
        }
    });
    let how: Vec<String> = how.map(str::to_owned).collect();
    let walls = match account.trainers_unsandboxed {
        true => ", also without a sandbox",
        false => "",
    };
    format!(" Approved programs of others may take part by {}{walls}.", listed(&how, "or"))
}

fn monitoring(own: &Monitoring) -> String {
    let years = match own.years() {
        0 | 1 => format!("the year {}", own.from),
        _ => format!("each of the years {} to {}", own.from, own.until),
    };
    let unspent = match own.returns() {
        true => "comes back to the account when the year is over",
        false => "stays for them in later years",
    };
    format!(
        " For {years} ε = {} is kept back for queries and evaluations for {}; what they do not spend \
         {unspent}.",
        own.epsilon,
        names(&own.purposes, "and"),
    )
}
