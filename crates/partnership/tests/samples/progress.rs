//! Samples of what is refused about milestones and roadmaps.

use concordat_partnership::ProgressRefusal;

use crate::{a, refusals};

refusals! {
    ProgressRefusal;
    "Roadmap and milestones": {
        MilestoneReached { project: a("beds"), milestone: a("first-forecast") }
            "A project reaches a milestone once.";
        MilestoneTwice { project: a("beds"), milestone: a("first-forecast") }
            "A roadmap gives each milestone of a project one day.";
    }
}
