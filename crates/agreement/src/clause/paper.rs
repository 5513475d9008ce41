//! The boilerplate that every contract has, as data.

use concordat_terms::{
    ActName, AssetId, BodyId, Date, Decimal, Digest, KeyId, MethodId, MetricId, ModuleId, Period,
    RegimeId, SeatId,
};

use semver::Version;

use crate::fields::{Fields, Value};
use crate::shape::{Addressee, Cell, ClauseName, Decider, Field, Slot, shape, words};

words! {
    /// Whose consent a change of parties takes.
    Consent {
        /// Nobody's but the party's own.
        Own = "own",
        /// Every other party's: they sign too.
        Others = "others",
        /// A body's, by a motion.
        Body = "body",
    }

    /// Procurement vehicles, as far as they differ in what they can carry.
    Vehicle {
        /// A contract for one deliverable as specified.
        FixedDeliverable = "fixed-deliverable",
        /// A service that is updated while it runs.
        ContinuousService = "continuous-service",
        /// A framework under which orders are placed.
        Framework = "framework",
        /// A grant or cooperative agreement.
        Grant = "grant",
        /// A joint development without payment.
        JointDevelopment = "joint-development",
    }

    /// Whether a state may be sued over it.
    Immunity {
        /// It may not.
        Kept = "kept",
        /// It may.
        Waived = "waived",
        /// Only for the arbitration that is agreed and the enforcement of its award.
        WaivedForArbitration = "waived-for-arbitration",
    }

    /// How several who owe the same answer for it.
    Joint {
        /// Each for its part.
        Several = "several",
        /// All together.
        Joint = "joint",
        /// Each for the whole.
        JointAndSeveral = "joint-and-several",
    }

    /// Layers of the text, for their order of precedence.
    Layer {
        /// The legal text.
        Prose = "prose",
        /// The enforceable blocks.
        Clauses = "clauses",
        /// The agreed test cases.
        Scenarios = "scenarios",
    }

    /// Whether a condition starts something or ends it.
    ConditionKind {
        /// Nothing happens before it is met.
        Precedent = "precedent",
        /// What it speaks of ends when it is met.
        Subsequent = "subsequent",
    }

    /// Ways in which a notice is given.
    Channel {
        /// An act in the log.
        Log = "log",
        /// Electronic mail.
        Email = "email",
        /// A letter with proof of delivery.
        Post = "post",
        /// A portal of the addressee.
        Portal = "portal",
    }
}

shape! {
    /// What something may be used for.
    pub Purpose(
        /// What the use is, for people.
        purpose: String
    ) {}

    /// A goal.
    pub Objective(
        /// What is to be reached, for people.
        objective: String
    ) {
        /// The metric that shows it.
        metric: Option<MetricId>,
        /// The value that reaches it.
        at_least: Option<Decimal>,
        /// By when.
        by: Option<Date>,
    }

    /// A definition; the prose above the clause is its meaning.
    pub Term(
        /// The word that is defined.
        term: String
    ) {}

    /// What kind of instrument this is, and what law stands over it.
    pub Instrument(
        /// Its title.
        instrument: String
    ) {
        /// The law that governs it, or `none`.
        governing_law: String,
        /// The court or tribunal that decides, or `none`.
        forum: String,
        /// The place of arbitration.
        arbitration_seat: Option<String>,
        /// The language that prevails, as a BCP 47 tag.
        language: String,
        /// Other languages it is written in.
        languages: Vec<String>,
        /// The procurement vehicle it is carried by.
        vehicle: Option<Vehicle>,
        /// Whether a state may be sued over it.
        immunity: Option<Immunity>,
        /// Which layer prevails when two differ, first to last.
        precedence: Vec<Layer>,
        /// Whether nothing outside of it counts.
        entire_agreement: bool,
        /// Documents that count as part of it.
        incorporates: Vec<Incorporated>,
        /// How several who owe the same answer for it.
        answer: Option<Joint>,
        /// Whether somebody who does not sign may enforce it.
        third_party_rights: bool,
        /// The clause on who answers for a wrong verdict of the program.
        wrong_verdicts: Option<ClauseName>,
        /// The clause on who answers for faults of whoever runs the log.
        operator_faults: Option<ClauseName>,
        /// Who decides when a seat objects to a refusal and the gate names nobody.
        escalates_to: Option<Decider>,
        /// How long force majeure stops the clock of one duty at most, all claims together; as long
        /// as it is claimed, if this is absent.
        force_majeure_most: Option<Period>,
        /// How long after a verdict a party that it affects may ask for its correction, and how long
        /// the verdict's monetary consequences then pause for a determination; nobody may, if this
        /// is absent.
        correction_within: Option<Period>,
        /// The template it was made from.
        pack: Option<MadeFrom>,
        /// The playbook from which it has to be made, in the version that was voted on.
        playbook: Option<Playbook>,
        /// Which regime prevails for which seat, where several have a clock for one incident.
        regimes: Vec<Prevailing>,
        /// Who consents when a party joins, leaves, is replaced or comes under other control. What no
        /// row provides for takes everybody's consent.
        changes: Vec<PartyChange>,
    }

    /// Whose consent a change of parties takes.
    pub PartyChange {
        /// The act.
        change: ActName,
        /// Who consents, beside the party itself.
        consent: Consent,
        /// The body that decides, where one does.
        body: Option<BodyId>,
        /// The least time between the act and the day on which it counts.
        notice: Option<Period>,
    }

    /// The template that an agreement was made from, in the version of its pack that counts.
    pub MadeFrom {
        /// The pack's id.
        id: String,
        /// The pack's version.
        version: Version,
        /// The template's name in the pack.
        template: String,
        /// The body that owns the pack.
        owner: String,
        /// The digest over the pack's texts.
        digest: Digest,
        /// The key whose signature under the pack was checked, by its id.
        signer: Option<KeyId>,
    }

    /// The playbook from which a template has to come.
    pub Playbook {
        /// The asset whose versions are digests of packs.
        asset: AssetId,
        /// The version that was voted on: the digest that `pack` has to have.
        version: Digest,
    }

    /// Which regime prevails for a seat.
    pub Prevailing {
        /// The seat.
        seat: SeatId,
        /// The regimes that it stands under, by the names of their packs.
        under: Vec<RegimeId> = some,
        /// The one whose clocks count before clocks of the others that are no law; if this is absent,
        /// the first clock of each ends when the strictest does.
        prevails: Option<RegimeId>,
    }

    /// A document that counts as part of the agreement.
    pub Incorporated {
        /// Its title.
        title: String,
        /// The date of the version that counts.
        date: Date,
        /// The SHA-256 of its bytes.
        digest: Digest,
    }

    /// What must happen before modules take effect, or ends them.
    pub Condition(
        /// What it is, for people.
        condition: String
    ) {
        /// Whether it starts something or ends it.
        kind: ConditionKind,
        /// The modules that wait for it, or end with it.
        modules: Vec<ModuleId> = some,
        /// The act that meets it.
        met_by: ActName,
        /// The seat that must do that act.
        by: SeatId,
        /// The seats that may waive it together.
        waivable_by: Vec<SeatId>,
        /// The day after which it can no longer be met.
        long_stop: Option<Date>,
    }

    /// What a seat warrants.
    pub Warranty(
        /// What is warranted, for people.
        warranty: String
    ) {
        /// The seat that warrants it.
        by: SeatId,
        /// To whom.
        to: Vec<SeatId> = some,
        /// On which assets.
        on: Vec<AssetId>,
        /// The method that measures it.
        method: Option<MethodId>,
        /// The metric of that method.
        metric: Option<MetricId>,
        /// The least value that keeps the warranty.
        at_least: Option<Decimal>,
        /// The signal that breaches it while it is across its threshold.
        measured_by: Option<ClauseName>,
        /// The duty, power or liability that follows a breach.
        remedy: Option<ClauseName>,
    }

    /// How somebody is given notice.
    pub Notice(
        /// What about, for people.
        notice: String
    ) {
        /// To whom.
        to: Addressee,
        /// In which ways; one of them is enough.
        channels: Vec<Channel> = some,
        /// In which language, as a BCP 47 tag.
        language: Option<String>,
        /// So long after sending it counts as received.
        deemed_received: Period,
    }

    /// Figures and words in rows.
    pub TableOf(
        /// Its title.
        table: String
    ) {
        /// The heads of its columns.
        columns: Vec<String> = some,
        /// Its rows, each with a cell for every column.
        rows: Vec<RowOf>,
    }
}

/// One row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct RowOf(pub Vec<Cell>);

impl Field for RowOf {
    fn written() -> String {
        format!("a list, each {}", <Cell as Field>::written())
    }

    fn examples() -> Vec<String> {
        <Vec<Cell> as Slot>::examples()
    }

    fn read<'a>(fields: &mut Fields<'a>, place: &str, value: Value<'a>) -> Option<Self> {
        fields.list(place, value, Cell::read).map(Self)
    }

    fn print(&self) -> String {
        Slot::print(&self.0).unwrap_or_else(|| "[]".to_owned())
    }
}
