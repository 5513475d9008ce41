//! Who decides when something has gone wrong, or ends.

use concordat_terms::{ClauseId, Country, Period};

use crate::shape::{Decider, shape, words};

words! {
    /// Kinds of cases.
    CaseKind {
        /// Something went wrong, and regimes may want it told.
        Incident = "incident",
        /// Parties differ.
        Dispute = "dispute",
        /// A party wants to be paid for a loss.
        Claim = "claim",
        /// Somebody has a right to see records.
        RecordsRequest = "records-request",
        /// A party leaves, or the partnership ends.
        Exit = "exit",
    }
}

shape! {
    /// Who decides about cases of a kind, one after another: a case moves on by itself when the time
    /// of a stage is over.
    pub Ladder(
        /// What about, for people.
        ladder: String
    ) {
        /// The kinds of cases that go up it; no kind goes up two.
        cases: Vec<CaseKind> = some,
        /// Its stages, first to last.
        stages: Vec<Stage> = some,
    }

    /// One stage of a ladder.
    #[derive(serde::Deserialize)]
    pub Stage {
        /// Its name, `mediation` for instance.
        stage: ClauseId,
        /// The seat or body that decides in it.
        by: Decider,
        /// How long it lasts; the last stage has no end.
        within: Option<Period>,
        /// The country on whose calendar the last day of it rolls to one on which people work.
        calendar: Option<Country>,
    }
}
