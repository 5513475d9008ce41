//! One line of a scenario: words to a typed step, or the first thing that is wrong with it.

use std::collections::BTreeMap;
use std::ops::Range;

use concordat_terms::{ActName, Date, Period, Span, Timestamp};

use crate::ClauseName;
use crate::nearest::suggest;
use crate::shape::{Scalar, read_name};
use crate::source::Wrong;

use super::form::{Form, decided, form, of_the_sequencer};
use super::token::{ARROW, Token};
use super::{Ballot, CLAIMS, Choice, Claim, Deed, Expected, Moment, Step};

/// What is wrong, and where in the text of the steps.
pub(super) type Fault = (Range<usize>, Wrong);

/// Words that begin a part of a step and so are no names.
const PARTS: [&str; 5] = ["on", "for", "at", "with", "to"];

/// Reads one step; `place` says where in the file a part of the steps stands.
pub(super) fn read(
    tokens: &[Token<'_>],
    place: &dyn Fn(&Range<usize>) -> Span,
) -> Result<Step, Fault> {
    let mut words = Words { tokens, next: 0, place, places: BTreeMap::new() };
    let moment = words.moment()?;
    let claims = words.peek() == Some("duty") && words.after() != Some(":");
    let claim = if claims { Some(words.claim()?) } else { None };
    let acts = claim.is_none() && words.peek().is_some();
    let deed = if acts { Some(words.deed()?) } else { None };
    Ok(Step { moment, deed, claim, span: place(&words.whole()) })
}

/// The words of a step, and which of them is read next.
pub(super) struct Words<'t, 'p> {
    tokens: &'t [Token<'t>],
    pub(super) next: usize,
    place: &'p dyn Fn(&Range<usize>) -> Span,
    places: BTreeMap<String, Span>,
}

impl<'t> Words<'t, '_> {
    pub(super) fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.next).map(|token| token.text)
    }

    fn after(&self) -> Option<&'t str> {
        self.tokens.get(self.next + 1).map(|token| token.text)
    }

    /// Goes past the next word, if it is this one.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        let here = self.peek() == Some(word);
        self.next += usize::from(here);
        here
    }

    /// The whole step, from its first word to its last.
    pub(super) fn whole(&self) -> Range<usize> {
        let start = self.tokens.first().map_or(0, |token| token.range.start);
        start..self.tokens.last().map_or(start, |token| token.range.end)
    }

    /// Something is wrong with the word before the next.
    pub(super) fn fault<T>(&self, wrong: Wrong) -> Result<T, Fault> {
        let at = self.tokens.get(self.next.saturating_sub(1));
        Err((at.map_or(self.whole(), |token| token.range.clone()), wrong))
    }

    pub(super) fn bad<T>(
        &self,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Result<T, Fault> {
        self.fault(Wrong::new("bad-step", what, hint))
    }

    /// The next word, which `what` describes.
    pub(super) fn word(&mut self, what: &str, hint: &str) -> Result<&'t str, Fault> {
        match self.peek().filter(|word| ![ARROW, ",", ":"].contains(word)) {
            Some(word) => {
                self.next += 1;
                Ok(word)
            }
            None => {
                // Before what stands there instead; after the last word, if nothing does.
                let here = self.tokens.get(self.next).or(self.tokens.last());
                let here = here.map_or(self.whole(), |token| token.range.clone());
                Err((here, Wrong::new("bad-step", format!("{what} is missing"), hint)))
            }
        }
    }

    /// Notes where the word before the next stands.
    pub(super) fn note(&mut self, part: impl Into<String>) {
        if let Some(token) = self.tokens.get(self.next.saturating_sub(1)) {
            self.places.insert(part.into(), (self.place)(&token.range));
        }
    }

    /// A value from the word before the next.
    pub(super) fn convert<T>(&self, converted: Result<T, Wrong>) -> Result<T, Fault> {
        converted.or_else(|wrong| self.fault(wrong))
    }

    pub(super) fn name<T: std::str::FromStr<Err: ToString>>(
        &mut self,
        what: &str,
        part: impl Into<String>,
    ) -> Result<T, Fault> {
        let word = self.word(what, "write its name")?;
        self.note(part);
        self.convert(read_name(word))
    }

    /// `duty delete-copies by trainer -> late`.
    fn claim(&mut self) -> Result<Claim, Fault> {
        let hint = "write it like `duty delete-copies by trainer -> late`";
        self.skip("duty");
        let cited = self.word("the duty", "write the clause of the duty")?;
        let duty = self.convert(ClauseName::parse(cited))?;
        let duty_at = self.here();
        if !self.skip("by") {
            self.word("who owes it", hint)?;
            return self.bad("`by` and who owes it are missing before this", hint);
        }
        let by: concordat_terms::ClauseId = self.name("who owes it", "by")?;
        let by_at = self.here();
        if !self.skip(ARROW) {
            return Err((self.whole(), Wrong::new("bad-step", "how it stands is missing", hint)));
        }
        let word = self.word("how it stands", hint)?;
        let stands = CLAIMS.into_iter().find(|known| *known == word);
        let wrong = || {
            let what = format!("`{word}` is not how a duty stands");
            Wrong::new("unknown-word", what, suggest(word, CLAIMS))
        };
        let stands = self.convert(stands.ok_or_else(wrong))?;
        if self.peek().is_some() {
            self.next += 1;
            return self.bad("this has no place here", "put `#` before it, if it is a comment");
        }
        let (by, places) = (by.as_str().to_owned(), (duty_at, by_at));
        Ok(Claim { duty, by, stands, places })
    }

    /// Where the word before the next stands.
    fn here(&self) -> Span {
        let at = self.tokens.get(self.next.saturating_sub(1));
        (self.place)(&at.map_or(self.whole(), |token| token.range.clone()))
    }

    fn moment(&mut self) -> Result<Moment, Fault> {
        // `pass P30D` is `+P30D`.
        if self.peek() == Some("pass") && self.after() != Some(":") {
            self.next += 1;
            let word = self.word("how long", "write a period, like `pass P30D`")?;
            return self.convert(Period::parse(word)).map(Moment::After);
        }
        let named = |c: char| c.is_ascii_digit() || c == '+';
        // A seat may begin with a digit too; then a colon follows it.
        let Some(word) = self.peek().filter(|word| word.starts_with(named)) else {
            return Ok(Moment::Next);
        };
        if self.after() == Some(":") {
            return Ok(Moment::Next);
        }
        self.next += 1;
        if let Some(period) = word.strip_prefix('+') {
            return self.convert(Period::parse(period)).map(Moment::After);
        }
        match word.split_once('T') {
            None => self.convert(Date::parse(word)).map(|day| Moment::At(day.start())),
            Some((_, time)) => match format!("{word}:00Z").parse::<Timestamp>() {
                Ok(moment) if time.len() == 5 => Ok(Moment::At(moment)),
                _ => {
                    let what = format!("`{word}` is no day and time");
                    let hint = "write them like `2027-01-11T14:30`";
                    self.fault(Wrong::new("bad-date", what, hint))
                }
            },
        }
    }

    fn deed(&mut self) -> Result<Deed, Fault> {
        let each = self.peek() == Some("each") && self.after() != Some(":") && self.skip("each");
        let (seat, party) = self.who()?;
        let act = self.act()?;
        let form = form(act);
        let mut deed = Deed {
            each,
            seat,
            party,
            act,
            names: Vec::new(),
            choice: None,
            on: Vec::new(),
            purposes: Vec::new(),
            at: None,
            with: Vec::new(),
            expected: Expected::Admitted { by: None },
            places: BTreeMap::new(),
        };
        if each && deed.party.is_some() {
            return Err((self.whole(), each_of_one()));
        }
        self.names(&mut deed, &form)?;
        self.parts(&mut deed, &form)?;
        deed.expected = self.expected()?;
        deed.places = std::mem::take(&mut self.places);
        Ok(deed)
    }

    fn who(
        &mut self,
    ) -> Result<(concordat_terms::SeatId, Option<concordat_terms::PartyId>), Fault> {
        let hint = "begin with a seat and a colon, like `trainer: run.propose …`";
        let word = self.word("who acts", hint)?;
        self.note("seat");
        if word.parse::<ActName>().is_ok() {
            return self.bad("who acts is missing", hint);
        }
        let (seat, party) = match word.split_once('/') {
            Some((seat, party)) => (seat, Some(party)),
            None => (word, None),
        };
        let seat_end = seat.len() + 1;
        let seat = self.convert(read_name(seat))?;
        let party = party.map(read_name).transpose();
        let party = self.convert(party)?;
        if let Some(token) = self.tokens.get(self.next.saturating_sub(1)) {
            let start = token.range.start + seat_end;
            self.places.insert("party".to_owned(), (self.place)(&(start..token.range.end)));
        }
        if !self.skip(":") {
            return self.bad(format!("no colon follows `{word}`"), hint);
        }
        Ok((seat, party))
    }

    fn act(&mut self) -> Result<ActName, Fault> {
        let word = self.word("the act", "write what is done, like `run.propose`")?;
        self.note("act");
        let act = self.convert(ActName::parse(word))?;
        if !of_the_sequencer(act) {
            return Ok(act);
        }
        let what = format!("`{act}` is the sequencer's, and no step");
        let hint = "give the steps their days: time passes with them";
        self.fault(Wrong::new("step-not-judged", what, hint))
    }

    /// Whether the next word can be a name.
    fn named(&self) -> bool {
        self.peek().is_some_and(|word| !PARTS.contains(&word) && ![ARROW, ",", ":"].contains(&word))
    }

    fn names(&mut self, deed: &mut Deed, form: &Form) -> Result<(), Fault> {
        let vote = deed.act == ActName::MotionVote;
        let ballots = Ballot::ALL.map(Ballot::as_str);
        if self.named() && !(vote && self.peek().is_some_and(|word| ballots.contains(&word))) {
            loop {
                let part = format!("names[{}]", deed.names.len());
                let name: concordat_terms::ClauseId = self.name("a name", part)?;
                deed.names.push(name.as_str().to_owned());
                if !(form.several && self.skip(",")) {
                    break;
                }
            }
        }
        if vote {
            let word = self.word("the vote", "write `for`, `against` or `abstain`")?;
            let vote = Ballot::ALL.into_iter().find(|vote| vote.as_str() == word);
            let wrong = || {
                let what = format!("`{word}` is no vote");
                Wrong::new("unknown-word", what, suggest(word, ballots))
            };
            deed.choice = Some(Choice::Vote(self.convert(vote.ok_or_else(wrong))?));
        }
        if deed.act == ActName::MotionPropose {
            let hint = "write `to` and the act, like `to project.open risk`";
            if !self.skip("to") {
                self.word("what the motion is to do", hint)?;
                return self.bad("what the motion is to do is missing before this", hint);
            }
            let word = self.word("what the motion is to do", hint)?;
            let act = self.convert(ActName::parse(word))?;
            if !decided().any(|known| known == act) {
                let known = decided().map(ActName::as_str);
                let what = format!("no motion decides `{act}`");
                return self.fault(Wrong::new("unknown-word", what, suggest(word, known)));
            }
            let named = self.named();
            let name: Option<concordat_terms::ClauseId> =
                named.then(|| self.name("a name", "decided")).transpose()?;
            deed.choice = Some(Choice::Do(act, name.map(|name| name.as_str().to_owned())));
        }
        Ok(())
    }
}

fn each_of_one() -> Wrong {
    let hint = "leave out `each`, or the party";
    Wrong::new("bad-step", "`each` means every party of the seat, and one is named", hint)
}
