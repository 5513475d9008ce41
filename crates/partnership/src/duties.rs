//! Duties.

mod id;

pub use id::{DutyId, NotADuty};
