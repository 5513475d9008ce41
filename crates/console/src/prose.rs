//! A module's Markdown as blocks for a page, with each clause in its place.
//!
//! Only what legal text uses: headings, paragraphs, flat lists, strong and emphasised words,
//! names in backticks, fences. Anything else is shown as it is written. No text is lost: what the
//! reader of `concordat-agreement` found and this walk did not meet is appended.

use std::collections::BTreeSet;

use concordat_agreement::{Clause, Module};
use concordat_terms::ClauseId;

use crate::view::{self, Block, Piece, Words};

/// The blocks of a module's text below its title; `clause` says how a clause is shown.
pub(crate) fn blocks(
    module: &Module,
    clause: &mut dyn FnMut(&Clause) -> view::Clause,
) -> Vec<Block> {
    let mut shown: BTreeSet<ClauseId> = BTreeSet::new();
    let mut blocks = Vec::new();
    for chunk in chunks(module.text()) {
        match chunk {
            Chunk::Heading(_, text) if text == module.title && blocks.is_empty() => {}
            Chunk::Heading(depth, text) => blocks.push(Block::Heading(depth, text)),
            Chunk::Text(lines) => blocks.push(paragraph(&lines)),
            Chunk::Fence("module", _) => {}
            Chunk::Fence("scenario", lines) => blocks.extend(scenario(&lines)),
            Chunk::Fence("clause", lines) => {
                let found = named(&lines).and_then(|id| module.clauses.get(&id));
                if let Some(found) = found.filter(|found| shown.insert(found.id.clone())) {
                    blocks.push(Block::Clause(clause(found)));
                }
            }
            Chunk::Fence(_, lines) => blocks.push(Block::Verbatim(lines.join("\n"))),
        }
    }
    for (_, rest) in module.clauses.iter().filter(|(id, _)| !shown.contains(*id)) {
        blocks.push(Block::Clause(clause(rest)));
    }
    blocks
}

/// A test case that the signatories agree on: what it is called, and its steps as they are written.
fn scenario(lines: &[&str]) -> [Block; 2] {
    let field = |key: &str| {
        lines.iter().find_map(|line| {
            let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
            Some(value.trim().trim_matches('"'))
        })
    };
    let after = field("after").map(|after| format!(", going on from “{after}”"));
    let name =
        format!("Scenario: {}{}.", field("name").unwrap_or_default(), after.unwrap_or_default());
    let fields = ["name", "after", "steps", "\"\"\"", "'''"];
    let step = |line: &&&str| !fields.iter().any(|field| line.trim_start().starts_with(field));
    let steps: Vec<&str> = lines.iter().filter(step).copied().collect();
    [Block::Paragraph(inline(&name)), Block::Verbatim(steps.join("\n"))]
}

enum Chunk<'a> {
    Heading(u8, String),
    Text(Vec<&'a str>),
    /// The first word after the fence, and what is between the fences.
    Fence(&'a str, Vec<&'a str>),
}

fn chunks(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        let mark = fence(bare);
        let heading = heading(bare);
        if (mark.is_some() || heading.is_some() || bare.is_empty()) && !open.is_empty() {
            chunks.push(Chunk::Text(std::mem::take(&mut open)));
        }
        if let Some(mark) = mark {
            let info = bare.trim_start_matches(mark).split_whitespace().next().unwrap_or("");
            let ends = |line: &&str| {
                fence(line.trim()) == Some(mark) && line.trim().chars().all(|c| c == mark)
            };
            let inside: Vec<&str> = lines.by_ref().take_while(|line| !ends(line)).collect();
            chunks.push(Chunk::Fence(info, inside));
        } else if let Some((depth, title)) = heading {
            chunks.push(Chunk::Heading(depth, title));
        } else if !bare.is_empty() {
            open.push(line);
        }
    }
    if !open.is_empty() {
        chunks.push(Chunk::Text(open));
    }
    chunks
}

fn fence(line: &str) -> Option<char> {
    ['`', '~'].into_iter().find(|mark| line.starts_with(&mark.to_string().repeat(3)))
}

fn heading(line: &str) -> Option<(u8, String)> {
    let depth = line.chars().take_while(|c| *c == '#').count();
    let title = line.get(depth..)?.strip_prefix(' ')?.trim().trim_end_matches('#').trim();
    let depth = u8::try_from(depth).ok().filter(|depth| (1..=6).contains(depth))?;
    Some((depth, title.to_owned()))
}

/// The value of `id = "…"` in a block.
fn named(lines: &[&str]) -> Option<ClauseId> {
    lines.iter().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let quoted = value.trim().trim_matches(['"', '\'']);
        (key.trim() == "id").then(|| quoted.parse().ok())?
    })
}

fn paragraph(lines: &[&str]) -> Block {
    let first = lines.first().copied().unwrap_or_default();
    if first.trim_start().starts_with('|') {
        return Block::Verbatim(lines.join("\n"));
    }
    let Some((numbered, _)) = item(first) else {
        let text: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        return Block::Paragraph(inline(&text.join(" ")));
    };
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        match (item(line), items.last_mut()) {
            (Some((_, text)), _) => items.push(text.to_owned()),
            (None, Some(last)) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            (None, None) => {}
        }
    }
    Block::List(numbered, items.iter().map(|item| inline(item)).collect())
}

/// The text of a list's item, and whether the list is numbered.
fn item(line: &str) -> Option<(bool, &str)> {
    let line = line.trim_start();
    if let Some(text) = ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some((false, text.trim()));
    }
    let (number, text) = line.split_once(". ")?;
    let digits = !number.is_empty() && number.len() < 4;
    (digits && number.bytes().all(|b| b.is_ascii_digit())).then_some((true, text.trim()))
}

/// The words of a link into the agreement, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](#")?;
    let (_, after) = rest.split_once(')')?;
    (!words.contains(['[', ']'])).then_some((words, after))
}

/// Strong and emphasised words and names; a mark without its pair stands for itself.
fn inline(text: &str) -> Words {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        // A value that is held against a clause reads as its words; the clause stands below.
        if let Some((words, after)) = value(rest) {
            plain.push_str(words);
            rest = after;
            continue;
        }
        let marked = [("`", 0_u8), ("**", 1), ("*", 2)].into_iter().find_map(|(mark, kind)| {
            let (inside, after) = rest.strip_prefix(mark)?.split_once(mark)?;
            let tight = !inside.is_empty() && inside.trim() == inside;
            tight.then_some((kind, inside, after))
        });
        let Some((kind, inside, after)) = marked else {
            plain.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(match kind {
            0 => Piece::Code(inside.to_owned()),
            1 => Piece::Strong(inside.to_owned()),
            _ => Piece::Emphasis(inside.to_owned()),
        });
        rest = after;
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Words(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn a_value_that_is_linked_to_its_clause_reads_as_its_words() {
        let prose =
            paragraph(&["Open for [fourteen", "days](#council.open_for), [sic] as agreed."]);
        let shown = "Open for fourteen days, [sic] as agreed.";
        assert_eq!(prose, Block::Paragraph(Words(vec![text(shown)])));
    }

    #[test]
    fn marks_without_a_pair_stand_for_themselves() {
        let strong = Piece::Strong("Data Holders".to_owned());
        let code = Piece::Code("a*b".to_owned());
        assert_eq!(
            inline("the **Data Holders** by `a*b`"),
            Words(vec![text("the "), strong, text(" by "), code])
        );
        for odd in ["2 * 3 * 4", "**", "a ` b", "***", "* *"] {
            assert_eq!(inline(odd), Words(vec![text(odd)]), "{odd}");
        }
    }

    #[test]
    fn lists_keep_their_items_whole() {
        let Block::List(true, items) = paragraph(&["1. one", "   more", "2. two"]) else {
            panic!("no numbered list");
        };
        assert_eq!(items, [Words(vec![text("one more")]), Words(vec![text("two")])]);
        let prose = paragraph(&["In 1998. It was", "so."]);
        assert_eq!(prose, Block::Paragraph(Words(vec![text("In 1998. It was so.")])));
    }

    #[test]
    fn a_clause_is_shown_once_and_none_is_lost() {
        let file = "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
                    Why.\n\n```clause\nid = \"goal\"\nobjective = \"x\"\n```\n\n\
                    ```clause\n\"id\" = \"other\"\nobjective = \"y\"\n```\n\nAfter.\n";
        let module = concordat_agreement::read("m.md", file.as_bytes()).unwrap();
        let mut seen = Vec::new();
        let blocks = blocks(&module, &mut |clause| {
            seen.push(clause.id.to_string());
            view::Clause {
                clause: concordat_terms::ClauseRef::new(&module.id, &clause.id),
                kind: "objective",
                says: Words::default(),
                status: Vec::new(),
                as_text: None,
            }
        });
        assert_eq!(seen, ["goal", "other"]);
        assert_eq!(blocks.len(), 4, "{blocks:?}");
    }
}
