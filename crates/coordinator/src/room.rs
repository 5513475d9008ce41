//! Rooms.
use std::sync::Arc;

use concordat_secagg::FromClient;
use concordat_terms::RunId;
use concordat_wire::api::{Again, PayloadSignature, Receipt, RunResult, ToSign};
use tokio::sync::watch;

use crate::config::{Tamper, Timing};
use crate::problem::Refused;
use crate::sequencer::Sequencer;
use crate::view::ReadHandle;

/// What a participant asks.
pub(crate) enum Ask {
    /// A message of a round.
    Message { round: u32, attempt: u32, message: Box<FromClient> },
    /// What it computed.
    Result(RunResult),
    /// Its signature over the payload of the `run.close`.
    Signature(PayloadSignature),
}

/// What it is told.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// The server's message of the step, encoded.
    Encoded(Arc<Vec<u8>>),
    /// Another attempt.
    Again(Again),
    /// The payload to check and sign.
    ToSign(ToSign),
    /// What became of the `run.close`.
    Receipts(Vec<Receipt>),
}

/// All rooms.
#[derive(Clone)]
pub(crate) struct Rooms;

impl Rooms {
    pub(crate) fn new(_: ReadHandle, _: Sequencer, _: Timing, _: Option<Tamper>) -> Self {
        Self
    }
    pub(crate) fn attend(&self, _: watch::Receiver<bool>) {}
    pub(crate) async fn ask(&self, run: &RunId, _: Ask) -> Result<Said, Refused> {
        Err(Refused::not_found(format!("run `{run}` has no room")))
    }
}
