//! The log, a page at a time.

use concordat_terms::ClauseRef;

use crate::from_state::{Became, Entry, Source};
use crate::route::{LogQuery, PAGE_ROWS};
use crate::view;

impl Source<'_> {
    /// The page of the log that is asked for, the latest entries first.
    pub fn log(&self, query: LogQuery) -> view::Log {
        let (refused, size) = (self.tally.refused(), self.tally.size());
        let total = match query.refused {
            true => refused,
            false => usize::try_from(size).unwrap_or(usize::MAX),
        };
        let pages = total.div_ceil(PAGE_ROWS).max(1);
        let page = query.page.clamp(1, pages);
        let skip = (page - 1) * PAGE_ROWS;
        let shown: Vec<u64> = match query.refused {
            true => self.tally.refused_back(skip, PAGE_ROWS),
            false => (0..size).rev().skip(skip).take(PAGE_ROWS).collect(),
        };
        let rows = self.log.entries(&shown).iter().map(|entry| self.row(entry)).collect();
        let frame = self.frame();
        view::Log { frame, refused_only: query.refused, total, refused, page, pages, rows }
    }

    fn row(&self, entry: &Entry) -> view::Row {
        let sequencer = || view::Name { id: "sequencer".into(), title: "the sequencer".into() };
        let by = &entry.by;
        let who =
            by.as_ref().map(|actor| actor.party.as_ref().map_or_else(sequencer, |p| self.name(p)));
        // The sequencer has one seat, called as it is.
        let seat = by.as_ref().filter(|actor| actor.party.is_some());
        view::Row {
            index: entry.index,
            time: entry.time,
            who,
            seat: seat.map(|actor| self.seat_title(&actor.seat)),
            act: entry.act.map(|act| act.to_string()),
            verdict: self.verdict(entry),
        }
    }

    fn verdict(&self, entry: &Entry) -> view::Verdict {
        let known = |cited: &&ClauseRef| self.state.agreement().clause(cited).is_some();
        match &entry.became {
            Became::Admitted(clause) => {
                view::Verdict::Admitted(clause.as_ref().filter(known).cloned())
            }
            Became::Refused(problem) => view::Verdict::Refused {
                code: problem.code.clone(),
                what: self.words(&problem.what),
                remedy: self.words(&problem.hint),
                clause: self.tally.refused_by(entry.index).filter(known).cloned(),
            },
        }
    }
}
