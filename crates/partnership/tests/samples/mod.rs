//! A sample of every refusal of every room.

mod assets;
mod audits;
mod bodies;
mod conditions;
mod duties;
mod people;
mod signals;

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
        assets::own_samples(),
    ]
    .concat()
}
