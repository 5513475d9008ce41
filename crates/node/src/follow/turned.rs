//! What the log's key says of acts that it does not take, and whether the log bears that out.
//!
//! ```text
//! receipts/turned-away/<act>     that an act was turned away, and which of how many it was
//! evidence/<act>.turned-away     what was said of an act that the log then counted otherwise
//! evidence/<act>.refusals-spent  what was said of an act that was handed in here, and is not so by the
//!                                log as far as it was followed
//! freed/<act>                    what was said of one and is so: this party waited for it no longer, and
//!                                tells whoever asks why
//! ```
//!
//! All below the store. The word is a signed note: it binds the log's operator, whoever holds it.

use std::fs;
use std::path::PathBuf;

use concordat_terms::{Digest, Problem};
use concordat_tlog::word::Spent;

use super::promises::{bad, files};
use super::{Follower, Waiting};
use crate::client::id_of;
use crate::home::{make_dir, unwritable, write_whole};
use crate::plain::{Kind, read_text};

const TURNED: &str = "receipts/turned-away";
const TURNED_AWAY: &str = "turned-away";
const SPENT: &str = "refusals-spent";
const FREED: &str = "freed";
/// How many words are kept of acts that were waited for no longer; the oldest of more goes.
const FREED_MOST: usize = 1_024;

impl Follower {
    /// Keeps what the log's key said of an act of this party that was turned away.
    ///
    /// # Errors
    /// A [`Problem`]: it is not the log's word of that act; the disk.
    pub fn keep_word(&self, envelope: &[u8], word: &[u8]) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        let said = Spent::open(word, &log).map_err(|e| bad(&e.to_string()))?;
        let id = id_of(envelope);
        if (said.log, said.act, said.party.as_str()) != (self.log, id, self.party.as_str()) {
            return Err(bad("it is of another act or log than the one that was turned away"));
        }
        make_dir(&self.dir.join(TURNED))?;
        write_whole(&self.dir.join(TURNED).join(id.to_string()), word)
    }

    /// Compares what was said of acts that were turned away with what the log counts: a count is of no
    /// fewer acts than its key said there were. What was counted so is not kept any longer; what was
    /// counted otherwise is evidence.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub(crate) fn check_counts(&self) -> Result<(), Problem> {
        let state = self.state();
        let Some(last) = state.last_count(&self.party) else { return Ok(()) };
        let Some(log) = self.log_key()? else { return Ok(()) };
        for path in files(&self.dir.join(TURNED))? {
            let bytes = read_text(&path, Kind::Checkpoint).unwrap_or_default();
            let Ok(said) = Spent::open(bytes.as_bytes(), &log) else { continue };
            // What is counted since then is not told yet.
            if said.since > last.count.until {
                continue;
            }
            let told = state.count_from(&self.party, said.since);
            if told.is_none_or(|told| told.count.turned_away < said.nth) {
                make_dir(&self.evidence)?;
                write_whole(
                    &self.evidence.join(format!("{}.{TURNED_AWAY}", said.act)),
                    bytes.as_bytes(),
                )?;
                tracing::error!(act = %said.act, "the log counts fewer acts than it turned away");
            }
            fs::remove_file(&path).map_err(|e| unwritable(&path, &e))?;
        }
        Ok(())
    }

    /// Whether an act that was handed in here is rightly not taken today: the log's key says so of this
    /// very act, and the log as far as it was followed has as many refusals of its party on that day. A
    /// word that it does not bear out frees nobody, and is kept until it does; one that it bears out is
    /// kept for the party.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub(crate) fn is_spent(&self, word: &[u8], waiting: &Waiting) -> Result<bool, Problem> {
        let Some(log) = self.log_key()? else { return Ok(false) };
        let Ok(said) = Spent::open(word, &log) else { return Ok(false) };
        let of_act = said.act == waiting.id && said.party == waiting.party.as_str();
        let counted = self.refusals.on_day_of(said.time, &waiting.party);
        let true_here = said.refused > Spent::REFUSED_MOST && said.refused <= counted;
        let path = self.evidence.join(format!("{}.{SPENT}", waiting.id));
        if said.log == self.log && of_act && true_here {
            self.keep_freeing(&waiting.id, word)?;
            if path.exists() {
                fs::remove_file(&path).map_err(|e| unwritable(&path, &e))?;
            }
            return Ok(true);
        }
        make_dir(&self.evidence)?;
        write_whole(&path, word)?;
        Ok(false)
    }

    fn keep_freeing(&self, id: &Digest, word: &[u8]) -> Result<(), Problem> {
        let folder = self.dir.join(FREED);
        make_dir(&folder)?;
        let changed = |path: &PathBuf| fs::metadata(path).and_then(|about| about.modified()).ok();
        let mut kept = files(&folder)?;
        kept.sort_by_key(changed);
        for old in kept.iter().take((kept.len() + 1).saturating_sub(FREED_MOST)) {
            fs::remove_file(old).map_err(|e| unwritable(old, &e))?;
        }
        write_whole(&folder.join(id.to_string()), word)
    }

    /// Why this party does not wait any longer for an act that was handed in here: what the log's key said
    /// of it, if that is why.
    pub fn freed_by(&self, id: &Digest) -> Option<Vec<u8>> {
        fs::read(self.dir.join(FREED).join(id.to_string())).ok()
    }
}
