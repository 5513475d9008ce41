//! Values of which parts can be withheld, and the digest that the rest still has.
//!
//! A JSON value becomes a tree. Each scalar has a salt of its own, so that a withheld one cannot be
//! found by trying what it might be; each list and each set of fields has the digest over what is
//! in it, so that a whole part is withheld as one digest. Whoever knows the root knows whether the
//! parts that are shown are its parts.
//!
//! The salts come from a seed, and the seed from the exact bytes of an entry: they hold an Ed25519
//! signature, which nobody foresees who has not the key. Whoever has the entry computes every salt;
//! whoever has not, none but those that are shown.

use std::collections::BTreeMap;
use std::fmt;

use concordat_terms::{Digest, jcs};
use serde_json::{Map, Value};

/// Where the salts of one entry come from. As secret as the entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(Digest);

impl Seed {
    /// The seed of an entry, by its exact bytes.
    pub fn of(entry: &[u8]) -> Self {
        Self(Digest::of_parts(&[b"concordat-redact/v1", entry]))
    }

    /// The salt of the scalar at a path; steps are told apart by their first byte.
    fn salt(&self, path: &[Vec<u8>]) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"salt", self.0.as_bytes()];
        parts.extend(path.iter().map(Vec::as_slice));
        Digest::of_parts(&parts)
    }
}

/// Whoever has the seed finds what is withheld.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// A value, some of whose parts may be withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A scalar, or a list or object without anything in it.
    Shown {
        /// 32 bytes that nobody foresees.
        salt: Digest,
        /// The scalar.
        value: Value,
    },
    /// A part that is not shown, by its digest.
    Withheld(Digest),
    /// A list with something in it.
    List(Vec<Self>),
    /// An object with something in it.
    Fields(BTreeMap<String, Self>),
}

/// Why a JSON value is no [`Node`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANode {
    /// Not an object with exactly the members of one kind of node.
    #[error("not a node: one of `salt` with `value`, `withheld`, `list`, `fields` is needed")]
    Shape,
    /// A shown value that is a list or an object with something in it.
    #[error("a shown value is a scalar, or empty")]
    NotScalar,
    /// A list or an object with nothing in it, which is shown as a scalar is.
    #[error("`list` and `fields` have something in them")]
    Empty,
}

impl Node {
    /// The whole of a value.
    pub fn whole(value: &Value, seed: &Seed) -> Self {
        Self::at(value, seed, &mut Vec::new())
    }

    fn at(value: &Value, seed: &Seed, path: &mut Vec<Vec<u8>>) -> Self {
        let mut below = |step: Vec<u8>, value: &Value| {
            path.push(step);
            let node = Self::at(value, seed, path);
            path.pop();
            node
        };
        match value {
            Value::Array(items) if !items.is_empty() => {
                let step = |at: u64| [b"i", at.to_be_bytes().as_slice()].concat();
                Self::List((0..).zip(items).map(|(at, item)| below(step(at), item)).collect())
            }
            Value::Object(fields) if !fields.is_empty() => {
                let step = |name: &str| [b"k", name.as_bytes()].concat();
                let node = |(name, value): (&String, _)| (name.clone(), below(step(name), value));
                Self::Fields(fields.iter().map(node).collect())
            }
            scalar => Self::Shown { salt: seed.salt(path), value: scalar.clone() },
        }
    }

    /// The digest, which is the same whatever is withheld.
    pub fn root(&self) -> Digest {
        match self {
            Self::Withheld(digest) => *digest,
            Self::Shown { salt, value } => {
                // A shown value is a scalar of canonical JSON; another has no digest to match.
                let bytes = jcs::to_bytes(value).unwrap_or_default();
                Digest::of_parts(&[b"value", salt.as_bytes(), &bytes])
            }
            Self::List(items) => {
                let roots: Vec<Digest> = items.iter().map(Self::root).collect();
                let mut parts: Vec<&[u8]> = vec![b"list"];
                parts.extend(roots.iter().map(|root| root.as_bytes().as_slice()));
                Digest::of_parts(&parts)
            }
            Self::Fields(fields) => {
                let roots: Vec<_> =
                    fields.iter().map(|(name, node)| (name.as_bytes(), node.root())).collect();
                let mut parts: Vec<&[u8]> = vec![b"fields"];
                for (name, root) in &roots {
                    parts.extend([*name, root.as_bytes().as_slice()]);
                }
                Digest::of_parts(&parts)
            }
        }
    }

    /// The part at a path of names, where it is shown.
    pub fn part(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| match node {
            Self::Fields(fields) => fields.get(*name),
            _ => None,
        })
    }

    /// The part at a path of names, to be changed.
    pub fn part_mut(&mut self, path: &[&str]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, name| match node {
            Self::Fields(fields) => fields.get_mut(*name),
            _ => None,
        })
    }

    /// The scalar, if it is one that is shown.
    pub fn scalar(&self) -> Option<&Value> {
        match self {
            Self::Shown { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Withholds this part as a whole.
    pub fn withhold(&mut self) {
        *self = Self::Withheld(self.root());
    }

    /// Withholds every scalar of which `hides` says so, by the name of the field that it is in; and
    /// an object as a whole where it says so of a field's name, since names are not salted.
    pub fn withhold_where(&mut self, hides: &impl Fn(Option<&str>, &Value) -> bool) {
        self.strike(None, hides);
    }

    fn strike(&mut self, field: Option<&str>, hides: &impl Fn(Option<&str>, &Value) -> bool) {
        match self {
            Self::Withheld(_) => {}
            Self::Shown { value, .. } => {
                if hides(field, value) {
                    self.withhold();
                }
            }
            Self::List(items) => items.iter_mut().for_each(|item| item.strike(field, hides)),
            Self::Fields(fields) => {
                let named = |name: &String| hides(None, &Value::String(name.clone()));
                if fields.keys().any(named) {
                    self.withhold();
                } else {
                    fields.iter_mut().for_each(|(name, node)| node.strike(Some(name), hides));
                }
            }
        }
    }

    /// How many parts are withheld.
    pub fn withheld(&self) -> usize {
        match self {
            Self::Shown { .. } => 0,
            Self::Withheld(_) => 1,
            Self::List(items) => items.iter().map(Self::withheld).sum(),
            Self::Fields(fields) => fields.values().map(Self::withheld).sum(),
        }
    }

    /// The value as it is shown, with `null` for what is withheld.
    pub fn shown(&self) -> Value {
        match self {
            Self::Shown { value, .. } => value.clone(),
            Self::Withheld(_) => Value::Null,
            Self::List(items) => items.iter().map(Self::shown).collect(),
            Self::Fields(fields) => {
                let shown = |(name, node): (&String, &Self)| (name.clone(), node.shown());
                Value::Object(fields.iter().map(shown).collect())
            }
        }
    }

    /// The node as JSON.
    pub fn to_value(&self) -> Value {
        let one =
            |name: &str, value| Value::Object([(name.to_owned(), value)].into_iter().collect());
        match self {
            Self::Shown { salt, value } => {
                let mut both = Map::new();
                both.insert("salt".to_owned(), Value::String(salt.to_string()));
                both.insert("value".to_owned(), value.clone());
                Value::Object(both)
            }
            Self::Withheld(digest) => one("withheld", Value::String(digest.to_string())),
            Self::List(items) => one("list", items.iter().map(Self::to_value).collect()),
            Self::Fields(fields) => {
                let node = |(name, node): (&String, &Self)| (name.clone(), node.to_value());
                one("fields", Value::Object(fields.iter().map(node).collect()))
            }
        }
    }

    /// Reads what [`Node::to_value`] writes, and nothing else.
    ///
    /// # Errors
    /// [`NotANode`].
    pub fn parse(value: &Value) -> Result<Self, NotANode> {
        let members = value.as_object().ok_or(NotANode::Shape)?;
        let digest = |name: &str| {
            let text = members.get(name).and_then(Value::as_str).ok_or(NotANode::Shape)?;
            text.parse::<Digest>().map_err(|_| NotANode::Shape)
        };
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        match (names.as_slice(), members.values().next_back()) {
            (["salt", "value"], Some(value)) => {
                if is_scalar(value) {
                    Ok(Self::Shown { salt: digest("salt")?, value: value.clone() })
                } else {
                    Err(NotANode::NotScalar)
                }
            }
            (["withheld"], _) => digest("withheld").map(Self::Withheld),
            (["list"], Some(Value::Array(items))) if items.is_empty() => Err(NotANode::Empty),
            (["list"], Some(Value::Array(items))) => {
                items.iter().map(Self::parse).collect::<Result<_, _>>().map(Self::List)
            }
            (["fields"], Some(Value::Object(fields))) if fields.is_empty() => Err(NotANode::Empty),
            (["fields"], Some(Value::Object(fields))) => fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), Self::parse(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::Fields),
            _ => Err(NotANode::Shape),
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests;
