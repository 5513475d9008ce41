//! A log as sentences: who, what, and what was said to it.

use std::fmt;

use concordat_partnership::Verdict;
use concordat_wire::act::payload;

use crate::invariant::Seen;

/// One entry in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    pub(crate) fn of(seen: &Seen) -> Self {
        let index = seen.index;
        let at = seen.before.time.map(|time| time.to_string()).unwrap_or_default();
        let by = match &seen.verdict {
            Verdict::Admitted { by, .. } | Verdict::Refused { by, .. } => by.as_ref(),
        };
        let who = match by {
            Some(by) => match &by.party {
                Some(party) => format!("{party} for {}", by.seat),
                None => "the sequencer".to_owned(),
            },
            None => "somebody".to_owned(),
        };
        let what = match &seen.signed {
            Some(signed) => {
                let said = payload(&signed.act).map(|said| said.to_string()).unwrap_or_default();
                let also = signed.header.as_ref().map_or(0, |header| header.signers.len());
                let also =
                    if also > 1 { format!(" with {} more", also - 1) } else { String::new() };
                format!("{}{also} {said}", signed.act.name())
            }
            None => "sends what is no act".to_owned(),
        };
        let mut line = format!("#{index} {at} {who}: {what} -> {}", seen.verdict.in_words());
        match &seen.verdict {
            Verdict::Admitted { effects, .. } => {
                for effect in effects {
                    let told = serde_json::to_string(effect).unwrap_or_default();
                    line += &format!("\n      {told}");
                }
            }
            Verdict::Refused { refusal, .. } => line += &format!("\n      {refusal}"),
        }
        Self(line)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
