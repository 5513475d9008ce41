//! An article: its prose as it was written, and below it what each clause does.

use concordat_agreement::{Cited, Level, Module, leaving};
use maud::{Markup, html};

use super::clause;
use super::index::{Index, row};
use super::instrument;
use super::markdown::{Block, Inline, Kind};
use super::outline::{Article, Part, clause_at, in_language};
use super::scenario;

/// One module, in all languages or in one.
pub(super) fn article(index: &Index<'_>, article: &Article<'_>, wanted: Option<&str>) -> Markup {
    let module = article.module;
    let page = Page::of(index, module);
    let parts = match wanted {
        Some(language) => in_language(&article.parts, language),
        None => article.parts.iter().collect(),
    };
    let title = format!("{}.title", module.id);
    html! {
        article id=(module.id) lang=[page.language] aria-labelledby=(title) {
            h2 id=(title) { span.no { "Article " (article.number) } " " (article.title) }
            p.about lang=[page.ours()] { (about(index, module)) }
            (clause::remarks_of(&article.header, page.ours()))
            @if !article.header.is_empty() { (clause::as_written(&article.header, page.ours())) }
            @for part in parts { (page.part(part, wanted)) }
        }
    }
}

/// The language of the prose, where it is not ours: the instrument's, if that is a tag.
fn language<'i>(index: &'i Index<'_>) -> Option<&'i str> {
    let tag = instrument::find(index)?.terms.language.as_str();
    let is_tag = tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !tag.is_empty();
    (is_tag && tag != "en" && !tag.starts_with("en-")).then_some(tag)
}

fn about(index: &Index<'_>, module: &Module) -> Markup {
    html! {
        "Module " code { (module.id) } ", version " (module.version)
        ". Signed by all parties"
        @if module.signers.iter().any(|signer| signer == "all") { ", and so are its amendments" }
        @else { "; its amendments by " (signers(index, module)) " and whom they concern" }
        (left(index, module))
        ". Signature: " (level(module.level)) "."
        @if let Some(zone) = &module.timezone { " Dates are those of " (zone) "." }
        @if let Some(project) = &module.project {
            " Of project " code { (project) } ": what it permits, the frame must permit too."
        }
    }
}

/// What of a module's amendments takes nobody's signature but that of who brings them in.
fn left(index: &Index<'_>, module: &Module) -> Markup {
    let powers = leaving(index.agreement, module);
    let each = powers.iter().map(|Cited { clause, terms }| {
        html! {
            "what " (index.cite(clause)) " leaves to " (index.seat(&terms.holder))
            @if let Some(body) = &terms.ratified_by { ", once " (index.body(body)) " has decided" }
        }
    });
    html! { @if !powers.is_empty() { "; but for " (row(each)) } }
}

/// Who signs a module, as its text names them.
pub(super) fn signers(index: &Index<'_>, module: &Module) -> Markup {
    row(module.signers.iter().map(|signer| {
        let party = signer.parse().ok().filter(|id| index.agreement.party(id).is_some());
        let seat = signer.parse().ok().filter(|id| index.agreement.seat(id).is_some());
        match (signer.as_str(), party, seat) {
            ("all", ..) => html! { "all parties" },
            (_, Some(party), _) => index.party(&party),
            (_, None, Some(seat)) => index.seat(&seat),
            _ => html! { code { (signer) } },
        }
    }))
}

/// How strong a signature is.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Simple => "simple, by the party's key",
        Level::Advanced => "advanced",
        Level::Qualified => "qualified",
        Level::Handwritten => "by hand",
    }
}

/// Words of a module, for whoever shows them elsewhere.
pub(super) fn words(index: &Index<'_>, module: &Module, words: &[Inline]) -> Markup {
    Page::of(index, module).inlines(words)
}

struct Page<'a> {
    index: &'a Index<'a>,
    module: &'a Module,
    /// That of the prose, where it is not ours.
    language: Option<&'a str>,
}

impl<'a> Page<'a> {
    fn of(index: &'a Index<'_>, module: &'a Module) -> Self {
        Self { index, module, language: language(index) }
    }

    /// Our own language, where it stands within a text in another.
    fn ours(&self) -> Option<&'static str> {
        self.language.map(|_| "en")
    }

    fn part(&self, part: &Part, wanted: Option<&str>) -> Markup {
        match part {
            Part::Heading(depth, number, words) => {
                let id = format!("s.{number}");
                let words = html! { span.no { (number) } " " (self.inlines(words)) };
                match depth {
                    1 => html! { h3 id=(id) { (words) } },
                    2 => html! { h4 id=(id) { (words) } },
                    3 => html! { h5 id=(id) { (words) } },
                    _ => html! { h6 id=(id) { (words) } },
                }
            }
            Part::Prose { number: Some((number, cited)), text_only, block } => {
                let id = format!("p.{cited}");
                html! {
                    div.para id=(id) {
                        a.no href=(format!("#{id}")) aria-label=(format!("Paragraph {cited}")) {
                            "(" (number) ")"
                        }
                        @if *text_only {
                            span.mark role="img" aria-label="text alone" { "○" }
                        }
                        (self.block(block))
                    }
                }
            }
            Part::Prose { block, .. } => html! { div.para { (self.block(block)) } },
            Part::Clause(id, source) => match self.module.clauses.get(id) {
                Some(clause) => clause::shown(self.index, self.module, clause, source, self.ours()),
                None => html! {},
            },
            Part::Scenario(text) => scenario::shown(text),
            Part::Translation { language, blocks, number } => {
                self.translation(language, blocks, number.as_ref(), wanted.is_some())
            }
        }
    }

    /// Paragraphs in another language: below those that prevail, or in their place.
    fn translation(
        &self,
        language: &str,
        blocks: &[Block],
        number: Option<&(u32, String)>,
        alone: bool,
    ) -> Markup {
        html! {
            @if alone {
                div.para lang=(language) id=[number.map(|(_, cited)| format!("p.{cited}"))] {
                    @if let Some((number, cited)) = number {
                        a.no href=(format!("#p.{cited}")) aria-label=(format!("Paragraph {cited}")) {
                            "(" (number) ")"
                        }
                    }
                    (self.blocks(blocks))
                }
            } @else {
                div.para.translation {
                    p.quiet lang="en" { "In " code { (language) } ", beside the text that prevails:" }
                    div lang=(language) { (self.blocks(blocks)) }
                }
            }
        }
    }

    fn block(&self, block: &Block) -> Markup {
        match block {
            // In a quote or a list a heading opens nothing.
            Block::Heading(_, words) => html! { p { strong { (self.inlines(words)) } } },
            Block::Paragraph(words) => html! { p { (self.inlines(words)) } },
            Block::Plain(words) => self.inlines(words),
            Block::Quote(inner) => html! { blockquote { (self.blocks(inner)) } },
            Block::List(items) if items.iter().all(|(number, _)| number.is_none()) => {
                html! { ul { @for (_, item) in items { li { (self.blocks(item)) } } } }
            }
            Block::List(items) => html! {
                ol { @for (number, item) in items { li value=[number] { (self.blocks(item)) } } }
            },
            Block::Table(head, rows) => self.table(head, rows),
            Block::Verbatim(info, text) => html! {
                @if !info.is_empty() { p.quiet { (info) } }
                pre { (text) }
            },
            Block::Rule => html! { hr; },
            Block::Fence(fence) => match fence.kind {
                Kind::Module => clause::remarks_of(&fence.text, self.ours()),
                Kind::Scenario => scenario::shown(&fence.text),
                // Within a list it stands where it is written, in every document.
                Kind::Prose => {
                    let blocks = super::markdown::quoted(&fence.text);
                    self.translation(&fence.language, &blocks, None, false)
                }
                Kind::Clause => match clause_at(self.module, fence) {
                    Some(clause) => {
                        clause::shown(self.index, self.module, clause, &fence.text, self.ours())
                    }
                    None => html! {},
                },
            },
        }
    }

    fn blocks(&self, blocks: &[Block]) -> Markup {
        html! { @for block in blocks { (self.block(block)) } }
    }

    fn table(&self, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Markup {
        html! {
            table {
                thead { tr { @for cell in head { th scope="col" { (self.inlines(cell)) } } } }
                tbody {
                    @for cells in rows {
                        tr { @for cell in cells { td { (self.inlines(cell)) } } }
                    }
                }
            }
        }
    }

    fn inlines(&self, words: &[Inline]) -> Markup {
        html! { @for piece in words { (self.inline(piece)) } }
    }

    fn inline(&self, piece: &Inline) -> Markup {
        match piece {
            Inline::Text(text) => html! { (text) },
            Inline::Html(text) => html! { code { (text) } },
            Inline::Code(text) => html! { code { (text) } },
            Inline::Strong(inner) => html! { strong { (self.inlines(inner)) } },
            Inline::Emphasis(inner) => html! { em { (self.inlines(inner)) } },
            Inline::Break => html! { br; },
            Inline::Link(inner, to, title) => self.link(inner, to, title),
            Inline::Image(inner, from, title) => html! {
                "[picture: " (self.inlines(inner)) " " span.quiet { "(" (from) ")" } (said(title)) "]"
            },
        }
    }

    fn link(&self, inner: &[Inline], to: &str, title: &str) -> Markup {
        let words = self.inlines(inner);
        if let Some(place) = to.strip_prefix('#') {
            let (name, field) = place.split_once('.').unwrap_or((place, ""));
            if let Some(cited) = self.index.resolve(&self.module.id, name) {
                let href = format!("#{cited}");
                return html! {
                    @if field.is_empty() {
                        a href=(href) { (words) }
                    } @else {
                        @let held = format!("held against {cited}, {field}");
                        a.held href=(href) title=(held) { (words) }
                        (clause::calendar(self.index, &cited, field))
                    }
                    (said(title))
                };
            }
        }
        let elsewhere = ["https://", "http://", "mailto:"].iter().any(|s| to.starts_with(s));
        let plain = super::markdown::plain(inner);
        let shown = plain == to || to.strip_prefix("mailto:") == Some(&plain);
        html! {
            @if elsewhere { a href=(to) rel="noreferrer" { (words) } } @else { (words) }
            @if !shown { " " span.quiet { "(" (to) ")" } }
            (said(title))
        }
    }
}

/// The title of a link or a picture, which a reader of a page would see on hovering.
fn said(title: &str) -> Markup {
    html! { @if !title.is_empty() { " " span.quiet { "(" (title) ")" } } }
}
