//! Acts made up from nothing but their types: a deserializer that answers every question of a
//! payload's shape with a choice of its own. An act that the vocabulary gets later is dreamt as
//! the others are; nobody writes it down here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use concordat_partnership::Act;
use concordat_terms::{ActName, Aspect, ORDERS};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use crate::dice::{Dice, Tape};
use crate::words::{Kind, Words, hinted};

/// A text that the field did not take, or a shape that nobody can guess.
#[derive(Debug)]
pub(crate) struct NotDreamt(String);

impl fmt::Display for NotDreamt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotDreamt {}

impl serde::de::Error for NotDreamt {
    fn custom<T: fmt::Display>(msg: T) -> Self {
        Self(msg.to_string())
    }
}

/// A field of a payload, or the keys of a map in one.
type Slot = (&'static str, &'static str, bool);

/// Which kinds of texts each field refuses: found by trying, once, the same way every time.
#[derive(Default)]
pub(crate) struct Lexicon {
    refused: BTreeSet<(Slot, Kind)>,
    /// What is left to each field: of what its name hints at, and of all.
    takes: BTreeMap<Slot, (Vec<Kind>, Vec<Kind>)>,
}

impl Lexicon {
    pub(crate) fn get() -> &'static Self {
        static TRIED: OnceLock<Lexicon> = OnceLock::new();
        TRIED.get_or_init(|| {
            let mut lexicon = Self::default();
            let words = Words::sample();
            let mut dice = Dice::new(1);
            for act in ActName::JUDGED {
                let mut quiet = 0;
                for _ in 0..20_000 {
                    let mut tape = Tape::new(Vec::new(), dice.roll());
                    let last = RefCell::new(None);
                    let dreamt = lexicon.imagine(*act, &words, &mut tape, &last);
                    quiet += 1;
                    if let (Err(_), Some(refused)) = (dreamt, last.into_inner()) {
                        lexicon.refused.insert(refused);
                        let left = lexicon.left(refused.0);
                        lexicon.takes.insert(refused.0, left);
                        quiet = 0;
                    }
                    if quiet == 120 {
                        break;
                    }
                }
            }
            lexicon
        })
    }

    /// An act of this name, as the choices have it.
    pub(crate) fn dream(&self, act: ActName, words: &Words, tape: &mut Tape) -> Option<Act> {
        self.imagine(act, words, tape, &RefCell::new(None)).ok()
    }

    /// What a field has not refused yet.
    fn left(&self, slot: Slot) -> (Vec<Kind>, Vec<Kind>) {
        let takes = |kinds: &[Kind]| -> Vec<Kind> {
            let takes = kinds.iter().filter(|kind| !self.refused.contains(&(slot, **kind)));
            takes.copied().collect()
        };
        (takes(hinted(slot.1)), takes(&Kind::ALL))
    }

    fn imagine(
        &self,
        act: ActName,
        words: &Words,
        tape: &mut Tape,
        last: &RefCell<Option<(Slot, Kind)>>,
    ) -> Result<Act, NotDreamt> {
        let tape = RefCell::new(tape);
        let here = ("act", "", false);
        Act::deserialize(Dream { lexicon: self, words, tape: &tape, last, here, named: Some(act) })
    }
}

#[derive(Clone, Copy)]
struct Dream<'a, 't> {
    lexicon: &'a Lexicon,
    words: &'a Words,
    tape: &'a RefCell<&'t mut Tape>,
    /// The text that was given last, to know which one was refused.
    last: &'a RefCell<Option<(Slot, Kind)>>,
    here: Slot,
    /// The act that is asked for, at the top.
    named: Option<ActName>,
}

impl Dream<'_, '_> {
    /// A choice: a text that was given before it was taken.
    fn below(&self, n: usize) -> usize {
        *self.last.borrow_mut() = None;
        self.tape.borrow_mut().below(n)
    }

    fn at(self, here: Slot) -> Self {
        Self { here, named: None, ..self }
    }

    fn number(&self, most: u64) -> u64 {
        const SMALL: [u64; 10] = [1, 2, 3, 4, 5, 0, 10, 50, 100, 1000];
        let known = &self.words.numbers;
        let number = match self.below(8) {
            0..4 if most > 255 && !known.is_empty() => known[self.below(known.len())],
            7 if self.below(10) == 0 => most,
            _ => SMALL[self.below(SMALL.len())],
        };
        number.min(most)
    }

    fn text(&self) -> String {
        let field = self.here.1;
        let left = self.lexicon.takes.get(&self.here);
        let tried = if left.is_none() { self.lexicon.left(self.here) } else { Default::default() };
        let (likely, all) = left.unwrap_or(&tried);
        // A field that its name tells nothing about, and once in a while any other.
        let kinds = if likely.is_empty() || self.below(40) == 0 { all } else { likely };
        let Some(kind) = kinds.get(self.below(kinds.len())).copied() else {
            return "nothing".to_owned();
        };
        *self.last.borrow_mut() = Some((self.here, kind));
        let which = self.tape.borrow_mut().draw();
        let one = self.tape.borrow_mut().draw();
        self.words.word(kind, field, (which, one))
    }

    /// The acts that a body can decide: what else would an act carry another for?
    fn any_act(&self) -> ActName {
        let decided: Vec<ActName> = ActName::JUDGED
            .iter()
            .filter(|act| act.about().contains(&Aspect::Decision))
            .copied()
            .collect();
        match self.below(20) {
            0 => ActName::JUDGED[self.below(ActName::JUDGED.len())],
            _ => decided[self.below(decided.len())],
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
            let number = self.number(<$type>::MAX.try_into().unwrap_or(u64::MAX));
            visitor.$visit(<$type>::try_from(number).unwrap_or_default())
        }
    )*};
}

impl<'de> Deserializer<'de> for Dream<'_, '_> {
    type Error = NotDreamt;

    numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotDreamt> {
        Err(NotDreamt(format!("nobody tells what `{:?}` takes", self.here)))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        let said = self.below(4) == 0;
        visitor.visit_bool(said)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        visitor.visit_string(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        visitor.visit_string(self.text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        match self.below(2) {
            0 => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NotDreamt> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        if self.here.1 == "cost" {
            let costs = &self.words.costs;
            let none = vec![0; ORDERS];
            let cost = costs.get(self.below(costs.len())).cloned().unwrap_or(none);
            return visitor.visit_seq(serde::de::value::SeqDeserializer::new(cost.into_iter()));
        }
        let left = [0, 1, 1, 1, 2, 3, 4][self.below(7)];
        visitor.visit_seq(Several { dream: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, NotDreamt> {
        visitor.visit_seq(Several { dream: self, left })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotDreamt> {
        // An act is a map as well, and says so.
        if format!("{}", &visitor as &dyn Expected).contains("name of an act") {
            let act = self.named.unwrap_or_else(|| self.any_act());
            return visitor.visit_map(Fields {
                dream: self,
                name: "act",
                fields: &[],
                act: Some(act),
            });
        }
        let left = [0, 1, 1, 2, 3, 4][self.below(6)];
        visitor.visit_map(Several { dream: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotDreamt> {
        visitor.visit_map(Fields { dream: self, name, fields, act: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotDreamt> {
        let variant = variants[self.below(variants.len())];
        visitor.visit_enum(One { dream: self.at((name, variant, false)), variant })
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}

/// So many of a list or of a map.
struct Several<'a, 't> {
    dream: Dream<'a, 't>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Several<'_, '_> {
    type Error = NotDreamt;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NotDreamt> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.dream).map(Some)
    }
}

impl<'de> MapAccess<'de> for Several<'_, '_> {
    type Error = NotDreamt;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, NotDreamt> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let (name, field, _) = self.dream.here;
        seed.deserialize(self.dream.at((name, field, true))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotDreamt> {
        seed.deserialize(self.dream)
    }
}

/// The fields of a payload, or the one field of an act: its name.
struct Fields<'a, 't> {
    dream: Dream<'a, 't>,
    name: &'static str,
    fields: &'static [&'static str],
    act: Option<ActName>,
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = NotDreamt;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, NotDreamt> {
        let key = match self.act.take() {
            Some(act) => act.as_str(),
            None => {
                let Some((field, rest)) = self.fields.split_first() else { return Ok(None) };
                self.dream = self.dream.at((self.name, field, false));
                self.fields = rest;
                field
            }
        };
        seed.deserialize(IntoDeserializer::<NotDreamt>::into_deserializer(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotDreamt> {
        seed.deserialize(self.dream)
    }
}

/// One of several shapes.
struct One<'a, 't> {
    dream: Dream<'a, 't>,
    variant: &'static str,
}

impl<'de, 'a, 't> EnumAccess<'de> for One<'a, 't> {
    type Error = NotDreamt;
    type Variant = Dream<'a, 't>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), NotDreamt> {
        let name = IntoDeserializer::<NotDreamt>::into_deserializer(self.variant);
        Ok((seed.deserialize(name)?, self.dream))
    }
}

impl<'de> VariantAccess<'de> for Dream<'_, '_> {
    type Error = NotDreamt;

    fn unit_variant(self) -> Result<(), NotDreamt> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NotDreamt> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, NotDreamt> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotDreamt> {
        visitor.visit_map(Fields { dream: self, name: self.here.0, fields, act: None })
    }
}
