//! The values of placeholders, from the answers. `docs/reference/packs.md` lists them.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, PurposeId};

use super::answers::{Answers, BadAnswer, Column, DataAnswer, ModelAnswer};
use super::pack::{Kind, Pack, Template};
use super::people::{holders, people};
use super::seats::{Seats, Sum};
use super::spoken::{choice, made_from, words};
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
        ("no_law", Value::Flag(is_none(&answers.terms.law))),
        ("forum", Value::text(&answers.terms.forum)),
        ("no_forum", Value::Flag(is_none(&answers.terms.forum))),
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

/// What is answered where no law governs and nobody decides.
fn is_none(answer: &str) -> bool {
    answer.trim().eq_ignore_ascii_case("none")
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
                ("holders", Value::count(n)),
                ("threshold", Value::count(sum.threshold)),
                ("dropouts", Value::count(sum.dropouts)),
                ("stay", Value::count(n - sum.dropouts)),
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
