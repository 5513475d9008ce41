//! What a model says of rows, as CSV or as JSON lines.

use concordat_learn::{Model, Target};
use serde_json::{Map, Value, json};

use super::rows::Block;
use crate::failure::Failure;
use crate::out::Out;

/// What the numbers of rows are called.
const NUMBER: &str = "row";

/// How answers are told.
pub(super) struct Answers<'a> {
    target: &'a Target,
    /// The column that names rows; none where they are numbered.
    id: Option<&'a str>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(model: &'a Model, id: Option<&'a str>) -> Self {
        Self { target: &model.recipe().target, id }
    }

    /// The first line of a table of answers.
    pub(super) fn header(&self) -> String {
        let mut cells = vec![self.id.unwrap_or(NUMBER).to_owned()];
        match self.target {
            Target::YesNo { .. } => cells.push("probability".to_owned()),
            Target::Number { .. } => cells.push("prediction".to_owned()),
            Target::Class { classes, .. } => {
                cells.push("class".to_owned());
                cells.extend(classes.iter().map(|class| format!("probability of {class}")));
            }
        }
        line(&cells)
    }

    /// Tells what was said of each row of a block, so many numbers each as the target has.
    ///
    /// # Errors
    /// What the standard output says.
    pub(super) fn tell(&self, block: &Block, told: &[f64], out: Out) -> Result<(), Failure> {
        let rows = block.names.iter().zip(told.chunks_exact(self.target.width()));
        if out.json {
            let items: Vec<Value> = rows.map(|(name, told)| self.item(name, told)).collect();
            return out.list(&items, String::new);
        }
        let lines: Vec<String> = rows.map(|(name, told)| self.row(name, told)).collect();
        out.answer(&(), || lines.join("\n"))
    }

    fn row(&self, name: &str, told: &[f64]) -> String {
        let mut cells = vec![name.to_owned()];
        cells.extend(self.likeliest(told).map(str::to_owned));
        cells.extend(told.iter().map(|value| short(*value)));
        line(&cells)
    }

    fn item(&self, name: &str, told: &[f64]) -> Value {
        let mut item = Map::new();
        match self.id {
            Some(id) => drop(item.insert(id.to_owned(), name.into())),
            None => drop(item.insert(NUMBER.to_owned(), json!(name.parse::<usize>().ok()))),
        }
        match (self.target, told) {
            (Target::YesNo { .. }, [yes]) => {
                drop(item.insert("probability".to_owned(), json!(yes)))
            }
            (Target::Number { .. }, [value]) => {
                item.insert("prediction".to_owned(), json!(value));
            }
            (Target::Class { classes, .. }, _) => {
                let pairs = classes.iter().cloned().zip(told.iter().map(|value| json!(value)));
                item.insert("class".to_owned(), self.likeliest(told).into());
                item.insert("probabilities".to_owned(), Value::Object(pairs.collect()));
            }
            _ => {}
        }
        Value::Object(item)
    }

    /// The class with the largest probability; of equals the first. None without classes.
    fn likeliest(&self, told: &[f64]) -> Option<&'a str> {
        let Target::Class { classes, .. } = self.target else { return None };
        let most = told.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut pairs = classes.iter().zip(told);
        pairs.find(|(_, value)| **value >= most).map(|(class, _)| class.as_str())
    }
}

/// One line of CSV (RFC 4180), without its end.
fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    });
    quoted.collect::<Vec<_>>().join(",")
}

/// A number as short as it can be told: most are single.
fn short(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it was")]
    let single = value as f32;
    if f64::from(single) == value { single.to_string() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_numbers_are_short() {
        let cells = ["a,b", "say \"no\"", "plain"].map(str::to_owned);
        assert_eq!(line(&cells), "\"a,b\",\"say \"\"no\"\"\",plain");
        assert_eq!(short(f64::from(0.1_f32)), "0.1");
        assert_eq!(short(0.1), "0.1");
    }
}
