//! How the acts that the pilot has refused must be refused: read from the agreement's clauses.

use std::collections::BTreeSet;

use concordat_agreement::{Cited, Gate, Rule};
use concordat_terms::{ActName, ClauseRef, PurposeId};

use super::outset::Outset;
use super::stage::Expected;

/// A run before the data contract is in force: by the permit that waits there.
pub(super) fn too_early(outset: &Outset) -> Expected {
    let waiting = outset.agreement.permits(ActName::RunPropose).map(|permit| permit.clause);
    Expected { code: "module-not-in-force", clauses: waiting.collect() }
}

/// A run that one approval too few would open: by the gate that counts them.
pub(super) fn too_few_approvals(outset: &Outset) -> Expected {
    let counts = |gate: &Cited<'_, Gate>| {
        gate.terms.approvals.iter().any(|approval| {
            approval.seat == outset.cast.holder && approval.at_least == outset.cast.approvals
        })
    };
    let gates = outset.agreement.gates(ActName::RunOpen).filter(counts).map(|gate| gate.clause);
    Expected { code: "needs-approvals", clauses: gates.collect() }
}

/// A run for a purpose that the rows may not be used for: by a clause that forbids it; without
/// one, by a permit that is for other purposes; without that, by the rows' own clause.
pub(super) fn other_purpose(outset: &Outset, purpose: &PurposeId) -> Expected {
    let those = |rules: Vec<Cited<'_, Rule>>, named: bool| -> BTreeSet<ClauseRef> {
        let speaks = |rule: &Cited<'_, Rule>| {
            let purposes = &rule.terms.purposes;
            !purposes.is_empty() && purposes.contains(purpose) == named
        };
        rules.into_iter().filter(speaks).map(|rule| rule.clause).collect()
    };
    let act = ActName::RunPropose;
    let forbids = those(outset.agreement.forbids(act).collect(), true);
    if !forbids.is_empty() {
        return Expected { code: "forbidden", clauses: forbids };
    }
    let permits = those(outset.agreement.permits(act).collect(), false);
    if !permits.is_empty() {
        return Expected { code: "not-permitted", clauses: permits };
    }
    let rows = outset.agreement.asset(&outset.cast.dataset).map(|asset| asset.clause);
    Expected { code: "purpose-not-allowed", clauses: rows.into_iter().collect() }
}

/// A run on a version that its holder has withdrawn: no clause's, but the holder's word.
pub(super) fn withdrawn() -> Expected {
    Expected { code: "dataset-withdrawn", clauses: BTreeSet::new() }
}
