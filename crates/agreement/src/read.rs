//! One file to one module, with every mistake in it at once.

mod blocks;
mod file;
mod header;
mod languages;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use concordat_terms::{ClauseId, Diagnostic, Digest, Severity, Span};

use crate::found::Found;
use crate::limits::{self, FINDINGS_MOST, LINKS_MAX};
use crate::links::Link;
use crate::markdown::{Element, Fence, elements};
use crate::module::{Section, Translations};
use crate::nearest::nearest;
use crate::source::{Source, Wrong};
use crate::{Clause, Module, Scenario};

use file::decoded;
pub use file::{beside, is_module};
use header::Header;
pub use header::Level;

/// What the fences of our blocks say.
const FENCES: [&str; 4] = ["module", "clause", "scenario", "prose"];

/// Reads a module from the bytes of its file.
///
/// # Errors
///
/// What is wrong in the file, in the order of its lines: more of anything than a module may hold
/// (`limits.rs`), text that is not UTF-8 or not TOML, unknown kinds, fields, words and acts, wrong
/// types, names used twice. Of each weight the first hundred are told, and how many there are. What
/// is wrong with scenarios alone makes no error here: see [`crate::scenario_findings`].
pub fn read(file_name: &str, bytes: &[u8]) -> Result<Module, Vec<Diagnostic>> {
    let text = decoded(file_name, bytes)?;
    let source = Source::new(file_name, text);
    let long = limits::lines(&source);
    if !long.is_empty() {
        return Err(long.into_vec());
    }
    let mut reading = Reading::of(&source);
    reading.found.extend(file::unseen(&source));
    for element in elements(text) {
        reading.take(element);
    }
    reading.end(Digest::of(bytes))
}

struct Reading<'a> {
    source: &'a Source,
    title: Option<String>,
    /// The first `module` block's place; the header too, if it could be read.
    header: Option<(Span, BTreeMap<String, Span>, Option<Header>)>,
    clauses: BTreeMap<ClauseId, Arc<Clause>>,
    /// Every name so far and its line, of clauses with mistakes too.
    names: BTreeMap<ClauseId, u32>,
    /// Paragraphs under this heading since the last clause.
    prose: Vec<Range<usize>>,
    /// Where blocks begin that go on with the paragraph before them.
    going_on: BTreeSet<usize>,
    /// Whether what was read last is prose.
    in_prose: bool,
    /// Those paragraphs in other languages.
    other_prose: Vec<(String, String)>,
    /// The paragraphs that the last clause under this heading enforces, and those in other languages.
    enforced: Option<(Arc<str>, Arc<Translations>)>,
    /// The languages of blocks of prose, each with the place of the first.
    languages: BTreeMap<String, Span>,
    /// Links in prose of another language.
    translated_links: Vec<Link>,
    scenarios: Vec<Scenario>,
    /// The name of every scenario so far and its line.
    stories: BTreeMap<String, u32>,
    /// What is wrong with scenarios.
    astray: Found,
    not_executable: Vec<Span>,
    /// What stands under the heading so far, and under those before it.
    section: Section,
    sections: Vec<Section>,
    /// The `module` block and the blocks of clauses, each with the clause's name.
    marks: Vec<(Range<usize>, Option<ClauseId>)>,
    links: Vec<Link>,
    anchors: BTreeSet<String>,
    /// How many headings of the same words there were.
    headings: BTreeMap<String, usize>,
    /// How many `clause` blocks there were.
    blocks: usize,
    /// How many values were in the blocks.
    values: usize,
    /// How many bytes of conditions.
    conditions: usize,
    /// Whether there is too much of something: the rest is not looked at.
    stopped: bool,
    found: Found,
}

impl<'a> Reading<'a> {
    fn of(source: &'a Source) -> Self {
        Self {
            source,
            title: None,
            header: None,
            clauses: BTreeMap::new(),
            names: BTreeMap::new(),
            prose: Vec::new(),
            going_on: BTreeSet::new(),
            in_prose: false,
            other_prose: Vec::new(),
            enforced: None,
            languages: BTreeMap::new(),
            translated_links: Vec::new(),
            scenarios: Vec::new(),
            stories: BTreeMap::new(),
            astray: Found::of_at_most(FINDINGS_MOST),
            not_executable: Vec::new(),
            section: Section::default(),
            sections: Vec::new(),
            marks: Vec::new(),
            links: Vec::new(),
            anchors: BTreeSet::new(),
            headings: BTreeMap::new(),
            blocks: 0,
            values: 0,
            conditions: 0,
            stopped: false,
            found: Found::of_at_most(FINDINGS_MOST),
        }
    }

    fn take(&mut self, element: Element) {
        if self.stopped {
            return;
        }
        if matches!(element, Element::Heading(_) | Element::Block(_)) {
            self.in_prose = false;
        }
        match element {
            Element::Heading(text) => {
                self.end_of_heading();
                self.anchor(&text);
                self.title.get_or_insert(text);
            }
            Element::Prose { range, info, paragraph } => {
                self.near_miss(&range, info.as_deref());
                if info.is_none() {
                    self.section.prose.push(range.clone());
                }
                if self.in_prose && !paragraph {
                    self.going_on.insert(range.start);
                }
                self.in_prose = true;
                self.prose.push(range);
            }
            Element::Surplus(range) => {
                let what = "this row has more cells than its table has columns, and no reader is \
                            shown the rest";
                let hint = "give the table another column, or remove the cells";
                self.found.push(self.source.error(&range, Wrong::new("surplus-cells", what, hint)));
            }
            Element::Link { range, .. } if self.all_links() == LINKS_MAX => {
                self.stop("too-many-links", &range, LINKS_MAX, "links into the agreement");
            }
            Element::Link { range, to, text } => {
                let span = self.source.span(&range);
                self.links.push(Link { span, to, text });
            }
            Element::Block(block) => match block.fence {
                Fence::Module => self.module(&block),
                Fence::Clause => self.clause(&block),
                Fence::Scenario => self.scenario(&block),
                Fence::Prose => self.translation(block),
            },
        }
    }

    /// What a link to a heading names: its text in small letters, without marks and with `-` for
    /// spaces, as hosts of Markdown have it; a number behind it, where an earlier one is alike.
    fn anchor(&mut self, heading: &str) {
        let lower = heading.trim().to_lowercase();
        let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let plain: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = self.headings.entry(plain.clone()).or_default();
        let anchor = if *count == 0 { plain } else { format!("{plain}-{count}") };
        *count += 1;
        self.anchors.insert(anchor);
    }

    /// What is more than a module may hold ends the reading.
    fn stop(&mut self, code: &'static str, at: &Range<usize>, most: usize, of: &str) {
        let what = format!("the module has more than {most} {of}");
        let wrong = Wrong::new(code, what, "split it into modules");
        self.found.push(self.source.error(at, wrong));
        self.stopped = true;
    }

    /// A fence whose word is almost one of ours would silently enforce nothing.
    fn near_miss(&mut self, range: &Range<usize>, info: Option<&str>) {
        let Some(info) = info else { return };
        let lower = info.to_lowercase();
        if let Some(near) = nearest(&lower, FENCES) {
            let what = format!("a block marked `{info}` is prose and enforces nothing");
            let hint = format!("write ```{near}, if that was meant");
            let wrong = Wrong::new("almost-a-block", what, hint);
            let span = self.source.span(range);
            self.found.push(self.source.finding(span, Severity::Warning, wrong));
        }
    }

    fn end_of_heading(&mut self) {
        let left = std::mem::take(&mut self.prose);
        let begin = left.iter().filter(|range| !self.going_on.contains(&range.start));
        self.not_executable.extend(begin.map(|range| self.source.span(range)));
        self.enforced = None;
        self.other_prose.clear();
        let section = std::mem::take(&mut self.section);
        if !section.prose.is_empty() && !section.clauses.is_empty() {
            self.sections.push(section);
        }
    }

    fn end(mut self, digest: Digest) -> Result<Module, Vec<Diagnostic>> {
        self.end_of_heading();
        if self.header.is_none() && !self.stopped {
            let wrong = Wrong::new(
                "no-module",
                "the file has no `module` block",
                "add ```module with `id`, `version` and `signers` below the title",
            );
            self.found.push(self.source.error(&(0..0), wrong));
        }
        let failed = self.found.has_errors();
        match self.header {
            Some((span, places, Some(header))) if !failed => Ok(Module {
                marks: self.marks,
                id: header.id,
                version: header.version,
                needs: header.needs,
                signers: header.signers.iter().map(|s| s.as_str().to_owned()).collect(),
                level: header.level.unwrap_or(Level::Simple),
                timezone: header.timezone,
                project: header.project,
                title: self.title.unwrap_or_default(),
                digest,
                clauses: self.clauses,
                scenarios: self.scenarios,
                astray: self.astray.into_vec(),
                not_executable: self.not_executable,
                notes: self.found.into_vec(),
                values: self.values,
                links: self.links,
                languages: self.languages,
                translated_links: self.translated_links,
                sections: self.sections,
                anchors: self.anchors,
                source: self.source.clone(),
                places,
                span,
            }),
            _ => {
                self.found.append(&mut self.astray);
                Err(self.found.into_vec())
            }
        }
    }
}
