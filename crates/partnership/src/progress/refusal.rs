//! Why acts about progress change nothing.

use concordat_terms::{ClauseId, ProjectId};

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about milestones and roadmaps.
    ProgressRefusal {
        "milestone-reached" MilestoneReached { project: ProjectId, milestone: ClauseId }
            told { "project `{project}` has reached `{milestone}` already" }
            then { "name another milestone" },
        "milestone-twice" MilestoneTwice { project: ProjectId, milestone: ClauseId }
            told { "the roadmap names milestone `{milestone}` of project `{project}` twice" }
            then { "name each milestone once, with one day" },
    }
}
