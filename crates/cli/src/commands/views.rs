//! The views: what is owed, decided, held, at issue and spent, by this party's own fold or an
//! archive's. What they show the state tells; here it is put in lines.

mod burn_down;
mod lists;
mod matrix;
mod money;
mod privacy;
mod table;

pub(super) use lists::{cases, catalog, decisions, duties, risks};
pub(super) use matrix::matrix;
pub(super) use money::{budget, value};

use crate::harmless::line;
use crate::width::wrapped;

/// Lines for people, or what is said where there are none.
pub(super) fn told(lines: impl IntoIterator<Item = String>, hang: usize, none: &str) -> String {
    let lines: Vec<String> = lines.into_iter().map(|text| wrapped(&line(&text), hang)).collect();
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
