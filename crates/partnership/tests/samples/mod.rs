//! A sample of every refusal of every room.

mod accounts;
mod assets;
mod audits;
mod bodies;
mod cases;
mod conditions;
mod counts;
mod duties;
mod editions;
mod erasures;
mod evidence;
mod people;
mod powers;
mod privacy;
mod progress;
mod recalls;
mod rulings;
mod signals;
mod trainers;

use crate::Group;

/// The samples of the rooms, in the order of the page.
pub fn samples() -> Vec<Group> {
    [
        people::own_samples(),
        bodies::own_samples(),
        duties::own_samples(),
        signals::own_samples(),
        conditions::own_samples(),
        audits::own_samples(),
        cases::own_samples(),
        accounts::own_samples(),
        privacy::own_samples(),
        trainers::own_samples(),
        progress::own_samples(),
        powers::own_samples(),
        recalls::own_samples(),
        rulings::own_samples(),
        editions::own_samples(),
        counts::own_samples(),
        assets::own_samples(),
        erasures::own_samples(),
        evidence::own_samples(),
    ]
    .concat()
}
