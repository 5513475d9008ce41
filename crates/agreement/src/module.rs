//! Modules and their clauses, as read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use concordat_terms::{ClauseId, Diagnostic, Digest, ModuleId, ProjectId, Severity, Span};
use semver::{Version, VersionReq};

use crate::links::Link;
use crate::shape::{Table, quoted};
use crate::source::{Source, Wrong};
use crate::{Level, Scenario, Standing, Terms};

/// One module: a Markdown file whose fenced blocks could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name in the agreement.
    pub id: ModuleId,
    /// Its own version.
    pub version: Version,
    /// The modules it needs, and which versions of them fit.
    pub needs: BTreeMap<ModuleId, VersionReq>,
    /// Who signs it: party ids, seat ids, or `all`.
    pub signers: Vec<String>,
    /// The least level of its signatures.
    pub level: Level,
    /// The IANA time zone its dates are in, if it says so.
    pub timezone: Option<String>,
    /// The project that it belongs to; none, if it is the frame's.
    pub project: Option<ProjectId>,
    /// The first heading.
    pub title: String,
    /// SHA-256 of the exact bytes of the file.
    pub digest: Digest,
    /// The clauses by name.
    pub clauses: BTreeMap<ClauseId, Arc<Clause>>,
    /// The test cases that its signatories agree on, in the order of the text.
    pub scenarios: Vec<Scenario>,
    /// Where paragraphs begin that no clause enforces: legal text all the same. A list, a table or
    /// a quote after one is part of it.
    pub not_executable: Vec<Span>,
    /// What a reader should know although the module could be read.
    pub notes: Vec<Diagnostic>,
    /// The `module` block and the blocks of clauses, each with the clause's name.
    pub(crate) marks: Vec<(Range<usize>, Option<ClauseId>)>,
    /// The languages of its blocks of prose, each with the place of the first.
    pub languages: BTreeMap<String, Span>,
    /// What is wrong with scenarios that could not be read.
    pub(crate) astray: Vec<Diagnostic>,
    pub(crate) links: Vec<Link>,
    pub(crate) translated_links: Vec<Link>,
    /// What stands under each heading that has both prose and clauses.
    pub(crate) sections: Vec<Section>,
    /// What links to its headings name.
    pub(crate) anchors: BTreeSet<String>,
    /// How many values its blocks hold.
    pub(crate) values: usize,
    pub(crate) source: Source,
    pub(crate) places: BTreeMap<String, Span>,
    pub(crate) span: Span,
}

/// The paragraphs and the clauses under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) prose: Vec<Range<usize>>,
    pub(crate) clauses: Vec<ClauseId>,
}

/// Prose in other languages, by their tags.
pub type Translations = BTreeMap<String, String>;

/// One clause: the enforceable part and the prose it enforces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its permanent name, unique in the module.
    pub id: ClauseId,
    /// Where the block names it.
    pub span: Span,
    /// The paragraphs before the block under the same heading; blocks that follow each other share
    /// them.
    pub prose: Arc<str>,
    /// The same paragraphs in other languages, by their tags.
    pub translations: Arc<Translations>,
    /// What it says.
    pub terms: Terms,
    /// What it says about itself.
    pub standing: Standing,
    pub(crate) places: BTreeMap<String, Span>,
}

impl Clause {
    /// The clause's block as TOML: reading it gives the same terms and standing.
    pub fn print(&self) -> String {
        let mut lines = vec![("id", quoted(self.id.as_str()))];
        lines.append(&mut self.terms.print());
        self.standing.put("", &mut lines);
        lines.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
    }
}

impl Module {
    /// The exact text of the file.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The text as an amendment that changes nothing but the version.
    pub fn at_version(&self, version: &Version) -> String {
        let text = self.source.text();
        match self.places.get("version").and_then(|span| self.source.range(span)) {
            Some(Range { start, end }) => {
                let (before, after) = (text.get(..start), text.get(end..));
                let quoted = quoted(&version.to_string());
                format!("{}{quoted}{}", before.unwrap_or_default(), after.unwrap_or_default())
            }
            None => text.to_owned(),
        }
    }

    /// The module as the fold needs it: scenarios are for people and for who runs them.
    #[must_use]
    pub fn without_scenarios(self) -> Self {
        Self { scenarios: Vec::new(), astray: Vec::new(), ..self }
    }

    /// An error at a place of this module's text, for what only a run of its scenarios can tell.
    pub fn error_at(
        &self,
        span: &Span,
        code: &'static str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        self.finding(Severity::Error, span, Wrong::new(code, what, hint))
    }

    /// A finding about a field of a clause; about its name, if the field is not there.
    pub(crate) fn about(&self, clause: &Clause, field: &str, wrong: Wrong) -> Diagnostic {
        self.finding(Severity::Error, clause.places.get(field).unwrap_or(&clause.span), wrong)
    }

    /// A finding about a field of the module block.
    pub(crate) fn about_module(&self, field: &str, wrong: Wrong) -> Diagnostic {
        self.finding(Severity::Error, self.places.get(field).unwrap_or(&self.span), wrong)
    }

    pub(crate) fn finding(&self, severity: Severity, span: &Span, wrong: Wrong) -> Diagnostic {
        self.source.finding(span.clone(), severity, wrong)
    }
}
