//! Samples of what is refused about powers.

use concordat_partnership::PowerRefusal;

use crate::{a, refusals};

refusals! {
    PowerRefusal;
    "Powers": {
        UnknownUse { used: 77 }
            "The entry used no power, or there is no such entry.";
        State { used: 77, is: "lapsed" }
            "What was done by the power was ratified before, has lapsed and is undone, or asks for nobody's ratification.";
        RatifiedElsewhere { used: 77, body: a("council"), clause: a("release/roll-back") }
            "A body ratifies what the power's clause leaves to it, by a motion that is carried out.";
        GlassBroken { duty: a("release/review-bypass:vendor:77"), clause: a("release/break-glass") }
            "The power let an act past its gates, and the review of that is still open. Until it is discharged no other act passes by it.";
    }
}
