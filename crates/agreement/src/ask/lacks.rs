//! What a request lacks of a clause, as a phrase: told of what is refused, and of nothing else.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, PurposeId, SeatId};

use super::{Ask, Reach, covers};
use crate::{Agreement, Power, Rule, RunKind};

/// The first demand of a rule that a request does not meet, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lacks {
    /// Who acts.
    Seat,
    /// The kind of run.
    Kind,
    /// What it is about.
    Asset,
    /// What for.
    Purpose,
    /// Its condition.
    Condition,
}

/// The first demand of a power that a request does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheld {
    Seat,
    Module,
    Asset,
    Event,
}

impl Power {
    /// What is lacking, as a phrase.
    pub(super) fn told(&self, unheld: Unheld) -> String {
        match (unheld, &self.after) {
            (Unheld::Seat, _) => format!("the seat `{}`", self.holder),
            (Unheld::Module, _) => "a module that it is over".to_owned(),
            (Unheld::Asset, _) => "an asset that it names".to_owned(),
            (Unheld::Event, Some(event)) => {
                format!("the event `{event}`, which has not come, or is over")
            }
            (Unheld::Event, None) => "its event".to_owned(),
        }
    }
}

impl Agreement {
    /// What a request lacks of a permit, as a phrase; of a condition, what it met.
    pub(super) fn told(&self, rule: &Rule, lacks: Lacks, ask: &Ask<'_>) -> String {
        let phrase = rule.phrase(lacks);
        let Some(when) = rule.when.as_ref().filter(|_| lacks == Lacks::Condition) else {
            return phrase;
        };
        // The first case in which it does not hold ends the search.
        let unmet = self.each_case(rule, ask, |facts| match when.holds(facts) {
            Ok(false) => Err(when.met(facts)),
            Ok(true) | Err(_) => Ok(()),
        });
        match unmet {
            Err(met) if !met.is_empty() => format!("{phrase}, where {met}"),
            _ => phrase,
        }
    }
}

impl Rule {
    /// What a request lacks, its condition apart.
    pub(crate) fn lacks(
        &self,
        seat: &SeatId,
        kind: Option<RunKind>,
        assets: &BTreeSet<&AssetId>,
        purposes: &BTreeSet<&PurposeId>,
        reach: Reach,
    ) -> Option<Lacks> {
        if !self.seats(seat) {
            Some(Lacks::Seat)
        } else if !self.kinds.is_empty() && !kind.is_some_and(|k| self.kinds.contains(&k)) {
            Some(Lacks::Kind)
        } else if !self.covers_assets(assets, reach) {
            Some(Lacks::Asset)
        } else if !self.covers_purposes(purposes, reach) {
            Some(Lacks::Purpose)
        } else {
            None
        }
    }

    /// Whether it speaks to acts for a seat.
    pub(crate) fn seats(&self, seat: &SeatId) -> bool {
        self.by.is_empty() || self.by.contains(seat)
    }

    /// Whether it speaks to acts about these assets.
    pub(crate) fn covers_assets(&self, assets: &BTreeSet<&AssetId>, reach: Reach) -> bool {
        covers(&self.on, assets, reach)
    }

    /// Whether it speaks to acts for these purposes.
    pub(crate) fn covers_purposes(&self, purposes: &BTreeSet<&PurposeId>, reach: Reach) -> bool {
        covers(&self.purposes, purposes, reach)
    }

    fn phrase(&self, lacks: Lacks) -> String {
        match lacks {
            Lacks::Seat => {
                let seats: Vec<String> = self.by.iter().map(|seat| format!("`{seat}`")).collect();
                format!("the seat {}", seats.join(" or "))
            }
            Lacks::Kind => "a kind of run that it names".to_owned(),
            Lacks::Asset => "an asset that it names".to_owned(),
            Lacks::Purpose => {
                let named: Vec<String> = self.purposes.iter().map(|p| format!("`{p}`")).collect();
                format!("a purpose that it names ({})", named.join(", "))
            }
            Lacks::Condition => {
                let when = self.when.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("its condition `{when}`")
            }
        }
    }
}
