//! What each kind of value is told as: the small print of [`super::write`].

use std::fmt::Display;

use serde::{Serialize, Serializer, ser};

use super::NotCanonical;
use super::write::{Open, Writer};

type Done = Result<(), NotCanonical>;

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = NotCanonical;
    type SerializeSeq = Open<'w>;
    type SerializeTuple = Open<'w>;
    type SerializeTupleStruct = Open<'w>;
    type SerializeTupleVariant = Open<'w>;
    type SerializeMap = Open<'w>;
    type SerializeStruct = Open<'w>;
    type SerializeStructVariant = Open<'w>;

    fn serialize_bool(self, value: bool) -> Done {
        self.word(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Done {
        self.integer(value < 0, value.unsigned_abs())
    }

    fn serialize_i128(self, value: i128) -> Done {
        let short = i64::try_from(value).map_err(|_| NotCanonical::Number(value.to_string()))?;
        self.serialize_i64(short)
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.integer(false, value)
    }

    fn serialize_u128(self, value: u128) -> Done {
        let short = u64::try_from(value).map_err(|_| NotCanonical::Number(value.to_string()))?;
        self.serialize_u64(short)
    }

    fn serialize_f32(self, value: f32) -> Done {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Done {
        Err(NotCanonical::Number(format!("{value:?}")))
    }

    fn serialize_char(self, value: char) -> Done {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.text(value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Done {
        self.spelt(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        value.serialize(self)
    }

    fn serialize_none(self) -> Done {
        self.word("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.word("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.word("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.word("}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'w>, NotCanonical> {
        Ok(Open::list(self, "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'w>, NotCanonical> {
        Ok(Open::list(self, "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'w>, NotCanonical> {
        Ok(Open::list(self, "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w>, NotCanonical> {
        self.variant(variant)?;
        Ok(Open::list(self, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'w>, NotCanonical> {
        Ok(Open::object(self, "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'w>, NotCanonical> {
        Ok(Open::object(self, "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w>, NotCanonical> {
        self.variant(variant)?;
        Ok(Open::object(self, "}}"))
    }
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = NotCanonical;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.name(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.value(value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

/// Lists and objects whose parts come one by one.
macro_rules! parts {
    ($($kind:ident: $part:ident($($name:ident)?) by $by:ident;)*) => {$(
        impl ser::$kind for Open<'_> {
            type Ok = ();
            type Error = NotCanonical;

            fn $part<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                part: &T,
            ) -> Done {
                self.$by($($name,)? part)
            }

            fn end(self) -> Done {
                self.close()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element() by item;
    SerializeTuple: serialize_element() by item;
    SerializeTupleStruct: serialize_field() by item;
    SerializeTupleVariant: serialize_field() by item;
    SerializeStruct: serialize_field(name) by field;
    SerializeStructVariant: serialize_field(name) by field;
}
