//! Samples of what is refused about counts of acts that were turned away.

use concordat_partnership::CountRefusal;

use crate::{a, refusals};

refusals! {
    CountRefusal;
    "Counts of acts that were turned away": {
        CountsNothing { party: a("alder") }
            "A count is of one act at least.";
        CountInterval { party: a("alder"), why: "it was counted before, or some of it" }
            "Of one party and time there is one count: it is of one day (UTC), is over, and begins after the last one ended.";
    }
}
