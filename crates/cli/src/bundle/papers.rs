//! What people read of a bundle: a page for everybody, and for a court a chronology, a glossary and
//! the draft of a certificate. Made of the rest of the bundle and of nothing else, so that a
//! verifier makes them again and compares.

mod court;
mod report;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{For, Index, REPORT, View};

const STYLE: &str = include_str!("papers/papers.css");

/// The papers of a bundle, by the names of their files.
pub fn papers(index: &Index, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let view = View::of(index, files);
    let mut papers = vec![(REPORT, report::report(&view))];
    if index.audience == For::Court {
        papers.extend([
            ("papers/certificate.html", court::certificate(&view)),
            ("papers/chronology.html", court::chronology(&view)),
            ("papers/glossary.html", court::glossary(&view)),
        ]);
    }
    let file = |(name, page): (&str, Markup)| {
        let mut text = page.into_string();
        text.push('\n');
        (name.to_owned(), text.into_bytes())
    };
    papers.into_iter().map(file).collect()
}

/// One page that needs nothing else.
fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

/// For whom it is, in words.
fn reader(index: &Index) -> String {
    match &index.reader {
        Some(reader) => format!("{}: {reader}", index.audience),
        None => index.audience.to_string(),
    }
}

/// A number of things, in words.
fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("one {one}"),
        _ => format!("{count} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_loads_nothing_and_cannot_end_its_element() {
        for bad in ["<", "url(", "@import", "http"] {
            assert!(!STYLE.contains(bad), "{bad}");
        }
    }
}
