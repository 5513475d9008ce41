//! A module's Markdown as blocks for a page, with each clause in its place.
//!
//! It is the walk that the print is made with (`document/markdown.rs`), so that both show the same
//! text, and all of it. What the reader of `concordat-agreement` found and this walk did not meet is
//! appended.

use std::collections::BTreeSet;

use concordat_agreement::{Clause, Module};
use concordat_terms::ClauseId;

use crate::document::markdown::{self, Fence, Inline, Kind, plain};
use crate::document::outline::clause_at;
use crate::view::{self, Block, Piece, Words};

/// The blocks of a module's text below its title; `clause` says how a clause is shown.
pub(crate) fn blocks(
    module: &Module,
    clause: &mut dyn FnMut(&Clause) -> view::Clause,
) -> Vec<Block> {
    let mut walk = Walk { module, clause, shown: BTreeSet::new() };
    let read = markdown::blocks(module.text()).into_iter().map(|(_, block)| block);
    let title = |block: &markdown::Block| match block {
        markdown::Block::Heading(_, words) => plain(words) == module.title,
        _ => false,
    };
    let mut read = read.peekable();
    read.next_if(title);
    let mut blocks = walk.all(read);
    for (id, rest) in &module.clauses {
        if !walk.shown.contains(id) {
            blocks.push(Block::Clause((walk.clause)(rest)));
        }
    }
    blocks
}

struct Walk<'a> {
    module: &'a Module,
    clause: &'a mut dyn FnMut(&Clause) -> view::Clause,
    shown: BTreeSet<ClauseId>,
}

impl Walk<'_> {
    fn all(&mut self, blocks: impl IntoIterator<Item = markdown::Block>) -> Vec<Block> {
        blocks.into_iter().filter_map(|block| self.one(block)).collect()
    }

    fn one(&mut self, block: markdown::Block) -> Option<Block> {
        Some(match block {
            markdown::Block::Heading(depth, words) => Block::Heading(depth, plain(&words)),
            markdown::Block::Paragraph(inner) | markdown::Block::Plain(inner) => {
                Block::Paragraph(words(&inner))
            }
            markdown::Block::Quote(inner) => Block::Quote(self.all(inner)),
            markdown::Block::List(items) => {
                let items = items.into_iter().map(|(number, item)| (number, self.all(item)));
                Block::List(items.collect())
            }
            markdown::Block::Table(head, rows) => {
                let cells = |row: Vec<Vec<Inline>>| row.iter().map(|cell| words(cell)).collect();
                Block::Table(cells(head), rows.into_iter().map(cells).collect())
            }
            markdown::Block::Verbatim(_, text) => Block::Verbatim(text),
            markdown::Block::Rule => return None,
            markdown::Block::Fence(fence) => return self.fence(&fence),
        })
    }

    fn fence(&mut self, fence: &Fence) -> Option<Block> {
        match fence.kind {
            Kind::Module => None,
            Kind::Scenario => Some(Block::Scenario(fence.text.clone())),
            Kind::Clause => {
                let found = clause_at(self.module, fence)?;
                self.shown.insert(found.id.clone()).then(|| Block::Clause((self.clause)(found)))
            }
            Kind::Prose => {
                let inner = self.all(markdown::quoted(&fence.text));
                Some(Block::Translation(fence.language.clone(), inner))
            }
        }
    }
}

/// A paragraph's words: a value that is held against a clause reads as its words, since the clause
/// stands below; an address is shown.
fn words(pieces: &[Inline]) -> Words {
    let mut found: Vec<Piece> = Vec::new();
    for piece in pieces {
        let piece = match piece {
            Inline::Text(text) => Piece::Text(text.clone()),
            Inline::Code(text) | Inline::Html(text) => Piece::Code(text.clone()),
            Inline::Strong(inner) => Piece::Strong(plain(inner)),
            Inline::Emphasis(inner) => Piece::Emphasis(plain(inner)),
            Inline::Break => Piece::Text(" ".to_owned()),
            Inline::Link(inner, to, title) => Piece::Text(link(&plain(inner), to, title)),
            Inline::Image(inner, from, title) => {
                Piece::Text(format!("[picture: {}]", link(&plain(inner), from, title)))
            }
        };
        match (found.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(more)) => before.push_str(&more),
            (_, piece) => found.push(piece),
        }
    }
    Words(found)
}

fn link(words: &str, to: &str, title: &str) -> String {
    let same = to.starts_with('#') || words == to || to.strip_prefix("mailto:") == Some(words);
    let address = if same { String::new() } else { format!(" ({to})") };
    let title = if title.is_empty() { String::new() } else { format!(" ({title})") };
    format!("{words}{address}{title}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n";

    /// The blocks of a module with this text, and the clauses in the order in which they are shown.
    fn shown(text: &str) -> (Vec<Block>, Vec<String>) {
        let module = concordat_agreement::read("m.md", format!("{HEAD}{text}").as_bytes()).unwrap();
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
        (blocks, seen)
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn a_value_that_is_linked_to_its_clause_reads_as_its_words_and_an_address_is_shown() {
        let (blocks, _) = shown(
            "Open for [fourteen\ndays](#council.open_for), [sic] as [agreed](https://x.example).\n",
        );
        let said = "Open for fourteen days, [sic] as agreed (https://x.example).";
        assert_eq!(blocks, [Block::Paragraph(Words(vec![text(said)]))]);
    }

    #[test]
    fn names_stay_names_and_lists_keep_their_items_whole() {
        let (blocks, _) = shown("1. the **Data\n   Holders** by `a*b`\n2. 2 * 3 * 4\n");
        let strong = Piece::Strong("Data Holders".to_owned());
        let first = vec![text("the "), strong, text(" by "), Piece::Code("a*b".to_owned())];
        let item = |number, words| (Some(number), vec![Block::Paragraph(Words(words))]);
        assert_eq!(blocks, [Block::List(vec![item(1, first), item(2, vec![text("2 * 3 * 4")])])]);
    }

    #[test]
    fn a_clause_is_shown_once_and_none_is_lost() {
        let (blocks, seen) = shown(
            "Why.\n\n```clause\nid = \"goal\"\nobjective = \"x\"\n```\n\n\
             ```clause\n\"id\" = \"other\"\nobjective = \"y\"\n```\n\nAfter.\n",
        );
        assert_eq!(seen, ["goal", "other"]);
        assert_eq!(blocks.len(), 4, "{blocks:?}");
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one_and_no_step_of_a_scenario_is_lost() {
        let steps = "name = \"n\"\nsteps = \"\"\"\n2027-01-10  trainer: run.propose one\n\
                     \x20 -> refused  # after all, name it\n\"\"\"\n";
        let (blocks, _) = shown(&format!(
            "````text\n```clause\nid = \"none\"\n```\nStill quoted.\n````\n\n```scenario\n{steps}```\n"
        ));
        let quoted = "```clause\nid = \"none\"\n```\nStill quoted.";
        assert_eq!(blocks, [Block::Verbatim(quoted.to_owned()), Block::Scenario(steps.to_owned())]);
    }
}
