//! How much a pack may ask for. A pack comes from somebody else: whatever its texts say, `new` ends
//! soon, with little memory, in an agreement or in a refusal.

use crate::limits::BYTES_MAX;

/// How deep files may include one another.
pub(super) const DEPTH: usize = 8;

/// How many `for` and `if` of a text may stand in one another.
pub(super) const NESTED_MOST: usize = 16;

/// The most bytes of a path in a pack.
pub(super) const PATH_MOST: usize = 200;

/// The most bytes of `pack.toml`, and of `answers.toml`.
pub(super) const MANIFEST_MOST: usize = 1 << 16;

/// The most texts of a pack.
pub(super) const FILES_MOST: usize = 500;

/// The most bytes of all texts of a pack.
pub(super) const TEXTS_MOST: usize = 4 << 20;

/// How many bytes of texts are read for one agreement, again at each turn of a `for`.
const READ_MOST: usize = 32 << 20;

/// How many bytes all modules of one agreement have at most; one has at most [`BYTES_MAX`].
const WRITTEN_MOST: usize = 8 << 20;

/// What is left for the texts of one agreement.
#[derive(Debug)]
pub(super) struct Fuel {
    read: usize,
    written: usize,
    /// What the text in hand has written.
    module: usize,
}

impl Default for Fuel {
    fn default() -> Self {
        Self { read: READ_MOST, written: WRITTEN_MOST, module: 0 }
    }
}

impl Fuel {
    /// Begins the next module.
    pub(super) fn next_text(&mut self) {
        self.module = 0;
    }

    /// Takes what it costs to look at so many bytes.
    ///
    /// # Errors
    /// There is not so much left.
    pub(super) fn read(&mut self, bytes: usize) -> Result<(), String> {
        /// What a line costs, however short it is.
        const LINE: usize = 16;
        let left = self.read.checked_sub(bytes.saturating_add(LINE));
        self.read = left.ok_or_else(|| {
            format!("its `for` and `include` repeat more than {} MiB of text", READ_MOST >> 20)
        })?;
        Ok(())
    }

    /// Takes what was written.
    ///
    /// # Errors
    /// More than a module may have, or than all of them may.
    pub(super) fn write(&mut self, bytes: usize) -> Result<(), String> {
        self.module = self.module.saturating_add(bytes);
        if self.module > BYTES_MAX {
            return Err(format!("it writes a module of more than {} MiB", BYTES_MAX >> 20));
        }
        let left = self.written.checked_sub(bytes);
        self.written = left
            .ok_or_else(|| format!("it writes modules of more than {} MiB", WRITTEN_MOST >> 20))?;
        Ok(())
    }
}

/// The beginning of what somebody wrote, for a message.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(SHOWN).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}
