//! How privacy accounts go down, run by run: lines, columns and a picture.

use super::privacy::{Account, Charge, Kept, StillFits};
use crate::chart;
use crate::exposed::Faced;
use crate::plot::{self, Panel, TEXTS_MOST};

/// Everything about an account; what is below its first line is indented.
pub(super) fn lines(own: &Account) -> Vec<String> {
    let Account { asset, holder, spent, epsilon, delta, left, clause, .. } = own;
    let mut lines = vec![format!(
        "{asset} of {holder}: \u{3b5} {spent:.4} of {epsilon} at \u{3b4} = {delta}, {left:.4} left, by {clause}"
    )];
    let mut add = |text: String| lines.push(format!("    {text}"));
    if !own.also.is_empty() {
        add(format!("the same persons: {}", super::list(&own.also)));
    }
    if own.reserved > 0.0 {
        add(format!("{:.4} of that for runs that are not over", own.reserved));
    }
    if let Some(Kept { year, there, spent, until }) = &own.kept {
        add(format!(
            "kept for monitoring until {until}; in {year} {spent:.4} of {there:.4} is spent"
        ));
    }
    for part in &own.purposes {
        add(format!("{}: {:.4} of at most {}", part.purpose, part.spent, part.at_most));
    }
    for part in &own.years {
        add(format!("{} {}: {:.4}", part.year, part.purpose, part.spent));
    }
    // What a clause said first is what the account began with.
    for limit in own.limits.iter().skip(1) {
        add(format!(
            "{} at {} from entry {} on, when {:.4} was spent",
            limit.epsilon, limit.delta, limit.entry, limit.spent
        ));
    }
    own.faced.iter().map(Faced::line).for_each(&mut add);
    own.runs.iter().map(charge).for_each(&mut add);
    own.fits.iter().map(still_fits).for_each(&mut add);
    if !own.runs.is_empty() {
        let most = thousandths(epsilon.to_f64());
        let left: Vec<u64> = left_of(own).collect();
        chart::columns(&left, most, &format!("\u{3b5} {epsilon}")).into_iter().for_each(add);
    }
    lines
}

fn charge(charge: &Charge) -> String {
    let Charge { entry, at, run, purpose, cost, spent, left } = charge;
    let day: String = at.to_string().chars().take(10).collect();
    format!("{day} entry {entry}: {run} for {purpose}, {cost:.4}; {spent:.4} spent, {left:.4} left")
}

fn still_fits(fits: &StillFits) -> String {
    let StillFits { like, noise, wished, count, least_noise } = fits;
    let all = match least_noise {
        Some(_) if count == wished => String::new(),
        Some(least) => format!(", all of them with noise of at least {least}"),
        None => ", and all of them with no noise".to_owned(),
    };
    format!(
        "would still fit: {count} of {wished} rounds and retries like {like}'s, with noise {noise}{all}"
    )
}

/// What was left at the beginning, and after each run.
fn left_of(own: &Account) -> impl Iterator<Item = u64> {
    let begun = own.limits.first().map(|limit| limit.epsilon.to_f64());
    let first = own.kept.is_none().then_some(begun).flatten();
    first.into_iter().chain(own.runs.iter().map(|charge| charge.left)).map(thousandths)
}

fn thousandths(epsilon: f64) -> u64 {
    // Casting saturates; an ε is at most a million.
    (epsilon.max(0.0) * 1_000.0).round() as u64
}

/// A panel for each account to which something was charged.
pub(super) fn svg(accounts: &[Account]) -> String {
    let charged = accounts.iter().filter(|own| !own.runs.is_empty());
    let panels: Vec<Panel> = charged.map(panel).collect();
    plot::picture("What is left of each privacy account, run by run", &panels)
}

fn panel(own: &Account) -> Panel {
    let values: Vec<Option<u64>> = left_of(own).map(Some).collect();
    let most = thousandths(own.epsilon.to_f64()).max(1);
    let before = values.len() - own.runs.len();
    let step = values.len().div_ceil(TEXTS_MOST).max(1);
    let runs = own.runs.iter().enumerate().step_by(step);
    let below = runs.map(|(nth, charge)| (nth + before, charge.run.to_string()));
    Panel {
        title: format!("{} of {}", own.asset, own.holder),
        says: format!("\u{3b5} left of {} at \u{3b4} = {}", own.epsilon, own.delta),
        values,
        most,
        marks: vec![(0, "0".to_owned()), (most, own.epsilon.to_string())],
        below: below.collect(),
    }
}
