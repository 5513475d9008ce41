//! External trainers: what leaves persons unprotected is agreed on by everybody who holds their rows.

use crate::source::Wrong;
use crate::{Clause, Module, Privacy, TrainerMode};

use super::Check;

const CODE: &str = "bad-trainers";

/// The modes of one account's clause.
pub(super) fn check(check: &mut Check<'_>, at: (&Module, &Clause), terms: &Privacy) {
    for (nth, mode) in terms.trainers.iter().enumerate() {
        if terms.trainers.iter().take(nth).any(|other| other == mode) {
            let what = format!("`{mode}` is there twice");
            let wrong = Wrong::new(CODE, what, "remove one of them");
            check.fail(at, &format!("trainers[{nth}]"), wrong);
        }
    }
    let bare = terms.trainers.iter().position(|mode| *mode == TrainerMode::SecaggOnly);
    let field = bare.map(|nth| (format!("trainers[{nth}]"), "noise"));
    let walls = terms.trainers_unsandboxed.then(|| ("trainers_unsandboxed".to_owned(), "walls"));
    if walls.is_some() && terms.trainers.is_empty() {
        let what = "there are no external trainers that could run without a sandbox";
        let hint = "name their modes in `trainers`, or remove `trainers_unsandboxed`";
        check.fail(at, "trainers_unsandboxed", Wrong::new(CODE, what, hint));
    }
    let Some(asset) = check.agreement.asset(&terms.privacy) else { return };
    let signers = check.agreement.signer_parties(at.0);
    let holders = check.agreement.parties_of(&asset.terms.holder).clone();
    let Some(holder) = holders.iter().find(|holder| !signers.contains(*holder)) else { return };
    for (field, lack) in field.into_iter().chain(walls) {
        let what = format!(
            "programs without {lack} beside the rows of `{holder}`, who does not sign this module"
        );
        let hint = format!("let every holder of `{}` sign the module that says so", terms.privacy);
        check.fail(at, &field, Wrong::new(CODE, what, hint));
    }
}
