//! Signed notes (C2SP signed-note): a text and lines that sign it.

use std::collections::BTreeSet;

use concordat_terms::Timestamp;

use crate::b64;
use crate::cosign;
use crate::key::SigningKey;
use crate::vkey::{Key, NotAName, Vkey, check_name};

/// The largest note in bytes.
pub const NOTE_BYTES_MAX: usize = 1 << 20;
/// The most signature lines on a note (the specification asks for at least 16).
pub const SIGNATURES_MAX: usize = 64;
/// The most cosignatures on a note that its log has signed.
pub const COSIGNATURES_MAX: usize = SIGNATURES_MAX - 1;

const DASH: &str = "\u{2014} ";

/// A text ending in a newline, and at least one signature line. Nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<SignatureLine>,
}

/// `— name base64(key id ‖ signature)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct NotANote {
    /// Byte offset of the offending line or character.
    pub at: usize,
    /// What is wrong there.
    pub what: NoteProblem,
}

/// What can be wrong with a note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteProblem {
    /// More than [`NOTE_BYTES_MAX`] bytes.
    #[error("the note is too long")]
    TooLong,
    /// Not UTF-8.
    #[error("the note is not UTF-8")]
    Utf8,
    /// A control character other than newline.
    #[error("the note has a control character")]
    Control,
    /// No blank line, or no newline at the end.
    #[error("the note has no signature lines after a blank line")]
    Unsigned,
    /// A line that is not a signature line.
    #[error("a line after the text is not `— name signature`")]
    Line,
    /// Not a key name.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// Not canonical base64 of at least five bytes.
    #[error("a signature is not a key id and a signature in canonical base64")]
    Base64,
    /// More than [`SIGNATURES_MAX`] lines.
    #[error("the note has more than 64 signature lines")]
    TooMany,
}

/// What to do with a signature line of a key that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// Ignore it, as the specification asks: other people have other witnesses.
    Ignored,
    /// Reject the note: in an archive every byte has to be accounted for.
    Rejected,
}

/// A key that signed a note, and when if it is a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'k> {
    /// The key.
    pub key: &'k Vkey,
    /// The cosignature's time; none from a log's key.
    pub at: Option<Timestamp>,
}

/// Why a note's signatures do not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature line {} of it: {what}", .line.saturating_add(1))]
pub struct BadNote {
    /// Index of the signature line, from 0.
    pub line: usize,
    /// What is wrong with it.
    pub what: BadLine,
}

/// What can be wrong with a signature line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// A known key's signature does not verify: the whole note is rejected.
    #[error("the signature of known key `{0}` does not verify")]
    Failed(String),
    /// A known key signs a second time, where that is rejected.
    #[error("key `{0}` signs twice")]
    Repeated(String),
    /// A key that is not known, where that is rejected.
    #[error("key `{0}` is not listed")]
    Unlisted(String),
}

impl Note {
    /// A note of a text and its signature lines.
    ///
    /// # Errors
    /// [`NotANote`] when the text does not end in a newline or the lines are none or too many.
    pub fn new(text: String, lines: Vec<SignatureLine>) -> Result<Self, NotANote> {
        // One set of rules: what cannot be read back cannot be built.
        let note = Self { text, lines };
        let read = Self::parse(&note.to_bytes())?;
        if read == note { Ok(note) } else { Err(NotANote { at: 0, what: NoteProblem::Line }) }
    }

    /// Reads a note whose bytes are exactly what [`Note::to_bytes`] writes.
    ///
    /// # Errors
    /// [`NotANote`], with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotANote> {
        let fault = |at, what| NotANote { at, what };
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(fault(NOTE_BYTES_MAX, NoteProblem::TooLong));
        }
        let whole =
            std::str::from_utf8(bytes).map_err(|e| fault(e.valid_up_to(), NoteProblem::Utf8))?;
        if let Some(at) = whole.bytes().position(|b| b < 0x20 && b != b'\n') {
            return Err(fault(at, NoteProblem::Control));
        }

        // The last blank line ends the text; the text keeps its own newline.
        let unsigned = || fault(whole.len(), NoteProblem::Unsigned);
        let (text, signatures) = whole.rsplit_once("\n\n").ok_or_else(unsigned)?;
        let body = signatures.strip_suffix('\n').ok_or_else(unsigned)?;
        let mut at = text.len() + 2;
        let mut lines = Vec::new();
        for line in body.split('\n') {
            if lines.len() == SIGNATURES_MAX {
                return Err(fault(at, NoteProblem::TooMany));
            }
            lines.push(SignatureLine::parse(line).map_err(|what| fault(at, what))?);
            at += line.len() + 1;
        }
        Ok(Self { text: format!("{text}\n"), lines })
    }

    /// The note as sent and stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\n", self.text);
        for line in &self.lines {
            out.push_str(&line.to_text());
            out.push('\n');
        }
        out.into_bytes()
    }

    /// The signed text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order.
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// Byte offset at which signature line `index` starts.
    pub fn offset_of_line(&self, index: usize) -> usize {
        let before: usize =
            self.lines.iter().take(index).map(|line| line.to_text().len() + 1).sum();
        self.text.len() + 1 + before
    }

    /// Adds a line, a cosignature that arrived later, say.
    ///
    /// # Errors
    /// [`NotANote`] when there are [`SIGNATURES_MAX`] lines already.
    pub fn push(&mut self, line: SignatureLine) -> Result<(), NotANote> {
        if self.lines.len() >= SIGNATURES_MAX {
            let at = self.offset_of_line(self.lines.len());
            return Err(NotANote { at, what: NoteProblem::TooMany });
        }
        self.lines.push(line);
        Ok(())
    }

    /// Verifies every line of a known key and says which keys signed, in the order of the lines.
    ///
    /// A known key's line that fails rejects the note, even if another of its lines is good.
    /// Where unlisted lines are ignored, a key's further good lines are too. Nobody having
    /// signed is not an error here: who must have is the caller's policy.
    ///
    /// # Errors
    /// [`BadNote`], naming the line.
    pub fn verify<'k>(
        &self,
        known: impl IntoIterator<Item = &'k Vkey> + Clone,
        unlisted: Unlisted,
    ) -> Result<Vec<Signed<'k>>, BadNote> {
        let mut signed = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            let fault = |what| BadNote { line: index, what };
            let matching = known.clone().into_iter().find(|key| line.is_by(key));
            match (matching, unlisted) {
                (Some(key), _) => {
                    let at = line
                        .check(key, &self.text)
                        .ok_or_else(|| fault(BadLine::Failed(line.name.clone())))?;
                    if seen.insert(key) {
                        signed.push(Signed { key, at });
                    } else if unlisted == Unlisted::Rejected {
                        return Err(fault(BadLine::Repeated(line.name.clone())));
                    }
                }
                (None, Unlisted::Ignored) => {}
                (None, Unlisted::Rejected) => {
                    return Err(fault(BadLine::Unlisted(line.name.clone())));
                }
            }
        }
        Ok(signed)
    }
}

impl SignatureLine {
    /// Signs a note's text as a log: type 0x01.
    ///
    /// # Errors
    /// [`NotAName`].
    pub fn sign(name: &str, key: &SigningKey, text: &str) -> Result<Self, NotAName> {
        let vkey = Vkey::new(name, Key::Log(key.public()))?;
        Ok(Self::of(&vkey, key.sign(text.as_bytes()).to_vec()))
    }

    /// Reads one line, without its newline: a witness's answer, say.
    ///
    /// # Errors
    /// [`NoteProblem`].
    pub fn parse(line: &str) -> Result<Self, NoteProblem> {
        let rest = line.strip_prefix(DASH).ok_or(NoteProblem::Line)?;
        let (name, encoded) = rest.split_once(' ').ok_or(NoteProblem::Line)?;
        check_name(name)?;
        let decoded = b64::decode(encoded).ok_or(NoteProblem::Base64)?;
        let (key_id, signature) = decoded.split_first_chunk::<4>().ok_or(NoteProblem::Base64)?;
        if signature.is_empty() {
            return Err(NoteProblem::Base64);
        }
        Ok(Self { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }

    /// The line, without its newline.
    pub fn to_text(&self) -> String {
        let encoded = b64::encode(&[self.key_id.as_slice(), &self.signature].concat());
        format!("{DASH}{} {encoded}", self.name)
    }

    /// The name of the key that claims to sign.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both claim to be by one key.
    pub fn is_of_same_key(&self, other: &Self) -> bool {
        self.name == other.name && self.key_id == other.key_id
    }

    /// What was signed with, without the key's id: of a witness, its time comes first.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(crate) fn of(vkey: &Vkey, signature: Vec<u8>) -> Self {
        Self { name: vkey.name().to_owned(), key_id: vkey.id(), signature }
    }

    /// Whether it names this key; nothing is verified.
    pub fn is_by(&self, key: &Vkey) -> bool {
        self.name == key.name() && self.key_id == key.id()
    }

    /// When it says that it was made, if it is a witness's; nothing is verified.
    pub fn stated_time(&self) -> Option<Timestamp> {
        cosign::unstamped(&self.signature).map(|(at, _)| at)
    }

    /// The time, if the key is a witness; none at all unless the signature verifies.
    fn check(&self, key: &Vkey, text: &str) -> Option<Option<Timestamp>> {
        match key.key() {
            Key::Log(public) => {
                let signature = self.signature.as_slice().try_into().ok()?;
                public.verify(text.as_bytes(), signature).ok()?;
                Some(None)
            }
            Key::Witness(public) => Some(Some(cosign::verify(public, text, &self.signature)?)),
            Key::PqWitness(public) => {
                Some(Some(cosign::verify_pq(key.name(), public, text, &self.signature)?))
            }
        }
    }
}
