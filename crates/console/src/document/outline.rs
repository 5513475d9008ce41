//! The order of the articles, and the number of everything in them.
//!
//! A module is an article; its headings are `3.2` and `3.2.1`; the paragraphs under a heading are
//! `(1)`, `(2)`; what is enforced of a paragraph is `(a)`, `(b)`. Numbers follow from the text
//! alone. The permanent name of a clause is its id.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Clause, Module, Terms};
use concordat_terms::{ClauseId, ClauseRef, ModuleId};

use super::markdown::{Block, Fence, Inline, Kind, blocks, plain, quoted};

/// A module as an article.
#[derive(Debug)]
pub(super) struct Article<'a> {
    pub(super) number: usize,
    pub(super) module: &'a Module,
    pub(super) title: String,
    /// Its `module` block as written.
    pub(super) header: String,
    pub(super) parts: Vec<Part>,
}

/// A part of an article, at the top level of its file.
#[derive(Debug)]
pub(super) enum Part {
    /// Its depth below the article, from 1; its number and its words.
    Heading(usize, String, Vec<Inline>),
    Prose {
        /// The paragraph's own number, and the number by which it is cited; none, where it goes
        /// on with the one before.
        number: Option<(u32, String)>,
        /// No clause enforces it.
        text_only: bool,
        block: Block,
    },
    /// A clause, and its block as written.
    Clause(ClauseId, String),
    Scenario(String),
    /// The paragraphs before it in another language, and the number of the first of them.
    Translation {
        language: String,
        blocks: Vec<Block>,
        number: Option<(u32, String)>,
    },
}

/// The whole agreement, numbered.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) articles: Vec<Article<'a>>,
    /// The number of each clause: `3.2(1)(a)`.
    pub(super) numbers: BTreeMap<ClauseRef, String>,
}

impl<'a> Outline<'a> {
    pub(super) fn of(agreement: &'a Agreement) -> Self {
        let mut numbers = BTreeMap::new();
        let ordered = order(agreement).into_iter().enumerate();
        let articles = ordered.map(|(at, module)| {
            let mut counter = Counter::of(at + 1, module, &mut numbers);
            let (title, header) = (String::new(), String::new());
            let mut article = Article { number: at + 1, module, title, header, parts: Vec::new() };
            for (line, block) in blocks(module.text()) {
                article.take(line, block, &mut counter);
            }
            // A clause below too many levels of lists stands at the end.
            for id in counter.left() {
                counter.clause(&id);
                article.parts.push(Part::Clause(id, String::new()));
            }
            if article.title.is_empty() {
                article.title = module.id.to_string();
            }
            article
        });
        Self { articles: articles.collect(), numbers }
    }
}

impl Article<'_> {
    fn take(&mut self, line: u32, block: Block, counter: &mut Counter<'_>) {
        let part = match block {
            Block::Heading(_, words)
                if self.title.is_empty() && plain(&words) == self.module.title =>
            {
                self.title = plain(&words);
                // What a title has besides words is shown below it.
                if words.iter().all(|piece| matches!(piece, Inline::Text(_) | Inline::Code(_))) {
                    return;
                }
                Part::Heading(3, String::new(), words)
            }
            Block::Heading(level, words) => {
                let (depth, number) = counter.heading(level);
                Part::Heading(depth, number, words)
            }
            Block::Fence(Fence { kind: Kind::Module, text, .. }) => {
                self.header = text;
                return;
            }
            Block::Fence(Fence { kind: Kind::Scenario, text, .. }) => Part::Scenario(text),
            Block::Fence(Fence { kind: Kind::Prose, language, text, .. }) => {
                let number = self.first_paragraph();
                Part::Translation { language, blocks: quoted(&text), number }
            }
            Block::Fence(fence) => match clause_at(self.module, &fence) {
                Some(clause) => {
                    counter.clause(&clause.id);
                    Part::Clause(clause.id.clone(), fence.text)
                }
                None => return,
            },
            Block::Rule => Part::Prose { number: None, text_only: false, block: Block::Rule },
            block => {
                let follows = !matches!(block, Block::Paragraph(_))
                    && matches!(self.parts.last(), Some(Part::Prose { .. }));
                let text_only = counter.text_only.contains(&line);
                let number = (text_only || !follows).then(|| counter.paragraph());
                fences(&block, &mut |fence| {
                    if let Some(clause) = clause_at(self.module, fence) {
                        counter.clause(&clause.id);
                    }
                });
                Part::Prose { number, text_only, block }
            }
        };
        self.parts.push(part);
    }

    /// The number of the first of the paragraphs that stand last, in whatever languages.
    fn first_paragraph(&self) -> Option<(u32, String)> {
        let last = self.parts.iter().rev();
        let last = last.skip_while(|part| matches!(part, Part::Translation { .. }));
        let prose = last.map_while(|part| match part {
            Part::Prose { number, .. } => Some(number.clone()),
            _ => None,
        });
        prose.flatten().last()
    }
}

/// The parts of an article for who reads in one language: prose in it stands for the paragraphs that
/// it says again, the other languages are left out, and what is not there in it stays as it is.
pub(super) fn in_language<'p>(parts: &'p [Part], wanted: &str) -> Vec<&'p Part> {
    let mut shown: Vec<&Part> = Vec::new();
    for part in parts {
        match part {
            Part::Translation { language, .. } if language == wanted => {
                while shown.last().is_some_and(|last| matches!(last, Part::Prose { .. })) {
                    shown.pop();
                }
                shown.push(part);
            }
            Part::Translation { .. } => {}
            part => shown.push(part),
        }
    }
    shown
}

/// The clause that a block of ours names.
pub(crate) fn clause_at<'m>(module: &'m Module, fence: &Fence) -> Option<&'m Clause> {
    let mut clauses = module.clauses.values().map(AsRef::as_ref);
    clauses.find(|clause: &&Clause| fence.lines.contains(&clause.span.line))
}

/// Our blocks within lists and quotes, in order.
fn fences(block: &Block, take: &mut dyn FnMut(&Fence)) {
    match block {
        Block::Fence(fence) => take(fence),
        Block::Quote(inner) => inner.iter().for_each(|block| fences(block, take)),
        Block::List(items) => {
            items.iter().flat_map(|(_, item)| item).for_each(|block| fences(block, take));
        }
        _ => {}
    }
}

/// Where the count stands in an article.
struct Counter<'a> {
    module: &'a Module,
    /// The lines at which paragraphs begin that no clause enforces.
    text_only: BTreeSet<u32>,
    /// The number of the article or of the heading that is open.
    under: String,
    article: usize,
    /// The level as written of each heading that is open, and its number under the one above.
    open: Vec<(u8, u32)>,
    /// The last number given to a heading at each depth.
    last: Vec<u32>,
    /// How many paragraphs stand under what is open, and clauses under the last of them.
    paragraphs: u32,
    clauses: u32,
    numbers: &'a mut BTreeMap<ClauseRef, String>,
}

impl<'a> Counter<'a> {
    fn of(
        article: usize,
        module: &'a Module,
        numbers: &'a mut BTreeMap<ClauseRef, String>,
    ) -> Self {
        Self {
            module,
            text_only: module.not_executable.iter().map(|span| span.line).collect(),
            under: article.to_string(),
            article,
            open: Vec::new(),
            last: Vec::new(),
            paragraphs: 0,
            clauses: 0,
            numbers,
        }
    }

    /// The depth and the number of the next heading.
    fn heading(&mut self, level: u8) -> (usize, String) {
        while self.open.last().is_some_and(|(above, _)| *above >= level) {
            self.open.pop();
        }
        let depth = self.open.len();
        // What was counted below the last heading of this depth is over.
        self.last.truncate(depth + 1);
        if self.last.len() == depth {
            self.last.push(0);
        }
        let mine = self.last.last_mut().map_or(1, |last| {
            *last += 1;
            *last
        });
        self.open.push((level, mine));
        let numbers = self.open.iter().map(|(_, number)| format!(".{number}"));
        self.under = format!("{}{}", self.article, numbers.collect::<String>());
        (self.paragraphs, self.clauses) = (0, 0);
        (depth + 1, self.under.clone())
    }

    fn paragraph(&mut self) -> (u32, String) {
        self.paragraphs += 1;
        self.clauses = 0;
        (self.paragraphs, format!("{}({})", self.under, self.paragraphs))
    }

    fn clause(&mut self, id: &ClauseId) {
        let paragraph =
            if self.paragraphs == 0 { String::new() } else { format!("({})", self.paragraphs) };
        let number = format!("{}{paragraph}({})", self.under, letters(self.clauses));
        self.clauses += 1;
        self.numbers.insert(ClauseRef::new(&self.module.id, id), number);
    }

    /// Clauses without a number.
    fn left(&self) -> Vec<ClauseId> {
        let ids = self.module.clauses.keys();
        let left =
            ids.filter(|id| !self.numbers.contains_key(&ClauseRef::new(&self.module.id, id)));
        left.cloned().collect()
    }
}

/// `a` to `z`, then `aa`, `ab`.
fn letters(mut number: u32) -> String {
    let mut text = String::new();
    loop {
        let letter = char::from_digit(number % 26 + 10, 36).unwrap_or('a');
        text.insert(0, letter);
        if number < 26 {
            return text;
        }
        number = number / 26 - 1;
    }
}

/// What others need comes first. Where modules need each other, the instrument does, then what
/// more of them need, then names decide.
fn order(agreement: &Agreement) -> Vec<&Module> {
    let modules = agreement.modules();
    let needed = |id: &ModuleId| modules.values().filter(|m| m.needs.contains_key(id)).count();
    let mut left: BTreeSet<&ModuleId> = modules.keys().collect();
    let mut ordered = Vec::new();
    while let Some(next) = left.iter().copied().min_by_key(|id| {
        (waits_for(modules, id, &left), !instrument(modules, id), Reverse(needed(id)))
    }) {
        left.remove(next);
        ordered.extend(modules.get(next));
    }
    ordered
}

fn instrument(modules: &BTreeMap<ModuleId, Module>, id: &ModuleId) -> bool {
    let terms = modules.get(id).into_iter().flat_map(|module| module.clauses.values());
    terms.into_iter().any(|clause| matches!(clause.terms, Terms::Instrument(_)))
}

/// How many of the modules that are left it needs, directly or through others.
fn waits_for(
    modules: &BTreeMap<ModuleId, Module>,
    id: &ModuleId,
    left: &BTreeSet<&ModuleId>,
) -> usize {
    let mut met = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for need in modules.get(next).into_iter().flat_map(|module| module.needs.keys()) {
            if left.contains(need) && met.insert(need) {
                open.push(need);
            }
        }
    }
    met.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(id: &str, needs: &str, body: &str) -> Module {
        let text = format!(
            "# {id}\n\n```module\nid = \"{id}\"\nversion = \"1.0.0\"\nneeds = {{ {needs} }}\n\
             signers = [\"all\"]\n```\n\n{body}"
        );
        concordat_agreement::read(&format!("{id}.md"), text.as_bytes()).unwrap()
    }

    #[test]
    fn letters_go_on_after_z() {
        let shown: Vec<String> = [0, 25, 26, 27, 701, 702].into_iter().map(letters).collect();
        assert_eq!(shown, ["a", "z", "aa", "ab", "zz", "aaa"]);
    }

    #[test]
    fn numbers_follow_headings_paragraphs_and_clauses() {
        let goal = |id: &str| format!("```clause\nid = \"{id}\"\nobjective = \"x\"\n```\n\n");
        let body = [
            "Before.\n\n",
            &goal("first"),
            "## A\n\nOne.\n\nTwo:\n\n- item\n\n",
            &goal("second"),
            &goal("third"),
            "### B\n\n",
            &goal("fourth"),
            "#### C\n\nDeep.\n\n## D\n\n### E\n\nLast.\n\n",
            &goal("fifth"),
        ]
        .concat();
        let who = "```clause
id = \"oak\"
party = \"Oak\"
side = \"public\"
jurisdictions = [\"BE\"]
```
";
        let both = [module("m", "z = \"^1\"", &body), module("z", "", who)];
        let (agreement, _) = concordat_agreement::assemble(both).unwrap();
        let outline = Outline::of(&agreement);
        let numbers: Vec<String> =
            outline.numbers.iter().map(|(clause, number)| format!("{clause} {number}")).collect();
        assert_eq!(
            numbers,
            [
                "m/fifth 2.2.1(1)(a)",
                "m/first 2(1)(a)",
                "m/fourth 2.1.1(a)",
                "m/second 2.1(2)(a)",
                "m/third 2.1(2)(b)",
                "z/oak 1(a)"
            ]
        );
        let headings: Vec<&str> = outline.articles[1]
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Heading(_, number, _) => Some(number.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(headings, ["2.1", "2.1.1", "2.1.1.1", "2.2", "2.2.1"]);
        let text_only = outline.articles[1].parts.iter().filter_map(|part| match part {
            Part::Prose { number: Some((_, cited)), text_only: true, .. } => Some(cited.as_str()),
            _ => None,
        });
        assert_eq!(text_only.collect::<Vec<_>>(), ["2.1.1.1(1)"]);
    }
}
