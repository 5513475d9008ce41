//! Whether a query keeps within the agreed columns, and asks for no holder's figures unallowed.

use concordat_agreement::{Agreement, Asset, Cited, Column, ColumnKind};
use concordat_learn::query::{Axis, Part, Query, SCORE, Scaled};
use concordat_partnership::act::Plan;
use concordat_terms::{Decimal, Problem, PurposeId};

use crate::problems::problem;

/// Every axis is of a declared column, within its declared levels or bounds; names are names, and
/// nothing else is written anywhere.
///
/// # Errors
/// A [`Problem`] `query-beyond-schema` or `query-by-holder`.
pub(super) fn check_schema(
    agreement: &Agreement,
    plan: &Plan,
    asset: &Asset,
    query: &Query,
) -> Result<(), Problem> {
    if asset.person.as_deref() != Some(query.person.as_str()) {
        return Err(beyond(&query.person, "is not the column that names a person"));
    }
    if asset.rows_per_person.is_some_and(|most| query.rows_per_person > most) {
        return Err(beyond(&query.person, "counts more rows of a person than agreed"));
    }
    if query.model.is_some() && asset.columns.iter().any(|column| column.name == SCORE) {
        return Err(beyond(SCORE, "is a column of the rows already, and no model's answer"));
    }
    for part in &query.parts {
        // Whoever reads a plan should find names in it, and no sentences.
        if part.name().parse::<PurposeId>().is_err() {
            return Err(beyond(part.name(), "is no name: letters, digits and hyphens"));
        }
        match part {
            Part::Histogram(of) => {
                of.axes
                    .iter()
                    .try_for_each(|axis| check_axis(agreement, plan, asset, query, axis))?;
            }
            Part::Moments(of) => {
                of.columns.iter().try_for_each(|scaled| check_scaled(asset, query, scaled))?;
            }
        }
    }
    Ok(())
}

fn check_axis(
    agreement: &Agreement,
    plan: &Plan,
    asset: &Asset,
    query: &Query,
    axis: &Axis,
) -> Result<(), Problem> {
    match axis {
        Axis::Holders { parties } => {
            let named = |name: &String| plan.datasets.keys().any(|party| party.as_str() == name);
            if !parties.iter().all(named) {
                return Err(beyond(axis.name(), "names a party that is no participant"));
            }
            let cited = agreement.privacy(&plan.asset);
            if cited.as_ref().is_some_and(|cited| {
                cited.terms.queries.as_ref().is_some_and(|queries| queries.by_holder)
            }) {
                return Ok(());
            }
            let by = cited.map_or_else(String::new, |Cited { clause, .. }| {
                format!(", and clause `{clause}` does not let a query tell them")
            });
            Err(problem(
                "query-by-holder",
                format!("an axis of holders makes the figures of single holders readable{by}"),
                "ask for all holders' figures together, or agree on `queries.by_holder`",
            ))
        }
        Axis::Levels { column, levels } => {
            let of = declared(asset, column)?;
            let agreed = |level: &String| of.levels.iter().any(|own| own.as_str() == level);
            match of.kind == ColumnKind::Category && levels.iter().all(agreed) {
                true => Ok(()),
                false => Err(beyond(column, "is asked for levels that are not declared")),
            }
        }
        Axis::Bins { column, edges } => {
            let (first, last) = (edges.first().copied(), edges.last().copied());
            check_within(asset, query, column, first.zip(last))
        }
    }
}

fn check_scaled(asset: &Asset, query: &Query, scaled: &Scaled) -> Result<(), Problem> {
    check_within(asset, query, &scaled.column, Some((scaled.min, scaled.max)))
}

/// Numbers lie where the column is declared to have them; scores between 0 and 1.
fn check_within(
    asset: &Asset,
    query: &Query,
    column: &str,
    ends: Option<(Decimal, Decimal)>,
) -> Result<(), Problem> {
    let bounds = match column == SCORE && query.model.is_some() {
        true => (Some(Decimal::ZERO), Decimal::whole(1)),
        false => bounds_of(declared(asset, column)?)
            .ok_or_else(|| beyond(column, "is not declared as a number"))?,
    };
    let inside = ends.is_some_and(|(first, last)| {
        bounds.0.is_none_or(|least| first >= least) && bounds.1.is_none_or(|most| last <= most)
    });
    if inside { Ok(()) } else { Err(beyond(column, "is asked beyond its declared bounds")) }
}

/// Where the numbers of a column are declared to lie; none, where it has none.
fn bounds_of(column: &Column) -> Option<(Option<Decimal>, Option<Decimal>)> {
    match column.kind {
        ColumnKind::Number => Some((column.min, column.max)),
        ColumnKind::Category => {
            let levels = column.levels.iter().map(|level| level.as_str().parse::<Decimal>().ok());
            let levels: Vec<Decimal> = levels.collect::<Option<_>>()?;
            Some((levels.iter().min().copied(), levels.iter().max().copied()))
        }
        ColumnKind::Text => None,
    }
}

fn declared<'a>(asset: &'a Asset, name: &str) -> Result<&'a Column, Problem> {
    let found = asset.columns.iter().find(|column| column.name == name);
    found.ok_or_else(|| beyond(name, "is not declared"))
}

fn beyond(column: &str, why: &str) -> Problem {
    problem(
        "query-beyond-schema",
        format!("the query's `{column}` {why}"),
        "ask within the columns, levels and bounds of the asset's clause",
    )
}
