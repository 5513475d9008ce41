//! Which model of ownership fits: what is shared, what for, how dual the use is, how much may be
//! negotiated, and how soon it must serve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::Chosen;

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident ($question:literal) {
        $($(#[$vdoc:meta])* $variant:ident = $word:literal, $said:literal;)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// What is asked.
            pub const QUESTION: &'static str = $question;

            /// Every answer: its word, and what it says.
            pub const ANSWERS: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $word, $said),)+];

            /// The answer's word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it says, as part of a sentence.
            pub const fn said(self) -> &'static str {
                match self { $(Self::$variant => $said,)+ }
            }
        }
    )+};
}

answers! {
    /// What the parties do together.
    Share("What do you do together?") {
        /// Train and use a model.
        JointWork = "joint-work", "the parties train a model on rows of several holders and use it";
        /// Use data.
        Data = "data", "the parties count over rows of several holders, and make no model";
        /// Test a model.
        Testing = "testing", "one party's model is tested by others before and while it is used";
    }

    /// What the result serves.
    Use("What does the result serve?") {
        /// The security of the state.
        NationalSecurity = "national-security", "it serves national security";
        /// Work before anybody competes.
        PreCompetitive = "pre-competitive", "it serves research before anybody competes with it";
        /// A service to people.
        AppliedService = "applied-service", "it serves people or offices directly";
    }

    /// How far it could serve military or hostile ends.
    DualUse("How far could it serve military or hostile ends, too?") {
        /// Clearly.
        High = "high", "it could clearly serve military or hostile ends, too";
        /// In parts.
        Some = "some", "parts of it could serve other ends";
        /// Hardly.
        Low = "low", "it could hardly serve such ends";
    }

    /// How much the parties can negotiate before they start.
    Negotiation("How much can you negotiate before you start?") {
        /// Much.
        Much = "much", "there is time for a tender or a long negotiation";
        /// Some.
        Some = "some", "the parties can negotiate shares once, for all projects";
        /// Little.
        Little = "little", "hardly anything can be negotiated";
    }

    /// How soon it must serve.
    Months("How soon must it serve?") {
        /// Within a year.
        UnderTwelve = "under-12", "it must serve in less than twelve months";
        /// Within a year and a half.
        TwelveToEighteen = "12-18", "it must serve in twelve to eighteen months";
        /// Within two years.
        TwentyFour = "24", "it may take twenty-four months";
    }
}

/// One dimension: what was asked, what was answered, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// What was asked.
    pub question: &'static str,
    /// What was answered, as a sentence.
    pub answer: String,
    /// What follows from it, as a sentence.
    pub follows: &'static str,
    /// The ownership that it speaks for: `government-owned`, `joint-pool`, `private-retained`;
    /// `None` where it decides between kinds of agreement.
    pub speaks_for: Option<&'static str>,
}

const OWNED: &str = "government-owned";
const POOL: &str = "joint-pool";
const RETAINED: &str = "private-retained";

/// What the answers speak for: the template's name, and a point for each dimension.
pub fn recommend(chosen: &Chosen) -> (&'static str, Vec<Point>) {
    let mut points = vec![share(chosen.share)];
    let only = match chosen.share {
        Share::Data => Some("data-use-only"),
        Share::Testing => Some("model-testing-only"),
        Share::JointWork => None,
    };
    points.extend([
        use_of(chosen.serves),
        dual(chosen.dual_use),
        negotiation(chosen.negotiation),
        months(chosen.months),
    ]);
    if let Some(only) = only {
        return (only, points);
    }
    let mut votes: BTreeMap<&'static str, usize> = BTreeMap::new();
    for point in &points {
        if let Some(name) = point.speaks_for {
            *votes.entry(name).or_default() += 1;
        }
    }
    let most = votes.values().copied().max().unwrap_or_default();
    // Where two are equal, what the result serves decides.
    let first = points.iter().filter_map(|point| point.speaks_for);
    let best = first.into_iter().find(|name| votes.get(name) == Some(&most));
    (best.unwrap_or(POOL), points)
}

fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn share(share: Share) -> Point {
    let follows = match share {
        Share::JointWork => {
            "A model is made, so that somebody must own it: the other answers say who."
        }
        Share::Data => "No model is made, so that terms for the use of data are enough.",
        Share::Testing => "Nothing is made together, so that terms for the tests are enough.",
    };
    let answer = sentence(share.said());
    Point { question: Share::QUESTION, answer, follows, speaks_for: None }
}

fn use_of(serves: Use) -> Point {
    let (follows, name) = match serves {
        Use::NationalSecurity => {
            ("The state must be able to go on alone, and so should own the result.", OWNED)
        }
        Use::PreCompetitive => {
            ("Nobody should be shut out of what all build upon: it should be held together.", POOL)
        }
        Use::AppliedService => {
            ("A company runs it best that may also sell it: it may keep the result.", RETAINED)
        }
    };
    let answer = sentence(serves.said());
    Point { question: Use::QUESTION, answer, follows, speaks_for: Some(name) }
}

fn dual(dual: DualUse) -> Point {
    let (follows, name) = match dual {
        DualUse::High => ("Who may have it must be decided by the state alone.", OWNED),
        DualUse::Some => {
            ("A body of both sides should decide on every licence to outsiders.", POOL)
        }
        DualUse::Low => ("Its sale needs no permission of the state.", RETAINED),
    };
    let answer = sentence(dual.said());
    Point { question: DualUse::QUESTION, answer, follows, speaks_for: Some(name) }
}

fn negotiation(negotiation: Negotiation) -> Point {
    let (follows, name) = match negotiation {
        Negotiation::Much => ("Commercial licences can be tendered.", OWNED),
        Negotiation::Some => ("Shares and royalties can be agreed once, in a consortium.", POOL),
        Negotiation::Little => {
            ("Terms should be as the trade knows them: a licence for public use.", RETAINED)
        }
    };
    let answer = sentence(negotiation.said());
    Point { question: Negotiation::QUESTION, answer, follows, speaks_for: Some(name) }
}

fn months(months: Months) -> Point {
    let (follows, name) = match months {
        Months::TwentyFour => ("That is what public ownership with a tender usually takes.", OWNED),
        Months::TwelveToEighteen => ("That is what a consortium usually takes.", POOL),
        Months::UnderTwelve => {
            ("Only what a company has already, and keeps, is ready so soon.", RETAINED)
        }
    };
    let answer = sentence(months.said());
    Point { question: Months::QUESTION, answer, follows, speaks_for: Some(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(serves: Use, dual_use: DualUse, negotiation: Negotiation, months: Months) -> Chosen {
        Chosen { share: Share::JointWork, serves, dual_use, negotiation, months, reason: None }
    }

    #[test]
    fn what_most_answers_speak_for_is_recommended_and_the_use_decides_between_equals() {
        use Negotiation as N;
        let security = chosen(Use::NationalSecurity, DualUse::High, N::Much, Months::TwentyFour);
        assert_eq!(recommend(&security).0, "government-owned");
        let research = chosen(Use::PreCompetitive, DualUse::Some, N::Some, Months::UnderTwelve);
        assert_eq!(recommend(&research).0, "joint-pool");
        let equal = chosen(Use::AppliedService, DualUse::Low, N::Much, Months::TwentyFour);
        assert_eq!(recommend(&equal).0, "private-retained");
        let (_, points) = recommend(&equal);
        assert_eq!(points.len(), 5);
    }

    #[test]
    fn what_makes_no_model_needs_no_owner_of_one() {
        for (share, name) in
            [(Share::Data, "data-use-only"), (Share::Testing, "model-testing-only")]
        {
            let base =
                chosen(Use::NationalSecurity, DualUse::High, Negotiation::Much, Months::TwentyFour);
            assert_eq!(recommend(&Chosen { share, ..base }).0, name);
        }
    }
}
