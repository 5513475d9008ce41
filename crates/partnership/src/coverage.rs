//! What an agreement meets of a regime or a framework, as its clauses say by their `laws`, and where
//! its regimes differ about one incident.
//!
//! A clause that cites a duty says that it answers to it; whether that is enough no program knows.
//! Every row keeps its source and the mark of how it was confirmed.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Terms};
use concordat_evidence::mark::{Confirmed, Status};
use concordat_evidence::name::{Role, RowId};
pub use concordat_evidence::regime::{Applies, Pack};
use concordat_evidence::regime::{Crosswalk, SHIPPED, Situation, conflicts as differing, coverage};
use concordat_terms::{ActName, ClauseRef, Country, Date, SeatId};
use serde::Serialize;

/// A requirement of a pack, and what answers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its name in the pack.
    pub id: RowId,
    /// What it asks for, in our own words.
    pub title: String,
    /// Where it is laid down.
    pub source: String,
    /// How that was confirmed.
    pub confirmed: Confirmed,
    /// How binding it is.
    pub status: Status,
    /// Whether it applies here.
    pub applies: Applies,
    /// The clauses that cite it, each with its citation.
    pub met_by: Vec<(ClauseRef, String)>,
}

impl Requirement {
    /// Whether it applies, and no clause cites it.
    pub fn is_gap(&self) -> bool {
        self.applies == Applies::Here && self.met_by.is_empty()
    }
}

/// How many rows under a heading are met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Under {
    /// The heading.
    pub heading: RowId,
    /// What it is about.
    pub title: String,
    /// How many rows stand under it.
    pub rows: usize,
    /// How many of them a clause cites.
    pub met: usize,
}

/// What an agreement meets of one pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The pack.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// What it is about.
    pub title: String,
    /// The day as of which it was written.
    pub as_of: Date,
    /// The day for which it is asked.
    pub on: Date,
    /// How many requirements apply, and are cited by a clause.
    pub met: usize,
    /// How many apply, and are cited by none.
    pub gaps: usize,
    /// How many are cited and do not apply.
    pub beside: usize,
    /// Whether no seat has a role: then no role rules a row out.
    pub roles_unsaid: bool,
    /// Whether no asset is of a class: rows about classes do not apply then.
    pub classes_unsaid: bool,
    /// Rows and contract terms, in the order of the pack.
    pub requirements: Vec<Requirement>,
    /// Its headings, in the order of the pack.
    pub headings: Vec<Under>,
}

/// Several regimes with different clocks for one kind of incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The kind of incident.
    pub incident: String,
    /// Who owes, under the regimes.
    pub role: String,
    /// The seats that have that role.
    pub seats: Vec<SeatId>,
    /// To what kind of addressee.
    pub to: String,
    /// Pack, row and clock, the strictest first.
    pub clocks: Vec<(String, RowId, String)>,
    /// Seats for which the instrument does not say which of them counts.
    pub open: Vec<SeatId>,
}

/// A pack that comes with the program, by its name.
pub fn shipped(name: &str) -> Option<Pack> {
    let (file, text) = SHIPPED.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(name))?;
    Pack::parse(file, text).ok()
}

/// The names of the packs that come with the program.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().filter_map(|(file, _)| file.strip_suffix(".toml"))
}

/// The regimes that the instrument says seats stand under, by name.
pub fn regimes_named(agreement: &Agreement) -> BTreeSet<String> {
    let rows = agreement.instrument().map(|own| &own.terms.regimes);
    let under = rows.into_iter().flatten().flat_map(|row| &row.under);
    under.map(ToString::to_string).collect()
}

/// The packs of the program that apply in a country whose law binds a party.
pub fn applying(agreement: &Agreement) -> Vec<Pack> {
    let countries: BTreeSet<&Country> =
        agreement.parties().flat_map(|party| &party.terms.jurisdictions).collect();
    let packs = shipped_names().filter_map(shipped);
    packs
        .filter(|pack| {
            countries.contains(&pack.jurisdiction)
                || pack.places.iter().any(|place| countries.contains(place))
        })
        .collect()
}

/// What an agreement meets of a pack on a day.
pub fn covered(agreement: &Agreement, pack: &Pack, on: Date) -> Coverage {
    let cites = cites(agreement, pack);
    let situation = situation(agreement, on);
    let by = |id: &RowId| cites.get(id).cloned().unwrap_or_default();
    let mut requirements: Vec<Requirement> = Vec::new();
    for row in &pack.rows {
        requirements.push(Requirement {
            id: row.id.clone(),
            title: row.title.clone(),
            source: row.source.clone(),
            confirmed: row.confirmed,
            status: row.status,
            applies: row.applies_in(&situation),
            met_by: by(&row.id),
        });
        for term in pack.terms.iter().filter(|term| term.row == row.id) {
            requirements.push(Requirement {
                id: term.id.clone(),
                title: term.title.clone(),
                source: term.source.clone(),
                confirmed: term.confirmed,
                status: row.status,
                applies: row.applies_in(&situation),
                met_by: by(&term.id),
            });
        }
    }
    let met: BTreeSet<RowId> = cites.into_keys().collect();
    let headings = coverage(pack, &met).into_iter().map(|covered| Under {
        heading: covered.heading.id.clone(),
        title: covered.heading.title.clone(),
        rows: covered.rows,
        met: covered.met,
    });
    let here = |own: &&Requirement| own.applies == Applies::Here;
    let beside = |own: &&Requirement| !here(own) && !own.met_by.is_empty();
    Coverage {
        pack: pack.id.to_string(),
        version: pack.version.clone(),
        title: pack.title.clone(),
        as_of: pack.as_of,
        on,
        met: requirements.iter().filter(here).filter(|own| !own.met_by.is_empty()).count(),
        gaps: requirements.iter().filter(|own| own.is_gap()).count(),
        beside: requirements.iter().filter(beside).count(),
        roles_unsaid: situation.roles.is_empty(),
        classes_unsaid: situation.classes.is_empty(),
        headings: headings.collect(),
        requirements,
    }
}

/// Clauses of high tier that cite no row of these packs: gates of tier 3, and the permits of acts
/// before which one stands.
pub fn uncited(agreement: &Agreement, packs: &[Pack]) -> (usize, Vec<ClauseRef>) {
    let mut acts: BTreeSet<ActName> = BTreeSet::new();
    let mut high: BTreeSet<ClauseRef> = BTreeSet::new();
    for (module, clause) in agreement.clauses() {
        if let Terms::Gate(gate) = &clause.terms
            && gate.tier == Some(3)
        {
            acts.insert(gate.gate);
            high.insert(ClauseRef::new(&module.id, &clause.id));
        }
    }
    for (module, clause) in agreement.clauses() {
        if matches!(&clause.terms, Terms::Permit(rule) if acts.contains(&rule.act)) {
            high.insert(ClauseRef::new(&module.id, &clause.id));
        }
    }
    let mut walk = Crosswalk::default();
    for pack in packs {
        for (row, clauses) in cites(agreement, pack) {
            for (clause, _) in clauses {
                walk.0.entry(clause).or_default().insert(row.clone());
            }
        }
    }
    (high.len(), walk.unmapped(&high).into_iter().cloned().collect())
}

/// Where packs have different clocks for one kind of incident, for roles that somebody has here.
pub fn conflicts(agreement: &Agreement, packs: &[Pack]) -> Vec<Conflict> {
    let seats = seats(agreement);
    let rows = agreement.instrument().map(|own| own.terms.regimes.clone()).unwrap_or_default();
    let found = differing(packs).into_iter().filter_map(|one| {
        let seats: Vec<SeatId> = seats.get(&one.owner)?.iter().cloned().collect();
        let settled = |seat: &SeatId| {
            rows.iter().filter(|row| row.seat == *seat).any(|row| {
                let under = |(pack, _): &(&Pack, _)| {
                    row.under.iter().any(|regime| regime.as_str() == pack.id.as_str())
                };
                one.rows.iter().all(under)
            })
        };
        let open = seats.iter().filter(|seat| !settled(seat)).cloned().collect();
        let clocks = one.rows.iter().map(|(pack, row)| {
            let clock = row.clock.map(|clock| clock.to_string()).unwrap_or_default();
            (pack.id.to_string(), row.id.clone(), format!("{clock} ({})", row.status))
        });
        Some(Conflict {
            incident: one.kind.to_string(),
            role: one.owner.to_string(),
            to: format!("{:?}", one.audience).to_lowercase(),
            clocks: clocks.collect(),
            seats,
            open,
        })
    });
    found.collect()
}

/// Which clauses cite each row or term of a pack, and how.
fn cites(agreement: &Agreement, pack: &Pack) -> BTreeMap<RowId, Vec<(ClauseRef, String)>> {
    let mut found: BTreeMap<RowId, Vec<(ClauseRef, String)>> = BTreeMap::new();
    for (module, clause) in agreement.clauses() {
        for law in &clause.standing.laws {
            for row in pack.cited(law) {
                let cited = (ClauseRef::new(&module.id, &clause.id), law.clone());
                let all = found.entry(row.clone()).or_default();
                if !all.contains(&cited) {
                    all.push(cited);
                }
            }
        }
    }
    found
}

fn situation(agreement: &Agreement, on: Date) -> Situation {
    let classes = agreement.clauses().filter_map(|(_, clause)| match &clause.terms {
        Terms::Asset(asset) => Some(&asset.classes),
        _ => None,
    });
    let classes = classes.flatten().filter_map(|class| class.as_str().parse().ok());
    Situation { roles: seats(agreement).into_keys().collect(), classes: classes.collect(), on }
}

/// The seats that have each role.
fn seats(agreement: &Agreement) -> BTreeMap<Role, BTreeSet<SeatId>> {
    let mut roles: BTreeMap<Role, BTreeSet<SeatId>> = BTreeMap::new();
    for seat in agreement.seats() {
        let (Some(id), terms) = (seat.id::<SeatId>(), seat.terms) else { continue };
        for role in terms.roles.iter().filter_map(|role| role.as_str().parse().ok()) {
            roles.entry(role).or_default().insert(id.clone());
        }
    }
    roles
}
