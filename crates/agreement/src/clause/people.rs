//! Parties, seats and the things they bring.

use concordat_terms::{
    AssetId, ClassId, Country, CourseId, Decimal, PartyId, Period, PurposeId, RoleId, SeatId, Side,
};

use super::decide::EvidenceNeed;
use crate::shape::{Cell, shape, word_field, words};

word_field!(Side {
    "public" = Side::Public, "A body of the state, or owned by it.";
    "private" = Side::Private, "A company or another private body.";
    "independent" = Side::Independent, "Neither: heard by the sides, and counted by none.";
});

words! {
    /// Kinds of assets.
    AssetKind {
        /// Rows about people or things; every holder has its own version.
        Dataset = "dataset",
        /// A trained model.
        Model = "model",
        /// Programs.
        Code = "code",
        /// A document: findings, minutes, a plan.
        Report = "report",
    }

    /// How confidential an asset is, in rising order.
    Label {
        /// Anybody may see it.
        Public = "public",
        /// The parties may see it.
        Internal = "internal",
        /// Its holder alone may see it.
        Restricted = "restricted",
    }

    /// Where an asset comes from.
    Ground {
        /// Brought into the partnership by its owner.
        Background = "background",
        /// Made in the partnership.
        Foreground = "foreground",
    }

    /// How what is handed over is protected on its way, in rising order.
    Profile {
        /// TLS 1.2 with forward secrecy.
        Tls12 = "tls-1.2",
        /// TLS 1.3.
        Tls13 = "tls-1.3",
        /// Sealed to a key of the receiver before it leaves, and kept sealed until it is there.
        Sealed = "sealed",
    }

    /// What a column's cells hold.
    ColumnKind {
        /// A decimal number within `min` and `max`.
        Number = "number",
        /// One of `levels`.
        Category = "category",
        /// Any text: names, keys. Never a feature.
        Text = "text",
    }
}

shape! {
    /// An organisation that signs.
    pub Party(
        /// Its name, for people.
        party: String
    ) {
        /// Where it stands.
        side: Side,
        /// The countries whose law binds it.
        jurisdictions: Vec<Country> = some,
        /// Who controls it. Parties with the same word here fall together: they fall silent as one
        /// witness, and `colluders` must cover all of them.
        control: Option<String>,
    }

    /// A role and who fills it.
    pub Seat(
        /// Its title, for people.
        seat: String
    ) {
        /// The parties that act for it.
        filled_by: Vec<PartyId>,
        /// Whether a party acts for it only once it has named who sits there (`seat.fill`).
        named: bool,
        /// Whether somebody with a mandate must sign for it, and no key of the party alone.
        mandates: bool,
        /// Trainings without which no mandate for it is good; with any, somebody with a mandate must
        /// sign for it.
        training: Vec<Training>,
        /// What its parties are under the regimes that were adopted: who owes what an incident starts.
        roles: Vec<RoleId>,
    }

    /// A training that whoever signs for a seat has had.
    pub Training {
        /// The course, as whoever gives it names it.
        course: CourseId,
        /// How long it is good for.
        valid: Period,
    }

    /// A dataset, a model, code or a report.
    pub Asset(
        /// Its title, for people.
        asset: String
    ) {
        /// What it is.
        kind: AssetKind,
        /// The seat that holds it.
        holder: SeatId,
        /// Its confidentiality label.
        label: Label,
        /// The uses it may be put to; no other is ever permitted.
        purposes: Vec<PurposeId> = some,
        /// Whether it was brought in or made here.
        ground: Option<Ground>,
        /// The seat that owns it; the `ip` clause decides, if this is absent.
        owner: Option<SeatId>,
        /// The seats that own what is derived from it.
        derived_owner: Vec<SeatId>,
        /// The standard of anonymisation that holds for it, by name and version.
        anonymisation: Option<String>,
        /// The seats that may audit its use.
        audit_by: Vec<SeatId>,
        /// How long it may be kept after its purpose has ended.
        retention: Option<Period>,
        /// The licence it came under, or is passed on under, as an SPDX expression.
        licence: Option<String>,
        /// The export-control list and entry it falls under.
        export: Option<String>,
        /// What it is under the regimes that were adopted.
        classes: Vec<ClassId>,
        /// What shows that it may cross a border; without it nothing listed in `export` crosses one.
        export_licence: Option<EvidenceNeed>,
        /// What every place and every way has to offer on which it, or what is derived from it, is.
        guard: Option<Guard>,
        /// The seat that keeps the key by which pseudonyms in it are resolved.
        key_custodian: Option<SeatId>,
        /// The asset with a lower label on which a run must have given a result before anything is
        /// computed on this one.
        pilot: Option<AssetId>,
        /// Datasets only: the column that names the person a row is about.
        person: Option<String>,
        /// Datasets only: at most this many rows are about one person.
        rows_per_person: Option<u32>,
        /// Datasets only: the schema.
        columns: Vec<Column>,
    }

    /// What protects an asset. What is derived from it, otherwise than by a run, is protected alike.
    pub Guard {
        /// The least isolation class of a place.
        class: Option<u32>,
        /// How old the appraisal of a place's machine may be; without it none is asked for.
        attested: Option<Period>,
        /// Whether it may be at a place that is an interface with access control for a time, in
        /// place of isolation; what is `public` always may.
        interim: bool,
        /// The least protection on the way to another party.
        profile: Option<Profile>,
        /// Whether it never leaves its holder: no act hands a version over.
        stays: bool,
        /// Of how many persons at least a figure is that is taken from it.
        least_persons: Option<u32>,
    }

    /// One column of a dataset's schema.
    pub Column {
        /// Its name in the header row.
        name: String,
        /// What its cells hold.
        kind: ColumnKind,
        /// Numbers: the smallest value a cell may hold.
        min: Option<Decimal>,
        /// Numbers: the largest.
        max: Option<Decimal>,
        /// Categories: every value a cell may hold.
        levels: Vec<Cell>,
        /// Whether a cell may be empty.
        optional: bool,
    }
}

impl Default for Guard {
    fn default() -> Self {
        let (class, attested, profile, least_persons) = (None, None, None, None);
        Self { class, attested, interim: false, profile, stays: false, least_persons }
    }
}

impl Seat {
    /// Whether nobody signs for it but by a mandate.
    pub fn needs_mandate(&self) -> bool {
        self.mandates || !self.training.is_empty()
    }
}
