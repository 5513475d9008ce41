//! Cedar is the gate of the language: its parser and its type checker decide what a condition is,
//! and its syntax tree is read into ours. It is not asked again.

use std::collections::BTreeSet;
use std::str::FromStr as _;
use std::sync::LazyLock;

use cedar_policy::{Policy, PolicySet, Schema, ValidationMode, Validator};
use serde_json::Value;

use super::expr::{Expr, Law, Number, Order, Root, Text};

const SCHEMA: &str = r#"
entity Seat;
entity Thing;
action "act" appliesTo {
  principal: Seat,
  resource: Thing,
  context: {
    place: { class: Long, jurisdiction: String },
    party: { id: String, side: String, jurisdictions: Set<String> },
    run: { kind: String, purpose: String, rounds: Long, participants: Long },
    asset: { label: String, kind: String },
  },
};
"#;

/// `None` cannot happen while the tests pass, and would refuse every condition.
static VALIDATOR: LazyLock<Option<Validator>> =
    LazyLock::new(|| Some(Validator::new(Schema::from_str(SCHEMA).ok()?)));

/// Why a text is no condition.
pub(super) enum Not {
    /// Cedar's parser or ours: what is wrong.
    Condition(String),
    /// Cedar's type checker: what does not fit.
    Typed(String),
    /// It is always false.
    Possible(String),
    /// It is one for Cedar, and says what ours do not: what.
    Ours(&'static str),
}

/// Parses and type-checks a condition over the context's records.
pub(super) fn checked(condition: &str) -> Result<Expr, Not> {
    let validator =
        VALIDATOR.as_ref().ok_or_else(|| Not::Condition("conditions cannot be checked".into()))?;
    let source = format!("permit(principal, action, resource) when {{ {condition} }};");
    let parsed = |e: &dyn std::fmt::Display| {
        Not::Condition(format!("not a condition: {}", told(&e.to_string())))
    };
    let policy = Policy::parse(None, source).map_err(|e| parsed(&e))?;
    let json = policy.to_json().map_err(|e| parsed(&e))?;
    let policies = PolicySet::from_policies([policy]).map_err(|e| parsed(&e))?;
    let result = validator.validate(&policies, ValidationMode::Strict);
    if let Some(error) = result.validation_errors().next() {
        return Err(Not::Typed(told(&error.to_string())));
    }
    if let Some(warning) = result.validation_warnings().next() {
        return Err(Not::Possible(told(&warning.to_string())));
    }
    match json.pointer("/conditions").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) if only.pointer("/kind").and_then(Value::as_str) == Some("when") => {
            expr(only.get("body").unwrap_or(&Value::Null)).map_err(Not::Ours)
        }
        _ => Err(Not::Ours(ATOM)),
    }
}

/// Cedar's message in our words: without the policy we wrapped the condition in.
fn told(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.trim_start_matches("for policy `policy0`, ");
    first.replace("context.", "").trim_end_matches('.').to_owned()
}

const ATOM: &str = "a condition compares attributes with literals, such as `place.class >= 2`";
const SET: &str = "a set in brackets holds texts, or whole numbers";

/// A node of Cedar's syntax tree, as its JSON form has it: an object with one key.
fn expr(node: &Value) -> Result<Expr, &'static str> {
    let (word, of) = only(node).ok_or(ATOM)?;
    let side = |name| of.get(name).unwrap_or(&Value::Null);
    let (left, right) = (side("left"), side("right"));
    let not = |of| Expr::Not(Box::new(of));
    Ok(match word {
        "Value" => Expr::Truth(of.as_bool().ok_or(ATOM)?),
        "!" => not(expr(side("arg"))?),
        "&&" => Expr::And(Box::new(expr(left)?), Box::new(expr(right)?)),
        "||" => Expr::Or(Box::new(expr(left)?), Box::new(expr(right)?)),
        "has" => match root(left) {
            Some(root) if side("attr").as_str().is_some() => Expr::Has(root),
            _ => return Err(ATOM),
        },
        "==" => equal(left, right)?,
        "!=" => not(equal(left, right)?),
        "<" => ordered(left, right, Order::Below)?,
        "<=" => ordered(left, right, Order::AtMost)?,
        ">" => ordered(left, right, Order::Above)?,
        ">=" => ordered(left, right, Order::AtLeast)?,
        "contains" => match (term(left)?, term(right)?) {
            (Term::Texts(among), Term::Text(fact)) => Expr::Text(fact, among),
            (Term::Numbers(among), Term::Number(fact)) => one_of(fact, &among),
            (Term::Countries, Term::TextLiteral(one)) => Expr::Law(Law::Holds, [one].into()),
            (Term::Countries, Term::Text(fact)) => Expr::LawHolds(fact),
            _ => return Err(ATOM),
        },
        "containsAll" => match (term(left)?, term(right)?) {
            (Term::Countries, Term::Texts(listed)) => Expr::Law(Law::Holds, listed),
            (Term::Texts(listed), Term::Countries) => Expr::Law(Law::Within, listed),
            _ => return Err(ATOM),
        },
        "containsAny" => match (term(left)?, term(right)?) {
            (Term::Countries, Term::Texts(listed)) | (Term::Texts(listed), Term::Countries) => {
                Expr::Law(Law::Meets, listed)
            }
            _ => return Err(ATOM),
        },
        "isEmpty" => match term(side("arg"))? {
            Term::Countries => Expr::Law(Law::Within, BTreeSet::new()),
            _ => return Err(ATOM),
        },
        _ => return Err(ATOM),
    })
}

fn equal(left: &Value, right: &Value) -> Result<Expr, &'static str> {
    Ok(match (term(left)?, term(right)?) {
        (Term::Number(fact), Term::NumberLiteral(literal))
        | (Term::NumberLiteral(literal), Term::Number(fact)) => {
            Expr::Number(fact, Order::Equal, literal)
        }
        (Term::Text(fact), Term::TextLiteral(literal))
        | (Term::TextLiteral(literal), Term::Text(fact)) => Expr::Text(fact, [literal].into()),
        (Term::Countries, Term::Texts(listed)) | (Term::Texts(listed), Term::Countries) => {
            Expr::Law(Law::Is, listed)
        }
        _ => return Err(ATOM),
    })
}

fn ordered(left: &Value, right: &Value, order: Order) -> Result<Expr, &'static str> {
    Ok(match (term(left)?, term(right)?) {
        (Term::Number(fact), Term::NumberLiteral(than)) => Expr::Number(fact, order, than),
        (Term::NumberLiteral(than), Term::Number(fact)) => {
            // `2 <= place.class` says what `place.class >= 2` says.
            let turned = match order {
                Order::Equal => Order::Equal,
                Order::Below => Order::Above,
                Order::AtMost => Order::AtLeast,
                Order::Above => Order::Below,
                Order::AtLeast => Order::AtMost,
            };
            Expr::Number(fact, turned, than)
        }
        _ => return Err(ATOM),
    })
}

/// `[1, 2].contains(place.class)`, one by one.
fn one_of(fact: Number, among: &BTreeSet<i64>) -> Expr {
    let each = among.iter().map(|one| Expr::Number(fact, Order::Equal, *one));
    let joined = each.reduce(|a, b| Expr::Or(Box::new(a), Box::new(b)));
    joined.unwrap_or(Expr::Truth(false))
}

/// What stands beside an operator.
enum Term {
    Number(Number),
    NumberLiteral(i64),
    Text(Text),
    TextLiteral(String),
    /// `party.jurisdictions`.
    Countries,
    Numbers(BTreeSet<i64>),
    Texts(BTreeSet<String>),
}

fn term(node: &Value) -> Result<Term, &'static str> {
    let (word, of) = only(node).ok_or(ATOM)?;
    match word {
        "Value" => of
            .as_i64()
            .map(Term::NumberLiteral)
            .or_else(|| Some(Term::TextLiteral(of.as_str()?.to_owned())))
            .ok_or(ATOM),
        "Set" => {
            let items = of.as_array().ok_or(SET)?;
            let literals = || items.iter().map(|item| only(item).filter(|(w, _)| *w == "Value"));
            let texts: Option<BTreeSet<String>> =
                literals().map(|value| Some(value?.1.as_str()?.to_owned())).collect();
            let numbers = || literals().map(|value| value?.1.as_i64()).collect::<Option<_>>();
            texts.map(Term::Texts).or_else(|| numbers().map(Term::Numbers)).ok_or(SET)
        }
        "." => {
            let attribute = of.get("attr").and_then(Value::as_str).unwrap_or_default();
            let root = of.get("left").and_then(root).ok_or(ATOM)?;
            Ok(match (root, attribute) {
                (Root::Place, "class") => Term::Number(Number::Class),
                (Root::Place, "jurisdiction") => Term::Text(Text::Jurisdiction),
                (Root::Party, "id") => Term::Text(Text::Party),
                (Root::Party, "side") => Term::Text(Text::Side),
                (Root::Party, "jurisdictions") => Term::Countries,
                (Root::Run, "kind") => Term::Text(Text::RunKind),
                (Root::Run, "purpose") => Term::Text(Text::Purpose),
                (Root::Run, "rounds") => Term::Number(Number::Rounds),
                (Root::Run, "participants") => Term::Number(Number::Participants),
                (Root::Asset, "label") => Term::Text(Text::Label),
                (Root::Asset, "kind") => Term::Text(Text::AssetKind),
                _ => return Err(ATOM),
            })
        }
        _ => Err(ATOM),
    }
}

/// `context.place`.
fn root(node: &Value) -> Option<Root> {
    let (word, of) = only(node)?;
    let context = of.pointer("/left/Var").and_then(Value::as_str);
    let attribute = of.get("attr").and_then(Value::as_str)?;
    let known = Root::ALL.into_iter().find(|root| root.word() == attribute);
    known.filter(|_| word == "." && context == Some("context"))
}

/// The only key of an object, and its value.
fn only(node: &Value) -> Option<(&str, &Value)> {
    let object = node.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(word, of)| (word.as_str(), of))
}
