//! What can be told of answers without a template.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Decimal, Side, steers};

use super::answers::{Answers, BadAnswer, DataAnswer, MoneyAnswer, PrivacyAnswer};

/// The most letters of a name.
const NAME_MOST: usize = 80;
/// The most letters of a sentence.
const TEXT_MOST: usize = 200;
/// The most parties of one side.
const PARTIES_MOST: usize = 24;
/// The most countries of a party.
const COUNTRIES_MOST: usize = 30;
/// The most columns of the rows, and levels of one.
const COLUMNS_MOST: usize = 1_000;
/// The most years.
pub(super) const YEARS_MOST: u32 = 30;
/// The most rows about one person.
pub(super) const ROWS_MOST: u32 = 10_000;

impl Answers {
    /// Looks at everything that can be told without a template.
    ///
    /// # Errors
    /// The first answer that cannot be used.
    pub fn check(&self) -> Result<(), BadAnswer> {
        words("title", &self.title, NAME_MOST)?;
        words("terms.law", &self.terms.law, NAME_MOST)?;
        words("terms.forum", &self.terms.forum, NAME_MOST)?;
        tag(&self.terms.language)?;
        range("terms.years", u32::from(self.terms.years), YEARS_MOST)?;
        words("purpose.text", &self.purpose.text, TEXT_MOST)?;
        words("objective.text", &self.objective.text, TEXT_MOST)?;
        if let Some(reason) = &self.choice.reason {
            words("choice.reason", reason, TEXT_MOST)?;
        }
        if let Some(model) = &self.model {
            words("model.name", &model.name, NAME_MOST)?;
        }
        self.data.as_ref().map_or(Ok(()), data)?;
        self.privacy.as_ref().map_or(Ok(()), privacy)?;
        money(&self.money)?;
        self.check_parties()
    }

    fn check_parties(&self) -> Result<(), BadAnswer> {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (index, party) in self.parties.iter().enumerate() {
            let at = format!("the name of party {}", index + 1);
            words(&at, &party.name, NAME_MOST)?;
            if let Some(earlier) = named.insert(&party.name, index + 1) {
                let what = format!("parties {earlier} and {} have the same name", index + 1);
                return Err(BadAnswer::new(what, "give each party its own name"));
            }
            if !ids.insert(&party.id) {
                let what = format!("the id `{}` is used by two parties", party.id);
                return Err(BadAnswer::new(what, "give each party its own `id`"));
            }
            if party.countries.is_empty() {
                let what = format!("party `{}` has no country", party.id);
                return Err(BadAnswer::new(what, "write `countries = [\"BE\"]`"));
            }
            if party.countries.len() > COUNTRIES_MOST {
                let what = format!("party `{}` has {} countries", party.id, party.countries.len());
                return Err(BadAnswer::new(what, format!("name at most {COUNTRIES_MOST}")));
            }
        }
        for side in [Side::Public, Side::Private, Side::Independent] {
            let count = self.side(side).count();
            if count == 0 && side != Side::Independent {
                let what = format!("there is no party on the {side} side");
                let hint = format!("add a `[[party]]` with `side = \"{side}\"`");
                return Err(BadAnswer::new(what, hint));
            }
            if count > PARTIES_MOST {
                let what = format!("there are {count} parties on the {side} side");
                return Err(BadAnswer::new(what, format!("name at most {PARTIES_MOST}")));
            }
        }
        Ok(())
    }
}

fn data(data: &DataAnswer) -> Result<(), BadAnswer> {
    words("data.name", &data.name, NAME_MOST)?;
    range("data.rows_per_person", data.rows_per_person, ROWS_MOST)?;
    count("data.columns", data.columns.len())?;
    for column in &data.columns {
        count("the levels of a column", column.levels.len())?;
        words("the name of a column", &column.name, NAME_MOST)?;
        for level in &column.levels {
            words("a level of a column", level, NAME_MOST)?;
        }
    }
    if data.columns.iter().any(|column| column.name == data.person) {
        return Ok(());
    }
    let what = format!("`data.person` is `{}`, and no column has that name", data.person);
    Err(BadAnswer::new(what, "name a column of `data.columns`"))
}

fn count(name: &str, count: usize) -> Result<(), BadAnswer> {
    if count <= COLUMNS_MOST {
        return Ok(());
    }
    let hint = format!("write at most {COLUMNS_MOST}");
    Err(BadAnswer::new(format!("{name} are {count}"), hint))
}

fn privacy(privacy: &PrivacyAnswer) -> Result<(), BadAnswer> {
    let most = |whole| Decimal::whole(whole).unwrap_or(Decimal::ZERO);
    if !privacy.epsilon.is_positive() || privacy.epsilon > most(100) {
        let what = format!("`privacy.epsilon` is {}", privacy.epsilon);
        return Err(BadAnswer::new(what, "write more than 0 and at most 100, like `\"1\"`"));
    }
    if !privacy.delta.is_positive() || privacy.delta >= most(1) {
        let what = format!("`privacy.delta` is {}", privacy.delta);
        return Err(BadAnswer::new(what, "write more than 0 and less than 1, like `\"0.00001\"`"));
    }
    Ok(())
}

fn money(money: &MoneyAnswer) -> Result<(), BadAnswer> {
    let currency = money.fees.currency();
    for (name, amount) in [
        ("fees", &money.fees),
        ("failures", &money.failures),
        ("harm", &money.harm),
        ("record", &money.record),
    ] {
        if amount.currency() != currency {
            let what = format!("`money.{name}` is in {}, not in {currency}", amount.currency());
            return Err(BadAnswer::new(what, "write all amounts in one currency"));
        }
        if !amount.amount().is_positive() {
            let what = format!("`money.{name}` is {amount}");
            return Err(BadAnswer::new(what, "write an amount above 0"));
        }
    }
    Ok(())
}

/// Words that can stand in a text: something, of bounded length, on one line, that steers no
/// terminal and hides nothing.
fn words(name: &str, text: &str, most: usize) -> Result<(), BadAnswer> {
    let (what, hint) = if text.trim().is_empty() {
        ("is empty".to_owned(), "say what it is".to_owned())
    } else if text.trim() != text || text.contains("  ") {
        ("has spaces at an end, or two in a row".to_owned(), "remove them".to_owned())
    } else if let Some(c) = text.chars().find(|c| steers(*c)) {
        let what = format!("holds the character U+{:04X}, which is not shown", u32::from(c));
        (what, "write it on one line, without control characters".to_owned())
    } else if text.chars().count() > most {
        (format!("has more than {most} letters"), "shorten it".to_owned())
    } else if !text.chars().any(char::is_alphanumeric) {
        ("holds no letter and no digit".to_owned(), "say what it is".to_owned())
    } else {
        return Ok(());
    };
    Err(BadAnswer::new(format!("{name} {what}"), hint))
}

fn tag(language: &str) -> Result<(), BadAnswer> {
    let mut parts = language.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    if fits {
        return Ok(());
    }
    let what = "`terms.language` is no tag of a language";
    Err(BadAnswer::new(what, "write it as in BCP 47, like `en` or `fr-BE`"))
}

fn range(name: &str, number: u32, most: u32) -> Result<(), BadAnswer> {
    if (1..=most).contains(&number) {
        return Ok(());
    }
    let hint = format!("write a number from 1 to {most}");
    Err(BadAnswer::new(format!("`{name}` is {number}"), hint))
}
