//! Annex B: assets, and the columns of datasets.

use concordat_agreement::{
    Asset, AssetKind, Cited, Column, ColumnKind, Ground, Guard, fields_as_text,
};
use maud::{Markup, html};

use super::super::clause::mark;
use super::super::index::{Index, none, row};
use super::{period, table};

pub(super) fn assets(index: &Index<'_>) -> Markup {
    let all: Vec<Cited<'_, Asset>> = index.agreement.assets().collect();
    html! {
        (purposes(index))
        @if all.is_empty() { p.quiet { "No asset is named." } } @else {
            p {
                "A line with the sign " (mark()) " binds as text: no rule of this edition acts on it."
            }
        }
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
    let facts: [(&str, &str, Option<Markup>); 13] = [
        ("kind", "Kind", text(Some(asset.kind.as_str().to_owned()))),
        ("holder", "Held by", Some(index.seat(&asset.holder))),
        ("label", "Label", text(Some(asset.label.as_str().to_owned()))),
        (
            "purposes",
            "Purposes",
            Some(row(asset.purposes.iter().map(|purpose| index.purpose(purpose)))),
        ),
        ("owner", "Owner", asset.owner.as_ref().map(|seat| index.seat(seat))),
        ("derived_owner", "Owners of what is derived", seats(&asset.derived_owner)),
        ("ground", "Origin", text(ground.map(str::to_owned))),
        ("anonymisation", "Anonymisation", text(asset.anonymisation.clone())),
        ("audit_by", "Audit by", seats(&asset.audit_by)),
        ("retention", "Retention after its purpose", text(asset.retention.map(period))),
        ("licence", "Licence", text(asset.licence.clone())),
        ("export", "Export control", text(asset.export.clone())),
        ("person", "Persons its rows are about", person),
    ];
    // What is asked of some assets alone: silence on it says nothing.
    let more: [(&str, Option<Markup>); 7] = [
        ("Export licence", text(asset.export_licence.as_ref().map(|need| need.method.to_string()))),
        ("Least class of a place", guard(asset, |guard| guard.class.map(|n| n.to_string()))),
        ("Age of a place's appraisal", guard(asset, |guard| guard.attested.map(period))),
        ("Protection on the way", guard(asset, |guard| guard.profile.map(|p| p.to_string()))),
        (
            "Figures",
            guard(asset, |guard| {
                guard.least_persons.map(|n| format!("about {n} persons at least"))
            }),
        ),
        (
            "Further",
            guard(asset, |guard| match (guard.interim, guard.stays) {
                (true, true) => Some("may be at an interim place; is handed to nobody".to_owned()),
                (true, false) => Some("may be at an interim place".to_owned()),
                (false, true) => Some("is handed to nobody".to_owned()),
                (false, false) => None,
            }),
        ),
        ("Key of its pseudonyms", asset.key_custodian.as_ref().map(|seat| index.seat(seat))),
    ];
    let pilot = asset.pilot.as_ref().map(|first| html! { "after a run on " code { (first) } });
    let dataset = asset.kind == AssetKind::Dataset;
    let silent: Vec<String> = facts
        .iter()
        .filter(|(_, name, value)| value.is_none() && (dataset || !OF_ROWS.contains(name)))
        .map(|(_, name, _)| name.to_lowercase())
        .collect();
    let as_text = fields_as_text("asset");
    let id = format!("b.{}", cited.clause);
    html! {
        section.asset aria-labelledby=(id) {
            h3 id=(id) {
                (asset.asset) " " code { (cited.clause.clause) } " " (index.cite(&cited.clause))
            }
            dl.facts {
                @for (field, name, value) in &facts {
                    @if let Some(value) = value {
                        div {
                            dt { (name) @if as_text.contains(field) { " " (mark()) } }
                            dd { (value) }
                        }
                    }
                }
                @for (name, value) in more.iter().chain(&[("Use", pilot)]) {
                    @if let Some(value) = value {
                        div { dt { (name) } dd { (value) } }
                    }
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

fn guard(asset: &Asset, says: impl Fn(&Guard) -> Option<String>) -> Option<Markup> {
    asset.guard.as_ref().and_then(says).map(|text| html! { (text) })
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
