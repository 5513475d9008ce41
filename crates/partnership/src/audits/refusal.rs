//! Why an act about an audit changes nothing.

use concordat_terms::{AssetId, ClauseRef, PartyId, SeatId};

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about audits.
    AuditRefusal {
        "audit-without-date" AuditWithoutDate { of: PartyId }
            told { "no duty of the agreement in force gives `{of}` a date to answer an audit" }
            then { "ask a party whose seat owes `audit.answer` after `audit.request`, or add that duty" },
        "no-auditor" NoAuditor { asset: AssetId, seat: SeatId, clause: ClauseRef } by clause
            told { "clause `{clause}` does not let `{seat}` audit the use of `{asset}`" }
            then { "act for a seat that its `audit_by` names" },
        "unknown-audit" UnknownAudit { request: u64, party: PartyId }
            told { "entry {request} asks for no audit in which `{party}` has this part" }
            then { "name the entry that asked for the audit" },
        "audit-answered" AuditAnswered { request: u64 }
            told { "the audit that entry {request} asked for was answered" }
            then { "ask for another audit" },
    }
}
