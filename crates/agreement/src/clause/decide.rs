//! Who may do what, what must hold first, and who decides together.

use std::collections::BTreeMap;

use concordat_terms::{
    ActName, AssetId, BodyId, Country, Decimal, MethodId, MetricId, ModuleId, PartyId, Period,
    PurposeId, SeatId,
};

use super::value::LabClass;
use crate::shape::{ClauseName, Decider, shape, words};
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

    /// How much an update of a model changes, in rising order.
    UpdateClass {
        /// Nothing that it computes.
        Patch = "patch",
        /// Its weights, on the same columns.
        Minor = "minor",
        /// More than that.
        Major = "major",
    }

    /// When a motion has succeeded.
    Majority {
        /// More than half of the votes cast on each side.
        EachSide = "each-side",
        /// At least two thirds of the votes cast on each side.
        TwoThirdsOfEachSide = "two-thirds-of-each-side",
    }

    /// Whose votes are a side's.
    Voting {
        /// Every member's, one each: both sides have as many members.
        Each = "each",
        /// Those of the members whom their side has nominated (`seat.fill`).
        Nomination = "nomination",
        /// Those of the members whose turn it is, in the order in which their seats name them.
        Rotation = "rotation",
        /// Every member's, as many as `weights` says.
        Weight = "weight",
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
        /// Before which classes of updates of a model; empty: all. What nobody declared as an
        /// update is `major`.
        updates: Vec<UpdateClass>,
        /// The tier of risk: at 1 a member of the body may approve alone, by signing too; at 2 the
        /// body decides; at 3 with two thirds of the votes cast on each side.
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
        /// Whether the version of the method must have been registered (`method.register`) when the
        /// test ended, and not retired.
        registered: bool,
        /// Whether the lab must have been accredited for the method (`lab.accredit`) when the test
        /// ended.
        accredited: bool,
        /// The least independence of the lab, as its accreditation says.
        lab: Option<LabClass>,
        /// Whether it must be under a plan that was registered before the test (`plan.register`).
        planned: bool,
        /// Who is subject to the result may reply so long (`evidence.reply`): it counts once somebody
        /// has, or when that is over.
        reply: Option<Period>,
        /// The country for which results from elsewhere count too, by a `recognise` clause or a rule
        /// that was adopted for it (`recognition.adopt`); `EU` is one.
        recognised: Option<Country>,
    }

    /// Seats of several parties that decide together.
    pub Body(
        /// Its title, for people.
        body: String
    ) {
        /// The seats whose parties are its members. Independent members are heard, not counted.
        members: Vec<SeatId> = some,
        /// Of each of these seats one at least must have voted for a decision to count.
        at_least_one: Vec<SeatId>,
        /// Whose votes are a side's; `each`, if this is absent.
        voting: Option<Voting>,
        /// How long each has its turn, where members vote in rotation: a day or more.
        turn: Option<Period>,
        /// How many votes each has, where votes are weighted.
        weights: BTreeMap<PartyId, u32>,
        /// Whether independent members are counted: as a third side without a quorum.
        independents: bool,
        /// How many votes each side has; `check` refuses a body whose sides differ.
        votes_per_side: u32,
        /// How many votes of each side must have been cast for a decision to count.
        quorum_per_side: u32,
        /// How a motion succeeds.
        majority: Majority,
        /// How long a motion is before the members until voting opens; at once, if absent.
        lead: Option<Period>,
        /// How long a motion is open.
        open_for: Period,
        /// A quorum that is reached within this time of the end prolongs voting by it, once.
        late_guard: Option<Period>,
        /// How long a seat in it may stand vacant until it decides nothing any more.
        vacancy: Option<Period>,
        /// Whether a member may hand its vote to another of its side.
        delegates: bool,
        /// Acts that take the vote of every party of a seat.
        reserved: Vec<Reserved>,
        /// Who may stop a decision.
        veto: Vec<Veto>,
        /// How it decides in a hurry.
        fast: Option<Fast>,
        /// To whom a matter goes on which two motions have failed: a seat or a body.
        escalates_to: Option<Decider>,
        /// The rules of procedure, a report: a motion names the version that it was put under.
        procedure: Option<AssetId>,
    }

    /// Acts that a body decides with the votes of all parties of a seat, or not at all.
    pub Reserved {
        /// The acts.
        acts: Vec<ActName> = some,
        /// The seats whose parties must all have voted in favour.
        to: Vec<SeatId> = some,
    }

    /// A right to stop a decision before it is carried out.
    pub Veto {
        /// The seat that has it.
        by: SeatId,
        /// On which acts; empty: all.
        acts: Vec<ActName>,
        /// So long after a motion has succeeded, and so long nobody carries it out; until it is
        /// carried out, if this is absent.
        within: Option<Period>,
    }

    /// How a body decides in a hurry.
    pub Fast {
        /// The acts for which it may.
        acts: Vec<ActName> = some,
        /// How many votes of each side are enough then.
        quorum_per_side: u32,
        /// How long such a motion is open.
        open_for: Period,
        /// The duty to review the decision, which is `after = "fast: …"` of this body.
        review: ClauseName,
    }
}
