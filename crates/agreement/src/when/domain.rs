//! Literals that their attribute can have: a misspelt word would never match, without a word.

use concordat_terms::{Country, Side};

use crate::ask::CLASSES;
use crate::clause::{AssetKind, Label, RunKind};
use crate::nearest::suggest;
use crate::shape::Word;

use super::token::{Kind, Token};
use super::{Expr, NotACondition, Number, Text};

/// Refuses a literal outside the values of its attribute. Parties and purposes are names, which
/// are resolved when the modules are joined.
pub(super) fn check(text: &str, tokens: &[Token], expr: &Expr) -> Result<(), NotACondition> {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
    for atom in expr.atoms() {
        match atom {
            Expr::Number(number, _, literal) => {
                if let Some(hint) = outside(*number, *literal) {
                    let at = tokens.iter().find(|token| {
                        token.kind == Kind::Number && word(token).parse() == Ok(*literal)
                    });
                    let what = format!("`{}` is never {literal}", number.word());
                    return Err(NotACondition::new(what, hint, at.map(|t| t.range.clone())));
                }
            }
            Expr::Text(fact, among) => {
                for literal in among {
                    if let Some(hint) = unknown(*fact, literal) {
                        return Err(never(text, tokens, fact.word(), literal, hint));
                    }
                }
            }
            Expr::Law(_, listed) => {
                for literal in listed {
                    if let Some(hint) = unknown(Text::Jurisdiction, literal) {
                        return Err(never(text, tokens, "party.jurisdictions", literal, hint));
                    }
                }
            }
            Expr::LawHolds(fact) if *fact != Text::Jurisdiction => {
                let what = format!("`{}` is no country", fact.word());
                let hint = "write `party.jurisdictions.contains(place.jurisdiction)`";
                return Err(NotACondition::new(what, hint, None));
            }
            _ => {}
        }
    }
    Ok(())
}

fn never(text: &str, tokens: &[Token], fact: &str, literal: &str, hint: String) -> NotACondition {
    let at = tokens.iter().find(|token| {
        let raw = text.get(token.range.clone()).unwrap_or_default();
        token.kind == Kind::Text && raw.trim_matches('"') == literal
    });
    let what = format!("`{fact}` is never `{literal}`");
    NotACondition::new(what, hint, at.map(|token| token.range.clone()))
}

/// How to mend a number that the fact cannot be.
fn outside(number: Number, literal: i64) -> Option<String> {
    match number {
        Number::Class => {
            let known = u8::try_from(literal).is_ok_and(|class| CLASSES.contains(&class));
            let (least, most) = (CLASSES.start(), CLASSES.end());
            (!known).then(|| format!("isolation classes are {least} to {most}"))
        }
        Number::Rounds | Number::Participants => {
            u32::try_from(literal).is_err().then(|| format!("write at most {}", u32::MAX))
        }
    }
}

/// How to mend a text that the fact cannot be.
fn unknown(fact: Text, literal: &str) -> Option<String> {
    match fact {
        Text::Jurisdiction => {
            let country = literal.parse::<Country>().is_ok();
            (!country).then(|| "write two capital letters, as ISO 3166 has them: `BE`".to_owned())
        }
        Text::Side => word::<Side>(literal),
        Text::RunKind => word::<RunKind>(literal),
        Text::Label => word::<Label>(literal),
        Text::AssetKind => word::<AssetKind>(literal),
        Text::Party | Text::Purpose => None,
    }
}

fn word<T: Word>(literal: &str) -> Option<String> {
    let words = T::WORDS.iter().map(|(word, ..)| *word);
    (!words.clone().any(|word| word == literal)).then(|| suggest(literal, words))
}
