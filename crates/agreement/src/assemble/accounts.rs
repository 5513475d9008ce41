//! Privacy accounts: whose they are, and whether their parts could fit into the whole. That they do
//! fit is proved where costs are computed.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, Decimal};

use crate::source::Wrong;
use crate::{AssetKind, Clause, Module, Monitoring, Privacy, Queries, Terms};

use super::Check;

type At<'a> = (&'a Module, &'a Clause);

const CODE: &str = "bad-privacy";

/// The most years for which an account keeps parts back.
const YEARS_MOST: u32 = 100;

/// Every dataset that has an account.
pub(super) fn check(check: &mut Check<'_>) -> BTreeSet<AssetId> {
    let mut counted = BTreeSet::new();
    for (at, terms) in check.each(|t| if let Terms::Privacy(p) = t { Some(p) } else { None }) {
        let also = terms.also.iter().enumerate().map(|(nth, own)| (format!("also[{nth}]"), own));
        for (field, asset) in [("privacy".to_owned(), &terms.privacy)].into_iter().chain(also) {
            if !counted.insert(asset.clone()) {
                let what = format!("`{asset}` has an account already");
                check.fail(at, &field, Wrong::new("two-of-a-kind", what, "remove one of them"));
            }
            dataset(check, at, &field, asset);
        }
        whole(check, at, terms);
        parts(check, at, terms);
        super::trainers::check(check, at, terms);
        if let Some(monitoring) = &terms.monitoring {
            self::monitoring(check, at, terms, monitoring);
        }
        if let Some(queries) = &terms.queries {
            self::queries(check, at, queries);
        }
    }
    counted
}

fn dataset(check: &mut Check<'_>, at: At<'_>, field: &str, id: &AssetId) {
    let Some(asset) = check.agreement.asset(id) else { return };
    if asset.terms.kind != AssetKind::Dataset {
        let what = format!("`{id}` is not a dataset");
        let wrong = Wrong::new("not-a-dataset", what, "name a dataset: models have no rows");
        check.fail(at, field, wrong);
    } else if asset.terms.person.is_none() || asset.terms.rows_per_person.is_none() {
        let what = format!("`{id}` does not say whom a row is about");
        let hint = "give the dataset `person` and `rows_per_person`: they are the privacy unit";
        check.fail(at, field, Wrong::new("no-privacy-unit", what, hint));
    }
}

fn whole(check: &mut Check<'_>, at: At<'_>, terms: &Privacy) {
    if !terms.epsilon.is_positive() {
        check.fail(
            at,
            "epsilon",
            Wrong::new(CODE, "`epsilon` is not above 0", "write more than 0"),
        );
    }
    let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
    if !terms.delta.is_positive() || terms.delta >= one {
        let what = "`delta` is a probability above 0 and below 1";
        let hint = "write less than one over the number of persons, like `\"0.0001\"`";
        check.fail(at, "delta", Wrong::new(CODE, what, hint));
    }
}

/// No part is more than the whole, and no purpose has two.
fn parts(check: &mut Check<'_>, at: At<'_>, terms: &Privacy) {
    for (purpose, part) in &terms.at_most {
        let field = format!("at_most.{purpose}");
        if !part.is_positive() || *part > terms.epsilon {
            let what =
                format!("the part of `{purpose}` is {part}, of an account of {}", terms.epsilon);
            let hint = format!("write more than 0 and at most {}", terms.epsilon);
            check.fail(at, &field, Wrong::new(CODE, what, hint));
        }
        if terms.monitors(purpose).is_some() {
            let what = format!("`{purpose}` has a part of its own, and the parts for monitoring");
            let hint = "name it in one of the two: what monitors draws on the yearly parts alone";
            check.fail(at, &field, Wrong::new(CODE, what, hint));
        }
    }
}

fn monitoring(check: &mut Check<'_>, at: At<'_>, terms: &Privacy, own: &Monitoring) {
    if !own.epsilon.is_positive() || own.epsilon >= terms.epsilon {
        let what = format!(
            "the part of a year is {}, of an account of {} for ever",
            own.epsilon, terms.epsilon
        );
        let hint = format!("write more than 0 and less than {}", terms.epsilon);
        check.fail(at, "monitoring.epsilon", Wrong::new(CODE, what, hint));
    }
    let sound = (1970..=9999).contains(&own.from) && (own.from..=9999).contains(&own.until);
    if !sound || own.until - own.from >= YEARS_MOST {
        let what = format!("monitoring is kept from {} until {}", own.from, own.until);
        let hint = format!("write the first and the last year, at most {YEARS_MOST} in all");
        check.fail(at, "monitoring.until", Wrong::new(CODE, what, hint));
    }
}

/// What is warned of is less than what is refused.
fn queries(check: &mut Check<'_>, at: At<'_>, own: &Queries) {
    if !own.warn_above.is_positive() {
        let hint = "write the share of one from which a figure is warned of, like `\"0.05\"`";
        let what = "`warn_above` is not above 0";
        check.fail(at, "queries.warn_above", Wrong::new(CODE, what, hint));
    }
    if own.refuse_above < own.warn_above {
        let what = format!(
            "what is refused above {} would never be warned of above {}",
            own.refuse_above, own.warn_above
        );
        let hint = format!("write at least {} for `refuse_above`", own.warn_above);
        check.fail(at, "queries.refuse_above", Wrong::new(CODE, what, hint));
    }
}
