//! Samples of what is refused about determinations and corrections.

use concordat_partnership::RulingRefusal;

use crate::{a, refusals};

refusals! {
    RulingRefusal;
    "Determinations and corrections": {
        NoCorrections {}
            "The instrument says within what time a correction may be asked for; without that nobody may ask by an act.";
        CorrectionTooLate { verdict: 77, clause: a("agreement/instrument") }
            "The time is counted from the verdict. A later ruling still sets the verdict aside.";
        CorrectionState { verdict: 77, is: "open" }
            "Of one verdict the correction is asked for once, and not any more once something was determined about it.";
        NotAffected { verdict: 77, party: a("birch") }
            "A refusal affects who acted; an admission who signed, to whom it is addressed, whose debts it touched and whom what follows from it is about; what happens to modules and releases, and what a body decided, everybody.";
        NothingToRule { verdict: 77 }
            "A verdict is let stand where its correction is open or where it was stayed; every other stands anyway.";
        RefusalStands { verdict: 77, code: "budget-exceeded".to_owned() }
            "A refusal is set aside where a permit or a gate was the reason, and is not stayed. What protects privacy and security stands, and so do keys, mandates, budgets and forbids.";
        CannotBeUndone { verdict: 77 }
            "A module that was suspended or resumed, a release, what was taken out of service, a duty's extension or waiver can be undone by a compensating change, once. Nothing else can.";
        NotStayed { clause: a("data-use/train") }
            "A stay is lifted from a clause that was stayed.";
    }
}
