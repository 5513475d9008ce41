//! Privacy, aggregation and witnesses: parameters that are proved before they are signed.

use std::collections::BTreeMap;

use concordat_terms::{AssetId, Decimal, PartyId, Period, PurposeId, SeatId};

use crate::shape::{shape, words};

words! {
    /// Which two databases count as neighbours.
    Adjacency {
        /// One person more or less: sensitivity C.
        AddRemove = "add-remove",
        /// One person replaced: sensitivity 2C.
        Replace = "replace",
    }

    /// What becomes of the part of a year in which it was not spent.
    Unspent {
        /// It stays for monitoring, in later years.
        CarriesOver = "carries-over",
        /// It comes back to the account, for any purpose.
        Returns = "returns",
    }

    /// How a program of somebody else may take part in training.
    TrainerMode {
        /// It turns each record into numbers, alone; the node trains on these under the noise of the
        /// account.
        Features = "features",
        /// It trains, and the node clips and noises how far it moved the model: a whole participant's
        /// update is protected.
        UpdateDp = "update-dp",
        /// It says that it adds enough noise itself. No node enforces it.
        AssertedDp = "asserted-dp",
        /// No noise at all: sums alone hide what a participant sends.
        SecaggOnly = "secagg-only",
    }

    /// Secure aggregation protocols.
    Protocol {
        /// Bonawitz et al. 2017, active-adversary variant, complete graph.
        PairwiseMasks = "pairwise-masks",
        /// Additive shares for three aggregators, run by a public, a private and an independent party.
        ThreeAggregators = "three-aggregators",
    }
}

shape! {
    /// The privacy account of each holder's population: of the persons whom a dataset is about. It
    /// never refills.
    pub Privacy(
        /// The dataset. What is computed on versions that were made from rows of it draws on the same
        /// account.
        privacy: AssetId
    ) {
        /// Other datasets about the same persons: they draw on the same account.
        also: Vec<AssetId>,
        /// Which two databases count as neighbours.
        adjacency: Adjacency,
        /// The most that may be spent against one curious party after every allowed dropout.
        epsilon: Decimal,
        /// The probability the bound may fail with.
        delta: Decimal,
        /// The part of `epsilon` that a purpose may spend at most, for ever. A purpose that is not
        /// named here may spend all that others leave.
        at_most: BTreeMap<PurposeId, Decimal>,
        /// What is kept back for looking after released models.
        monitoring: Option<Monitoring>,
        /// How exact the answer to a query has to be, and whose figures it may tell.
        queries: Option<Queries>,
        /// How programs of others may take part in training on it: external trainers. In none, if
        /// this is absent.
        trainers: Vec<TrainerMode>,
        /// Whether they may run without a sandbox.
        trainers_unsandboxed: bool,
    }

    /// What a query is asked before anything is charged for it.
    pub Queries {
        /// The most that a figure may be off for noise, as a share of one, before it is warned of: half
        /// the width of its 95 % interval, as predicted from the noise and from the rows that are listed.
        warn_above: Decimal,
        /// The most that it may be off before no node takes part in the query.
        refuse_above: Decimal,
        /// Whether figures of single holders may become readable, with noise; if this is absent, only those
        /// of all holders together do.
        by_holder: bool,
    }

    /// A part of a privacy account for each of some years, kept back from everything else.
    pub Monitoring {
        /// For which purposes: they draw on these parts and on nothing else, by queries and
        /// evaluations.
        purposes: Vec<PurposeId> = some,
        /// The part of one calendar year (UTC), at the account's `delta`.
        epsilon: Decimal,
        /// The first year.
        from: u32,
        /// The last year.
        until: u32,
        /// What becomes of the unspent part of a year; it carries over, if this is absent.
        unspent: Option<Unspent>,
    }

    /// How contributions are summed without anybody seeing one: one set of parameters, proved
    /// consistent at `check` and enforced at each node.
    pub Aggregation(
        /// The protocol.
        aggregation: Protocol
    ) {
        /// The seat whose parties contribute; N is how many fill it.
        of: SeatId,
        /// With `three-aggregators`: who runs them, one public, one private and one independent party,
        /// in any order. While one of the three is honest, nothing becomes readable but the sum. Of k
        /// colluding contributors each takes its own part off, and the sum of the other m − k is left:
        /// `colluders` bounds k.
        aggregators: Vec<PartyId>,
        /// t: shares that open a secret, and signatures that a survivor list needs. Three aggregators
        /// open without the participants; this many of them still sign a run's result.
        threshold: u32,
        /// c: seats under common control that may collude.
        colluders: u32,
        /// d: dropouts, over all stages, that a round survives. m = N − d must stay.
        dropouts: u32,
        /// b: bits of the ring, 32 or 64.
        ring_bits: u32,
        /// Bits of the quantiser: one unit of a contribution is 2^scale_bits ring units.
        scale_bits: u32,
        /// The most units (persons) one participant may sum up in one round.
        units_per_round: u32,
        /// The largest clipping bound C a plan may use.
        clip_most: Decimal,
        /// The largest noise multiplier σ a plan may use.
        noise_most: Decimal,
        /// The largest model, in parameters.
        dimension_most: u32,
        /// R: how often a lost round may be tried again.
        retries: u32,
    }

    /// Who must cosign a checkpoint before it counts.
    pub Witnesses(
        /// The cosigning parties.
        witnesses: Vec<PartyId> = some
    ) {
        /// How many of them.
        quorum: u32,
        /// No round starts on a checkpoint older than this.
        max_staleness: Period,
        /// How far the sequencer's clock may be from a cosigner's.
        skew: Period,
        /// The longest the log may be silent while something is due.
        max_gap: Period,
    }
}

impl Privacy {
    /// Whether what is computed on this dataset draws on the account.
    pub fn covers(&self, dataset: &AssetId) -> bool {
        self.privacy == *dataset || self.also.contains(dataset)
    }

    /// The parts for monitoring, if that is what a purpose is.
    pub fn monitors(&self, purpose: &PurposeId) -> Option<&Monitoring> {
        self.monitoring.as_ref().filter(|own| own.purposes.contains(purpose))
    }
}

impl Monitoring {
    /// In how many years there is a part, the given one included; none before the first year, and
    /// all of them after the last.
    pub fn years_to(&self, year: u32) -> u32 {
        let last = year.min(self.until);
        last.saturating_add(1).saturating_sub(self.from)
    }

    /// In how many years there is a part.
    pub fn years(&self) -> u32 {
        self.years_to(self.until)
    }

    /// Whether there is a part in this year.
    pub fn is_in(&self, year: u32) -> bool {
        (self.from..=self.until).contains(&year)
    }

    /// Whether the unspent part of a year comes back to the account when the year is over.
    pub fn returns(&self) -> bool {
        self.unspent == Some(Unspent::Returns)
    }
}

impl Witnesses {
    /// How many cosignatures a checkpoint has room for: it has 64 signatures at most, and one is the log's.
    pub const QUORUM_MOST: u32 = 63;

    /// [`Witnesses::max_staleness`] where no such clause is in force: ten minutes (rule 12).
    pub const MAX_STALENESS_UNSAID: Period = Period { months: 0, days: 0, seconds: 600 };

    /// [`Witnesses::skew`] where no such clause is in force: five minutes (rule 12).
    pub const SKEW_UNSAID: Period = Period { months: 0, days: 0, seconds: 300 };
}
