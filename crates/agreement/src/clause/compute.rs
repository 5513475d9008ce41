//! Privacy, aggregation and witnesses: parameters that are proved before they are signed.

use concordat_terms::{AssetId, Decimal, PartyId, Period, SeatId};

use crate::shape::{shape, words};

words! {
    /// Which two databases count as neighbours.
    Adjacency {
        /// One person more or less: sensitivity C.
        AddRemove = "add-remove",
        /// One person replaced: sensitivity 2C.
        Replace = "replace",
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
    /// The privacy account of each holder of a dataset. It never refills.
    pub Privacy(
        /// The dataset.
        privacy: AssetId
    ) {
        /// Which two databases count as neighbours.
        adjacency: Adjacency,
        /// The most that may be spent against one curious party after every allowed dropout.
        epsilon: Decimal,
        /// The probability the bound may fail with.
        delta: Decimal,
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
        /// in any order. While one of the three is honest, no contribution becomes readable.
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

impl Witnesses {
    /// How many cosignatures a checkpoint has room for: it has 64 signatures at most, and one is the log's.
    pub const QUORUM_MOST: u32 = 63;

    /// [`Witnesses::max_staleness`] where no such clause is in force: ten minutes (rule 12).
    pub const MAX_STALENESS_UNSAID: Period = Period { months: 0, days: 0, seconds: 600 };

    /// [`Witnesses::skew`] where no such clause is in force: five minutes (rule 12).
    pub const SKEW_UNSAID: Period = Period { months: 0, days: 0, seconds: 300 };
}
