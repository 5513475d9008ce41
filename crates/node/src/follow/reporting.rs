//! That this party was shown two histories, told to all: a case opens by itself where it is logged.
//!
//! The report is signed in sight of the log's beginning alone, which both histories have in common: it is
//! an act of whichever goes on.

use std::path::Path;

use concordat_partnership::act::{EquivocationReport, Header, Seen};
use concordat_partnership::{Act, SIGNATORY};
use concordat_terms::{Problem, SeatId};
use concordat_tlog::Envelope;
use concordat_tlog::fork::Fork;
use concordat_wire::act::encode;
use concordat_wire::api::Receipts;

use super::forks::{OTHER, OURS, PROOF, report};
use super::signing::unsignable;
use super::{Follower, read_note};
use crate::client::Fault;
use crate::home::write_whole;
use crate::plain::{Kind, read_text};

/// The note that says that it was.
const REPORTED: &str = "two-histories-reported";
/// What is reported, in the folder of evidence.
const REPORT: &str = "report.json";

impl Follower {
    /// Has the two histories that were found logged, once: none where there are none, or where they
    /// are of different sizes and this party has not got what lies between.
    ///
    /// # Errors
    /// [`Fault`]: the coordinator does not take it, or not now.
    pub fn report_histories(&mut self) -> Result<Option<Receipts>, Fault> {
        let path = self.evidence.join(REPORT);
        if read_note::<bool>(&self.store, REPORTED)?.is_some() || !path.exists() {
            return Ok(None);
        }
        let report = self.report(&path)?;
        let seat: SeatId = SIGNATORY.parse().map_err(|_| unsignable("it is for no seat"))?;
        let root = self.replica.root_at(1).ok_or_else(|| unsignable("the log has not begun"))?;
        let header = Header { seen: Seen { size: 1, root }, ..self.header(&seat)? };
        let payload = encode(Some(&header), &Act::EquivocationReport(report))
            .map_err(|e| unsignable(&e.to_string()))?;
        let id = self.keys.ledger_id()?.to_string();
        let envelope = Envelope::sign(&payload, &[(&id, &self.keys.ledger)])
            .map_err(|e| unsignable(&e.to_string()))?;
        let answered = self.have_logged(envelope.to_bytes());
        // Whoever is accused answers here: it was reported once the log's key has promised its place. A
        // refusal has its place, too: somebody else may have reported the same.
        if let Ok(receipts) | Err(Fault::Refused(receipts)) = answered {
            self.store.put_note(REPORTED, b"true").map_err(|fault| fault.problem())?;
            return Ok(Some(receipts));
        }
        answered.map(Some)
    }

    /// The report as it was kept. One that an earlier release's process left half written, when the power
    /// was lost, is made again out of both checkpoints.
    fn report(&self, path: &Path) -> Result<EquivocationReport, Problem> {
        let text = read_text(path, Kind::Payload).unwrap_or_default();
        if let Ok(report) = serde_json::from_str(&text) {
            return Ok(report);
        }
        let read = |name: &str| read_text(&self.evidence.join(name), Kind::Checkpoint);
        let both = read(OURS).ok().zip(read(OTHER).ok());
        let fork = read(PROOF).ok().and_then(|text| Fork::parse(&text).ok());
        let again =
            both.and_then(|(ours, other)| report(ours.as_bytes(), other.as_bytes(), fork.as_ref()));
        let bytes = again.ok_or_else(|| unsignable("both checkpoints are not in `evidence`"))?;
        write_whole(path, &bytes)?;
        serde_json::from_slice(&bytes).map_err(|e| unsignable(&e.to_string()))
    }
}
