//! The values of placeholders, from the answers. `docs/reference/packs.md` lists them.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, PurposeId, Side};

use super::answers::{Answers, BadAnswer, Column, DataAnswer, ModelAnswer, PartyAnswer};
use super::choice::{Point, recommend};
use super::pack::{Kind, Pack, Template};
use super::seats::{Seats, Sum};
use super::value::Value;
use crate::shape::quoted;

/// Everything that a template may ask for.
///
/// # Errors
/// An answer that does not fit the template.
pub(super) fn values(
    pack: &Pack,
    template: &Template,
    answers: &Answers,
) -> Result<Value, BadAnswer> {
    let seats = Seats::of(answers, template.kind)?;
    let mut all = vec![
        ("title", Value::text(&answers.title)),
        ("law", Value::text(&answers.terms.law)),
        ("forum", Value::text(&answers.terms.forum)),
        ("language", Value::text(&answers.terms.language)),
        ("years", years(answers.terms.years)),
        ("start_by", Value::Date(answers.terms.start_by)),
        ("purpose", purpose(answers)?),
        (
            "objective",
            Value::record([
                ("text", Value::text(&answers.objective.text)),
                ("by", Value::Date(answers.objective.by)),
            ]),
        ),
        ("pack", made_from(pack, template)),
        ("choice", choice(template, answers)),
    ];
    all.extend(money(answers));
    all.extend(people(answers, &seats));
    if template.kind != Kind::Testing {
        all.extend(rows(template, answers, &seats)?);
    }
    if template.kind != Kind::Data {
        let model = answers.model.as_ref().ok_or_else(|| missing("model", template))?;
        all.push(("model", model_value(model)?));
    }
    all.extend(words(template, answers));
    distinct(&all)?;
    Ok(Value::Record(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

fn missing(table: &str, template: &Template) -> BadAnswer {
    let what = format!("template `{}` asks for `[{table}]`, which is not there", template.name);
    BadAnswer::new(what, "compare it with `concordat new --sample`")
}

fn years(count: u8) -> Value {
    const WORDS: [&str; 11] =
        ["", "one year", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let words = match WORDS.get(usize::from(count)) {
        Some(word) if count == 1 => (*word).to_owned(),
        Some(word) => format!("{word} years"),
        None => format!("{count} years"),
    };
    Value::Period { iso: format!("P{count}Y"), words }
}

fn purpose(answers: &Answers) -> Result<Value, BadAnswer> {
    let purpose = &answers.purpose;
    let id: PurposeId = named("purpose", purpose.id.as_deref(), &purpose.text)?
        .parse()
        .map_err(|e: concordat_terms::NotAnId| BadAnswer::new(e.to_string(), ID))?;
    let (id, text) = (Value::text(id.as_str()), Value::text(&purpose.text));
    Ok(Value::record([("id", id), ("text", text)]))
}

const ID: &str = "write an `id` of a–z, 0–9 and `-`";

/// The id that was given, or one of the first words of a name.
fn named(table: &str, id: Option<&str>, name: &str) -> Result<String, BadAnswer> {
    if let Some(id) = id {
        return Ok(id.to_owned());
    }
    let mut words: Vec<String> = Vec::new();
    for word in name.split(|c: char| !c.is_alphanumeric()) {
        let plain: String =
            word.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        if !plain.is_empty() && !matches!(plain.as_str(), "the" | "a" | "an" | "to" | "of") {
            words.push(plain);
        }
    }
    words.truncate(4);
    let mut id = words.join("-");
    id.truncate(48);
    if id.is_empty() {
        let what = format!("no id can be made of the letters of `{name}`");
        return Err(BadAnswer::new(what, format!("add `id` to `[{table}]`: {ID}")));
    }
    Ok(id.trim_end_matches('-').to_owned())
}

fn asset(table: &str, id: Option<&str>, name: &str) -> Result<Value, BadAnswer> {
    let id: AssetId = named(table, id, name)?
        .parse()
        .map_err(|e: concordat_terms::NotAnId| BadAnswer::new(e.to_string(), ID))?;
    Ok(Value::text(id.as_str()))
}

fn model_value(model: &ModelAnswer) -> Result<Value, BadAnswer> {
    let id = asset("model", model.id.as_deref(), &model.name)?;
    Ok(Value::record([("id", id), ("name", Value::text(&model.name))]))
}

/// Rows, privacy, sums.
fn rows<'v>(
    template: &Template,
    answers: &Answers,
    seats: &Seats<'_>,
) -> Result<Vec<(&'v str, Value)>, BadAnswer> {
    let data = answers.data.as_ref().ok_or_else(|| missing("data", template))?;
    let owner: &[&str] = match (template.kind, template.ownership.as_deref()) {
        (Kind::Training, Some("government-owned")) => &["sponsor"],
        (Kind::Training, Some("private-retained")) => &["trainer"],
        (Kind::Training, _) => &["data-holder", "sponsor", "trainer"],
        _ => &["data-holder"],
    };
    let (epsilon, delta) = match &answers.privacy {
        Some(privacy) => (privacy.epsilon.to_string(), privacy.delta.to_string()),
        None => ("1".to_owned(), "0.00001".to_owned()),
    };
    let n = seats.holders.len();
    let sum = Sum::of(n);
    Ok(vec![
        ("data", data_value(data, owner)?),
        ("holders", Value::Flag(true)),
        ("holder", holders(&seats.holders)),
        (
            "privacy",
            Value::record([("epsilon", Value::text(epsilon)), ("delta", Value::text(delta))]),
        ),
        (
            "sum",
            Value::record([
                ("holders", number(n)),
                ("threshold", number(sum.threshold)),
                ("dropouts", number(sum.dropouts)),
                ("stay", number(n - sum.dropouts)),
            ]),
        ),
    ])
}

fn data_value(data: &DataAnswer, owner: &[&str]) -> Result<Value, BadAnswer> {
    let columns: Vec<String> = data.columns.iter().map(column).collect();
    Ok(Value::record([
        ("id", asset("data", data.id.as_deref(), &data.name)?),
        ("name", Value::text(&data.name)),
        ("person", Value::text(&data.person)),
        ("rows_per_person", Value::Number(data.rows_per_person.into())),
        ("derived_owner", Value::texts(owner.iter().copied())),
        ("columns", Value::Toml(format!("[\n{}]", columns.concat()))),
    ]))
}

fn column(column: &Column) -> String {
    let mut parts = vec![
        format!("name = {}", quoted(&column.name)),
        format!("kind = {}", quoted(&column.kind)),
    ];
    parts.extend(column.min.map(|min| format!("min = {}", quoted(&min.to_string()))));
    parts.extend(column.max.map(|max| format!("max = {}", quoted(&max.to_string()))));
    if !column.levels.is_empty() {
        let levels: Vec<String> = column.levels.iter().map(|level| quoted(level)).collect();
        parts.push(format!("levels = [{}]", levels.join(", ")));
    }
    if column.optional {
        parts.push("optional = true".to_owned());
    }
    format!("  {{ {} }},\n", parts.join(", "))
}

fn number(count: usize) -> Value {
    Value::Number(count as u64)
}

fn money<'v>(answers: &Answers) -> Vec<(&'v str, Value)> {
    let money = &answers.money;
    let amount = |money: &concordat_terms::Money| Value::Money(money.clone());
    vec![(
        "money",
        Value::record([
            ("currency", Value::text(money.fees.currency())),
            ("fees", amount(&money.fees)),
            ("fees_amount", Value::text(money.fees.amount().to_string())),
            ("failures", amount(&money.failures)),
            ("harm", amount(&money.harm)),
            ("record", amount(&money.record)),
        ]),
    )]
}

fn places<'c>(codes: impl IntoIterator<Item = &'c str>) -> Value {
    Value::List(codes.into_iter().map(|code| Value::Country(code.to_owned())).collect())
}

/// Ids and names of some parties.
fn group(parties: &[&PartyAnswer]) -> Value {
    let countries: BTreeSet<&str> =
        parties.iter().flat_map(|party| &party.countries).map(|c| c.as_str()).collect();
    Value::record([
        ("ids", Value::texts(parties.iter().map(|party| party.id.as_str()))),
        ("names", Value::texts(parties.iter().map(|party| party.name.as_str()))),
        ("countries", places(countries)),
        ("count", number(parties.len())),
    ])
}

/// The holders, and the condition that all places of a run are theirs.
fn holders(parties: &[&PartyAnswer]) -> Value {
    let mut holders = group(parties);
    if let Value::Record(parts) = &mut holders
        && let Some(countries) = parts.get("countries").and_then(Value::in_toml)
    {
        let when = format!("place.class >= 2 && {countries}.contains(place.jurisdiction)");
        parts.insert("places".to_owned(), Value::Text(when));
    }
    holders
}

fn people<'v>(answers: &Answers, seats: &Seats<'_>) -> Vec<(&'v str, Value)> {
    let listed = |side| {
        Value::List(
            answers
                .side(side)
                .map(|party| {
                    Value::record([
                        ("id", Value::text(party.id.as_str())),
                        ("name", Value::text(&party.name)),
                        ("countries", places(party.countries.iter().map(|c| c.as_str()))),
                    ])
                })
                .collect(),
        )
    };
    let side = |side| group(&answers.side(side).collect::<Vec<_>>());
    let independent = seats.lab.side == Side::Independent;
    let mut lab = group(&[seats.lab]);
    if let Value::Record(parts) = &mut lab {
        parts.insert("independent".to_owned(), Value::Flag(independent));
        let class = if independent { "independent" } else { "second-party" };
        parts.insert("class".to_owned(), Value::text(class));
    }
    let mut witness = group(&seats.witnesses);
    if let Value::Record(parts) = &mut witness {
        parts.insert("quorum".to_owned(), number(seats.quorum));
    }
    let members: Vec<&PartyAnswer> =
        answers.side(Side::Public).chain(answers.side(Side::Private)).collect();
    let calendar = seats.sponsor.countries.first();
    vec![
        ("public", listed(Side::Public)),
        ("private", listed(Side::Private)),
        ("independent", listed(Side::Independent)),
        ("public_side", side(Side::Public)),
        ("private_side", side(Side::Private)),
        ("sponsor", group(&[seats.sponsor])),
        ("operator", group(&[seats.operator])),
        ("developer", group(&seats.developers)),
        ("lab", lab),
        ("members", group(&members)),
        ("council", group(&seats.council)),
        ("votes", number(seats.votes)),
        ("quorum", number(seats.votes / 2 + 1)),
        ("witness", witness),
        ("unanimous", Value::Flag(seats.quorum == seats.witnesses.len())),
        ("calendar", Value::text(calendar.map_or("EU", |country| country.as_str()))),
    ]
}

/// The words and seats by which the shared texts speak of what a template is about.
fn words<'v>(template: &Template, answers: &Answers) -> Vec<(&'v str, Value)> {
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

fn made_from(pack: &Pack, template: &Template) -> Value {
    let toml = format!(
        "{{ id = {}, version = {}, template = {}, owner = {}, digest = {} }}",
        quoted(&pack.id),
        quoted(&pack.version.to_string()),
        quoted(&template.name),
        quoted(&pack.owner),
        quoted(&pack.digest.to_string()),
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
fn choice(template: &Template, answers: &Answers) -> Value {
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

/// Ids that stand in one module must differ; its other clauses are told by `check`.
fn distinct(all: &[(&str, Value)]) -> Result<(), BadAnswer> {
    let mut ids = BTreeSet::new();
    for (name, value) in all {
        if !matches!(*name, "purpose" | "data" | "model") {
            continue;
        }
        if let Some(Value::Text(id)) = value.part("id")
            && !ids.insert(id.clone())
        {
            let what = format!("`{name}` has the id `{id}`, which another table has, too");
            return Err(BadAnswer::new(what, format!("add an `id` of its own to `[{name}]`")));
        }
    }
    Ok(())
}
