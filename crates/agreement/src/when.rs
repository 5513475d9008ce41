//! Conditions: a small part of Cedar over four records of facts.

mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicySet, Request, Schema,
    ValidationMode, Validator,
};

use crate::fields::{Fields, Value};
use crate::nearest::suggest;
use crate::shape::{Field, Reference, Scalar, quoted, scalar_field};
use crate::source::Wrong;
use token::{Kind, Token, tokens};

/// A condition of a permit or forbid, such as `place.class >= 2 && place.jurisdiction == "BE"`.
///
/// Facts are four records: `place` (`class`: long, `jurisdiction`: string), `party` (`id`,
/// `side`: string, `jurisdictions`: set of string), `run` (`kind`, `purpose`: string, `rounds`,
/// `participants`: long) and `asset` (`label`, `kind`: string). The language is Cedar's `&& || !`,
/// `== != < <= > >=`, `has`, `in`, `contains`, `containsAll`, `containsAny`, `isEmpty` and set
/// literals, and nothing else. Parsed and type-checked once; equal when the texts are.
#[derive(Clone)]
pub struct When {
    text: String,
    policy: Arc<PolicySet>,
    /// The roots the text speaks of; other facts are not looked at.
    roots: Vec<&'static str>,
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NotACondition {
    what: String,
    hint: String,
    at: Option<Range<usize>>,
}

impl NotACondition {
    fn new(what: impl Into<String>, hint: impl Into<String>, at: Option<Range<usize>>) -> Self {
        Self { what: what.into(), hint: hint.into(), at }
    }

    /// How to mend it, in the imperative.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The offending bytes of the text, if they can be told.
    pub fn at(&self) -> Option<Range<usize>> {
        self.at.clone()
    }
}

impl Scalar for When {
    const WRITTEN: &'static str = "a condition, like `\"place.class >= 2\"`";
    const EXAMPLES: &'static [&'static str] =
        &["\"place.class >= 2\"", "'place.jurisdiction == \"BE\" && run.rounds < 500'"];

    fn parse(text: &str) -> Result<Self, Wrong> {
        Self::read(text).map_err(|wrong| {
            let within = wrong.at();
            Wrong { within, ..Wrong::new("bad-condition", wrong.to_string(), wrong.hint()) }
        })
    }

    fn print(&self) -> String {
        quoted(&self.text)
    }
}

scalar_field!(When);

impl serde::Serialize for When {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

const TEXT_MAX: usize = 1_000;
const DEPTH_MAX: usize = 16;

const ROOTS: &[(&str, &[&str])] = &[
    ("place", &["class", "jurisdiction"]),
    ("party", &["id", "side", "jurisdictions"]),
    ("run", &["kind", "purpose", "rounds", "participants"]),
    ("asset", &["label", "kind"]),
];

const METHODS: &[&str] = &["contains", "containsAll", "containsAny", "isEmpty"];

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

/// What every evaluation shares; `None` cannot happen while the tests below pass, and would
/// refuse rather than admit.
struct Shared {
    validator: Validator,
    authorizer: Authorizer,
    request: (EntityUid, EntityUid, EntityUid),
}

static SHARED: LazyLock<Option<Shared>> = LazyLock::new(|| {
    let schema = Schema::from_cedarschema_str(SCHEMA).ok()?.0;
    let request = (
        EntityUid::from_str(r#"Seat::"any""#).ok()?,
        EntityUid::from_str(r#"Action::"act""#).ok()?,
        EntityUid::from_str(r#"Thing::"any""#).ok()?,
    );
    Some(Shared { validator: Validator::new(schema), authorizer: Authorizer::new(), request })
});

impl When {
    /// Reads and type-checks a condition.
    ///
    /// # Errors
    ///
    /// What is wrong, where, and how to mend it: a word outside the language, an unknown
    /// attribute, or types that do not fit.
    pub fn read(text: &str) -> Result<Self, NotACondition> {
        if text.len() > TEXT_MAX {
            let what = format!("the condition is longer than {TEXT_MAX} bytes");
            return Err(NotACondition::new(what, "split it over several clauses", None));
        }
        let tokens = tokens(text).map_err(|at| {
            let odd = text.get(at.clone()).unwrap_or_default();
            let what = format!("`{odd}` has no place in a condition");
            NotACondition::new(what, LANGUAGE, Some(at))
        })?;
        let (condition, roots) = rewritten(text, &tokens)?;
        let policy = checked(&condition)?;
        Ok(Self { text: text.to_owned(), policy: Arc::new(policy), roots })
    }

    /// The condition as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The records it asks about: `place`, `party`, `run`, `asset`.
    pub fn roots(&self) -> &[&'static str] {
        &self.roots
    }

    /// The whole numbers that stand in it, as far as a `u32` holds them.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.words(Kind::Number).filter_map(|word| word.parse().ok()).collect()
    }

    /// The quoted texts that stand in it, without their quotes.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.words(Kind::Text).map(|word| word.trim_matches('"')).collect()
    }

    /// Whether it asks about an attribute of this name.
    pub(crate) fn asks_about(&self, attribute: &str) -> bool {
        self.words(Kind::Name).any(|word| word == attribute)
    }

    fn words(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let found = tokens(&self.text).unwrap_or_default();
        let those = found.into_iter().filter(move |token| token.kind == kind);
        those.filter_map(|token| self.text.get(token.range))
    }

    /// Whether the condition holds for these facts, by root: `{"place": {"class": 2, …}, …}`.
    ///
    /// # Errors
    ///
    /// Any evaluation error, a missing fact for instance, with Cedar's words. The caller refuses.
    pub fn holds(&self, facts: &BTreeMap<String, serde_json::Value>) -> Result<bool, String> {
        let shared = SHARED.as_ref().ok_or("conditions cannot be evaluated")?;
        let (principal, action, resource) = shared.request.clone();
        let met = self.roots.iter().filter_map(|root| Some((*root, facts.get(*root)?)));
        let json = met.map(|(root, value)| (root.to_owned(), value.clone())).collect();
        let context = Context::from_json_value(serde_json::Value::Object(json), None)
            .map_err(|e| e.to_string())?;
        let request =
            Request::new(principal, action, resource, context, None).map_err(|e| e.to_string())?;
        let answer = shared.authorizer.is_authorized(&request, &self.policy, &Entities::empty());
        match answer.diagnostics().errors().next() {
            Some(error) => Err(error.to_string()),
            None => Ok(answer.decision() == Decision::Allow),
        }
    }
}

const LANGUAGE: &str = "use attributes of `place`, `party`, `run` and `asset`, `&& || !`, \
                        comparisons, `has`, `in` and `contains`";

/// The condition in Cedar's words, and the roots in it: each root becomes an attribute of the context.
fn rewritten(text: &str, tokens: &[Token]) -> Result<(String, Vec<&'static str>), NotACondition> {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut before: Option<&Token> = None;
    let mut root: Option<&'static str> = None;
    let mut met = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let this = word(token);
        let fail = |what: String, hint: String| {
            Err(NotACondition::new(what, hint, Some(token.range.clone())))
        };
        let after_dot = before.is_some_and(|t| word(t) == ".");
        let after_has = before.is_some_and(|t| word(t) == "has");
        match token.kind {
            Kind::Name if after_dot || after_has => {
                let attributes = attributes(root);
                let known = attributes.contains(&this) || (after_dot && METHODS.contains(&this));
                if !known {
                    let of = root.map(|r| format!(" of `{r}`")).unwrap_or_default();
                    let words = attributes.iter().chain(METHODS).copied();
                    return fail(format!("unknown attribute `{this}`{of}"), suggest(this, words));
                }
            }
            Kind::Name if matches!(this, "has" | "in" | "true" | "false") => {}
            Kind::Name => {
                let roots = ROOTS.iter().map(|(root, _)| *root);
                let Some(known) = roots.clone().find(|r| *r == this) else {
                    return fail(format!("unknown word `{this}`"), suggest(this, roots));
                };
                root = Some(known);
                if !met.contains(&known) {
                    met.push(known);
                }
                out.push_str("context.");
            }
            Kind::Open => {
                depth += 1;
                if depth > DEPTH_MAX {
                    let hint = "split the condition over several clauses".to_owned();
                    return fail(format!("nested more than {DEPTH_MAX} deep"), hint);
                }
            }
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Text | Kind::Number | Kind::Sign => {}
        }
        out.push_str(this);
        // A dot binds tightly; everything else may stand apart.
        let next = tokens.get(index + 1).map(word);
        if this != "." && next != Some(".") {
            out.push(' ');
        }
        before = Some(token);
    }
    Ok((out, met))
}

fn attributes(root: Option<&str>) -> &'static [&'static str] {
    let known = ROOTS.iter().find(|(name, _)| Some(*name) == root);
    known.map_or(&[], |(_, attributes)| attributes)
}

fn checked(condition: &str) -> Result<PolicySet, NotACondition> {
    let fault = |what: String| NotACondition::new(what, LANGUAGE, None);
    let shared = SHARED.as_ref().ok_or_else(|| fault("conditions cannot be checked".to_owned()))?;
    let source = format!("permit(principal, action, resource) when {{ {condition} }};");
    let policy = Policy::parse(None, source)
        .map_err(|e| fault(format!("not a condition: {}", told(&e.to_string()))))?;
    let policies = PolicySet::from_policies([policy])
        .map_err(|e| fault(format!("not a condition: {}", told(&e.to_string()))))?;
    let result = shared.validator.validate(&policies, ValidationMode::Strict);
    if let Some(error) = result.validation_errors().next() {
        let what = told(&error.to_string());
        return Err(NotACondition::new(what, "compare like with like", None));
    }
    if let Some(warning) = result.validation_warnings().next() {
        let what = told(&warning.to_string());
        return Err(NotACondition::new(what, "write a condition that can hold", None));
    }
    Ok(policies)
}

/// Cedar's message in our words: without the policy we wrapped the condition in.
fn told(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.trim_start_matches("for policy `policy0`, ");
    first.replace("context.", "").trim_end_matches('.').to_owned()
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("When").field(&self.text).finish()
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for When {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for When {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(class: i64, jurisdiction: &str) -> BTreeMap<String, serde_json::Value> {
        let place = json!({ "class": class, "jurisdiction": jurisdiction });
        let party = json!({ "id": "alder", "side": "public", "jurisdictions": ["US", "CA"] });
        let run = json!({ "kind": "train", "purpose": "x", "rounds": 5, "participants": 4 });
        let asset = json!({ "label": "restricted", "kind": "dataset" });
        [("place", place), ("party", party), ("run", run), ("asset", asset)]
            .map(|(root, value)| (root.to_owned(), value))
            .into()
    }

    #[test]
    fn a_condition_is_read_once_and_asked_often() {
        let when = When::read(r#"place.class >= 2 && place.jurisdiction == "BE""#).unwrap();
        assert_eq!(when.holds(&facts(2, "BE")), Ok(true));
        assert_eq!(when.holds(&facts(1, "BE")), Ok(false));
        assert_eq!(when.holds(&facts(3, "US")), Ok(false));
    }

    #[test]
    fn sets_and_negation_work() {
        for (text, wanted) in [
            (r#"party.jurisdictions.contains("CA")"#, true),
            (r#"["BE", "HU"].contains(place.jurisdiction)"#, true),
            (r#"party.jurisdictions.containsAny(["BE"])"#, false),
            (r#"!(run.rounds > 5) || asset.label != "restricted""#, true),
            (r#"place has class && place.class < 9"#, true),
        ] {
            let when = When::read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(when.holds(&facts(2, "BE")), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn a_root_inside_a_text_stays_a_text() {
        let when = When::read(r#"place.jurisdiction == "place.class \" run""#).unwrap();
        assert_eq!(when.holds(&facts(2, "place.class \" run")), Ok(true));
    }

    #[test]
    fn a_missing_fact_is_an_error_and_never_an_answer() {
        let when = When::read("place.class >= 2").unwrap();
        assert!(when.holds(&BTreeMap::new()).is_err());
        let odd = [("place".to_owned(), json!({ "class": "high", "jurisdiction": "BE" }))];
        assert!(when.holds(&odd.into()).is_err());
    }

    #[test]
    fn what_is_outside_the_language_is_named() {
        for (text, told) in [
            ("place.clas >= 2", "unknown attribute `clas` of `place`"),
            ("plcae.class >= 2", "unknown word `plcae`"),
            ("place.class + 1 > 2", "`+` has no place in a condition"),
            ("if true then true else false", "unknown word `if`"),
            ("place.class >= 2 // why", "`/` has no place in a condition"),
            ("principal == principal", "unknown word `principal`"),
            ("place.jurisdiction == \"BE", "`\"BE` has no place in a condition"),
        ] {
            let wrong = When::read(text).unwrap_err();
            assert_eq!(wrong.to_string(), told);
            assert!(wrong.at().is_some());
        }
        for text in
            ["place.class == \"2\"", "place.class", "", "true }; permit", "(place.class > 1"]
        {
            assert!(When::read(text).is_err(), "{text}");
        }
    }
}
