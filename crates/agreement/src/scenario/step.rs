//! One line of a scenario: words to a typed step, or the first thing that is wrong with it.

use std::collections::BTreeMap;
use std::ops::Range;

use concordat_terms::{ActName, Country, Date, Period, Span, Timestamp};

use crate::nearest::{nearest, suggest};
use crate::shape::{Scalar, read_name};
use crate::source::Wrong;
use crate::{ClauseName, Place};

use super::form::{DECIDED, Form, Sort, form, of_the_sequencer};
use super::token::{ARROW, Token};
use super::{Ballot, Choice, Deed, Expected, Given, Moment, Step};

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
    let deed = if words.peek().is_some() { Some(words.deed()?) } else { None };
    Ok(Step { moment, deed, span: place(&words.whole()) })
}

struct Words<'t, 'p> {
    tokens: &'t [Token<'t>],
    next: usize,
    place: &'p dyn Fn(&Range<usize>) -> Span,
    places: BTreeMap<String, Span>,
}

impl<'t> Words<'t, '_> {
    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.next).map(|token| token.text)
    }

    fn after(&self) -> Option<&'t str> {
        self.tokens.get(self.next + 1).map(|token| token.text)
    }

    /// Goes past the next word, if it is this one.
    fn skip(&mut self, word: &str) -> bool {
        let here = self.peek() == Some(word);
        self.next += usize::from(here);
        here
    }

    /// The whole step, from its first word to its last.
    fn whole(&self) -> Range<usize> {
        let start = self.tokens.first().map_or(0, |token| token.range.start);
        start..self.tokens.last().map_or(start, |token| token.range.end)
    }

    /// Something is wrong with the word before the next.
    fn fault<T>(&self, wrong: Wrong) -> Result<T, Fault> {
        let at = self.tokens.get(self.next.saturating_sub(1));
        Err((at.map_or(self.whole(), |token| token.range.clone()), wrong))
    }

    fn bad<T>(&self, what: impl Into<String>, hint: impl Into<String>) -> Result<T, Fault> {
        self.fault(Wrong::new("bad-step", what, hint))
    }

    /// The next word, which `what` describes.
    fn word(&mut self, what: &str, hint: &str) -> Result<&'t str, Fault> {
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
    fn note(&mut self, part: impl Into<String>) {
        if let Some(token) = self.tokens.get(self.next.saturating_sub(1)) {
            self.places.insert(part.into(), (self.place)(&token.range));
        }
    }

    /// A value from the word before the next.
    fn convert<T>(&self, converted: Result<T, Wrong>) -> Result<T, Fault> {
        converted.or_else(|wrong| self.fault(wrong))
    }

    fn name<T: std::str::FromStr<Err: ToString>>(
        &mut self,
        what: &str,
        part: impl Into<String>,
    ) -> Result<T, Fault> {
        let word = self.word(what, "write its name")?;
        self.note(part);
        self.convert(read_name(word))
    }

    fn moment(&mut self) -> Result<Moment, Fault> {
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
        if self.peek() == Some("duty") && self.after() != Some(":") {
            let what = "this edition of the rules does not judge duties yet";
            let hint = "leave the line out, or put `#` before it";
            return Err((self.whole(), Wrong::new("step-not-judged", what, hint)));
        }
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
        let (what, hint) = if of_the_sequencer(act) {
            (
                format!("`{act}` is the sequencer's, and no step"),
                "give the steps their days: time passes with them",
            )
        } else if !act.is_judged() {
            (
                format!("this edition of the rules does not judge `{act}` yet"),
                "leave the step out, or put `#` before it",
            )
        } else {
            return Ok(act);
        };
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
            if !DECIDED.contains(&act) {
                let known = DECIDED.iter().map(|act| act.as_str());
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

    /// `on`, `for`, `at` and `with`, each at most once.
    fn parts(&mut self, deed: &mut Deed, form: &Form) -> Result<(), Fault> {
        let mut said = Vec::new();
        while let Some(word) = self.peek().filter(|word| *word != ARROW) {
            self.next += 1;
            let fits = match word {
                "on" => form.on,
                "for" => form.purposes,
                "at" => form.at,
                "with" => !form.keys.is_empty(),
                _ => {
                    let what = format!("`{word}` has no place here");
                    let hint = "after the name come `on`, `for`, `at`, `with`, then `->`";
                    return self.bad(what, hint);
                }
            };
            if !fits {
                let what = format!("`{}` takes no `{word}`", deed.act);
                return self.bad(what, "leave it out: docs/reference/scenarios.md#the-acts");
            }
            if said.contains(&word) {
                let what = format!("`{word}` stands twice");
                return self.bad(what, "divide what it lists by commas");
            }
            said.push(word);
            match word {
                "on" => deed.on = self.list("an asset", "on")?,
                "for" => deed.purposes = self.list("a purpose", "purposes")?,
                "at" => deed.at = Some(self.at()?),
                _ => self.with(deed, form)?,
            }
        }
        Ok(())
    }

    fn list<T: std::str::FromStr<Err: ToString>>(
        &mut self,
        what: &str,
        part: &str,
    ) -> Result<Vec<T>, Fault> {
        let mut list = Vec::new();
        loop {
            list.push(self.name(what, format!("{part}[{}]", list.len()))?);
            if !self.skip(",") {
                return Ok(list);
            }
        }
    }

    fn at(&mut self) -> Result<Place, Fault> {
        let hint = "write a class and a country, like `at 2 BE`";
        let word = self.word("the class of the place", hint)?;
        let class = word.parse().ok().filter(|class| (1..=3).contains(class));
        let wrong = || Wrong::new("bad-number", format!("there is no class `{word}`"), hint);
        let class = self.convert(class.ok_or_else(wrong))?;
        let word = self.word("the country of the place", hint)?;
        let jurisdiction = self.convert(Country::parse(word))?;
        Ok(Place { class, jurisdiction })
    }

    fn with(&mut self, deed: &mut Deed, form: &Form) -> Result<(), Fault> {
        loop {
            let hint = "write a key and its value, like `rounds 100`";
            let key = self.word("a key", hint)?;
            self.note(format!("with.{key}"));
            let sort = form.keys.iter().find(|(name, _)| *name == key).map(|(_, sort)| *sort);
            // Whether a metric is known is asked once the gates are.
            let metric = form.metrics && !form.keys.iter().any(|(name, _)| near(key, name));
            let Some(sort) = sort.or(metric.then_some(Sort::Decimal)) else {
                let known = form.keys.iter().map(|(name, _)| *name);
                let what = format!("`{}` has no key `{key}`", deed.act);
                return self.fault(Wrong::new("unknown-field", what, suggest(key, known)));
            };
            if deed.given(key).is_some() {
                return self.bad(format!("`{key}` stands twice"), "remove it here");
            }
            let word = self.word(&format!("the value of `{key}`"), hint)?;
            let given = self.convert(given(sort, word))?;
            deed.with.push((key.to_owned(), given));
            if !self.skip(",") {
                return Ok(());
            }
        }
    }

    fn expected(&mut self) -> Result<Expected, Fault> {
        let hint = "end it with `-> admitted`, or `-> refused` and the code of the refusal";
        if !self.skip(ARROW) {
            return Err((self.whole(), Wrong::new("bad-step", "the step has no verdict", hint)));
        }
        let word = self.word("the verdict", hint)?;
        let code = match word {
            "admitted" => None,
            "refused" if self.peek().is_some_and(|word| word != "by") => {
                let code: concordat_terms::ClauseId = self.name("the code", "code")?;
                Some(code.as_str().to_owned())
            }
            "refused" => None,
            _ => {
                let what = format!("`{word}` is no verdict");
                let known = ["admitted", "refused"];
                return self.fault(Wrong::new("unknown-word", what, suggest(word, known)));
            }
        };
        let by = if self.skip("by") {
            let cited = self.word("the clause", "write the clause that the verdict cites")?;
            self.note("by");
            Some(self.convert(ClauseName::parse(cited))?)
        } else {
            None
        };
        if let Some(word) = self.peek() {
            self.next += 1;
            let what = format!("`{word}` has no place after the verdict");
            return self.bad(what, "put `#` before it, if it is a comment");
        }
        Ok(match word {
            "admitted" => Expected::Admitted { by },
            _ => Expected::Refused { code, by },
        })
    }
}

fn near(key: &str, known: &str) -> bool {
    nearest(key, [known]).is_some()
}

fn each_of_one() -> Wrong {
    let hint = "leave out `each`, or the party";
    Wrong::new("bad-step", "`each` means every party of the seat, and one is named", hint)
}

fn given(sort: Sort, word: &str) -> Result<Given, Wrong> {
    Ok(match sort {
        Sort::Count => Given::Count(u32::parse(word)?),
        Sort::Decimal => Given::Decimal(Scalar::parse(word)?),
        Sort::Name => {
            let name: concordat_terms::ClauseId = read_name(word)?;
            Given::Word(name.as_str().to_owned())
        }
        Sort::Word(words) => match words.iter().find(|known| **known == word) {
            Some(known) => Given::Word((*known).to_owned()),
            None => {
                let what = format!("`{word}` is not a word for this");
                return Err(Wrong::new("unknown-word", what, suggest(word, words.iter().copied())));
            }
        },
        Sort::Version => Given::Version(Scalar::parse(word)?),
        Sort::Clause => Given::Clause(ClauseName::parse(word)?),
    })
}
