//! Annex B: assets, and the columns of datasets.

use concordat_agreement::{Asset, AssetKind, Cited, Column, ColumnKind, Ground};
use maud::{Markup, html};

use super::super::index::{Index, none, row};
use super::{period, table};

pub(super) fn assets(index: &Index<'_>) -> Markup {
    let all: Vec<Cited<'_, Asset>> = index.agreement.assets().collect();
    html! {
        (purposes(index))
        @if all.is_empty() { p.quiet { "No asset is named." } }
        @for cited in &all { (asset(index, cited)) }
    }
}

fn purposes(index: &Index<'_>) -> Markup {
    let rows = index.agreement.purposes().map(|cited| {
        vec![
            html! { code { (cited.clause.clause) } },
            html! { (cited.terms.purpose) },
            index.cite(&cited.clause),
        ]
    });
    table("Purposes", &["Purpose", "What for", "Clause"], rows)
}

/// What is asked of rows alone.
const OF_ROWS: [&str; 2] = ["Anonymisation", "Persons its rows are about"];

fn asset(index: &Index<'_>, cited: &Cited<'_, Asset>) -> Markup {
    let asset = cited.terms;
    let ground = asset.ground.map(|ground| match ground {
        Ground::Background => "brought in (background)",
        Ground::Foreground => "made here (foreground)",
    });
    let seats = |seats: &[concordat_terms::SeatId]| {
        (!seats.is_empty()).then(|| row(seats.iter().map(|seat| index.seat(seat))))
    };
    let text = |text: Option<String>| text.map(|text| html! { (text) });
    let person = asset.person.as_ref().map(|person| {
        let rows = asset.rows_per_person.map(|most| format!(", at most {most} about one person"));
        html! { code { (person) } (rows.unwrap_or_default()) }
    });
    let facts: [(&str, Option<Markup>); 13] = [
        ("Kind", text(Some(asset.kind.as_str().to_owned()))),
        ("Held by", Some(index.seat(&asset.holder))),
        ("Label", text(Some(asset.label.as_str().to_owned()))),
        ("Purposes", Some(row(asset.purposes.iter().map(|purpose| index.purpose(purpose))))),
        ("Owner", asset.owner.as_ref().map(|seat| index.seat(seat))),
        ("Owners of what is derived", seats(&asset.derived_owner)),
        ("Origin", text(ground.map(str::to_owned))),
        ("Anonymisation", text(asset.anonymisation.clone())),
        ("Audit by", seats(&asset.audit_by)),
        ("Retention after its purpose", text(asset.retention.map(period))),
        ("Licence", text(asset.licence.clone())),
        ("Export control", text(asset.export.clone())),
        ("Persons its rows are about", person),
    ];
    let dataset = asset.kind == AssetKind::Dataset;
    let silent: Vec<String> = facts
        .iter()
        .filter(|(name, value)| value.is_none() && (dataset || !OF_ROWS.contains(name)))
        .map(|(name, _)| name.to_lowercase())
        .collect();
    let id = format!("b.{}", cited.clause);
    html! {
        section.asset aria-labelledby=(id) {
            h3 id=(id) {
                (asset.asset) " " code { (cited.clause.clause) } " " (index.cite(&cited.clause))
            }
            dl.facts {
                @for (name, value) in &facts {
                    @if let Some(value) = value { div { dt { (name) } dd { (value) } } }
                }
            }
            @if !silent.is_empty() {
                p.nothing { "The clause is silent on: " (silent.join(", ")) "." }
            }
            @if !asset.columns.is_empty() {
                @let caption = format!("Columns of {}", asset.asset);
                @let heads = ["Column", "Kind", "Cells", "May be empty"];
                (table(&caption, &heads, asset.columns.iter().map(column)))
            }
        }
    }
}

fn column(column: &Column) -> Vec<Markup> {
    let cells = match column.kind {
        ColumnKind::Number => match (column.min, column.max) {
            (Some(min), Some(max)) => html! { "from " (min.to_string()) " to " (max.to_string()) },
            (Some(min), None) => html! { "at least " (min.to_string()) },
            (None, Some(max)) => html! { "at most " (max.to_string()) },
            (None, None) => none(),
        },
        ColumnKind::Category => {
            let levels: Vec<&str> = column.levels.iter().map(|level| level.as_str()).collect();
            html! { (levels.join(", ")) }
        }
        ColumnKind::Text => html! { "any text; never computed with" },
    };
    vec![
        html! { code { (column.name) } },
        html! { (column.kind.as_str()) },
        cells,
        html! { (if column.optional { "yes" } else { "no" }) },
    ]
}
