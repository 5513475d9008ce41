//! A Markdown file as headings, paragraphs and our fenced blocks, each with its place.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::limits::LINKS_MAX;

/// What the fence of a block says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fence {
    Module,
    Clause,
    Scenario,
    /// The paragraphs before it in another language.
    Prose,
}

/// One element at the top level of the file, in order.
#[derive(Debug)]
pub(crate) enum Element {
    Heading(String),
    /// Anything that is neither a heading nor one of our blocks: the legal text.
    Prose {
        range: Range<usize>,
        /// What a fence that is not ours says it is.
        info: Option<String>,
        /// A paragraph, which begins anew; a list or a table goes on with the one before.
        paragraph: bool,
    },
    /// Cells beyond the columns of a table: Markdown shows them to nobody.
    Surplus(Range<usize>),
    /// A link to somewhere in the agreement: what follows the `#`, and its text.
    Link {
        range: Range<usize>,
        to: String,
        text: String,
    },
    Block(Block),
}

/// A fenced block of ours.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) fence: Fence,
    /// What follows the word of the fence: the language of prose.
    pub(crate) language: String,
    /// The whole block in the file, fences included.
    pub(crate) range: Range<usize>,
    /// Whether it ends with a fence, and not with the file or the list that it stands in.
    pub(crate) closed: bool,
    /// What is between the fences.
    pub(crate) text: String,
    /// For each piece of `text`: where it starts there, and its range in the file.
    pieces: Vec<(usize, Range<usize>)>,
}

impl Block {
    /// A range of `text` as a range of the file.
    pub(crate) fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.offset(range.start);
        // Through the last byte: what follows it may start a new piece, beyond a `\r`.
        let end = range.end.checked_sub(1).map_or(start, |last| self.offset(last) + 1);
        start..end.max(start)
    }

    fn offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|(start, _)| *start <= at);
        match index.checked_sub(1).and_then(|i| self.pieces.get(i)) {
            Some((start, file)) => (file.start + (at - start)).min(file.end),
            None => self.range.start,
        }
    }
}

/// No path in an agreement is longer, in characters: what is, names nothing.
const TARGET_MOST: usize = 500;

/// Splits a file into its elements; what follows one link more than a module may hold is left.
pub(crate) fn elements(text: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut links = 0;
    let mut depth = 0_usize;
    let mut heading: Option<String> = None;
    let mut block: Option<Block> = None;
    let mut link: Option<(Range<usize>, String, String)> = None;
    // The end of a table's row, and of its last cell so far.
    let mut row: Option<(usize, usize)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                depth += 1;
                if let Tag::Link { dest_url, .. } = &tag
                    && let Some(to) = dest_url.strip_prefix('#')
                {
                    let to = to.chars().take(TARGET_MOST).collect();
                    link = Some((range.clone(), to, String::new()));
                }
                match (&tag, &mut row) {
                    (Tag::TableHead | Tag::TableRow, _) => row = Some((range.end, range.start)),
                    (Tag::TableCell, Some((_, seen))) => *seen = range.end,
                    _ => {}
                }
                match (&tag, fence(&tag)) {
                    // A block counts wherever it stands: indented below a list, say.
                    (_, Some((fence, language))) => {
                        let closed = text.get(range.clone()).is_some_and(closed);
                        let (text, pieces) = (String::new(), Vec::new());
                        block = Some(Block { fence, language, range, closed, text, pieces });
                    }
                    _ if depth > 1 => {}
                    (Tag::Heading { .. }, _) => heading = Some(String::new()),
                    (Tag::CodeBlock(CodeBlockKind::Fenced(info)), _) => {
                        let info = Some(info.trim().to_owned());
                        found.push(Element::Prose { range, info, paragraph: false });
                    }
                    (tag, _) => {
                        let paragraph = matches!(tag, Tag::Paragraph);
                        found.push(Element::Prose { range, info: None, paragraph });
                    }
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                match end {
                    TagEnd::TableHead | TagEnd::TableRow => {
                        let Some((end, seen)) = row.take() else { continue };
                        found.extend(surplus(text, seen..end).map(Element::Surplus));
                    }
                    TagEnd::CodeBlock => found.extend(block.take().map(Element::Block)),
                    TagEnd::Link => {
                        let Some((range, to, text)) = link.take() else { continue };
                        found.push(Element::Link { range, to, text });
                        links += 1;
                        if links > LINKS_MAX {
                            break;
                        }
                    }
                    TagEnd::Heading(_) => found.extend(heading.take().map(Element::Heading)),
                    _ => {}
                }
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some((.., text)) = &mut link {
                    text.push_str(&piece);
                }
                if let Some(title) = &mut heading {
                    title.push_str(&piece);
                }
                if let Some(block) = &mut block {
                    block.pieces.push((block.text.len(), range));
                    block.text.push_str(&piece);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((.., text)) = &mut link {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a block, fences included, ends with a fence as long as the one that opens it.
fn closed(block: &str) -> bool {
    let mark = block.chars().next().unwrap_or_default();
    let length = |line: &str| line.chars().take_while(|c| *c == mark).count();
    let Some((first, rest)) = block.split_once('\n') else { return false };
    let last = rest.trim_end().lines().last().unwrap_or_default();
    let last = last.trim_start_matches([' ', '\t', '>']);
    length(last) >= length(first) && last.chars().all(|c| c == mark)
}

/// What is written after the last cell of a row that is shown.
fn surplus(text: &str, rest: Range<usize>) -> Option<Range<usize>> {
    let own = |c: char| c == '|' || c.is_whitespace();
    let written = text.get(rest.clone())?;
    let from = rest.start + written.find(|c| !own(c))?;
    Some(from..rest.start + written.trim_end_matches(own).len())
}

fn fence(tag: &Tag<'_>) -> Option<(Fence, String)> {
    let Tag::CodeBlock(CodeBlockKind::Fenced(info)) = tag else { return None };
    let fence = match info.trim() {
        "module" => Fence::Module,
        "clause" => Fence::Clause,
        "scenario" => Fence::Scenario,
        other => {
            let (word, language) = other.split_once(' ').unwrap_or((other, ""));
            return (word == "prose").then(|| (Fence::Prose, language.trim().to_owned()));
        }
    };
    Some((fence, String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_block_is_a_place_in_the_file_whatever_the_line_ends() {
        for end in ["\n", "\r\n"] {
            let text =
                ["# T", "", "Prose.", "", "```clause", "id = 1", "b = 2", "```", ""].join(end);
            let found = elements(&text);
            let [Element::Heading(_), Element::Prose { .. }, Element::Block(block)] =
                found.as_slice()
            else {
                panic!("{found:?}")
            };
            let at = block.text.find("b = 2").unwrap();
            let range = block.in_file(&(at..at + 5));
            assert_eq!(&text[range], "b = 2");
        }
    }

    #[test]
    fn a_block_is_closed_by_a_fence_as_long_as_its_first() {
        for (text, whether) in [
            ("```clause\nid = 1\n```\n\nx\n", true),
            ("```clause\r\nid = 1\r\n```\r\n", true),
            ("- a\n\n  ```clause\n  id = 1\n  ```\n", true),
            ("> ```clause\n> id = 1\n> ```\n\nx\n", true),
            ("~~~~clause\nid = 1\n~~~~~\n", true),
            ("```clause\n```", true),
            ("````clause\nid = 1\n```\n", false),
            ("```clause\nid = 1\n~~~\n", false),
            ("```clause\nid = 1\n", false),
            ("```clause", false),
            ("> ```clause\n> id = 1\n\nx\n", false),
        ] {
            let found = elements(text);
            let blocks = found.iter().find_map(|element| match element {
                Element::Block(block) => Some(block.closed),
                _ => None,
            });
            assert_eq!(blocks, Some(whether), "{text}");
        }
    }

    #[test]
    fn cells_that_no_reader_is_shown_are_found() {
        let found = |text: &str| -> Vec<String> {
            let surplus = elements(text).into_iter().filter_map(|element| match element {
                Element::Surplus(range) => Some(text[range].to_owned()),
                _ => None,
            });
            surplus.collect()
        };
        let head = "| a | b |\n|---|---|\n";
        for whole in ["| 1 | 2 |", "1 | 2", "| 1 |", "| 1 | 2 |  |", "| `1\\|x` | 2 |", "||", ""] {
            assert_eq!(found(&format!("{head}{whole}\n")), Vec::<String>::new(), "{whole}");
        }
        assert_eq!(found(&format!("{head}| 1 | 2 | 3 | *4* |\n| 1 | 2 |\n")), ["3 | *4*"]);
        assert_eq!(found("> | a |\n> |---|\n> | 1 | 2\n> | 3 |\n"), ["2"]);
        assert_eq!(found("- | a |\n  |---|\n  | | \\x |\n"), ["\\x"]);
    }

    #[test]
    fn other_fences_are_prose() {
        let found = elements("```rust\nfn main() {}\n```\n\n    indented\n");
        assert!(found.iter().all(|e| matches!(e, Element::Prose { .. })), "{found:?}");
    }
}
