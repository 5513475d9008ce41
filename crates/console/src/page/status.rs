//! The first page: what waits for somebody, and where everything stands.

mod budget;
mod run;

use maud::{Markup, html};

use crate::frame::{Here, document};
use crate::part::{self, Tone};
use crate::view::{Evidence, Model, Module, Need, Party, Project, Status};

/// The first page.
pub fn status(view: &Status) -> String {
    let main = html! {
        h1 { "Status" }
        (about(view))
        (section("needs", "Needs somebody now", &needs(&view.needs)))
        (section("runs", "Runs", &run::runs(&view.runs)))
        (section("budget", "Privacy budget", &budget::budgets(&view.budgets)))
        (section("models", "Models and releases", &models(&view.models)))
        (section("projects", "Projects", &projects(&view.projects)))
        (section("parties", "Parties", &parties(&view.sides)))
        (section("modules", "Modules in force", &modules(&view.modules)))
    };
    document(&view.frame, Here::Status, "Status", &main)
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby=(format!("{id}.title")) {
            h2 id=(format!("{id}.title")) { (title) }
            (body)
        }
    }
}

fn about(view: &Status) -> Markup {
    let parties: Vec<&Party> = view.sides.iter().flat_map(|(_, parties)| parties).collect();
    html! {
        p.lead {
            @if view.sides.is_empty() {
                "No partnership has been founded in this log yet."
            } @else {
                "A partnership of " (parties.len()) " parties"
                @if view.sides.len() > 1 {
                    ": "
                    @for (index, (side, parties)) in view.sides.iter().enumerate() {
                        @if index > 0 { ", " }
                        (parties.len()) " on the " (side)
                    }
                }
                @if view.objectives.is_empty() { "." } @else { ". Its objective:" }
            }
        }
        @for (text, clause) in &view.objectives {
            blockquote.objective { p { (text) } p.quiet { (part::clause(clause)) } }
        }
    }
}

fn needs(needs: &[Need]) -> Markup {
    html! {
        @if needs.is_empty() { p.nothing { "Nothing waits for anybody." } } @else {
            ul.needs {
                @for need in needs {
                    li {
                        p {
                            strong { (part::words(&need.what)) }
                            @if need.overdue { " " (part::badge(Tone::Bad, "overdue")) }
                        }
                        p {
                            "To do: " (part::words(&need.todo)) ". "
                            @if !need.who.is_empty() { "By: " (part::names(&need.who)) ". " }
                            a href=(need.see) { "See it" span.unseen { ": " (plain(need)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a link leads to, for those who hear links without what is around them.
fn plain(need: &Need) -> Markup {
    part::words(&crate::view::Words(
        need.what
            .0
            .iter()
            .map(|piece| match piece {
                crate::view::Piece::Clause(text, _) => crate::view::Piece::Code(text.clone()),
                other => other.clone(),
            })
            .collect(),
    ))
}

fn models(models: &[Model]) -> Markup {
    html! {
        @if models.is_empty() { p.nothing { "No run has given a model yet, and none was brought in." } }
        @for model in models {
            article.card id=(format!("model-{}", model.digest.short())) {
                h3 { (model.title) " " (part::digest(&model.digest)) }
                p {
                    (part::badge(if model.released { Tone::Good } else { Tone::Waits }, &model.status))
                    @if let Some(run) = &model.run {
                        ", from run " a href=(format!("#run-{run}")) { code { (run) } }
                        ", result signed by " (part::names(&model.signed)) "."
                    } @else {
                        ", made elsewhere, brought in by " (part::names(&model.signed)) "."
                    }
                }
                @if model.evidence.is_empty() {
                    p.nothing { "No test result is filed about these weights." }
                } @else {
                    (part::wide("Evidence", &evidence(&model.evidence)))
                }
            }
        }
    }
}

fn evidence(filed: &[Evidence]) -> Markup {
    html! {
        table.stack role="table" {
            caption { "Test results about exactly these weights" }
            (part::heads(&["Method", "Result", "Cases", "Tested by", "Filed", "Report"]))
            tbody role="rowgroup" {
                @for test in filed {
                    tr role="row" {
                        th scope="row" role="rowheader" { (test.method) }
                        td role="cell" data-head="Result" { @for (metric, value) in &test.results { span.result { (metric) " " (value) } " " } }
                        td role="cell" data-head="Cases" { (test.cases) }
                        td role="cell" data-head="Tested by" {
                            (part::name(&test.by))
                            @for note in &test.notes { br; (note) }
                        }
                        td role="cell" data-head="Filed" { (part::time(test.at)) }
                        td role="cell" data-head="Report" { (part::digest(&test.report)) }
                    }
                }
            }
        }
    }
}

fn projects(projects: &[Project]) -> Markup {
    html! {
        @if projects.is_empty() { p.nothing { "No project has been chartered yet." } } @else {
            (part::wide("Projects", &html! {
                table.stack role="table" {
                    caption { "Projects under the agreement" }
                    (part::heads(&[
                        "Project", "Status", "Purposes", "Assets", "Objective", "Proposed by", "Charter",
                    ]))
                    tbody role="rowgroup" {
                        @for project in projects {
                            tr role="row" {
                                th scope="row" role="rowheader" { code { (project.id) } }
                                td role="cell" { (part::badge(tone(&project.status), &project.status)) }
                                td role="cell" data-head="Purposes" { (part::words(&project.purposes)) }
                                td role="cell" data-head="Assets" { (part::words(&project.assets)) }
                                td role="cell" data-head="Objective" { (part::words(&project.objective)) }
                                td role="cell" data-head="Proposed by" { (part::name(&project.by)) }
                                td role="cell" data-head="Charter" { (part::digest(&project.charter)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn tone(status: &str) -> Tone {
    match status {
        "open" => Tone::Live,
        "ended" => Tone::Good,
        _ => Tone::Waits,
    }
}

fn parties(sides: &[(String, Vec<Party>)]) -> Markup {
    html! {
        (part::wide("Parties", &html! {
            table.stack role="table" {
                caption { "Parties by side" }
                (part::heads(&["Party", "Law of", "Seats", "Refused acts"]))
                @for (side, parties) in sides {
                    tbody role="rowgroup" {
                        tr.group role="row" { th scope="rowgroup" colspan="4" role="rowheader" { (side) } }
                        @for party in parties {
                            tr role="row" {
                                th scope="row" role="rowheader" {
                                    (party.name.title)
                                    @if let Some(clause) = &party.clause {
                                        br; (part::link(&party.name.id, clause))
                                    }
                                }
                                td role="cell" data-head="Law of" { (party.jurisdictions.join(", ")) }
                                td role="cell" data-head="Seats" { (party.seats.join(", ")) }
                                td role="cell" data-head="Refused acts" { (party.refused) }
                            }
                        }
                    }
                }
            }
        }))
    }
}

fn modules(modules: &[Module]) -> Markup {
    html! {
        @if modules.is_empty() { p.nothing { "No module is in force yet." } } @else {
            (part::wide("Modules in force", &html! {
                table.stack role="table" {
                    caption { "Modules in force, by their exact bytes" }
                    (part::heads(&["Module", "Version", "Digest", "In force since", "Signed by"]))
                    tbody role="rowgroup" {
                        @for module in modules {
                            tr role="row" {
                                th scope="row" role="rowheader" {
                                    a href=(format!("/agreement#{}", module.id)) { (module.title) }
                                }
                                td role="cell" data-head="Version" { (module.version) }
                                td role="cell" data-head="Digest" { (part::digest(&module.digest)) }
                                td role="cell" data-head="In force since" { (part::time(module.since)) " " span.quiet { "entry " (module.index) } }
                                td role="cell" data-head="Signed by" { @if module.signed.is_empty() { "–" } @else { (module.signed.len()) " parties" } }
                            }
                        }
                    }
                }
            }))
        }
    }
}
