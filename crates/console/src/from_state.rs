//! From the fold's state, and what a server knows beside it, to views.

mod agreement;
mod decisions;
mod entries;
mod log;
mod needs;
mod status;

use std::collections::BTreeMap;

use concordat_agreement::Terms;
use concordat_partnership::State;
use concordat_terms::{AssetId, ClauseRef, Decimal, PartyId, RunId, SeatId};
use concordat_wire::api::Progress;

use crate::view::{Frame, Name, NotFound, Piece, Words};

pub use entries::{Became, Cites, Entries, Entry, Tally};

/// Where views come from: the state, and what is not in it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The fold's state.
    pub state: &'a State,
    /// What is counted of every entry so far.
    pub tally: &'a Tally,
    /// Where those entries are read that are shown.
    pub log: &'a dyn Entries,
    /// ε that each holder's account of a dataset has spent or reserved, where somebody computed
    /// it from [`State::accounts`] at the δ of the privacy clause. An account that is not there
    /// is shown as unknown if it was charged, and as zero if it was not.
    pub spent: &'a BTreeMap<(PartyId, AssetId), Decimal>,
    /// How open runs go.
    pub progress: &'a BTreeMap<RunId, Progress>,
    /// A line to show on every page.
    pub banner: Option<&'a str>,
}

impl Source<'_> {
    /// The page that there is no page.
    pub fn not_found(&self, path: &str) -> NotFound {
        NotFound { frame: self.frame(), path: path.chars().take(200).collect() }
    }

    fn frame(&self) -> Frame {
        Frame {
            origin: self.state.genesis().map(|g| g.origin.clone()).unwrap_or_default(),
            banner: self.banner.map(str::to_owned),
            log: self.state.log(),
            entries: self.state.index(),
            time: self.state.time(),
        }
    }

    fn name(&self, party: &PartyId) -> Name {
        let title = self.state.agreement().party(party).map(|cited| cited.terms.party.clone());
        Name { id: party.to_string(), title: title.unwrap_or_else(|| party.to_string()) }
    }

    fn names<'p>(&self, parties: impl IntoIterator<Item = &'p PartyId>) -> Vec<Name> {
        parties.into_iter().map(|party| self.name(party)).collect()
    }

    /// The parties that fill any of these seats, each once, by name.
    fn filling<'s>(&self, seats: impl IntoIterator<Item = &'s SeatId>) -> Vec<Name> {
        let parties: std::collections::BTreeSet<&PartyId> =
            seats.into_iter().flat_map(|seat| self.state.agreement().parties_of(seat)).collect();
        self.names(parties)
    }

    fn seat_title(&self, seat: &SeatId) -> String {
        let title = self.state.agreement().seat(seat).map(|cited| cited.terms.seat.clone());
        title.unwrap_or_else(|| seat.to_string())
    }

    fn asset_title(&self, asset: &AssetId) -> String {
        let title = self.state.agreement().asset(asset).map(|cited| cited.terms.asset.clone());
        title.unwrap_or_else(|| asset.to_string())
    }

    /// Marks the names in a text: what stands in backticks. Names that a clause in force defines
    /// and citations of clauses in force lead there.
    fn words(&self, text: &str) -> Words {
        let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
        Words(
            pieces
                .map(|(at, piece)| match (at % 2, self.defined(piece)) {
                    (0, _) => Piece::Text(piece.to_owned()),
                    (_, Some(clause)) => Piece::Clause(piece.to_owned(), clause),
                    (_, None) => Piece::Code(piece.to_owned()),
                })
                .collect(),
        )
    }

    /// The clause in force that a text cites, or whose name it is where the clause defines one.
    fn defined(&self, text: &str) -> Option<ClauseRef> {
        let agreement = self.state.agreement();
        if let Ok(cited) = text.parse::<ClauseRef>() {
            let own = self.state.project_agreements().values();
            let mut known = std::iter::once(agreement).chain(own.map(|own| &own.agreement));
            return known.find_map(|agreement| agreement.clause(&cited)).map(|_| cited);
        }
        let defines = |terms: &Terms| {
            matches!(
                terms,
                Terms::Party(_)
                    | Terms::Seat(_)
                    | Terms::Purpose(_)
                    | Terms::Asset(_)
                    | Terms::Body(_)
            )
        };
        agreement
            .clauses()
            .find(|(_, clause)| clause.id.as_str() == text && defines(&clause.terms))
            .map(|(module, clause)| ClauseRef::new(&module.id, &clause.id))
    }
}

/// A list in backticks, for [`Source::words`].
fn ticked<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("`{item}`")).collect();
    items.join(", ")
}
