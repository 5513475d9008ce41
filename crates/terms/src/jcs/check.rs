//! Whether bytes are canonical JSON, found out in one pass that builds nothing.

use std::cmp::Ordering;

/// How deep arrays and objects may be nested: as deep as `serde_json` reads.
const DEPTH_MOST: usize = 127;
/// The greatest integer that every reader of JSON has exactly has so many digits.
const DIGITS_MOST: usize = 16;
/// That integer.
const MOST: u64 = (1 << 53) - 1;

/// Where the parts of an object are: its fields' names, without quotation marks and as they are
/// spelt, and the bytes of their values.
pub type Fields<'a> = Vec<(&'a [u8], &'a [u8])>;

/// Whether `bytes` are exactly one canonical value; of an object, its fields.
pub(super) fn check(bytes: &[u8]) -> Option<Fields<'_>> {
    std::str::from_utf8(bytes).ok()?;
    let mut scan = Scan { bytes, at: 0 };
    let mut fields = Fields::new();
    scan.value(DEPTH_MOST, Some(&mut fields))?;
    (scan.at == bytes.len()).then_some(fields)
}

/// A place in bytes that are UTF-8. Every method goes on behind what it takes; none if there is
/// something else.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        self.at += word.len();
        rest.starts_with(word).then_some(())
    }

    /// A value; `depth` is how many arrays and objects may still begin. If it is an object, its
    /// fields go into `fields`.
    fn value(&mut self, depth: usize, fields: Option<&mut Fields<'a>>) -> Option<()> {
        match self.peek()? {
            b'"' => self.text().map(drop),
            b'{' => self.object(depth.checked_sub(1)?, fields),
            b'[' => self.array(depth.checked_sub(1)?),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.integer(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth, None)?;
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    fn object(&mut self, depth: usize, mut fields: Option<&mut Fields<'a>>) -> Option<()> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(());
        }
        let mut last: Option<&'a [u8]> = None;
        loop {
            let name = self.text()?;
            if last.is_some_and(|last| order(last, name) != Ordering::Less) {
                return None;
            }
            last = Some(name);
            self.take(b':')?;
            let start = self.at;
            self.value(depth, None)?;
            if let Some(fields) = &mut fields {
                fields.push((name, self.bytes.get(start..self.at)?));
            }
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    /// A text, as it is spelt between its quotation marks (RFC 8785 §3.2.2.2).
    fn text(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
        let text = self.bytes.get(start..self.at)?;
        self.at += 1;
        Some(text)
    }

    /// What has no other spelling: `"`, `\`, and control characters.
    fn escape(&mut self) -> Option<()> {
        self.at += 1;
        let kind = self.peek()?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let [b'0', b'0', high, low] = *self.bytes.get(self.at..)?.first_chunk::<4>()?
                else {
                    return None;
                };
                self.at += 4;
                let plain = match (high, low) {
                    // Five of them have a shorter spelling.
                    (b'0', b'0'..=b'7' | b'b' | b'e' | b'f') => true,
                    (b'1', b'0'..=b'9' | b'a'..=b'f') => true,
                    _ => false,
                };
                plain.then_some(())
            }
            _ => None,
        }
    }

    fn integer(&mut self) -> Option<()> {
        let negative = self.take(b'-').is_some();
        let rest = self.bytes.get(self.at..)?;
        let count = rest.iter().take(DIGITS_MOST + 1).take_while(|b| b.is_ascii_digit()).count();
        let digits = rest.get(..count).filter(|digits| digits.len() <= DIGITS_MOST)?;
        let number = digits.iter().fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
        let zeros = digits.first()? == &b'0' && (digits.len() > 1 || negative);
        self.at += count;
        (!zeros && number <= MOST).then_some(())
    }
}

/// How two names stand, by their UTF-16 code units (RFC 8785 §3.2.3).
fn order(a: &[u8], b: &[u8]) -> Ordering {
    let simple = |name: &[u8]| name.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
    if simple(a) && simple(b) {
        return a.cmp(b);
    }
    units(a).cmp(&units(b))
}

/// The code units of a name that was found to be spelt well.
fn units(name: &[u8]) -> Vec<u16> {
    let text: String = serde_json::from_slice(&[b"\"", name, b"\""].concat()).unwrap_or_default();
    text.encode_utf16().collect()
}
