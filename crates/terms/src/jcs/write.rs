//! Writing canonical JSON straight into the bytes that are hashed or signed, in one pass.
//!
//! A value is written as its type tells it. Only where the fields of an object did not come in the
//! order of RFC 8785 is what was written of them moved, once the object ends.

use std::cmp::Ordering;
use std::fmt::Display;
use std::io::Write as _;

use serde::{Serialize, ser};

use super::NotCanonical;

/// The greatest integer that every reader of JSON has exactly.
const MOST: u64 = (1 << 53) - 1;

/// How long most acts and changes are at most.
const LIKELY: usize = 512;

/// The canonical JSON of a value.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    let mut writer = Writer { out: Vec::with_capacity(LIKELY), ..Writer::default() };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

#[derive(Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    /// The fields of every object that is not ended yet, the innermost one's last.
    fields: Vec<Field>,
    /// What was written of an object whose fields are put in order.
    unordered: Vec<u8>,
    /// Whether a name is written: of a number, its digits.
    in_name: bool,
}

/// Where a field was written: its name, quotation marks included, a colon, its value.
#[derive(Clone, Copy)]
struct Field {
    name: usize,
    colon: usize,
    end: usize,
    /// Whether its name is ASCII without escapes, as nearly all are.
    simple: bool,
}

impl Writer {
    pub(super) fn text(&mut self, text: &str) -> Result<(), NotCanonical> {
        if !is_plain(text.as_bytes()) {
            // serde_json escapes as RFC 8785 §3.2.2.2 asks.
            return serde_json::to_writer(&mut self.out, text).map_err(shape);
        }
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    /// A text that spells itself: most need no string of their own for that.
    pub(super) fn spelt(&mut self, value: &(impl Display + ?Sized)) -> Result<(), NotCanonical> {
        let start = self.out.len();
        write!(self.out, "\"{value}\"").map_err(shape)?;
        let end = self.out.len().saturating_sub(1);
        if self.out.get(start + 1..end).is_some_and(is_plain) {
            return Ok(());
        }
        self.out.truncate(start);
        self.text(&value.to_string())
    }

    pub(super) fn integer(&mut self, negative: bool, number: u64) -> Result<(), NotCanonical> {
        if number > MOST && !self.in_name {
            let sign = if negative { "-" } else { "" };
            return Err(NotCanonical::Number(format!("{sign}{number}")));
        }
        if negative {
            self.out.push(b'-');
        }
        // As long as the longest number; its digits come the last first.
        let (mut digits, mut left, mut count) = ([0; 20], number, 0);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
            count += 1;
            if left == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(digits.len() - count..).unwrap_or_default());
        Ok(())
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), NotCanonical> {
        self.out.extend_from_slice(word.as_bytes());
        Ok(())
    }

    /// `{"Variant":`, of which the end is still to come.
    pub(super) fn variant(&mut self, name: &str) -> Result<(), NotCanonical> {
        self.out.push(b'{');
        self.text(name)?;
        self.out.push(b':');
        Ok(())
    }

    /// The name of a field; a number or a truth is one by its spelling.
    pub(super) fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), NotCanonical> {
        let start = self.out.len();
        self.in_name = true;
        name.serialize(&mut *self)?;
        self.in_name = false;
        match self.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            _ => return Err(NotCanonical::Shape("key must be a string".to_owned())),
        }
        Ok(())
    }

    /// Ends an object whose fields are listed from `first` on. Of two with one name the later one
    /// stands.
    fn order(&mut self, first: usize) {
        let Self { out, fields, unordered, .. } = self;
        let own = fields.get_mut(first..).unwrap_or_default();
        let sorted = own.is_sorted_by(|a, b| order(out, a, b) == Ordering::Less);
        if let (false, Some(start)) = (sorted, own.first().map(|field| field.name)) {
            own.sort_by(|a, b| order(out, a, b));
            unordered.clear();
            unordered.extend_from_slice(out.get(start..).unwrap_or_default());
            out.truncate(start);
            let mut later = own.iter().skip(1);
            for field in own.iter() {
                let written = unordered.get(field.name - start..field.end - start);
                let named = |field: &Field| unordered.get(field.name - start..field.colon - start);
                if later.next().is_some_and(|next| named(next) == named(field)) {
                    continue;
                }
                if out.len() > start {
                    out.push(b',');
                }
                out.extend_from_slice(written.unwrap_or_default());
            }
        }
        fields.truncate(first);
    }
}

/// Whether a text is written as it is, without escapes.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte >= b' ' && *byte != b'"' && *byte != b'\\')
}

/// Two fields by the UTF-16 code units of their names (RFC 8785 §3.2.3), which for ASCII is by bytes.
fn order(out: &[u8], one: &Field, other: &Field) -> Ordering {
    if one.simple && other.simple {
        let inner = |field: &Field| out.get(field.name + 1..field.colon - 1);
        return inner(one).cmp(&inner(other));
    }
    let read = |field: &Field| {
        let name = out.get(field.name..field.colon).unwrap_or_default();
        serde_json::from_slice::<String>(name).unwrap_or_default()
    };
    read(one).encode_utf16().cmp(read(other).encode_utf16())
}

fn shape(why: impl Display) -> NotCanonical {
    NotCanonical::Shape(why.to_string())
}

impl ser::Error for NotCanonical {
    fn custom<T: Display>(why: T) -> Self {
        shape(why)
    }
}

/// A list or an object that is not ended yet.
pub(super) struct Open<'w> {
    writer: &'w mut Writer,
    /// Where the fields of an object are listed.
    first: usize,
    /// Whether it has an item already.
    begun: bool,
    /// What ends it, with the variant around it.
    ends: &'static str,
}

impl<'w> Open<'w> {
    pub(super) fn list(writer: &'w mut Writer, ends: &'static str) -> Self {
        writer.out.push(b'[');
        let first = writer.fields.len();
        Self { writer, first, begun: false, ends }
    }

    pub(super) fn object(writer: &'w mut Writer, ends: &'static str) -> Self {
        writer.out.push(b'{');
        let first = writer.fields.len();
        Self { writer, first, begun: false, ends }
    }

    fn comma(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            self.writer.out.push(b',');
        }
    }

    pub(super) fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotCanonical> {
        self.comma();
        item.serialize(&mut *self.writer)
    }

    pub(super) fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), NotCanonical> {
        self.comma();
        let start = self.writer.out.len();
        self.writer.name(name)?;
        let colon = self.writer.out.len();
        let written = self.writer.out.get(start..colon).unwrap_or_default();
        let simple = written.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
        self.writer.out.push(b':');
        self.writer.fields.push(Field { name: start, colon, end: colon, simple });
        Ok(())
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        self.writer.fields.last_mut().into_iter().for_each(|field| field.end = end);
        Ok(())
    }

    pub(super) fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), NotCanonical> {
        self.name(name)?;
        self.value(value)
    }

    pub(super) fn close(self) -> Result<(), NotCanonical> {
        self.writer.order(self.first);
        self.writer.word(self.ends)
    }
}
