//! The agreement as one document to print and sign.
//!
//! Everything is made from the texts of the modules: no clock, no chance, no path and no locale.
//! The same texts give the same bytes, so that the digest of the page can be signed with them.
//! Nothing is loaded from elsewhere and nothing runs.

mod annex;
mod article;
mod clause;
mod definitions;
mod front;
mod index;
mod instrument;
pub(crate) mod markdown;
pub(crate) mod outline;
pub(crate) mod scenario;
mod signature;
mod style;

use concordat_agreement::Agreement;
use concordat_terms::hidden;
use maud::{DOCTYPE, PreEscaped, html};

use index::Index;

/// What the document is called: the title of its instrument; without one, that of its first
/// article.
pub fn title(agreement: &Agreement) -> String {
    instrument::title(&Index::of(agreement))
}

/// The document as a page of its own: UTF-8, lines ended by line feeds, the last one too.
/// Characters that reorder or hide text are shown as their numbers. Prose in other languages stands
/// below the paragraphs that it says again.
pub fn document(agreement: &Agreement) -> String {
    page(agreement, None)
}

/// The document for who reads in one language: prose that is there in it stands in the place of the
/// one that prevails. It says so, and is not what is signed.
pub fn document_in(agreement: &Agreement, language: &str) -> String {
    page(agreement, Some(language))
}

fn page(agreement: &Agreement, language: Option<&str>) -> String {
    let index = Index::of(agreement);
    let title = instrument::title(&index);
    let style = style::style(&title, &agreement.digest());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(style::policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                // Ours, but for texts of the agreement that are escaped letter by letter.
                style { (PreEscaped(style)) }
            }
            body {
                a.skip href="#the.text" { "Skip to the text" }
                (front::title_page(&index))
                (front::contents(&index))
                main id="the.text" tabindex="-1" {
                    @if let Some(language) = language { (front::in_language(&index, language)) }
                    (instrument::terms(&index))
                    (front::reading(&index))
                    (definitions::definitions(&index))
                    @for one in &index.outline.articles {
                        (article::article(&index, one, language))
                    }
                    (annex::annexes(&index))
                }
            }
        }
    };
    let mut text = visible(&page.into_string());
    text.push('\n');
    text
}

/// What a terminal or a page would obey instead of showing is shown, and what nobody would see.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, c) in hidden(text) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(&format!("⟨U+{:04X}⟩", c as u32));
        from = at + c.len_utf8();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.replace('\r', "")
}
