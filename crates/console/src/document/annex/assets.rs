//! Annex B: assets, and the columns of datasets.

use concordat_agreement::{Asset, Cited, Column, ColumnKind, Ground};
use maud::{Markup, html};

use super::super::index::{Index, none, or_none, row};
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

fn asset(index: &Index<'_>, cited: &Cited<'_, Asset>) -> Markup {
    let asset = cited.terms;
    let ground = asset.ground.map(|ground| match ground {
        Ground::Background => "brought in (background)",
        Ground::Foreground => "made here (foreground)",
    });
    let mut facts: Vec<(&str, Markup)> = vec![
        ("Kind", html! { (asset.kind.as_str()) }),
        ("Held by", index.seat(&asset.holder)),
        ("Label", html! { (asset.label.as_str()) }),
        ("Purposes", row(asset.purposes.iter().map(|purpose| index.purpose(purpose)))),
        ("Owner", match &asset.owner {
            Some(seat) => index.seat(seat),
            None => html! { "as the clause on ownership says" },
        }),
        ("Owners of what is derived", row(asset.derived_owner.iter().map(|seat| index.seat(seat)))),
        ("Origin", or_none(ground)),
        ("Anonymisation", or_none(asset.anonymisation.as_ref())),
        ("May audit its use", row(asset.audit_by.iter().map(|seat| index.seat(seat)))),
        ("Kept after its purpose ended", or_none(asset.retention.map(period))),
        ("Licence", or_none(asset.licence.as_ref())),
        ("Export control", or_none(asset.export.as_ref())),
    ];
    if let Some(person) = &asset.person {
        let rows = match asset.rows_per_person {
            Some(most) => format!(", at most {most} about one person"),
            None => String::new(),
        };
        facts.push(("Rows are about the persons in", html! { code { (person) } (rows) }));
    }
    let id = format!("b.{}", cited.clause.clause);
    html! {
        section.asset aria-labelledby=(id) {
            h3 id=(id) { (asset.asset) " " code { (cited.clause.clause) } " " (index.cite(&cited.clause)) }
            dl.facts { @for (name, value) in &facts { div { dt { (name) } dd { (value) } } } }
            @if !asset.columns.is_empty() {
                @let caption = format!("Columns of {}", asset.asset);
                (table(&caption, &["Column", "Kind", "Cells", "May be empty"], asset.columns.iter().map(column)))
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
