//! A module's Markdown as a tree, with nothing left out: what a reader of the file can see, a
//! reader of the paper can too. Lines that Markdown itself swallows (definitions of links) are
//! shown as they are written.

use std::iter::Peekable;
use std::ops::Range;
use std::vec;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

/// Deeper than this, a block is shown as it is written.
const DEPTH_MAX: u32 = 24;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inline {
    Text(String),
    Code(String),
    Strong(Vec<Self>),
    Emphasis(Vec<Self>),
    /// A link, with its address and its title.
    Link(Vec<Self>, String, String),
    /// A picture: its words, its address and its title. None is ever loaded.
    Image(Vec<Self>, String, String),
    /// Markup, which is text here.
    Html(String),
    Break,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Level 1 to 6 as written.
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    /// The words of a list's item that is no paragraph.
    Plain(Vec<Inline>),
    Quote(Vec<Self>),
    /// Its items, each with the number that is written before it, if the list has numbers.
    List(Vec<(Option<u64>, Vec<Self>)>),
    /// The head, and the rows.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// What a fence says it is, and what is shown as it is written.
    Verbatim(String, String),
    Rule,
    Fence(Fence),
}

/// A block of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) kind: Kind,
    /// The language of prose; empty for the others.
    pub(crate) language: String,
    /// What stands between the fences.
    pub(crate) text: String,
    /// Its lines in the file, from 1.
    pub(crate) lines: Range<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    Clause,
    Scenario,
    /// The paragraphs before it in another language.
    Prose,
}

/// The blocks of a text at its top level, each with the line at which it begins.
pub(crate) fn blocks(text: &str) -> Vec<(u32, Block)> {
    let parsed = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    let events: Vec<(Event<'_>, Range<usize>)> = parsed.collect();
    let lines = Lines::of(text);
    let silent = lines.silent(text, &events).into_iter().peekable();
    let deep = deep(&events);
    let mut reader = Reader { text, lines: &lines, silent, events: events.into_iter() };
    let mut found = Vec::new();
    while let Some((event, range)) = reader.events.next() {
        found.extend(reader.silent_before(range.start));
        let line = lines.number(range.start);
        let block = match event {
            Event::Start(_) if deep.contains(&range) => {
                reader.skip();
                reader.silent_before(range.end);
                Some(verbatim(text.get(range.clone()).unwrap_or_default()))
            }
            Event::Start(tag) => Some(reader.block(tag, &range)),
            Event::Rule => Some(Block::Rule),
            other => reader.leaf(other, &range).map(|piece| Block::Plain(vec![piece])),
        };
        found.extend(block.map(|block| (line, block)));
    }
    found.extend(reader.silent_before(text.len()));
    found
}

/// The blocks of a text that stands within a block of ours: what looks like one of ours in it is
/// none, and is shown as it is written.
pub(crate) fn quoted(text: &str) -> Vec<Block> {
    blocks(text).into_iter().map(|(_, block)| bare(block)).collect()
}

fn bare(block: Block) -> Block {
    let all = |blocks: Vec<Block>| blocks.into_iter().map(bare).collect();
    match block {
        Block::Fence(fence) => verbatim(&fence.text),
        Block::Quote(inner) => Block::Quote(all(inner)),
        Block::List(items) => {
            Block::List(items.into_iter().map(|(number, item)| (number, all(item))).collect())
        }
        block => block,
    }
}

fn verbatim(text: &str) -> Block {
    Block::Verbatim(String::new(), text.trim_end().to_owned())
}

/// The blocks at the top level that hold more than [`DEPTH_MAX`] levels.
fn deep(events: &[(Event<'_>, Range<usize>)]) -> Vec<Range<usize>> {
    let (mut depth, mut top, mut found) = (0_u32, 0..0, Vec::new());
    for (event, range) in events {
        match event {
            Event::Start(_) => {
                if depth == 0 {
                    top = range.clone();
                }
                depth += 1;
                if depth == DEPTH_MAX {
                    found.push(top.clone());
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The line of an offset, from 1.
    fn number(&self, at: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    /// Runs of lines that hold letters or digits, none of which is in any event.
    fn silent(&self, text: &str, events: &[(Event<'_>, Range<usize>)]) -> Vec<(usize, Block)> {
        let mut heard = vec![false; self.0.len()];
        for (event, range) in events {
            let says = matches!(
                event,
                Event::Text(_)
                    | Event::Code(_)
                    | Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))
            );
            if !says {
                continue;
            }
            let first = self.number(range.start) as usize;
            let last = self.number(range.end.saturating_sub(1).max(range.start)) as usize;
            let within = heard.iter_mut().take(last).skip(first.saturating_sub(1));
            within.for_each(|line| *line = true);
        }
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut before = true;
        for (start, (line, heard)) in
            self.0.iter().zip(text.split_inclusive('\n').zip(heard).collect::<Vec<_>>())
        {
            let silent = !heard && line.contains(char::is_alphanumeric);
            match found.last_mut() {
                Some((_, run)) if silent && !before => run.push_str(line),
                _ if silent => found.push((*start, line.to_owned())),
                _ => {}
            }
            before = !silent;
        }
        found.into_iter().map(|(at, run)| (at, verbatim(&run))).collect()
    }
}

struct Reader<'a> {
    text: &'a str,
    lines: &'a Lines,
    /// What no event says, by where it stands.
    silent: Peekable<vec::IntoIter<(usize, Block)>>,
    events: vec::IntoIter<(Event<'a>, Range<usize>)>,
}

impl<'a> Reader<'a> {
    /// What a tag that was just read holds, through its end.
    fn block(&mut self, tag: Tag<'a>, range: &Range<usize>) -> Block {
        match tag {
            Tag::Heading { level, .. } => Block::Heading(level as u8, self.inlines()),
            Tag::Paragraph => Block::Paragraph(self.inlines()),
            Tag::List(start) => Block::List(self.each(start)),
            Tag::Table(_) => {
                let mut rows = Vec::new();
                while let Some((Event::Start(_), _)) = self.events.next() {
                    let mut cells = Vec::new();
                    while let Some((Event::Start(_), _)) = self.events.next() {
                        cells.push(self.inlines());
                    }
                    rows.push(cells);
                }
                let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                Block::Table(head, rows)
            }
            Tag::CodeBlock(kind) => {
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => info.trim().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code(info, range)
            }
            Tag::HtmlBlock => verbatim(&self.words()),
            Tag::Emphasis
            | Tag::Strong
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => Block::Plain(vec![self.inline(tag)]),
            // Lists reach their items by `each`; the rest are extensions that are not asked for.
            _ => Block::Quote(self.children()),
        }
    }

    fn code(&mut self, info: String, range: &Range<usize>) -> Block {
        let text = self.words();
        let (word, language) = info.split_once(' ').unwrap_or((info.as_str(), ""));
        let kind = match (word, language) {
            ("module", "") => Kind::Module,
            ("clause", "") => Kind::Clause,
            ("scenario", "") => Kind::Scenario,
            ("prose", language) if !language.is_empty() => Kind::Prose,
            _ => return Block::Verbatim(info, text.trim_end_matches('\n').to_owned()),
        };
        let end = self.lines.number(range.end.saturating_sub(1).max(range.start));
        let lines = self.lines.number(range.start)..end.saturating_add(1);
        let language = language.trim().to_owned();
        Block::Fence(Fence { kind, language, text, lines })
    }

    /// The items of a list that begins with this number, if it has any. Markdown counts on from it
    /// whatever is written; others may have cited what is.
    fn each(&mut self, start: Option<u64>) -> Vec<(Option<u64>, Vec<Block>)> {
        let mut items = Vec::new();
        while let Some((Event::Start(_), range)) = self.events.next() {
            let number = start.map(|start| self.written(&range).unwrap_or(start));
            items.push((number, self.children()));
        }
        items
    }

    /// The number with which an item begins.
    fn written(&self, range: &Range<usize>) -> Option<u64> {
        let text = self.text.get(range.clone())?.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        text.get(..end)?.parse().ok()
    }

    /// Blocks, and words between them, to the end of what is open.
    fn children(&mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut words = Vec::new();
        while let Some((event, range)) = self.events.next() {
            let at = if matches!(event, Event::End(_)) { range.end } else { range.start };
            for (_, shown) in self.silent_before(at) {
                flush(&mut words, &mut blocks);
                blocks.push(shown);
            }
            let tag = match event {
                Event::End(_) => break,
                Event::Start(tag) => tag,
                Event::Rule => {
                    flush(&mut words, &mut blocks);
                    blocks.push(Block::Rule);
                    continue;
                }
                other => {
                    words.extend(self.leaf(other, &range));
                    continue;
                }
            };
            match self.block(tag, &range) {
                Block::Plain(mut pieces) => words.append(&mut pieces),
                block => {
                    flush(&mut words, &mut blocks);
                    blocks.push(block);
                }
            }
        }
        flush(&mut words, &mut blocks);
        blocks
    }

    /// Words to the end of what is open.
    fn inlines(&mut self) -> Vec<Inline> {
        let mut found: Vec<Inline> = Vec::new();
        while let Some((event, range)) = self.events.next() {
            let piece = match event {
                Event::End(_) => break,
                Event::Start(tag) => Some(self.inline(tag)),
                other => self.leaf(other, &range),
            };
            match (found.last_mut(), piece) {
                (Some(Inline::Text(before)), Some(Inline::Text(more))) => before.push_str(&more),
                (_, piece) => found.extend(piece),
            }
        }
        found
    }

    fn inline(&mut self, tag: Tag<'a>) -> Inline {
        let words = self.inlines();
        match tag {
            Tag::Strong => Inline::Strong(words),
            Tag::Link { link_type: pulldown_cmark::LinkType::Email, dest_url, title, .. } => {
                Inline::Link(words, format!("mailto:{dest_url}"), title.to_string())
            }
            Tag::Link { dest_url, title, .. } => {
                Inline::Link(words, dest_url.to_string(), title.to_string())
            }
            Tag::Image { dest_url, title, .. } => {
                Inline::Image(words, dest_url.to_string(), title.to_string())
            }
            _ => Inline::Emphasis(words),
        }
    }

    fn leaf(&self, event: Event<'_>, range: &Range<usize>) -> Option<Inline> {
        Some(match event {
            Event::Text(text) => Inline::Text(text.to_string()),
            Event::Code(text) => Inline::Code(text.to_string()),
            Event::Html(text) | Event::InlineHtml(text) => Inline::Html(text.to_string()),
            Event::SoftBreak => Inline::Text(" ".to_owned()),
            Event::HardBreak => Inline::Break,
            Event::End(_) | Event::Start(_) => return None,
            _ => Inline::Text(self.text.get(range.clone()).unwrap_or_default().to_owned()),
        })
    }

    /// Plain text to the end of what is open.
    fn words(&mut self) -> String {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(piece) | Event::Html(piece) | Event::InlineHtml(piece) => {
                    text.push_str(&piece);
                }
                _ => {}
            }
        }
        text
    }

    /// What no event says before an offset, each with its line.
    fn silent_before(&mut self, at: usize) -> Vec<(u32, Block)> {
        let mut found = Vec::new();
        while let Some((start, shown)) = self.silent.next_if(|(start, _)| *start < at) {
            found.push((self.lines.number(start), shown));
        }
        found
    }

    /// Passes over what is open.
    fn skip(&mut self) {
        let mut depth = 1_u32;
        for (event, _) in self.events.by_ref() {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
}

fn flush(words: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    if !words.is_empty() {
        blocks.push(Block::Plain(std::mem::take(words)));
    }
}

/// The words of a text without their marks.
pub(crate) fn plain(words: &[Inline]) -> String {
    let each = words.iter().map(|piece| match piece {
        Inline::Text(text) | Inline::Code(text) | Inline::Html(text) => text.clone(),
        Inline::Strong(inner)
        | Inline::Emphasis(inner)
        | Inline::Link(inner, ..)
        | Inline::Image(inner, ..) => plain(inner),
        Inline::Break => " ".to_owned(),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    #[test]
    fn a_list_in_a_list_stays_one() {
        let found = blocks("3. one\n4. two\n   - a\n   - b *c*\n");
        let inner = Block::List(vec![
            (None, vec![Block::Plain(vec![text("a")])]),
            (None, vec![Block::Plain(vec![text("b "), Inline::Emphasis(vec![text("c")])])]),
        ]);
        let items = vec![
            (Some(3), vec![Block::Plain(vec![text("one")])]),
            (Some(4), vec![Block::Plain(vec![text("two")]), inner]),
        ];
        assert_eq!(found, [(1, Block::List(items))]);
    }

    #[test]
    fn an_item_has_the_number_that_is_written_before_it() {
        let numbers = |text: &str| match blocks(text).as_slice() {
            [(_, Block::List(items))] => {
                items.iter().map(|(number, _)| *number).collect::<Vec<_>>()
            }
            found => panic!("{found:?}"),
        };
        assert_eq!(numbers("5. a\n9. b\n77. c\n"), [Some(5), Some(9), Some(77)]);
        assert_eq!(numbers("  7) a\n\n  7) b\n\n     c\n\n  0) d\n"), [Some(7), Some(7), Some(0)]);
        assert_eq!(numbers("- 5 a\n- b\n"), [None, None]);
    }

    #[test]
    fn what_markdown_swallows_is_shown_as_it_is_written() {
        let found =
            blocks("One [a].\n\n[a]: https://x.example \"quiet terms\"\n[a]: other\n\nTwo.\n");
        let shown = "[a]: https://x.example \"quiet terms\"\n[a]: other";
        let kept = Block::Verbatim(String::new(), shown.to_owned());
        assert_eq!(found.get(1), Some(&(3, kept)));
        assert_eq!(found.len(), 3);
        let quoted = blocks("> [b]: terms\n>\n> Said.\n");
        let [(1, Block::Quote(inner))] = quoted.as_slice() else { panic!("{quoted:?}") };
        assert!(
            matches!(inner.as_slice(), [Block::Verbatim(..), Block::Paragraph(_)]),
            "{inner:?}"
        );
    }

    #[test]
    fn our_blocks_know_their_lines_wherever_they_stand() {
        let found =
            blocks("- one\n\n  ```clause\n  id = \"a\"\n  ```\n\n```clause\nid = \"b\"\n```");
        let [(1, Block::List(items)), (7, Block::Fence(top))] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((top.lines.clone(), top.text.as_str()), (7..10, "id = \"b\"\n"));
        let Some((None, [_, Block::Fence(inner)])) =
            items.first().map(|(number, item)| (*number, item.as_slice()))
        else {
            panic!("{items:?}")
        };
        assert_eq!(inner.lines, 3..6);
    }

    #[test]
    fn a_text_of_a_thousand_levels_is_shown_as_it_is_written() {
        let hostile = format!("Before.\n\n{} deep\n\nAfter.\n", ">".repeat(1_000));
        let found = blocks(&hostile);
        assert_eq!(found.len(), 3);
        assert!(
            matches!(found.get(1), Some((3, Block::Verbatim(_, text))) if text.ends_with("deep"))
        );
    }
}
