//! The annexes: what the clauses say, collected in tables.

mod as_text;
mod assets;
mod calendar;
mod matrix;
mod people;
mod register;
mod value;

use concordat_agreement::english;
use concordat_terms::Period;
use maud::{Markup, html};

pub(super) use people::sorted;

use super::index::Index;
use super::signature;

/// Letter, anchor and name of each.
pub(super) const ANNEXES: [(char, &str, &str); 8] = [
    ('A', "annex.a", "Parties, seats and bodies"),
    ('B', "annex.b", "Assets"),
    ('C', "annex.c", "Responsibility matrix"),
    ('D', "annex.d", "Deadline calendar"),
    ('E', "annex.e", "Value exchange"),
    ('F', "annex.f", "Register of texts"),
    ('G', "annex.g", "What binds as text"),
    ('H', "annex.h", "Signatures"),
];

pub(super) fn annexes(index: &Index<'_>) -> Markup {
    html! {
        @for (letter, anchor, name) in ANNEXES {
            @let title = format!("{anchor}.title");
            // Tables with many columns lie across the paper.
            @let across = matches!(letter, 'C'..='F').then_some("across");
            section.annex .(across.unwrap_or("upright")) id=(anchor) aria-labelledby=(title) {
                h2 id=(title) { span.no { "Annex " (letter) } " " (name) }
                (match letter {
                    'A' => people::people(index),
                    'B' => assets::assets(index),
                    'C' => matrix::matrix(index),
                    'D' => calendar::calendar(index),
                    'E' => value::value(index),
                    'F' => register::register(index),
                    'G' => as_text::as_text(index),
                    _ => signature::signatures(index),
                })
            }
        }
    }
}

/// A table whose first column names its rows; a line in its place, if it has none.
fn table(caption: &str, heads: &[&str], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let rows: Vec<Vec<Markup>> = rows.into_iter().collect();
    if rows.is_empty() {
        return html! { p.nothing { strong { (caption) ":" } " none." } };
    }
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in &rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn period(period: Period) -> String {
    if period == Period::default() { "at once".to_owned() } else { english::period(period) }
}
