//! The words by which shared texts speak of what a template is about, of the pack, and of why it was
//! chosen.

use super::answers::Answers;
use super::choice::{Point, recommend};
use super::pack::{Kind, Pack, Template};
use super::value::Value;
use crate::shape::quoted;

/// The words and seats by which the shared texts speak of what a template is about.
pub(super) fn words<'v>(template: &Template, answers: &Answers) -> Vec<(&'v str, Value)> {
    let (maker, title) = match template.kind {
        Kind::Training => ("trainer", "Trainer"),
        Kind::Data => ("data-user", "Data User"),
        Kind::Testing => ("developer", "Developer"),
    };
    let made = answers.model.as_ref().map(|model| model.name.clone());
    let things = match (template.kind, made) {
        (Kind::Data, _) | (_, None) => "rows, results".to_owned(),
        (Kind::Training, Some(model)) => format!("rows, {model}"),
        (Kind::Testing, Some(model)) => format!("{model}, its tests"),
    };
    let user = if template.kind == Kind::Data { "data-user" } else { "deployer" };
    let core = if template.kind == Kind::Testing { "Testing" } else { "Data use" };
    let files = match template.kind {
        Kind::Testing => &["sponsor", "operator", "developer", "test-lab", "deployer"][..],
        Kind::Data => &["data-holder", "sponsor", "operator", "data-user", "auditor"],
        Kind::Training => {
            &["data-holder", "sponsor", "operator", "trainer", "test-lab", "deployer"]
        }
    };
    let run = match template.kind {
        Kind::Data => &["data-user", "sponsor", "operator"][..],
        _ => &["trainer", "test-lab", "sponsor", "operator"],
    };
    let abort: Vec<&str> = ["data-holder"].iter().chain(run).copied().collect();
    let held = if template.kind == Kind::Testing { &[][..] } else { &["data-holder"][..] };
    let audited: Vec<&str> = [maker].iter().chain(held).copied().collect();
    let places = match template.kind {
        Kind::Training => &["data-holder", "trainer", "test-lab", "operator"][..],
        Kind::Data => &["data-holder", "data-user", "operator"],
        Kind::Testing => &["developer", "test-lab", "operator"],
    };
    vec![
        (
            "maker",
            Value::record([
                ("seat", Value::text(maker)),
                ("title", Value::Prose(format!("The {title}"))),
                ("the", Value::Prose(format!("the {title}"))),
            ]),
        ),
        ("user", Value::record([("seat", Value::text(user))])),
        (
            "core",
            Value::record([
                ("title", Value::Prose(core.to_owned())),
                ("breach", Value::text(format!("breach of the module {core}"))),
            ]),
        ),
        (
            "incident",
            Value::record([
                ("things", Value::text(things)),
                ("seats", Value::texts(files.iter().copied())),
            ]),
        ),
        ("notice", Value::record([("seats", Value::texts(files.iter().copied()))])),
        ("run", Value::record([("seats", Value::texts(run.iter().copied()))])),
        ("abort", Value::record([("seats", Value::texts(abort))])),
        ("audited", Value::record([("seats", Value::texts(audited.clone()))])),
        ("deletion", Value::record([("seats", Value::texts(audited))])),
        ("place", Value::record([("seats", Value::texts(places.iter().copied()))])),
    ]
}

/// The pack, for the text and for the instrument.
pub(super) fn made_from(pack: &Pack, template: &Template) -> Value {
    let signer = pack.signer.as_ref().map(|key| format!(", signer = {}", quoted(key.as_str())));
    let toml = format!(
        "{{ id = {}, version = {}, template = {}, owner = {}, digest = {}{} }}",
        quoted(&pack.id),
        quoted(&pack.version.to_string()),
        quoted(&template.name),
        quoted(&pack.owner),
        quoted(&pack.digest.to_string()),
        signer.unwrap_or_default(),
    );
    Value::record([
        ("id", Value::text(&pack.id)),
        ("version", Value::text(pack.version.to_string())),
        ("template", Value::text(&template.name)),
        ("owner", Value::text(&pack.owner)),
        ("toml", Value::Toml(toml)),
    ])
}

/// The rationale: what was asked, answered and concluded.
pub(super) fn choice(template: &Template, answers: &Answers) -> Value {
    let (name, points) = recommend(&answers.choice);
    let spoken = |point: &Point| {
        Value::record([
            ("question", Value::text(point.question)),
            ("answer", Value::text(&point.answer)),
            ("follows", Value::text(point.follows)),
        ])
    };
    let same = template.ownership.as_deref() == Some(name);
    let reason = answers.choice.reason.as_ref();
    let decision = if same {
        format!(
            "So the parties chose the model *{}*, for which most of these answers speak.",
            template.title
        )
    } else {
        format!(
            "Most of these answers speak for *{name}*. The parties chose *{}* all the same.",
            template.title
        )
    };
    let mut parts = vec![Value::Prose(decision)];
    parts.extend(reason.map(|reason| Value::text(format!("Their reason: {reason}."))));
    let decision: Vec<String> = parts.iter().filter_map(Value::in_prose).collect();
    Value::record([
        ("points", Value::List(points.iter().map(spoken).collect())),
        ("decision", Value::Prose(decision.join(" "))),
        (
            "summary",
            Value::Prose(
                "Before they chose this model the parties answered five questions. They bind nobody, and help to \
                 read the rest."
                    .to_owned(),
            ),
        ),
    ])
}
