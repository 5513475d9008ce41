//! An account as the agreement in force bounds it: whether it takes a cost, and what is left.

use concordat_agreement::{Monitoring, Privacy};
use concordat_terms::{Cost, PurposeId};

use super::charged::{Bounds, Charged};

/// A holder's account in one year.
#[derive(Clone, Copy, Debug)]
pub struct PrivacyAccount<'a> {
    /// Its clause.
    pub terms: &'a Privacy,
    /// What the clause allows.
    pub bounds: &'a Bounds,
    /// What was charged; none, if nothing was.
    pub charged: Option<&'a Charged>,
    /// The calendar year (UTC).
    pub year: u32,
}

/// A part of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of it.
    Whole,
    /// What a purpose may spend at most.
    Purpose(PurposeId),
    /// What is there for monitoring in this year.
    Year(u32),
}

impl PrivacyAccount<'_> {
    /// The part that does not take a cost for a purpose now; none, if the account takes it.
    ///
    /// What monitors is within the parts that are kept for it at *every* order, so that it takes
    /// nothing from anybody else. Everything else fits beside all that is kept.
    pub fn lacks(&self, purpose: &PurposeId, cost: &Cost) -> Option<Part> {
        if let Some(own) = self.terms.monitors(purpose) {
            if !self.there(own).covers(&self.drawn(own).plus(cost)) {
                return Some(Part::Year(self.year));
            }
            return self.overdrawn(&self.others().plus(&self.kept_beside(cost)));
        }
        if let Some(most) = self.bounds.at_most.get(purpose)
            && !self.of(purpose).plus(cost).within(most)
        {
            return Some(Part::Purpose(purpose.clone()));
        }
        self.overdrawn(&self.taken().plus(cost))
    }

    /// Whether the account takes a cost for a purpose now.
    pub fn takes(&self, purpose: &PurposeId, cost: &Cost) -> bool {
        self.lacks(purpose, cost).is_none()
    }

    /// All that was ever charged.
    pub fn spent(&self) -> Cost {
        self.sum(|_, _| true)
    }

    /// What was ever charged for a purpose.
    pub fn of(&self, purpose: &PurposeId) -> Cost {
        self.sum(|_, own| own == purpose)
    }

    /// What is out of reach for whatever does not monitor: what was charged for such purposes, and
    /// all that is kept for monitoring, spent or not.
    pub fn taken(&self) -> Cost {
        self.others().plus(&self.kept_beside(&Cost::zero()))
    }

    /// What stands against a part of the account.
    pub fn stands(&self, part: &Part) -> Cost {
        match part {
            Part::Whole => self.taken(),
            Part::Purpose(purpose) => self.of(purpose),
            Part::Year(_) => self.monitoring(Self::drawn),
        }
    }

    /// What is there for monitoring this year, spent or not: its own part, and with it those of the
    /// years before where they carry over.
    pub fn for_monitoring(&self) -> Cost {
        self.monitoring(Self::there)
    }

    fn monitoring(&self, tell: fn(&Self, &Monitoring) -> Cost) -> Cost {
        self.terms.monitoring.as_ref().map_or_else(Cost::zero, |own| tell(self, own))
    }

    fn overdrawn(&self, all: &Cost) -> Option<Part> {
        (!all.within(&self.bounds.whole)).then_some(Part::Whole)
    }

    fn sum(&self, meant: impl Fn(u32, &PurposeId) -> bool) -> Cost {
        self.charged.map_or_else(Cost::zero, |charged| charged.sum(meant))
    }

    /// What was charged for whatever does not monitor.
    fn others(&self) -> Cost {
        self.sum(|_, purpose| self.terms.monitors(purpose).is_none())
    }

    /// What monitoring has in the years that are `meant` spent.
    fn watched(&self, own: &Monitoring, meant: impl Fn(u32) -> bool) -> Cost {
        self.sum(|year, purpose| meant(year) && own.purposes.contains(purpose))
    }

    /// The parts of so many years.
    fn years(&self, count: u32) -> Cost {
        self.bounds.year.as_ref().map_or_else(Cost::zero, |year| year.times(count))
    }

    fn there(&self, own: &Monitoring) -> Cost {
        let count = match own.returns() {
            true => u32::from(own.is_in(self.year)),
            false => own.years_to(self.year),
        };
        self.years(count)
    }

    /// What was drawn on the parts that are there.
    fn drawn(&self, own: &Monitoring) -> Cost {
        self.watched(own, |year| !own.returns() || year == self.year)
    }

    /// What is kept for monitoring in all years, spent or not, once it has spent `more` this year.
    /// Never less than what it has spent: an amendment can keep less than that.
    fn kept_beside(&self, more: &Cost) -> Cost {
        let Some(own) = &self.terms.monitoring else { return Cost::zero() };
        let now = self.drawn(own).plus(more);
        if !own.returns() {
            return self.years(own.years()).at_least(&now);
        }
        let past = self.watched(own, |year| year != self.year);
        let to_come = own.years().saturating_sub(own.years_to(self.year));
        past.plus(&self.there(own).at_least(&now)).plus(&self.years(to_come))
    }
}
