//! Who may do what, what must hold first, and who decides together.

use concordat_terms::{
    ActName, AssetId, BodyId, Decimal, MethodId, MetricId, ModuleId, Period, PurposeId, SeatId,
};

use crate::shape::{Decider, shape, words};
use crate::{Level, When};

words! {
    /// Kinds of runs.
    RunKind {
        /// Federated training.
        Train = "train",
        /// A federated query.
        Query = "query",
        /// An evaluation.
        Evaluate = "evaluate",
    }

    /// What evidence is about.
    About {
        /// The thing that the act is about.
        Subject = "subject",
        /// The party that acts: its insurance, its accreditation.
        Party = "party",
    }

    /// When a motion has succeeded.
    Majority {
        /// More than half of the votes cast on each side.
        EachSide = "each-side",
        /// At least two thirds of the votes cast on each side.
        TwoThirdsOfEachSide = "two-thirds-of-each-side",
    }
}

shape! {
    /// An act, and to which requests the clause speaks. An empty list does not restrict.
    pub Rule(
        /// The act.
        act: ActName
    ) {
        /// For which seats. Never empty in a permit.
        by: Vec<SeatId>,
        /// For which kinds of runs.
        kinds: Vec<RunKind>,
        /// On which assets.
        on: Vec<AssetId>,
        /// For which purposes.
        purposes: Vec<PurposeId>,
        /// Under which further condition.
        when: Option<When>,
    }

    /// What must hold before an act is admitted, beyond a permit.
    pub Gate(
        /// The act that the gate stands before.
        gate: ActName
    ) {
        /// For which kinds of runs; empty: all.
        kinds: Vec<RunKind>,
        /// The tier of risk, 1 to 3, for people and views.
        tier: Option<u32>,
        /// Law, then data contract, then protocol: modules that must be in force.
        modules: Vec<ModuleId>,
        /// Approvals by seats: before `run.open` given by `run.approve`, before any other act by
        /// signing it too.
        approvals: Vec<Approval>,
        /// The least level of the act's signatures; `simple`, if absent.
        level: Option<Level>,
        /// The body whose motion must have succeeded, so that only `motion.execute` passes.
        motion: Option<BodyId>,
        /// Evidence about the subject's digest that must be filed.
        evidence: Vec<EvidenceNeed>,
        /// To whom a refusal may be taken: a seat or a body.
        escalates_to: Option<Decider>,
    }

    /// So many parties of a seat must have approved.
    pub Approval {
        /// The seat.
        seat: SeatId,
        /// How many different parties filling it.
        at_least: u32,
    }

    /// Evidence that a gate demands.
    pub EvidenceNeed {
        /// The method's name, as the lab states it.
        method: MethodId,
        /// The seat that must have filed it.
        by: SeatId,
        /// What it is about; the thing that the act is about, if this is absent.
        about: Option<About>,
        /// How old it may be.
        max_age: Period,
        /// The metric that is compared, if one is.
        metric: Option<MetricId>,
        /// The least value of that metric that passes.
        at_least: Option<Decimal>,
    }

    /// Seats of several parties that decide together.
    pub Body(
        /// Its title, for people.
        body: String
    ) {
        /// The seat whose parties are its members. Independent members are heard, not counted.
        members: SeatId,
        /// How many votes each side has; `check` refuses a body whose sides differ.
        votes_per_side: u32,
        /// How many of each side must have voted for a decision to count.
        quorum_per_side: u32,
        /// How a motion succeeds.
        majority: Majority,
        /// How long a motion is open.
        open_for: Period,
    }
}
