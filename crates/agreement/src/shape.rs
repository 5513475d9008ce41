//! The shape of a clause, declared once: what is read, printed, referred to and documented.
//!
//! [`shape!`] makes a struct of typed fields; a [`Slot`] says how a field is taken from a table
//! (needed, optional, a list), a [`Field`] how one value is read. From the same declaration come
//! the reader with its diagnostics, the printer whose output reads back alike, the references
//! that must resolve, and the reference page of clause kinds.

mod scalar;
mod slot;
mod word;

use crate::fields::{Fields, Value};

pub use scalar::{Addressee, Cell, ClauseName, Decider};
pub(crate) use scalar::{Scalar, name as read_name, quoted, scalar_field};
pub(crate) use slot::Slot;
pub(crate) use word::{
    Word, listed as listed_words, spelling, word as read_word, word_field, words,
};

/// One value: a scalar or a table.
pub(crate) trait Field: Sized {
    /// What a writer puts there: `a period, like "P30D"`.
    fn written() -> String;
    /// Values that can be read, as TOML. The first stands in documentation.
    fn examples() -> Vec<String>;
    /// What its value is made of.
    fn inside() -> Inside {
        Inside::Plain
    }
    /// Reads a value; `None` after a mistake, which is noted in `fields`.
    fn read<'a>(fields: &mut Fields<'a>, place: &str, value: Value<'a>) -> Option<Self>;
    /// As TOML.
    fn print(&self) -> String;
    /// What it refers to.
    fn refer<'s>(&'s self, _place: &str, _found: &mut Vec<Reference<'s>>) {}
}

/// A struct made by [`shape!`].
pub(crate) trait Table: Sized {
    /// Its fields; the first is the key, if the table is a clause.
    fn shape(key: Option<&'static str>) -> Vec<FieldShape>;
    /// Reads every field, so that every mistake is noted.
    fn take(fields: &mut Fields<'_>, key: &'static str) -> Option<Self>;
    /// Adds `name`, `value` pairs as TOML, in the order of the declaration.
    fn put(&self, key: &'static str, out: &mut Vec<(&'static str, String)>);
    /// Adds what its fields refer to; `prefix` is empty or ends in a dot.
    fn refers<'s>(&'s self, key: &str, prefix: &str, found: &mut Vec<Reference<'s>>);
}

impl<T: Table> Field for T {
    fn written() -> String {
        let fields = Self::shape(None);
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        format!("a table of {}", names.join(", "))
    }

    fn examples() -> Vec<String> {
        let fields = Self::shape(None);
        let table = |fields: Vec<&FieldShape>, last: bool| {
            let pairs = fields.into_iter().filter_map(|field| {
                let value = if last { field.examples.last() } else { field.examples.first() };
                Some(format!("{} = {}", field.name, value?))
            });
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        };
        let needed = fields.iter().filter(|field| field.need == Need::Always).collect();
        vec![table(needed, false), table(fields.iter().collect(), true)]
    }

    fn inside() -> Inside {
        Inside::Table(Self::shape(None))
    }

    fn read<'a>(fields: &mut Fields<'a>, place: &str, value: Value<'a>) -> Option<Self> {
        fields.table(place, value, |inner| <T as Table>::take(inner, ""))
    }

    fn print(&self) -> String {
        let mut pairs = Vec::new();
        self.put("", &mut pairs);
        let written: Vec<String> = pairs.iter().map(|(name, v)| format!("{name} = {v}")).collect();
        format!("{{ {} }}", written.join(", "))
    }

    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        self.refers("", &format!("{place}."), found);
    }
}

/// One field of a clause kind, for readers of the reference page and for generators of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldShape {
    /// Its name in the block.
    pub name: &'static str,
    /// What it means.
    pub doc: String,
    /// Whether it may be left out.
    pub need: Need,
    /// What a writer puts there.
    pub written: String,
    /// Values that can be read, as TOML.
    pub examples: Vec<String>,
    /// What its value, or each of its list, is made of.
    pub inside: Inside,
}

/// What a value is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Nothing but itself.
    Plain,
    /// One of these words, each with what it says.
    Words(Vec<(&'static str, &'static str)>),
    /// A table of these fields.
    Table(Vec<FieldShape>),
}

/// Whether a field may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be there; a list must hold something.
    Always,
    /// It may be absent.
    Maybe,
}

/// A name in a clause that must be defined somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// Where it stands: `by[0]`, `approvals[1].seat`.
    pub(crate) place: String,
    /// What it names.
    pub(crate) to: Named,
    pub(crate) name: &'a str,
    /// For clauses: the module, when it is given.
    pub(crate) module: Option<&'a str>,
}

/// What can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Party,
    Seat,
    Purpose,
    Asset,
    Body,
    Module,
    Account,
    Signal,
    Clause,
    /// A seat or a body.
    Decider,
}

impl Named {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Seat => "seat",
            Self::Purpose => "purpose",
            Self::Asset => "asset",
            Self::Body => "body",
            Self::Module => "module",
            Self::Account => "account",
            Self::Signal => "signal",
            Self::Clause => "clause",
            Self::Decider => "seat or body",
        }
    }
}

/// Declares a struct of typed fields; see the module's text. The field in parentheses is the key
/// that names the clause's kind. `= some` marks a list that must hold something.
macro_rules! shape {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident $(($(#[doc = $kdoc:literal])+ $key:ident: $kty:ty $(= $kmark:ident)?))? {
            $($(#[doc = $doc:literal])+ $field:ident $(as $toml:literal)?: $ty:ty $(= $mark:ident)?,)*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        $vis struct $name {
            $($(#[doc = $kdoc])+ pub $key: $kty,)?
            $(
                $(#[doc = $doc])+
                $(#[serde(rename = $toml)])?
                pub $field: $ty,
            )*
        }

        impl $crate::shape::Table for $name {
            fn shape(_key: Option<&'static str>) -> Vec<$crate::shape::FieldShape> {
                vec![
                    $($crate::shape::described::<$kty>(
                        _key.unwrap_or(stringify!($key)),
                        concat!($($kdoc, "\n"),+),
                        $crate::shape::marked!($($kmark)?),
                    ),)?
                    $($crate::shape::described::<$ty>(
                        $crate::shape::named!($field $($toml)?),
                        concat!($($doc, "\n"),+),
                        $crate::shape::marked!($($mark)?),
                    ),)*
                ]
            }

            fn take(
                fields: &mut $crate::fields::Fields<'_>,
                _key: &'static str,
            ) -> Option<Self> {
                use $crate::shape::Slot;
                $(let $key = <$kty as Slot>::take(
                    fields, _key, $crate::shape::marked!($($kmark)?),
                );)?
                $(let $field = <$ty as Slot>::take(
                    fields, $crate::shape::named!($field $($toml)?),
                    $crate::shape::marked!($($mark)?),
                );)*
                Some(Self { $($key: $key?,)? $($field: $field?,)* })
            }

            fn put(&self, _key: &'static str, out: &mut Vec<(&'static str, String)>) {
                use $crate::shape::Slot;
                $(out.extend(Slot::print(&self.$key).map(|text| (_key, text)));)?
                $(out.extend(
                    Slot::print(&self.$field)
                        .map(|text| ($crate::shape::named!($field $($toml)?), text)),
                );)*
            }

            fn refers<'s>(
                &'s self,
                _key: &str,
                prefix: &str,
                found: &mut Vec<$crate::shape::Reference<'s>>,
            ) {
                use $crate::shape::Slot;
                $(Slot::refer(&self.$key, &format!("{prefix}{_key}"), found);)?
                $(Slot::refer(
                    &self.$field,
                    &format!("{prefix}{}", $crate::shape::named!($field $($toml)?)),
                    found,
                );)*
            }
        }
    )+};
}

macro_rules! named {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $toml:literal) => {
        $toml
    };
}

macro_rules! marked {
    () => {
        false
    };
    (some) => {
        true
    };
}

pub(crate) use {marked, named, shape};

pub(crate) fn described<T: Slot>(name: &'static str, doc: &str, some: bool) -> FieldShape {
    let need = if some { Need::Always } else { T::NEED };
    let doc = doc.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
    let (written, examples) = (T::written(), T::examples());
    FieldShape { name, doc, need, written, examples, inside: T::inside() }
}
