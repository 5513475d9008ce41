//! Privacy accounts: one for each holder's population, for ever.
//!
//! A *population* is the persons whom a holder's rows of a dataset are about. Whatever is computed
//! on these rows, on any version of them, for any purpose and in any year, is charged to its one
//! account, and what is computed on a version that was made from them as well. Nothing is ever
//! taken off. A clause says how much may be charged, which part of that a purpose may have at
//! most, and which part of each year is kept back for looking after released models.
//!
//! The fold adds vectors of integers and compares them. What a plan costs and what ε and δ allow
//! is computed elsewhere and told as [`crate::Facts::cost`] and [`Bounds`].

mod account;
mod charged;
mod judge;
mod refusal;
#[cfg(test)]
mod tests;

use concordat_terms::{AssetId, PartyId};

pub use account::{Part, PrivacyAccount};
pub(crate) use charged::Persons;
pub use charged::{Bounds, Charged};
pub use refusal::{Fits, PrivacyRefusal};

/// Whose account it is: a holder's, and of the dataset that its clause names first.
pub type Population = (PartyId, AssetId);
