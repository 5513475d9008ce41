//! What of a state the invariants look at: taken out of it, so that a test can spoil it.

use std::collections::BTreeMap;

use concordat_partnership::{Book, DutyId, DutyStatus, MotionStatus, State};
use concordat_terms::{AssetId, ClauseRef, Cost, Decimal, MotionId, PartyId, Timestamp};

/// A state, as far as invariants ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The log's time.
    pub time: Option<Timestamp>,
    /// When time itself changes something next.
    pub next: Option<Timestamp>,
    /// Every duty that is known: where it stands, when it is due, when its clock started.
    pub duties: BTreeMap<DutyId, Owed>,
    /// What stands in each book.
    pub books: BTreeMap<(ClauseRef, String, Book), Decimal>,
    /// What was ever posted to each book, summed anew.
    pub posted: BTreeMap<(ClauseRef, String, Book), Decimal>,
    /// Lines of postings that do not sum to zero.
    pub unbalanced: Vec<(u64, u32)>,
    /// What each holder's privacy account of a dataset has spent.
    pub privacy: BTreeMap<(PartyId, AssetId), Cost>,
    /// Motions: where each stands, when voting ends and until when it can be carried out.
    pub motions: BTreeMap<MotionId, Asked>,
}

/// A duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Where it stands.
    pub status: DutyStatus,
    /// Until when it is to be done.
    pub due: Option<Timestamp>,
    /// When its clock started.
    pub started: Timestamp,
}

/// A motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where it stands.
    pub status: MotionStatus,
    /// Until when votes are taken.
    pub open_until: Timestamp,
    /// Until when a decision in favour can be carried out.
    pub lapses_at: Timestamp,
}

impl View {
    /// What a state shows.
    pub fn of(state: &State) -> Self {
        let duties = state.duties().map(|(id, duty)| {
            let (status, due, started) = (duty.status, duty.due, duty.started);
            (id.clone(), Owed { status, due, started })
        });
        let motions = state.motions().iter().map(|(id, motion)| {
            let (status, open_until) = (motion.status, motion.open_until);
            (id.clone(), Asked { status, open_until, lapses_at: motion.lapses_at })
        });
        let mut posted: BTreeMap<(ClauseRef, String, Book), Decimal> = BTreeMap::new();
        let mut unbalanced = Vec::new();
        for (at, one) in state.postings() {
            let mut sum = Some(Decimal::ZERO);
            for line in &one.posting.lines {
                sum = sum.and_then(|sum| sum.plus(line.amount));
                let key = (one.posting.under.clone(), one.posting.unit.clone(), line.book.clone());
                let book = posted.entry(key).or_insert(Decimal::ZERO);
                *book = book.plus(line.amount).unwrap_or(*book);
            }
            if sum != Some(Decimal::ZERO) {
                unbalanced.push(*at);
            }
        }
        posted.retain(|_, amount| *amount != Decimal::ZERO);
        Self {
            time: state.time(),
            next: state.next_deadline(),
            duties: duties.collect(),
            books: state.books().map(|(book, amount)| (book.clone(), *amount)).collect(),
            posted,
            unbalanced,
            privacy: state
                .accounts()
                .iter()
                .map(|(own, charged)| (own.clone(), charged.total()))
                .collect(),
            motions: motions.collect(),
        }
    }
}
