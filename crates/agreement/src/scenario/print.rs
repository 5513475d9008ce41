//! Scenarios as their text: reading it gives the same scenario.

use std::fmt;

use crate::shape::quoted;

use super::{Choice, Claim, Deed, Expected, Given, Moment, Scenario, Step};

impl Scenario {
    /// The scenario's block as TOML.
    pub fn print(&self) -> String {
        let after = self.after.as_ref().map(|after| format!("after = {}\n", quoted(after)));
        let steps: Vec<String> = self.steps.iter().map(|step| format!("{step}\n")).collect();
        let (after, steps) = (after.unwrap_or_default(), steps.concat());
        format!("name = {}\n{after}steps = \"\"\"\n{steps}\"\"\"\n", quoted(&self.name))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deed = self.deed.as_ref().map(ToString::to_string);
        let claim = self.claim.as_ref().map(ToString::to_string);
        let said = [self.moment.said(), deed, claim];
        let said: Vec<String> = said.into_iter().flatten().collect();
        f.write_str(&said.join("  "))
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "duty {} by {} -> {}", self.duty, self.by, self.stands)
    }
}

impl Moment {
    fn said(self) -> Option<String> {
        match self {
            Self::Next => None,
            Self::At(time) => {
                // `2027-01-11T00:00:00Z`: seconds are never written, nor is midnight.
                let text = time.to_string();
                let minutes = text.strip_suffix(":00Z").unwrap_or(&text);
                Some(minutes.strip_suffix("T00:00").unwrap_or(minutes).to_owned())
            }
            Self::After(period) => Some(format!("+{period}")),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.each { "each " } else { "" })?;
        write!(f, "{}", self.seat)?;
        if let Some(party) = &self.party {
            write!(f, "/{party}")?;
        }
        write!(f, ": {}", self.act)?;
        part(f, "", &self.names)?;
        match &self.choice {
            Some(Choice::Vote(vote)) => write!(f, " {}", vote.as_str())?,
            Some(Choice::Do(act, name)) => {
                write!(f, " to {act}")?;
                part(f, "", name.as_slice())?;
            }
            None => {}
        }
        part(f, "on ", &self.on)?;
        part(f, "for ", &self.purposes)?;
        if let Some(place) = &self.at {
            write!(f, " at {} {}", place.class, place.jurisdiction)?;
        }
        let with: Vec<String> = self.with.iter().map(|(k, value)| format!("{k} {value}")).collect();
        part(f, "with ", &with)?;
        write!(f, " -> {}", self.expected)
    }
}

fn part<T: ToString>(f: &mut fmt::Formatter<'_>, word: &str, list: &[T]) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = list.iter().map(ToString::to_string).collect();
    write!(f, " {word}{}", names.join(", "))
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Decimal(decimal) => write!(f, "{decimal}"),
            Self::Word(word) => f.write_str(word),
            Self::Version(version) => write!(f, "{version}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Clause(clause) => write!(f, "{clause}"),
            Self::Period(period) => write!(f, "{period}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, code, by) = match self {
            Self::Admitted { by } => ("admitted", None, by),
            Self::Refused { code, by } => ("refused", code.as_ref(), by),
        };
        f.write_str(word)?;
        if let Some(code) = code {
            write!(f, " {code}")?;
        }
        if let Some(by) = by {
            write!(f, " by {by}")?;
        }
        Ok(())
    }
}
