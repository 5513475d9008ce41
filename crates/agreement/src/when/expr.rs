//! A condition as it is evaluated: comparisons of facts with literals, joined by `&& || !`.

use std::collections::BTreeSet;

use concordat_terms::{Country, PartyId};

use crate::clause::Party;
use crate::{Asset, Place, RunFacts};

/// What a condition is asked about; what is `None` is an error to ask for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// `place`: one of the places that are touched.
    pub place: Option<&'a Place>,
    /// `party`: who acts.
    pub party: Option<(&'a PartyId, &'a Party)>,
    /// `run`: the run that the act is about.
    pub run: Option<&'a RunFacts>,
    /// `asset`: one of the assets that the act is about.
    pub asset: Option<&'a Asset>,
}

/// A fact that was asked for and is not there: the word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no `{0}` to ask about")]
pub struct MissingFact(pub &'static str);

/// One of the four records of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    Place,
    Party,
    Run,
    Asset,
}

impl Root {
    pub(crate) const ALL: [Self; 4] = [Self::Place, Self::Party, Self::Run, Self::Asset];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Party => "party",
            Self::Run => "run",
            Self::Asset => "asset",
        }
    }
}

/// A fact that is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Number {
    Class,
    Rounds,
    Participants,
}

/// A fact that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    Jurisdiction,
    Party,
    Side,
    RunKind,
    Purpose,
    Label,
    AssetKind,
}

/// How a number is compared; the fact stands on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// What is asked of the acting party's countries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Law {
    /// All the listed ones are among them.
    Holds,
    /// All of them are listed.
    Within,
    /// Some of them is listed.
    Meets,
    /// They are exactly the listed ones.
    Is,
}

/// A condition. As in Cedar, `&&` and `||` ask their left side first and their right side only if
/// it still matters, and whatever is asked about a fact that is not there is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Truth(bool),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// `place has class`: every record that is there is whole.
    Has(Root),
    /// `place.class >= 2`.
    Number(Number, Order, i64),
    /// `["BE", "HU"].contains(place.jurisdiction)`; with one text, `==`.
    Text(Text, BTreeSet<String>),
    /// `party.jurisdictions.containsAny(["BE"])`.
    Law(Law, BTreeSet<String>),
    /// `party.jurisdictions.contains(place.jurisdiction)`.
    LawHolds(Text),
}

impl Expr {
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Result<bool, MissingFact> {
        Ok(match self {
            Self::Truth(truth) => *truth,
            Self::Not(of) => !of.holds(facts)?,
            Self::And(left, right) => left.holds(facts)? && right.holds(facts)?,
            Self::Or(left, right) => left.holds(facts)? || right.holds(facts)?,
            Self::Has(root) => root.there(facts)?,
            Self::Number(number, order, than) => {
                let value = number.of(facts)?;
                match order {
                    Order::Equal => value == *than,
                    Order::Below => value < *than,
                    Order::AtMost => value <= *than,
                    Order::Above => value > *than,
                    Order::AtLeast => value >= *than,
                }
            }
            Self::Text(text, among) => among.contains(text.of(facts)?),
            Self::Law(law, listed) => {
                let countries = countries(facts)?;
                let known = |country: &Country| listed.contains(country.as_str());
                let holds =
                    || listed.iter().all(|listed| countries.iter().any(|c| c.as_str() == listed));
                match law {
                    Law::Holds => holds(),
                    Law::Within => countries.iter().all(known),
                    Law::Meets => countries.iter().any(known),
                    Law::Is => countries.iter().all(known) && holds(),
                }
            }
            Self::LawHolds(text) => {
                let countries = countries(facts)?;
                let text = text.of(facts)?;
                countries.iter().any(|country| country.as_str() == text)
            }
        })
    }

    /// Its comparisons, from left to right.
    pub(crate) fn atoms(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        self.walk(&mut found);
        found
    }

    /// The records that it asks about, of a comparison.
    pub(crate) fn roots(&self) -> Vec<Root> {
        match self {
            Self::Truth(_) | Self::Not(_) | Self::And(..) | Self::Or(..) => Vec::new(),
            Self::Has(root) => vec![*root],
            Self::Number(number, ..) => vec![number.root()],
            Self::Text(text, _) => vec![text.root()],
            Self::Law(..) => vec![Root::Party],
            Self::LawHolds(text) => vec![Root::Party, text.root()],
        }
    }

    /// The text that a comparison is with literals of.
    pub(crate) fn text(&self) -> Option<Text> {
        if let Self::Text(text, _) = self { Some(*text) } else { None }
    }

    fn walk<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::Not(of) => of.walk(found),
            Self::And(left, right) | Self::Or(left, right) => {
                left.walk(found);
                right.walk(found);
            }
            atom => found.push(atom),
        }
    }
}

fn countries<'a>(facts: &Facts<'a>) -> Result<&'a [Country], MissingFact> {
    facts.party.map(|(_, party)| party.jurisdictions.as_slice()).ok_or(MissingFact("party"))
}

impl Root {
    fn there(self, facts: &Facts<'_>) -> Result<bool, MissingFact> {
        let there = match self {
            Self::Place => facts.place.is_some(),
            Self::Party => facts.party.is_some(),
            Self::Run => facts.run.is_some(),
            Self::Asset => facts.asset.is_some(),
        };
        if there { Ok(true) } else { Err(MissingFact(self.word())) }
    }
}

impl Number {
    fn root(self) -> Root {
        match self {
            Self::Class => Root::Place,
            Self::Rounds | Self::Participants => Root::Run,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Class => "place.class",
            Self::Rounds => "run.rounds",
            Self::Participants => "run.participants",
        }
    }

    pub(super) fn of(self, facts: &Facts<'_>) -> Result<i64, MissingFact> {
        let run = || facts.run.ok_or(MissingFact("run"));
        Ok(match self {
            Self::Class => facts.place.ok_or(MissingFact("place"))?.class.into(),
            Self::Rounds => run()?.rounds.into(),
            Self::Participants => run()?.participants.into(),
        })
    }
}

impl Text {
    fn root(self) -> Root {
        match self {
            Self::Jurisdiction => Root::Place,
            Self::Party | Self::Side => Root::Party,
            Self::RunKind | Self::Purpose => Root::Run,
            Self::Label | Self::AssetKind => Root::Asset,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Jurisdiction => "place.jurisdiction",
            Self::Party => "party.id",
            Self::Side => "party.side",
            Self::RunKind => "run.kind",
            Self::Purpose => "run.purpose",
            Self::Label => "asset.label",
            Self::AssetKind => "asset.kind",
        }
    }

    pub(super) fn of<'a>(self, facts: &Facts<'a>) -> Result<&'a str, MissingFact> {
        let party = || facts.party.ok_or(MissingFact("party"));
        let run = || facts.run.ok_or(MissingFact("run"));
        let asset = || facts.asset.ok_or(MissingFact("asset"));
        Ok(match self {
            Self::Jurisdiction => facts.place.ok_or(MissingFact("place"))?.jurisdiction.as_str(),
            Self::Party => party()?.0.as_str(),
            Self::Side => party()?.1.side.as_str(),
            Self::RunKind => run()?.kind.as_str(),
            Self::Purpose => run()?.purpose.as_str(),
            Self::Label => asset()?.label.as_str(),
            Self::AssetKind => asset()?.kind.as_str(),
        })
    }
}
