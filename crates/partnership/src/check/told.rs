//! What is said of a step that is not as written.

use concordat_agreement::{ClauseName, Deed, Expected, Module, Scenario, Step, suggest};
use concordat_terms::{ClauseRef, Diagnostic, ModuleId, PartyId};

use crate::refusal::Refusal;
use crate::verdict::Verdict;

use super::fill::Unfilled;

/// Codes of refusals that there are not.
pub(super) fn unknown_codes(module: &Module, scenario: &Scenario) -> Vec<Diagnostic> {
    let deeds = scenario.steps.iter().filter_map(|step| Some((step, step.deed.as_ref()?)));
    let unknown = deeds.filter_map(|(step, deed)| {
        let Expected::Refused { code: Some(code), .. } = &deed.expected else { return None };
        if Refusal::codes().contains(&code.as_str()) {
            return None;
        }
        let span = deed.code_at().unwrap_or(&step.span);
        let what = format!("no refusal has the code `{code}`");
        let hint = match suggest(code, Refusal::codes()) {
            near if near.starts_with("did you mean") => near,
            _ => "the codes are listed in docs/reference/refusals.md".to_owned(),
        };
        Some(module.error_at(span, "unknown-refusal", what, hint))
    });
    unknown.collect()
}

/// A step that leaves out what the agreement has no plainest value for.
pub(super) fn unfilled(
    module: &Module,
    step: &Step,
    Unfilled { what, hint }: Unfilled,
) -> Diagnostic {
    module.error_at(&step.span, "bad-step", what, hint)
}

/// A duty that stands otherwise than a step says.
pub(super) fn stands_otherwise(module: &Module, step: &Step, what: String) -> Diagnostic {
    let hint = "mend the step, or the clause of the duty";
    module.error_at(&step.span, "scenario-differs", what, hint.to_owned())
}

/// The finding about a step whose verdict is another than it says.
pub(super) fn differs(
    module: &Module,
    scenario: &Scenario,
    step: &Step,
    deed: &Deed,
    party: &PartyId,
    verdict: &Verdict,
) -> Option<Diagnostic> {
    if is(&deed.expected, verdict, &module.id) {
        return None;
    }
    let (expected, spoken) = (&deed.expected, verdict.in_words());
    let whose = match &deed.party {
        None => format!(" of `{party}`"),
        Some(_) => String::new(),
    };
    let mut what =
        format!("the step{whose} is {spoken}, and `{}` expects it to be {expected}", scenario.name);
    let hint = match verdict {
        Verdict::Admitted { .. } => "mend the step, or the clause that permits it".to_owned(),
        Verdict::Refused { refusal, .. } => {
            what.push_str(&format!(": {refusal}"));
            match expected {
                Expected::Admitted { .. } => {
                    format!("mend the step ({}), or the clause", refusal.remedy())
                }
                Expected::Refused { .. } => {
                    "mend the step, or what it says of the verdict".to_owned()
                }
            }
        }
    };
    Some(module.error_at(&step.span, "scenario-differs", what, hint))
}

fn is(expected: &Expected, verdict: &Verdict, home: &ModuleId) -> bool {
    let cites = |by: &Option<ClauseName>, clause: Option<&ClauseRef>| {
        by.as_ref().is_none_or(|by| {
            let module = by.module.as_ref().unwrap_or(home);
            clause.is_some_and(|c| c.module == *module && c.clause == by.clause)
        })
    };
    match (expected, verdict) {
        (Expected::Admitted { by }, Verdict::Admitted { clause, .. }) => cites(by, clause.as_ref()),
        (Expected::Refused { code, by }, Verdict::Refused { refusal, .. }) => {
            code.as_ref().is_none_or(|code| code == refusal.code()) && cites(by, refusal.clause())
        }
        _ => false,
    }
}
