//! What somebody should know about answers that can be used.

use concordat_terms::Date;

use super::answers::Answers;

impl Answers {
    /// What is unlikely to be meant, or means less than it seems, each in one line; `today` is the
    /// day of whoever asks.
    pub fn notes(&self, today: Date) -> Vec<String> {
        let mut notes = Vec::new();
        for (name, date, follows) in [
            (
                "terms.start_by",
                self.terms.start_by,
                "what the agreement waits for can no longer come",
            ),
            ("objective.by", self.objective.by, "the objective was to be reached by then"),
        ] {
            if date < today {
                notes.push(format!("`{name}` is {date}, before today ({today}): {follows}"));
            }
        }
        let language = &self.terms.language;
        let first = language.split('-').next().unwrap_or_default();
        if !first.eq_ignore_ascii_case("en") {
            notes.push(format!(
                "the text is in English: `language = \"{language}\"` says only which language \
                 prevails, and nothing is translated"
            ));
        }
        notes
    }
}
