//! What the sequencer says of its own fold, beside this one.

use concordat_partnership::{Actor, Verdict};
use concordat_terms::ActName;
use serde::{Deserialize, Serialize};

/// Of so many entries in a row, one is an admitted digest record (`rules/1/fold.md`, rule 11).
pub const RECORD_WITHIN: u64 = 256;

/// The sequencer's digest records in a log that is being folded: hand every verdict to
/// [`Records::heard`], in order.
///
/// Whoever orders the acts has to say what it made of them, and often: a sequencer that keeps
/// quiet about its verdicts is trusted no more than one that tells other ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    admitted: u64,
    last: Option<u64>,
    size: u64,
    unrecorded: u64,
}

/// Why a log's sequencer is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Astray {
    /// It recorded another digest than this fold's.
    #[error("the coordinator's own verdicts differ before index {index}")]
    Differs {
        /// Where the record is.
        index: u64,
    },
    /// Its record was made in sight of entries that are not this log's.
    #[error("the coordinator recorded a digest of another log at index {index}")]
    OtherLog {
        /// Where the record is.
        index: u64,
    },
    /// Its record is refused for a reason that has nothing to do with the digest.
    #[error("the coordinator's digest record at index {index} is refused: `{code}`")]
    Refused {
        /// Where the record is.
        index: u64,
        /// The refusal's code.
        code: &'static str,
    },
    /// It did not say what it made of so many entries.
    #[error(
        "the coordinator recorded no digest in the {RECORD_WITHIN} entries up to index {index}"
    )]
    Silent {
        /// The last of these entries.
        index: u64,
    },
}

impl Astray {
    /// The entry by which it is known.
    pub fn index(&self) -> u64 {
        match self {
            Self::Differs { index }
            | Self::OtherLog { index }
            | Self::Refused { index, .. }
            | Self::Silent { index } => *index,
        }
    }
}

impl Records {
    /// Takes the verdict on the next entry.
    ///
    /// # Errors
    /// [`Astray`], which nothing that comes later makes good.
    pub fn heard(&mut self, verdict: &Verdict) -> Result<(), Astray> {
        let index = self.size;
        self.size += 1;
        match verdict {
            Verdict::Admitted { act: ActName::DigestRecord, .. } => {
                self.admitted += 1;
                self.last = Some(index);
                self.unrecorded = 0;
                return Ok(());
            }
            // Otherwise a coordinator whose fold went astray would only have to look away. A
            // party's record is refused as everything is that is not its to do.
            Verdict::Refused {
                act: Some(ActName::DigestRecord),
                by: Some(Actor { party: None, .. }),
                refusal,
            } => {
                return Err(match refusal.code() {
                    "digest-differs" => Astray::Differs { index },
                    "foreign-seen" => Astray::OtherLog { index },
                    code => Astray::Refused { index, code },
                });
            }
            Verdict::Admitted { .. } | Verdict::Refused { .. } => self.unrecorded += 1,
        }
        if self.unrecorded >= RECORD_WITHIN {
            return Err(Astray::Silent { index });
        }
        Ok(())
    }

    /// How many records agreed with this fold.
    pub fn admitted(&self) -> u64 {
        self.admitted
    }

    /// Where the last of them is: up to there, the sequencer has said that it agrees.
    pub fn last(&self) -> Option<u64> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use concordat_partnership::Refusal;

    use super::*;

    fn admitted(act: ActName) -> Verdict {
        Verdict::Admitted { act, by: None, clause: None, effects: vec![] }
    }

    fn refused(party: Option<&str>, refusal: Refusal) -> Verdict {
        let party = party.map(|party| party.parse().unwrap());
        let by = Some(Actor { seat: "sequencer".parse().unwrap(), party });
        Verdict::Refused { act: Some(ActName::DigestRecord), by, refusal }
    }

    #[test]
    fn a_sequencer_that_records_no_digest_is_astray_after_as_many_entries_as_the_rules_say() {
        let mut records = Records::default();
        for _ in 1..RECORD_WITHIN {
            assert_eq!(records.heard(&admitted(ActName::Tick)), Ok(()));
        }
        let mut honest = records.clone();
        assert_eq!(records.heard(&admitted(ActName::Tick)), Err(Astray::Silent { index: 255 }));

        assert_eq!(honest.heard(&admitted(ActName::DigestRecord)), Ok(()));
        assert_eq!((honest.admitted(), honest.last()), (1, Some(255)));
        for _ in 1..RECORD_WITHIN {
            assert_eq!(honest.heard(&admitted(ActName::Tick)), Ok(()));
        }
        assert_eq!(honest.heard(&admitted(ActName::Tick)), Err(Astray::Silent { index: 511 }));
    }

    #[test]
    fn whatever_its_record_is_refused_for_it_is_no_word_that_it_agrees() {
        let heard = |refusal| Records::default().heard(&refused(None, refusal));
        let differs = heard(Refusal::DigestDiffers { index: 0 });
        assert_eq!(differs, Err(Astray::Differs { index: 0 }));
        let other = heard(Refusal::ForeignSeen { size: 9 });
        assert_eq!(other, Err(Astray::OtherLog { index: 0 }));
        let replayed = heard(Refusal::Replayed { index: 3 });
        assert_eq!(replayed, Err(Astray::Refused { index: 0, code: "replayed" }));

        // What a party tries says nothing about the sequencer.
        let act = ActName::DigestRecord;
        let tried = refused(Some("alder"), Refusal::NotTheSequencer { act });
        assert_eq!(Records::default().heard(&tried), Ok(()));
    }
}
