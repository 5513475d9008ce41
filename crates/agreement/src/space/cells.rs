//! The values of a condition's facts, cut so that no condition can tell two of one cell apart.

use std::collections::BTreeSet;
use std::fmt;

use concordat_terms::Country;
use serde::Serialize;

use crate::ask::CLASSES;
use crate::when::{Expr, Number, Order, Root, Text};
use crate::{Agreement, Place, When};

/// Whole numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interval {
    /// The lowest.
    pub from: u32,
    /// The highest; all above, if it is absent.
    pub to: Option<u32>,
}

impl Interval {
    /// The line of whole numbers, cut before each of these.
    fn cut(mut starts: BTreeSet<u32>) -> Vec<Self> {
        starts.insert(0);
        let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
        starts.iter().zip(ends).map(|(from, to)| Self { from: *from, to }).collect()
    }

    /// Neighbouring intervals as one.
    pub(crate) fn joined(intervals: BTreeSet<Self>) -> BTreeSet<Self> {
        let mut out: Vec<Self> = Vec::new();
        for next in intervals {
            match out.last_mut() {
                Some(last) if last.to.and_then(|to| to.checked_add(1)) == Some(next.from) => {
                    last.to = next.to;
                }
                _ => out.push(next),
            }
        }
        out.into_iter().collect()
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) if to == self.from => write!(f, "{to}"),
            Some(to) => write!(f, "{} to {to}", self.from),
            None => write!(f, "{} or more", self.from),
        }
    }
}

/// A kind of place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Where {
    /// Its isolation class.
    pub class: u8,
    /// Its country.
    pub jurisdiction: Jurisdiction,
}

/// A country that a condition names, or any that none names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jurisdiction {
    /// This one.
    Named(Country),
    /// Any that no condition names.
    Elsewhere {
        /// The countries that conditions name.
        but: BTreeSet<Country>,
        /// A code that stands for the others.
        code: Country,
    },
}

impl Where {
    /// A place of this kind.
    pub(crate) fn place(&self) -> Place {
        let (Jurisdiction::Named(code) | Jurisdiction::Elsewhere { code, .. }) = &self.jurisdiction;
        Place { class: self.class, jurisdiction: code.clone() }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.jurisdiction {
            Jurisdiction::Named(country) => write!(f, "class {} in {country}", self.class),
            Jurisdiction::Elsewhere { but, .. } if but.is_empty() => {
                write!(f, "class {}", self.class)
            }
            Jurisdiction::Elsewhere { .. } => write!(f, "class {} elsewhere", self.class),
        }
    }
}

/// What some conditions ask about, and the cells of it.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    /// The records they ask about.
    pub(crate) roots: BTreeSet<Root>,
    /// The texts they ask about.
    pub(crate) texts: BTreeSet<Text>,
    /// The countries they name, and those of parties where both are compared.
    named: BTreeSet<Country>,
    /// One of nothing, where no condition asks.
    pub(crate) places: Vec<Option<Where>>,
    pub(crate) rounds: Vec<Interval>,
    pub(crate) participants: Vec<Interval>,
}

impl Cells {
    pub(crate) fn of<'w>(
        whens: impl IntoIterator<Item = &'w When>,
        agreements: &[&Agreement],
    ) -> Self {
        let (mut roots, mut texts) = (BTreeSet::new(), BTreeSet::new());
        let mut named = BTreeSet::new();
        let (mut rounds, mut participants) = (BTreeSet::new(), BTreeSet::new());
        for atom in whens.into_iter().flat_map(|when| when.expr().atoms()) {
            roots.extend(atom.roots());
            texts.extend(atom.text());
            match atom {
                Expr::Number(Number::Rounds, order, than) => rounds.extend(border(*order, *than)),
                Expr::Number(Number::Participants, order, than) => {
                    participants.extend(border(*order, *than));
                }
                Expr::Text(Text::Jurisdiction, among) => {
                    named.extend(among.iter().filter_map(|code| code.parse().ok()));
                }
                Expr::LawHolds(Text::Jurisdiction) => {
                    let parties = agreements.iter().flat_map(|agreement| agreement.parties());
                    named.extend(parties.flat_map(|p| p.terms.jurisdictions.iter().cloned()));
                }
                _ => {}
            }
        }
        let places = if roots.contains(&Root::Place) { places(&named) } else { vec![None] };
        let (rounds, participants) = (Interval::cut(rounds), Interval::cut(participants));
        Self { roots, texts, named, places, rounds, participants }
    }

    pub(crate) fn asks(&self, root: Root) -> bool {
        self.roots.contains(&root)
    }

    /// Cells of places in the words of wider cells, which name at least the same countries.
    pub(crate) fn widened(&self, places: BTreeSet<Where>, wider: &Self) -> BTreeSet<Where> {
        let each = places.into_iter().flat_map(|at| match &at.jurisdiction {
            Jurisdiction::Named(_) => vec![at],
            Jurisdiction::Elsewhere { .. } => {
                let there = wider.places.iter().flatten().filter(|w| w.class == at.class);
                let beyond = there.filter(|w| match &w.jurisdiction {
                    Jurisdiction::Named(country) => !self.named.contains(country),
                    Jurisdiction::Elsewhere { .. } => true,
                });
                beyond.cloned().collect()
            }
        });
        each.collect()
    }
}

/// The numbers before which the answer of a comparison may turn.
fn border(order: Order, than: i64) -> Vec<u32> {
    let at = u32::try_from(than).ok();
    let next = at.and_then(|at| at.checked_add(1));
    let borders = match order {
        Order::Equal => [at, next],
        Order::Below | Order::AtLeast => [at, None],
        Order::AtMost | Order::Above => [next, None],
    };
    borders.into_iter().flatten().collect()
}

fn places(named: &BTreeSet<Country>) -> Vec<Option<Where>> {
    // A code that no condition names, of those that ISO 3166 leaves to users if it can be.
    let firsts = std::iter::once('X').chain('A'..='Z');
    let pairs = firsts.flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}")));
    let mut codes = pairs.filter_map(|code| code.parse::<Country>().ok());
    let spare = codes.find(|country| !named.contains(country));
    let elsewhere = spare.map(|code| Jurisdiction::Elsewhere { but: named.clone(), code });
    let all: Vec<Jurisdiction> =
        named.iter().cloned().map(Jurisdiction::Named).chain(elsewhere).collect();
    let of = |class| {
        all.iter().map(move |jurisdiction| Where { class, jurisdiction: jurisdiction.clone() })
    };
    CLASSES.flat_map(of).map(Some).collect()
}
