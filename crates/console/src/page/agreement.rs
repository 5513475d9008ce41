//! The agreement: its prose, and below it what each clause enforces and how it stands now.

use maud::{Markup, html};

use crate::document::scenario;
use crate::frame::{Here, document};
use crate::part;
use crate::view::{Agreement, Block, Clause, ProjectText, Text, Words};

/// The agreement in force.
pub fn agreement(view: &Agreement) -> String {
    let main = html! {
        h1 { "Agreement" }
        @if view.modules.is_empty() {
            p.nothing { "No module is in force yet." }
        } @else {
            p.lead {
                "The text that the parties signed. Below a passage stand its clauses, said back in \
                 plain words, and how each stands now. What binds as text is not enforced here: \
                 clauses that say so, and passages without a clause. It binds the parties all the \
                 same."
            }
            nav.contents aria-label="Modules" {
                ul {
                    @for text in &view.modules { (contents(text)) }
                    @for project in &view.projects {
                        @for text in &project.modules { (contents(text)) }
                    }
                }
            }
            @for text in &view.modules { (module(text)) }
            @for own in &view.projects { (project(own)) }
        }
    };
    document(&view.frame, Here::Agreement, "Agreement", &main)
}

fn contents(text: &Text) -> Markup {
    html! {
        li {
            a href=(format!("#{}", text.module.id)) { (text.module.title) }
            " " span.quiet { (text.module.version) }
        }
    }
}

/// A project's own agreement: what it leaves of the frame, then its text.
fn project(own: &ProjectText) -> Markup {
    let heading = format!("project.{}", own.id);
    html! {
        section.project aria-labelledby=(heading) {
            h2 id=(heading) { "Project " (own.id) }
            p {
                "This project (" (own.status) ") has an agreement of its own under the one above. It gives no \
                 right that the frame does not give: in it an act passes the frame first, and then what \
                 stands here."
            }
            @if !own.narrows.is_empty() {
                ul { @for line in &own.narrows { li { (part::words(line)) } } }
            }
            @for text in &own.modules { (module(text)) }
        }
    }
}

fn module(text: &Text) -> Markup {
    let module = &text.module;
    html! {
        article.module id=(module.id) aria-labelledby=(format!("{}.title", module.id)) {
            h2 id=(format!("{}.title", module.id)) { (module.title) }
            p.quiet {
                "Module " code { (module.id) } ", version " (module.version) ", bytes "
                (part::digest(&module.digest)) ", in force since " (part::time(module.since))
                @if !module.signed.is_empty() { ", signed by " (part::names(&module.signed)) }
                "."
            }
            (blocks(&text.blocks))
        }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        // The module's title is the `h2`.
        Block::Heading(depth, title) => match depth {
            0..=2 => html! { h3 { (title) } },
            3 => html! { h4 { (title) } },
            4 => html! { h5 { (title) } },
            _ => html! { h6 { (title) } },
        },
        Block::Paragraph(words) => html! { p { (part::words(words)) } },
        Block::Quote(inner) => html! { blockquote { (blocks(inner)) } },
        Block::List(items) if items.iter().all(|(number, _)| number.is_none()) => {
            html! { ul { @for (_, inner) in items { li { (item(inner)) } } } }
        }
        Block::List(items) => html! {
            ol { @for (number, inner) in items { li value=[*number] { (item(inner)) } } }
        },
        Block::Table(head, rows) => part::wide("Table", &table(head, rows)),
        Block::Translation(language, inner) => html! {
            div.translation {
                p.quiet { "In " code { (language) } ", beside the text that prevails:" }
                div lang=(language) { (blocks(inner)) }
            }
        },
        Block::Scenario(text) => scenario::shown(text),
        Block::Verbatim(text) => html! { pre tabindex="0" { (text) } },
        Block::Clause(clause) => self::clause(clause),
    }
}

fn blocks(blocks: &[Block]) -> Markup {
    html! { @for block in blocks { (self::block(block)) } }
}

/// An item of a list: one paragraph needs no frame of its own.
fn item(inner: &[Block]) -> Markup {
    match inner {
        [Block::Paragraph(words), rest @ ..] => html! { (part::words(words)) (blocks(rest)) },
        _ => blocks(inner),
    }
}

fn table(head: &[Words], rows: &[Vec<Words>]) -> Markup {
    html! {
        table {
            caption.unseen { "Table" }
            thead { tr { @for cell in head { th scope="col" { (part::words(cell)) } } } }
            tbody {
                @for cells in rows { tr { @for cell in cells { td { (part::words(cell)) } } } }
            }
        }
    }
}

fn clause(clause: &Clause) -> Markup {
    let anchor = clause.clause.to_string();
    let class = if clause.as_text.is_some() { "enforced text" } else { "enforced" };
    html! {
        section class=(class) id=(anchor) aria-label=(format!("Clause {anchor}")) {
            p.cite {
                a href=(format!("#{anchor}")) { code { (anchor) } } " " span.quiet { (clause.kind) }
            }
            p.says { (part::words(&clause.says)) }
            @if let Some(why) = &clause.as_text {
                p.standing { strong { "Binds as text: " } (part::words(why)) "." }
            }
            @if !clause.status.is_empty() {
                p.standing { strong { "Now: " } (clause.status.join(" ")) }
            }
        }
    }
}
