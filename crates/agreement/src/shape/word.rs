//! Closed lists of words.

use crate::fields::Value;
use crate::nearest::suggest;
use crate::source::Wrong;

use super::scalar::string;

/// A closed list of words.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Each word, its meaning and what it says of itself.
    const WORDS: &'static [(&'static str, Self, &'static str)];
}

/// One of the words.
pub(crate) fn word<T: Word>(value: &Value<'_>) -> Result<T, Wrong> {
    let text = string(value)?;
    let known = T::WORDS.iter().find(|(word, ..)| *word == text);
    known.map(|(_, meaning, _)| *meaning).ok_or_else(|| {
        let hint = suggest(text, T::WORDS.iter().map(|(word, ..)| *word));
        Wrong::new("unknown-word", format!("`{text}` is not a word for this field"), hint)
    })
}

/// How a word is written.
pub(crate) fn spelling<T: Word>(meaning: T) -> &'static str {
    T::WORDS.iter().find(|(_, m, _)| *m == meaning).map_or("", |(word, ..)| word)
}

/// The words in a sentence.
pub(crate) fn listed<T: Word>() -> String {
    let words: Vec<String> = T::WORDS.iter().map(|(word, ..)| format!("`{word}`")).collect();
    words.join(", ")
}

/// Declares closed lists of words.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident = $word:literal,)+ }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[doc = $vdoc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// As it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::shape::word_field!($name {
            $($word = $name::$variant, concat!($($vdoc),+);)+
        });
    )+};
}

/// Makes an enum a field.
macro_rules! word_field {
    ($name:ty { $($word:literal = $variant:expr, $doc:expr;)+ }) => {
        impl $crate::shape::Word for $name {
            const WORDS: &'static [(&'static str, Self, &'static str)] =
                &[$(($word, $variant, $doc)),+];
        }

        impl $crate::shape::Field for $name {
            fn written() -> String {
                format!("one of {}", $crate::shape::listed_words::<Self>())
            }

            fn examples() -> Vec<String> {
                vec![$(concat!('"', $word, '"').to_owned()),+]
            }

            fn inside() -> $crate::shape::Inside {
                $crate::shape::Inside::Words(vec![$(($word, $doc.trim_ascii())),+])
            }

            fn read<'a>(
                fields: &mut $crate::fields::Fields<'a>,
                place: &str,
                value: $crate::fields::Value<'a>,
            ) -> Option<Self> {
                fields.convert(place, &value, $crate::shape::read_word)
            }

            fn print(&self) -> String {
                format!("{:?}", $crate::shape::spelling(*self))
            }
        }
    };
}

pub(crate) use {word_field, words};
