//! The log, a page at a time.

use concordat_partnership::{Refusal, Verdict};
use concordat_terms::ClauseRef;

use crate::from_state::{Entry, Source};
use crate::route::{LogQuery, PAGE_ROWS};
use crate::view;

impl Source<'_> {
    /// The page of the log that is asked for, the latest entries first.
    pub fn log(&self, query: LogQuery) -> view::Log {
        let refused = self.log.iter().filter(|entry| !entry.verdict.is_admitted()).count();
        let total = if query.refused { refused } else { self.log.len() };
        let pages = total.div_ceil(PAGE_ROWS).max(1);
        let page = query.page.clamp(1, pages);
        let shown = self.log.iter().rev().filter(|e| !query.refused || !e.verdict.is_admitted());
        view::Log {
            frame: self.frame(),
            refused_only: query.refused,
            total,
            refused,
            page,
            pages,
            rows: shown.skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS).map(|e| self.row(e)).collect(),
        }
    }

    fn row(&self, entry: &Entry) -> view::Row {
        let (act, by) = match &entry.verdict {
            Verdict::Admitted { act, by, .. } => (Some(*act), by),
            Verdict::Refused { act, by, .. } => (*act, by),
        };
        let sequencer = || view::Name { id: "sequencer".into(), title: "the sequencer".into() };
        let who =
            by.as_ref().map(|actor| actor.party.as_ref().map_or_else(sequencer, |p| self.name(p)));
        // The sequencer has one seat, called as it is.
        let seat = by.as_ref().filter(|actor| actor.party.is_some());
        view::Row {
            index: entry.index,
            time: entry.time,
            who,
            seat: seat.map(|actor| self.seat_title(&actor.seat)),
            act: act.map(|act| act.to_string()),
            verdict: self.verdict(&entry.verdict),
        }
    }

    fn verdict(&self, verdict: &Verdict) -> view::Verdict {
        let known = |cited: &&ClauseRef| self.state.agreement().clause(cited).is_some();
        match verdict {
            Verdict::Admitted { clause, .. } => {
                view::Verdict::Admitted(clause.as_ref().filter(known).cloned())
            }
            Verdict::Refused { refusal, .. } => view::Verdict::Refused {
                code: refusal.code().to_owned(),
                what: self.words(&refusal.to_string()),
                remedy: self.words(&refusal.remedy()),
                clause: clause_of(refusal).filter(known).cloned(),
            },
        }
    }
}

/// The clause that a refusal rests on. The nearest permit of `not-permitted` is none: what that
/// refusal rests on is that no clause permits.
pub(super) fn clause_of(refusal: &Refusal) -> Option<&ClauseRef> {
    match refusal {
        Refusal::NotPermitted { .. } => None,
        other => other.clause(),
    }
}
