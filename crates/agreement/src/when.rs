//! Conditions: a small part of Cedar over four records of facts. Cedar reads and type-checks the
//! text; `expr` evaluates it. Why: `docs/adr/0006-conditions-are-cedar-text.md`.

mod cedar;
mod domain;
mod expr;
mod met;
mod token;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::fields::{Fields, Value, is_curly};
use crate::nearest::suggest;
use crate::shape::{Field, Named, Reference, Scalar, quoted};
use crate::source::Wrong;
use token::{Kind, Token, tokens};

pub(crate) use expr::{Expr, Number, Order, Root, Text};
pub use expr::{Facts, MissingFact};

/// A condition of a permit or forbid, such as `place.class >= 2 && place.jurisdiction == "BE"`.
///
/// [`Facts`] are four records: `place` (`class`: long, `jurisdiction`: string), `party` (`id`,
/// `side`: string, `jurisdictions`: set of string), `run` (`kind`, `purpose`: string, `rounds`,
/// `participants`: long) and `asset` (`label`, `kind`: string). The language is Cedar's `&& || !`,
/// `has`, and of an attribute and a literal `== != < <= > >=`, `contains`, `containsAll`,
/// `containsAny` and `isEmpty`, and nothing else; `party.jurisdictions.contains(…)` may ask about
/// another attribute. Literals are values that the attribute can have. Read and type-checked by
/// Cedar, once; equal when the texts are.
#[derive(Clone)]
pub struct When {
    text: String,
    expr: Arc<Expr>,
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

impl Field for When {
    fn written() -> String {
        <Self as Scalar>::WRITTEN.to_owned()
    }

    fn examples() -> Vec<String> {
        <Self as Scalar>::EXAMPLES.iter().map(|&example| example.to_owned()).collect()
    }

    fn read<'a>(fields: &mut Fields<'a>, place: &str, value: Value<'a>) -> Option<Self> {
        fields.convert(place, &value, <Self as Scalar>::convert)
    }

    fn print(&self) -> String {
        Scalar::print(self)
    }

    /// The parties and purposes that it names.
    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        for atom in self.expr.atoms() {
            let (to, names) = match atom {
                Expr::Text(Text::Party, names) => (Named::Party, names),
                Expr::Text(Text::Purpose, names) => (Named::Purpose, names),
                _ => continue,
            };
            for name in names {
                found.push(Reference { place: place.to_owned(), to, name, module: None });
            }
        }
    }
}

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
        let tokens = tokens(text).map_err(|at| misspelt(text, at))?;
        let condition = rewritten(text, &tokens)?;
        let expr = cedar::checked(&condition).map_err(|not| refused(text, &tokens, not))?;
        domain::check(text, &tokens, &expr)?;
        Ok(Self { text: text.to_owned(), expr: Arc::new(expr) })
    }

    /// The condition as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The condition as it is evaluated.
    pub(crate) fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The records it asks about.
    pub(crate) fn roots(&self) -> BTreeSet<Root> {
        self.expr.atoms().into_iter().flat_map(Expr::roots).collect()
    }

    /// Whether the condition holds for these facts.
    ///
    /// # Errors
    ///
    /// It asks about a record that is not there. The caller refuses.
    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, MissingFact> {
        self.expr.holds(facts)
    }

    /// What it met, for who asks why it does not hold: `place.class` is 2.
    pub(crate) fn met(&self, facts: &Facts<'_>) -> String {
        let met = self.expr.met(facts).into_iter();
        let each: Vec<String> = met.map(|(fact, value)| format!("`{fact}` is {value}")).collect();
        each.join(" and ")
    }
}

/// What begins no word of a condition; some of it is a slip that everybody makes.
fn misspelt(text: &str, at: Range<usize>) -> NotACondition {
    let rest = text.get(at.start..).unwrap_or_default();
    let slips = [
        ("=<", "<="),
        ("=>", ">="),
        ("≤", "<="),
        ("≥", ">="),
        ("≠", "!="),
        ("=", "=="),
        ("&", "&&"),
        ("|", "||"),
    ];
    let no_place = |odd: &str| format!("`{odd}` has no place in a condition");
    if let Some((odd, meant)) = slips.into_iter().find(|(odd, _)| rest.starts_with(odd)) {
        let at = at.start..at.start + odd.len();
        return NotACondition::new(no_place(odd), format!("write `{meant}`"), Some(at));
    }
    let odd = text.get(at.clone()).unwrap_or_default();
    if odd.chars().next().filter(is_curly).is_some() {
        let what = format!("`{odd}` is a curly quotation mark, and opens no text");
        return NotACondition::new(what, "write straight ones: `\"BE\"`", Some(at));
    }
    NotACondition::new(no_place(odd), LANGUAGE, Some(at))
}

/// Why Cedar, or we, do not take it.
fn refused(text: &str, tokens: &[Token], not: cedar::Not) -> NotACondition {
    let member = tokens.iter().find(|token| text.get(token.range.clone()) == Some("in"));
    if let Some(token) = member {
        let hint = "write `[\"BE\", \"HU\"].contains(place.jurisdiction)`";
        return NotACondition::new("`in` asks about nothing here", hint, Some(token.range.clone()));
    }
    match not {
        cedar::Not::Condition(what) => NotACondition::new(what, LANGUAGE, None),
        cedar::Not::Typed(what) => NotACondition::new(what, "compare like with like", None),
        cedar::Not::Possible(what) => {
            NotACondition::new(what, "write a condition that can hold", None)
        }
        cedar::Not::Ours(what) => NotACondition::new(what, LANGUAGE, None),
    }
}

const LANGUAGE: &str = "use attributes of `place`, `party`, `run` and `asset`, `&& || !`, \
                        comparisons with literals, `has` and `contains`";

/// The condition in Cedar's words: each root becomes an attribute of the context.
fn rewritten(text: &str, tokens: &[Token]) -> Result<String, NotACondition> {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut before: Option<&Token> = None;
    let mut root: Option<&'static str> = None;
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
    Ok(out)
}

fn attributes(root: Option<&str>) -> &'static [&'static str] {
    let known = ROOTS.iter().find(|(name, _)| Some(*name) == root);
    known.map_or(&[], |(_, attributes)| attributes)
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
mod tests;
