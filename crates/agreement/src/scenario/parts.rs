//! The parts of a step after its names: `on`, `for`, `at`, `with` and the verdict.

use concordat_terms::{Country, Date};

use crate::nearest::{nearest, suggest};
use crate::shape::{Scalar, read_name};
use crate::source::Wrong;
use crate::{ClauseName, Place};

use super::form::{ANY, Form, Sort};
use super::step::{Fault, Words};
use super::token::ARROW;
use super::{Deed, Expected, Given};

impl Words<'_, '_> {
    /// `on`, `for`, `at` and `with`, each at most once.
    pub(super) fn parts(&mut self, deed: &mut Deed, form: &Form) -> Result<(), Fault> {
        let mut said = Vec::new();
        while let Some(word) = self.peek().filter(|word| *word != ARROW) {
            self.next += 1;
            let fits = match word {
                "on" => form.on,
                "for" => form.purposes,
                "at" => form.at,
                "with" => true,
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
        let class = word.parse().ok().filter(|class| (0..=3).contains(class));
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
            let keys = || form.keys.iter().chain(ANY);
            let sort = keys().find(|(name, _)| *name == key).map(|(_, sort)| *sort);
            // Whether a metric is known is asked once the gates are.
            let metric = form.metrics && !keys().any(|(name, _)| near(key, name));
            let Some(sort) = sort.or(metric.then_some(Sort::Decimal)) else {
                let known = keys().map(|(name, _)| *name);
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

    pub(super) fn expected(&mut self) -> Result<Expected, Fault> {
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

fn given(sort: Sort, word: &str) -> Result<Given, Wrong> {
    Ok(match sort {
        Sort::Count => Given::Count(u32::parse(word)?),
        Sort::Decimal => Given::Decimal(Scalar::parse(word)?),
        Sort::Country => {
            let country: concordat_terms::Country = Scalar::parse(word)?;
            Given::Word(country.to_string())
        }
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
        Sort::Day => Given::Day(Date::parse(word)?),
        Sort::Clause => Given::Clause(ClauseName::parse(word)?),
        Sort::Period => Given::Period(Scalar::parse(word)?),
    })
}
