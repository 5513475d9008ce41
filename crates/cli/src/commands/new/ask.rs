//! The questions, one by one, for somebody at a terminal.

use std::io::BufRead;

use concordat_agreement::template::{
    Answers, DualUse, Months, Negotiation, Pack, PartyAnswer, Role, Share, Template, Use, recommend,
};
use concordat_terms::{Country, PartyId, Side};

use super::unusable;
use crate::failure::Failure;

/// Asks what a template needs. Everything that is not asked is the template's sample, to be edited
/// in `answers.toml`.
pub(super) fn ask(
    pack: &Pack,
    given: Option<&Template>,
    input: &mut impl BufRead,
    say: impl Fn(&str),
) -> Result<Answers, Failure> {
    let mut desk = Desk { input, say: &say };
    say("Five questions tell which model fits. An empty answer takes the first.");
    let share = desk.choose(Share::QUESTION, Share::ANSWERS)?;
    let serves = desk.choose(Use::QUESTION, Use::ANSWERS)?;
    let dual_use = desk.choose(DualUse::QUESTION, DualUse::ANSWERS)?;
    let negotiation = desk.choose(Negotiation::QUESTION, Negotiation::ANSWERS)?;
    let months = desk.choose(Months::QUESTION, Months::ANSWERS)?;
    let mut chosen = concordat_agreement::template::Chosen {
        share,
        serves,
        dual_use,
        negotiation,
        months,
        reason: None,
    };
    let (name, points) = recommend(&chosen);
    say(&format!("\nThese answers speak for `{name}`:"));
    for point in &points {
        say(&format!("  {} {}", point.answer, point.follows));
    }
    let template = match given {
        Some(template) => template,
        None => desk.template(pack, name)?,
    };
    if template.ownership.as_deref() != Some(name) {
        let reason = desk.line("Why another, in one sentence without a full stop?", "")?;
        chosen.reason = Some(reason).filter(|reason| !reason.is_empty());
    }

    let mut answers = Answers::read(&template.name, &template.sample).map_err(|e| unusable(&e))?;
    answers.template = Some(template.name.clone());
    answers.choice = chosen;
    say("\nWhat you do not answer stays as the sample has it; `answers.toml` holds all of it.");
    answers.title = desk.line("What is the agreement called?", &answers.title)?;
    answers.terms.law = desk.line("Which law governs it?", &answers.terms.law)?;
    answers.terms.forum = desk.line("Who decides disputes?", &answers.terms.forum)?;
    answers.purpose.id = None;
    let purpose = "What may it be used for? (to …)";
    answers.purpose.text = desk.line(purpose, &answers.purpose.text)?;
    let goal = "What do you want to reach?";
    answers.objective.text = desk.line(goal, &answers.objective.text)?;
    if let Some(data) = &mut answers.data {
        data.id = None;
        data.name = desk.line("What are the rows called?", &data.name)?;
    }
    if let Some(model) = &mut answers.model {
        model.id = None;
        model.name = desk.line("What is the model called? (without an article)", &model.name)?;
    }
    answers.parties = desk.parties(&answers.parties)?;
    answers.check().map_err(|e| unusable(&e))?;
    Ok(answers)
}

struct Desk<'a, R> {
    input: &'a mut R,
    say: &'a dyn Fn(&str),
}

impl<R: BufRead> Desk<'_, R> {
    /// A line; what stands there already, if it is empty.
    fn line(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        (self.say)(&format!("{question}{shown}"));
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(|e| {
            Failure::fault("io", format!("cannot read from the terminal: {e}"), "try again")
        })?;
        if read == 0 {
            let what = "the answers ended before the last question";
            return Err(Failure::usage("no-answers", what, "answer all, or name `--answers FILE`"));
        }
        let line = line.trim();
        Ok(if line.is_empty() { default.to_owned() } else { line.to_owned() })
    }

    /// One of a few words, by number or word.
    fn choose<T: Copy>(
        &mut self,
        question: &str,
        answers: &[(T, &'static str, &'static str)],
    ) -> Result<T, Failure> {
        (self.say)(&format!("\n{question}"));
        for (number, (_, word, said)) in (1..).zip(answers) {
            (self.say)(&format!("  {number} {word}: {said}"));
        }
        let first = answers.first().map_or("", |(_, word, _)| word);
        loop {
            let line = self.line("Number or word?", first)?;
            let number: Option<usize> = line.parse().ok();
            let chosen = match number {
                Some(number) => answers.get(number.wrapping_sub(1)),
                None => answers.iter().find(|(_, word, _)| *word == line),
            };
            if let Some((value, ..)) = chosen {
                return Ok(*value);
            }
            (self.say)(&format!("`{line}` is none of these"));
        }
    }

    fn template<'p>(&mut self, pack: &'p Pack, name: &str) -> Result<&'p Template, Failure> {
        let fits = |template: &&Template| template.ownership.as_deref() == Some(name);
        let wanted = pack.templates().iter().find(fits).map_or("", |template| &template.name);
        for template in pack.templates() {
            (self.say)(&format!("  {}: {}", template.name, template.about));
        }
        loop {
            let line = self.line("Which template?", wanted)?;
            match pack.template(&line) {
                Some(template) => return Ok(template),
                None => (self.say)(&format!("`{line}` is none of these")),
            }
        }
    }

    /// The parties, until an empty name; the sample's, if none is named.
    fn parties(&mut self, sample: &[PartyAnswer]) -> Result<Vec<PartyAnswer>, Failure> {
        (self.say)(
            "\nThe parties, one by one; an empty name ends. None at all takes the sample's.",
        );
        let mut parties: Vec<PartyAnswer> = Vec::new();
        loop {
            let name = self.line("Name of the next party?", "")?;
            if name.is_empty() {
                break;
            }
            let sides = [
                (Side::Public, "public", "a body of the state, or owned by it"),
                (Side::Private, "private", "a company or another private body"),
                (Side::Independent, "independent", "neither, heard by both"),
            ];
            let side = self.choose("On which side does it stand?", &sides)?;
            let id = self.party_id(&name)?;
            let countries = self.countries()?;
            let roles = self.roles()?;
            parties.push(PartyAnswer { id, name, side, countries, roles });
        }
        Ok(if parties.is_empty() { sample.to_vec() } else { parties })
    }

    fn party_id(&mut self, name: &str) -> Result<PartyId, Failure> {
        let plain = name.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.len() > 2);
        let usual = plain.map(str::to_lowercase).unwrap_or_default();
        loop {
            let line = self.line("Its short id, of a–z, 0–9 and `-`?", &usual)?;
            match line.parse() {
                Ok(id) => return Ok(id),
                Err(e) => (self.say)(&e.to_string()),
            }
        }
    }

    fn countries(&mut self) -> Result<Vec<Country>, Failure> {
        loop {
            let line = self.line("Whose law binds it? (two letters each: BE NL)", "")?;
            let words = line.split([' ', ',']).filter(|word| !word.is_empty());
            match words.map(|word| word.to_uppercase().parse()).collect::<Result<Vec<_>, _>>() {
                Ok(countries) if !countries.is_empty() => return Ok(countries),
                Ok(_) => (self.say)("name at least one"),
                Err(e) => (self.say)(&format!("{e}")),
            }
        }
    }

    fn roles(&mut self) -> Result<Vec<Role>, Failure> {
        const ALL: [Role; 5] =
            [Role::Holder, Role::Developer, Role::Sponsor, Role::Lab, Role::Operator];
        let words: Vec<&str> = ALL.iter().map(|role| role.word()).collect();
        let question = format!(
            "What does it do? ({}; empty: what such a party usually does)",
            words.join(" ")
        );
        loop {
            let line = self.line(&question, "")?;
            let named = line.split([' ', ',']).filter(|word| !word.is_empty());
            let found: Option<Vec<Role>> =
                named.map(|word| ALL.into_iter().find(|role| role.word() == word)).collect();
            match found {
                Some(roles) => return Ok(roles),
                None => (self.say)("use these words only"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Cursor;

    use super::*;
    use crate::playbook;

    /// What somebody answers, line by line, and what was said meanwhile.
    fn asked(lines: &[&str]) -> (Result<Answers, Failure>, String) {
        let pack = playbook::own().unwrap();
        let said = RefCell::new(String::new());
        let mut input = Cursor::new(lines.join("\n") + "\n");
        let answers = ask(&pack, None, &mut input, |text| {
            said.borrow_mut().push_str(text);
            said.borrow_mut().push('\n');
        });
        (answers, said.into_inner())
    }

    #[test]
    fn somebody_who_answers_gets_a_template_with_reasons_and_an_agreement_that_can_be_written() {
        let (answers, said) = asked(&[
            // Number or word; a wrong one is asked again.
            "1",
            "applied-service",
            "nonsense",
            "low",
            "3",
            "1",
            "",
            // Title, law, forum, purpose, goal, rows, model.
            "Desk Service",
            "",
            "",
            "to tell people how long they wait",
            "",
            "Desk Rows",
            "Desk Model",
            // Parties.
            "City of Aa",
            "1",
            "",
            "be nl",
            "",
            "City of Bee",
            "1",
            "bee",
            "BE",
            "holder",
            "Desk Models",
            "2",
            "desk",
            "BE",
            "developer",
            "Kay Desks",
            "2",
            "kay",
            "BE",
            "holder",
            "Quay Hall",
            "1",
            "hall",
            "be",
            "holder",
            "",
        ]);
        let answers = answers.unwrap_or_else(|e| panic!("{e}: {said}"));
        assert!(said.contains("These answers speak for `private-retained`"), "{said}");
        assert!(said.contains("`nonsense` is none of these"), "{said}");
        assert!(said.contains("A company runs it best"), "{said}");
        assert_eq!(answers.template.as_deref(), Some("private-retained"));
        assert_eq!(answers.parties.len(), 5);
        assert_eq!(answers.parties[0].id.as_str(), "city");
        assert_eq!(answers.parties[0].countries.len(), 2);
        let pack = playbook::own().unwrap();
        let modules = pack.write(pack.template("private-retained").unwrap(), &answers).unwrap();
        assert!(modules["parties.md"].contains("City of Aa"), "{}", modules["parties.md"]);
    }

    #[test]
    fn whoever_takes_another_template_is_asked_why() {
        let mut lines =
            vec!["1", "2", "2", "2", "2", "private-retained", "we have a model already"];
        lines.extend([""; 8]);
        let answers = asked(&lines).0.unwrap();
        assert_eq!(answers.choice.reason.as_deref(), Some("we have a model already"));
        assert_eq!(answers.template.as_deref(), Some("private-retained"));
    }

    #[test]
    fn who_stops_answering_gets_nothing() {
        let failure = asked(&["1", "2"]).0.unwrap_err();
        assert_eq!((failure.code(), failure.problem().code.as_str()), (2, "no-answers"));
    }
}
