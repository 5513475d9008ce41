//! One file to one module, with every mistake in it at once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use concordat_terms::{ClauseId, Diagnostic, Digest, ModuleId, ProjectId, Severity, Span};
use semver::{Version, VersionReq};

use crate::fields::Fields;
use crate::found::Found;
use crate::limits::{
    self, BYTES_MAX, CLAUSES_MAX, CONDITION_BYTES_MAX, FINDINGS_MOST, LINKS_MAX, PROSE_BYTES_MAX,
    VALUES_MAX,
};
use crate::links::Link;
use crate::markdown::{Block, Element, Fence, elements};
use crate::module::{Index, Section};
use crate::nearest::nearest;
use crate::shape::{Decider, Table, shape, words};
use crate::source::{Source, Wrong};
use crate::{Clause, Module, Scenario, Terms, clause, scenario};

/// What the fences of our blocks say.
const FENCES: [&str; 3] = ["module", "clause", "scenario"];

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
    for element in elements(text) {
        reading.take(element);
    }
    reading.end(Digest::of(bytes))
}

/// Whether a file of an agreement's folder is one of its modules: it has a block of ours or one
/// that is almost ours, or it cannot be told, and [`read`] says why. Other Markdown may stand
/// beside the modules.
pub fn is_module(bytes: &[u8]) -> bool {
    let Ok(text) = decoded("", bytes) else { return true };
    let fenced = text.split(['\n', '\r']).filter_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '>', '-', '*']);
        let info = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~"))?;
        Some(info.trim_start_matches(['`', '~']).trim().to_lowercase())
    });
    fenced.into_iter().any(|info| nearest(&info, FENCES).is_some())
}

/// A note about a text that stands beside the modules and is none: whoever meant it as a part of
/// the agreement should know. Nothing is said of a `README.md`.
pub fn beside(file_name: &str, bytes: &[u8]) -> Option<Diagnostic> {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let text = decoded(file_name, bytes).ok().filter(|_| !is_module(bytes))?;
    if name.eq_ignore_ascii_case("README.md") {
        return None;
    }
    let what = "not a part of the agreement: no `module` block";
    let hint = "leave it, if it is only to be read; else write ```module below its title";
    let source = Source::new(file_name, text);
    let wrong = Wrong::new("beside-the-agreement", what, hint);
    Some(source.finding(source.span(&source.line_range(1)), Severity::Note, wrong))
}

fn decoded<'b>(file_name: &str, bytes: &'b [u8]) -> Result<&'b str, Vec<Diagnostic>> {
    if bytes.len() > BYTES_MAX {
        let what = format!("the file is longer than {BYTES_MAX} bytes");
        let wrong = Wrong::new("too-long", what, "split it into modules");
        return Err(vec![Source::new(file_name, "").error(&(0..0), wrong)]);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let source = Source::new(file_name, &String::from_utf8_lossy(good));
        let what = format!("byte {} of the file is not UTF-8", e.valid_up_to());
        let wrong = Wrong::new("not-utf-8", what, "save the file as UTF-8");
        vec![source.error(&(good.len()..good.len()), wrong)]
    })?;
    // Nobody sees it, and it would be signed.
    if let Some(at) = text.find('\0') {
        let source = Source::new(file_name, "");
        let what = format!("byte {at} of the file is NUL, which is no text");
        return Err(vec![source.error(&(0..0), Wrong::new("not-utf-8", what, "remove it"))]);
    }
    // Some readers end a line there and others do not: what is signed would be read otherwise.
    let alone = |at: usize| text.get(at + 1..).is_none_or(|rest| !rest.starts_with('\n'));
    if let Some((at, _)) = text.match_indices('\r').find(|(at, _)| alone(*at)) {
        let source = Source::new(file_name, "");
        let what = format!("byte {at} of the file is a carriage return without a line feed");
        let wrong = Wrong::new("not-utf-8", what, "end lines with LF, or with CR and LF");
        return Err(vec![source.error(&(0..0), wrong)]);
    }
    Ok(text)
}

shape! {
    /// The `module` block.
    pub(crate) Header {
        /// Its name in the agreement.
        id: ModuleId,
        /// Its own version.
        version: Version,
        /// The modules it needs, and which versions of them fit.
        needs: BTreeMap<ModuleId, VersionReq>,
        /// Who signs it: parties, seats, or `all`.
        signers: Vec<Decider> = some,
        /// The least level of its signatures; `simple`, if absent.
        level: Option<Level>,
        /// The IANA time zone its dates are in.
        timezone: Option<String>,
        /// The project whose agreement it belongs to; the frame's, if absent.
        project: Option<ProjectId>,
    }
}

words! {
    /// How strong a signature is, in rising order; eIDAS Art. 3 for the middle two.
    Level {
        /// A key of the party in the log.
        Simple = "simple",
        /// Linked uniquely to the signatory and under its sole control.
        Advanced = "advanced",
        /// Made with a qualified certificate and device.
        Qualified = "qualified",
        /// Ink on paper.
        Handwritten = "handwritten",
    }
}

struct Reading<'a> {
    source: &'a Source,
    title: Option<String>,
    /// The first `module` block's place; the header too, if it could be read.
    header: Option<(Span, BTreeMap<String, Span>, Option<Header>)>,
    clauses: BTreeMap<ClauseId, Clause>,
    /// Every name so far and its line, of clauses with mistakes too.
    names: BTreeMap<ClauseId, u32>,
    /// Paragraphs under this heading since the last clause.
    prose: Vec<Range<usize>>,
    /// Where blocks begin that go on with the paragraph before them.
    going_on: BTreeSet<usize>,
    /// Whether what was read last is prose.
    in_prose: bool,
    /// The paragraphs that the last clause under this heading enforces.
    enforced: Option<Arc<str>>,
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
            enforced: None,
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
            Element::Link { range, .. } if self.links.len() == LINKS_MAX => {
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

    /// A block's fields, unless there are too many values in it.
    fn fields<'b>(&mut self, block: &'b Block) -> Option<Fields<'b>>
    where
        'a: 'b,
    {
        match Fields::parse(self.source, block) {
            Ok(fields) => {
                self.values += fields.values;
                if self.values > VALUES_MAX {
                    self.stop("too-many-values", &block.range, VALUES_MAX, "values in its blocks");
                    return None;
                }
                Some(fields)
            }
            Err(mut found) => {
                self.found.append(&mut found);
                None
            }
        }
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

    fn module(&mut self, block: &Block) {
        if self.header.is_some() {
            let wrong = Wrong::new(
                "two-modules",
                "a file holds one module, and this is a second `module` block",
                "move it to a file of its own",
            );
            self.found.push(self.source.error(&block.range, wrong));
            return;
        }
        let span = self.source.span(&block.range);
        let Some(mut fields) = self.fields(block) else {
            self.header = Some((span, BTreeMap::new(), None));
            return;
        };
        let header = <Header as Table>::take(&mut fields, "");
        fields.end();
        self.found.append(&mut fields.found);
        self.header = Some((span, fields.places, header));
        self.marks.push((block.range.clone(), None));
    }

    fn clause(&mut self, block: &Block) {
        if self.blocks == CLAUSES_MAX {
            return self.stop("too-many-clauses", &block.range, CLAUSES_MAX, "clauses");
        }
        self.blocks += 1;
        let prose = self.prose_of(block);
        let Some(mut fields) = self.fields(block) else { return };
        let (id, said) = clause::read(&mut fields);
        if let Some((Terms::Permit(rule) | Terms::Forbid(rule), _)) = &said {
            self.conditions += rule.when.as_ref().map_or(0, |when| when.text().len());
            if self.conditions > CONDITION_BYTES_MAX {
                let (code, most) = ("too-many-conditions", CONDITION_BYTES_MAX);
                return self.stop(code, &block.range, most, "bytes of conditions");
            }
        }
        if let (Some(id), Some(span)) = (id, fields.places.get("id").cloned()) {
            if let Some(line) = self.names.get(&id) {
                let what = format!("the name `{id}` is used twice");
                let hint = format!("choose another: the first is in line {line}");
                fields.fail_at("id", Wrong::new("used-twice", what, hint));
            } else {
                self.names.insert(id.clone(), span.line);
                self.section.clauses.push(id.clone());
                self.marks.push((block.range.clone(), Some(id.clone())));
                let places = std::mem::take(&mut fields.places);
                let clause = said.map(|(terms, standing)| Clause {
                    id,
                    span,
                    prose,
                    terms,
                    standing,
                    places,
                });
                self.clauses.extend(clause.map(|clause| (clause.id.clone(), clause)));
            }
        }
        self.found.append(&mut fields.found);
    }

    /// The paragraphs that a block enforces: those before it under its heading, or if there is
    /// none between, those that the block before it enforces. They are kept once.
    fn prose_of(&mut self, block: &Block) -> Arc<str> {
        if self.prose.is_empty() {
            return self.enforced.clone().unwrap_or_else(|| "".into());
        }
        let prose = std::mem::take(&mut self.prose);
        if prose.iter().map(Range::len).sum::<usize>() > PROSE_BYTES_MAX {
            let what = format!("more than {PROSE_BYTES_MAX} bytes of prose stand before a clause");
            let hint = "write a heading, or a clause, in between";
            let wrong = Wrong::new("prose-too-long", what, hint);
            self.found.push(self.source.error(&block.range, wrong));
            return "".into();
        }
        let text = self.source.text();
        let parts: Vec<&str> =
            prose.iter().map(|range| text.get(range.clone()).unwrap_or_default().trim()).collect();
        let joined: Arc<str> = parts.join("\n\n").into();
        self.enforced = Some(Arc::clone(&joined));
        joined
    }

    /// A scenario is for people and `check`: the fold does not read it, so that what is wrong with
    /// one keeps no module from its log.
    fn scenario(&mut self, block: &Block) {
        let mut fields = match Fields::parse(self.source, block) {
            Ok(fields) => fields,
            Err(mut found) => return self.astray.append(&mut found),
        };
        self.values += fields.values;
        if self.values > VALUES_MAX {
            return self.stop("too-many-values", &block.range, VALUES_MAX, "values in its blocks");
        }
        if let Some(scenario) = scenario::read::read(&mut fields) {
            let line = scenario.span.line;
            match self.stories.entry(scenario.name.clone()) {
                Entry::Occupied(first) => {
                    let what = format!("two scenarios are called `{}`", scenario.name);
                    let hint = format!("choose another name: the first is in line {}", first.get());
                    fields.fail_at("name", Wrong::new("used-twice", what, hint));
                }
                Entry::Vacant(free) => {
                    free.insert(line);
                    self.scenarios.push(scenario);
                }
            }
        }
        self.astray.append(&mut fields.found);
    }

    fn end_of_heading(&mut self) {
        let left = std::mem::take(&mut self.prose);
        let begin = left.iter().filter(|range| !self.going_on.contains(&range.start));
        self.not_executable.extend(begin.map(|range| self.source.span(range)));
        self.enforced = None;
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
                index: Index::of(&self.clauses),
                clauses: self.clauses,
                scenarios: self.scenarios,
                astray: self.astray.into_vec(),
                not_executable: self.not_executable,
                notes: self.found.into_vec(),
                values: self.values,
                links: self.links,
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
