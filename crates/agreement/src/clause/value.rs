//! What is owned, owed, spent, shown and recognised.

use std::collections::BTreeMap;

use concordat_terms::{
    ActName, AssetId, BodyId, Country, Decimal, IncidentId, MethodId, Money, Period, SeatId,
};

use crate::shape::{Addressee, ClauseName, shape, words};

words! {
    /// Models of ownership in what the partnership makes.
    IpModel {
        /// The public side owns it; a partner may win a licence by tender.
        GovernmentOwned = "government-owned",
        /// The parties own it together, by shares.
        JointPool = "joint-pool",
        /// The private side keeps it and licenses public use.
        PrivateRetained = "private-retained",
    }

    /// Who a lab is to whom it tests.
    LabClass {
        /// The maker itself.
        FirstParty = "first-party",
        /// A customer or partner of the maker.
        SecondParty = "second-party",
        /// Neither owned nor paid by result.
        Independent = "independent",
    }

    /// What a disclosure clause speaks of.
    Topic {
        /// Records of acts.
        Acts = "acts",
        /// Clauses and the reasons of verdicts that cite them.
        Clauses = "clauses",
        /// Test results.
        Evidence = "evidence",
        /// Minutes of bodies.
        Minutes = "minutes",
        /// Models and their cards.
        Models = "models",
    }
}

shape! {
    /// Something conserved or spent: compute credits, money under a ceiling.
    pub Account(
        /// Its title, for people.
        account: String
    ) {
        /// The unit it is kept in: a currency of ISO 4217, or a word such as `gpu-hour`.
        unit: String,
        /// The seat that spends from it.
        holder: SeatId,
        /// The most that may be spent.
        ceiling: Decimal,
        /// The body that allocates it.
        allocated_by: Option<BodyId>,
        /// The seat that meters and says whose use it was; without one each reports its own.
        metered_by: Option<SeatId>,
        /// The fraction of the ceiling at which the holder is warned.
        alert_at: Option<Decimal>,
        /// What each party of the holder's seat has as soon as the account is opened.
        opening: Option<Decimal>,
        /// The objective that it serves: who allocates names a report on it.
        serves: Option<ClauseName>,
        /// The accounts of the same unit to which holders may hand on what they were allocated.
        transfers_to: Vec<ClauseName>,
        /// The table of thresholds: each row a day from which it counts, `payment` (one payment or
        /// use), `total` (all that was ever spent) or `modification` (how much higher than at first
        /// the ceiling may become), and how much in the account's unit.
        limits: Option<ClauseName>,
    }

    /// Who may read what.
    pub Disclosure(
        /// What it speaks of.
        disclosure: Topic
    ) {
        /// Of which acts; empty: all.
        acts: Vec<ActName>,
        /// Of which clauses; empty: all.
        clauses: Vec<ClauseName>,
        /// Who may read it.
        readers: Vec<Addressee> = some,
        /// How long after the record; at once, if this is absent.
        after: Option<Period>,
    }

    /// Who owns what the partnership makes, and on which terms others use it.
    pub Ip(
        /// The model of ownership.
        ip: IpModel
    ) {
        /// On which assets; empty: all foreground.
        on: Vec<AssetId>,
        /// The owners' shares; they sum to 1.
        shares: BTreeMap<SeatId, Decimal>,
        /// Whether what a version earns is parted by lineage: among the owners of that version, who
        /// have the shares of what it was made from, instead of by `shares`.
        by_lineage: bool,
        /// The seats with a licence.
        licensed_to: Vec<SeatId>,
        /// The fraction of reported revenue that a licensee owes the owners.
        royalty: Option<Decimal>,
        /// Whether the public side uses it free of royalty.
        public_use: bool,
        /// The body that must agree before anybody outside is licensed.
        licence_out_by: Option<BodyId>,
        /// Whether nobody proposes a model for release but its owners, the seats with a licence, and
        /// who has a licence to that version.
        licensed_release: bool,
        /// Background that is not declared so long after entry into force counts as foreground.
        declare_background: Option<Period>,
    }

    /// Who answers for what, in which order and up to how much.
    pub Liability(
        /// For what, for people.
        liability: String
    ) {
        /// The seats that answer, first to last.
        order: Vec<SeatId> = some,
        /// For incidents of which kinds; empty: of any.
        incidents: Vec<IncidentId>,
        /// The most that is owed in total.
        cap: Option<Money>,
        /// What is not capped.
        uncapped: Vec<String>,
        /// The table of amounts, service credits for instance: of each row the threshold in the
        /// first cell and what is owed for a value across it in the last, an amount of money or
        /// a percentage of `base`.
        amounts: Option<ClauseName>,
        /// What the percentages of `amounts` are of.
        base: Option<Money>,
    }

    /// Whose test results count here.
    pub Recognise(
        /// The method, by its name.
        recognise: MethodId
    ) {
        /// The countries whose accredited labs count; empty: all.
        from: Vec<Country>,
        /// The least independence of the lab.
        lab: LabClass,
        /// The accreditations that the lab holds, `ISO/IEC 17025` for instance; empty: none is asked for.
        accredited: Vec<String>,
        /// How old a result may be.
        max_age: Period,
        /// What such a test costs here: what a result that is recognised spares.
        cost: Option<Money>,
    }
}
