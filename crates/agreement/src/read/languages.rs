//! Prose in another language: a block below the paragraphs that it says again.

use std::ops::Range;
use std::sync::Arc;

use crate::limits::{LINKS_MAX, PROSE_BYTES_MAX};
use crate::links::Link;
use crate::markdown::{Block, Element, elements};
use crate::module::Translations;
use crate::source::Wrong;

use super::Reading;

/// Whether a text is a tag like `fr` or `pt-BR` (BCP 47).
fn is_tag(text: &str) -> bool {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let first = text.split('-').next().unwrap_or_default();
    let plain = first.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= 35 && (2..=3).contains(&first.len()) && plain && text.split('-').all(part)
}

impl Reading<'_> {
    /// The paragraphs before a block in another language, which its fence names.
    pub(super) fn translation(&mut self, block: Block) {
        let language = block.language.as_str();
        if !is_tag(language) {
            let what = match language {
                "" => "a block of prose says no language".to_owned(),
                other => format!("`{other}` is no tag of a language"),
            };
            let wrong = Wrong::new("no-language", what, "write ```prose fr, or ```prose pt-BR");
            return self.found.push(self.source.error(&block.range, wrong));
        }
        let span = self.source.span(&block.range);
        if !block.closed {
            let what = format!("the block opened in line {} is not closed", span.line);
            let hint = "write ``` on a line of its own below its last line";
            let wrong = Wrong::new("block-not-closed", what, hint);
            return self.found.push(self.source.error(&block.range, wrong));
        }
        if self.prose.is_empty() {
            let what = "this block says nothing again: no paragraph stands before it";
            let hint = "put it below the paragraphs that it says in another language, above their \
                        clause";
            let wrong = Wrong::new("prose-of-nothing", what, hint);
            return self.found.push(self.source.error(&block.range, wrong));
        }
        let own = || self.other_prose.iter().map(|(_, text)| text.len()).sum::<usize>();
        if block.text.len().saturating_add(own()) > PROSE_BYTES_MAX {
            let what = format!(
                "more than {PROSE_BYTES_MAX} bytes of prose in other languages stand before a clause"
            );
            let wrong =
                Wrong::new("prose-too-long", what, "write a heading, or a clause, in between");
            return self.found.push(self.source.error(&block.range, wrong));
        }
        for element in elements(&block.text) {
            let Element::Link { range, to, text } = element else { continue };
            let range: Range<usize> = block.in_file(&range);
            if self.all_links() == LINKS_MAX {
                return self.stop("too-many-links", &range, LINKS_MAX, "links into the agreement");
            }
            self.translated_links.push(Link { span: self.source.span(&range), to, text });
        }
        self.languages.entry(block.language.clone()).or_insert(span);
        self.other_prose.push((block.language, block.text.trim().to_owned()));
    }

    /// How many links there were, in all languages.
    pub(super) fn all_links(&self) -> usize {
        self.links.len() + self.translated_links.len()
    }

    /// What the paragraphs that a clause enforces are in other languages.
    pub(super) fn translations(&mut self) -> Arc<Translations> {
        let mut all = Translations::new();
        for (language, text) in std::mem::take(&mut self.other_prose) {
            let said: &mut String = all.entry(language).or_default();
            if !said.is_empty() {
                said.push_str("\n\n");
            }
            said.push_str(&text);
        }
        Arc::new(all)
    }
}
