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
        table {
            caption { "Test results about exactly these weights" }
            thead {
                tr {
                    th scope="col" { "Method" } th scope="col" { "Result" } th scope="col" { "Cases" }
                    th scope="col" { "Tested by" } th scope="col" { "Filed" } th scope="col" { "Report" }
                }
            }
            tbody {
                @for test in filed {
                    tr {
                        th scope="row" { (test.method) }
                        td { @for (metric, value) in &test.results { span.result { (metric) " " (value) } " " } }
                        td { (test.cases) }
                        td {
                            (part::name(&test.by))
                            @for note in &test.notes { br; (note) }
                        }
                        td { (part::time(test.at)) }
                        td { (part::digest(&test.report)) }
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
                table {
                    caption { "Projects under the agreement" }
                    thead {
                        tr {
                            th scope="col" { "Project" } th scope="col" { "Status" } th scope="col" { "Purposes" }
                            th scope="col" { "Assets" } th scope="col" { "Objective" } th scope="col" { "Proposed by" }
                            th scope="col" { "Charter" }
                        }
                    }
                    tbody {
                        @for project in projects {
                            tr {
                                th scope="row" { code { (project.id) } }
                                td { (part::badge(tone(&project.status), &project.status)) }
                                td { (part::words(&project.purposes)) }
                                td { (part::words(&project.assets)) }
                                td { (part::words(&project.objective)) }
                                td { (part::name(&project.by)) }
                                td { (part::digest(&project.charter)) }
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
            table {
                caption { "Parties by side" }
                thead {
                    tr {
                        th scope="col" { "Party" } th scope="col" { "Law of" } th scope="col" { "Seats" }
                        th scope="col" { "Refused acts" }
                    }
                }
                @for (side, parties) in sides {
                    tbody {
                        tr.group { th scope="rowgroup" colspan="4" { (side) } }
                        @for party in parties {
                            tr {
                                th scope="row" {
                                    (party.name.title)
                                    @if let Some(clause) = &party.clause {
                                        br; (part::link(&party.name.id, clause))
                                    }
                                }
                                td { (party.jurisdictions.join(", ")) }
                                td { (party.seats.join(", ")) }
                                td { (party.refused) }
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
                table {
                    caption { "Modules in force, by their exact bytes" }
                    thead {
                        tr {
                            th scope="col" { "Module" } th scope="col" { "Version" } th scope="col" { "Digest" }
                            th scope="col" { "In force since" } th scope="col" { "Signed by" }
                        }
                    }
                    tbody {
                        @for module in modules {
                            tr {
                                th scope="row" {
                                    a href=(format!("/agreement#{}", module.id)) { (module.title) }
                                }
                                td { (module.version) }
                                td { (part::digest(&module.digest)) }
                                td { (part::time(module.since)) " " span.quiet { "entry " (module.index) } }
                                td { @if module.signed.is_empty() { "–" } @else { (module.signed.len()) " parties" } }
                            }
                        }
                    }
                }
            }))
        }
    }
}
