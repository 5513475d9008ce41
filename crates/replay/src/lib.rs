//! The one entrance to the fold: entry bytes in, verdicts out.
//!
//! Coordinator, node, `verify` and simulation all come through [`Replica::step`]; nobody is ever
//! told a verdict. Total: under known rules every byte string has one. A replica halts only on a
//! rules digest it does not know or a first entry that founds no log, and waits for a blob that a
//! verdict depends on.

mod ahead;
mod basis;
mod brought;
mod budget;
mod charge;
mod edition;
mod facts;
mod keyring;
mod opened;
mod records;
mod replica;
mod roots;
mod scenarios;
mod snapshot;
mod witnesses;

pub use basis::{NoBasis, RoundBasis, Way, ledger_keys};
pub use brought::{key_proof, vkey_id};
pub use budget::{fits, plan_fits, plan_noise};
pub use charge::{Exposure, plan_cost, plan_event, plan_exposures};
pub use edition::RULES;
pub use facts::{Impossible, facts, plan_params, plan_sensitivity, prove};
pub use keyring::Keyring;
pub use opened::Opened;
pub use records::{Astray, RECORD_WITHIN, Records};
pub use replica::{Halt, Replica, founding};
pub use roots::Roots;
pub use scenarios::{project_scenarios, scenarios};
pub use snapshot::{Snapshot, Unfit};
pub use witnesses::{
    BadWitnesses, NotACosigner, cosigner, log_key, witness_key, witness_policy, witnesses_at,
    witnesses_now,
};
