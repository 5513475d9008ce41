//! Refusals of acts about audits.

use concordat_partnership::AuditRefusal;

use crate::{a, refusals};

refusals! {
    AuditRefusal;
    "Audits": {
        AuditWithoutDate { of: a("vendor") }
            "A request that gives nobody a date is no request: a duty discharged by `audit.answer`, so long after `audit.request`, is owed by a seat of the party.";
        NoAuditor { asset: a("heart-rows"), seat: a("trainer"), clause: a("data-use/heart-rows") }
            "The clause of an asset says in `audit_by` who may audit its use.";
        UnknownAudit { request: 412, party: a("vendor") }
            "Only the party that was asked answers, and only who asked files findings.";
        AuditAnswered { request: 412 }
            "What was given is not given again or refused afterwards.";
    }
}
