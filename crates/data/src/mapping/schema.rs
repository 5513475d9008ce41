//! A mapping beside the schema that the agreement declares.

use concordat_agreement::{Asset, Column, ColumnKind};
use concordat_terms::{Decimal, Span};

use super::{Finding, Mapping, Origin, Rule, Unit, nearest};

impl Mapping {
    /// Whether the mapping makes the agreement's columns, each and no other, of values that the
    /// agreement allows.
    ///
    /// # Errors
    /// Everything that does not fit.
    pub fn fits(&self, asset: &Asset) -> Result<(), Vec<Finding>> {
        let mut found = Vec::new();
        let person = asset.person.as_deref().unwrap_or_default();
        for name in self.columns.keys() {
            if name == person {
                let what = format!("`{name}` names the person");
                let hint = "remove the table: `[person]` says where the person's key is";
                found.push(self.finding(name, "mapping-column-unknown", what, hint.to_owned()));
            } else if !asset.columns.iter().any(|column| column.name == *name) {
                let what = format!("the agreement declares no column `{name}`");
                let names = asset.columns.iter().map(|column| column.name.as_str());
                let hint = match nearest(name, names.filter(|name| *name != person)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "remove the table: nobody agreed to that column's being read".to_owned()
                    }
                };
                found.push(self.finding(name, "mapping-column-unknown", what, hint));
            }
        }
        for column in asset.columns.iter().filter(|column| column.name != person) {
            match self.columns.get(&column.name) {
                None => {
                    let name = &column.name;
                    let what = format!("nothing says where the column `{name}` comes from");
                    let hint = format!(
                        "write `[columns.{name}]` with `from`, or with `absent = true` if the site has no such column"
                    );
                    found.push(self.finding(name, "mapping-column-missing", what, hint));
                }
                Some(origin) => found.extend(self.unfit(column, origin)),
            }
        }
        found.sort_by_key(|finding| (finding.span.line, finding.span.column));
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    fn unfit(&self, column: &Column, origin: &Origin) -> Vec<Finding> {
        let name = &column.name;
        let wrong = |code, what, hint: &str| vec![self.finding(name, code, what, hint.to_owned())];
        let number = column.kind == ColumnKind::Number;
        match origin {
            Origin::Lacking if !column.optional => wrong(
                "mapping-lacks-column",
                format!("the site lacks `{name}`, and the agreement wants it of every row"),
                "have the column made `optional` in the asset's clause, or map another column",
            ),
            Origin::Lacking | Origin::Same => Vec::new(),
            Origin::Years { .. } if !number => wrong(
                "mapping-wrong-value",
                format!("years are a number, and `{name}` is none"),
                "map a column of texts or codes with `from`",
            ),
            Origin::Years { .. } => Vec::new(),
            Origin::Cell(rule) => {
                if !number && converts(rule) {
                    return wrong(
                        "mapping-wrong-value",
                        format!("`{name}` is no number, so it has no unit and no places"),
                        "remove `factor`, `offset`, `unit`, `units` and `places`",
                    );
                }
                let codes = rule.codes.iter().flat_map(|codes| codes.values());
                let values = codes.chain(&rule.otherwise);
                values.filter_map(|value| self.unfit_value(column, value)).collect()
            }
        }
    }

    /// What a code stands for must be a value of the column; an empty one says that it is missing.
    fn unfit_value(&self, column: &Column, value: &str) -> Option<Finding> {
        let name = &column.name;
        let levels = || column.levels.iter().map(|level| level.as_str());
        let fits = match column.kind {
            _ if value.is_empty() => column.optional,
            ColumnKind::Text => true,
            ColumnKind::Category => levels().any(|level| level == value),
            ColumnKind::Number => value.parse().is_ok_and(|value: Decimal| {
                column.min.is_none_or(|min| value >= min)
                    && column.max.is_none_or(|max| value <= max)
            }),
        };
        if fits {
            return None;
        }
        let what = format!("a code stands for `{value}`, which `{name}` does not allow");
        let hint = match column.kind {
            ColumnKind::Category => match nearest(value, levels()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of: {}", levels().collect::<Vec<_>>().join(", ")),
            },
            _ => "write a value within the column's bounds".to_owned(),
        };
        Some(self.finding(name, "mapping-wrong-value", what, hint))
    }

    fn finding(&self, column: &str, code: &'static str, what: String, hint: String) -> Finding {
        let start = || self.places.values().next().map(|span| span.file.clone());
        let span = self.place(column).cloned().unwrap_or_else(|| Span {
            file: start().unwrap_or_default(),
            line: 1,
            column: 1,
            length: 1,
        });
        Finding { span, code, what, hint }
    }
}

fn converts(rule: &Rule) -> bool {
    rule.unit != Unit::none() || rule.places.is_some()
}

/// The level that a cell is, letter by letter or as a number (`1.0` is `1`).
pub(crate) fn nearest_level<'a>(column: &'a Column, cell: &str) -> Option<&'a str> {
    let mut levels = column.levels.iter().map(|level| level.as_str());
    let number = super::number(cell);
    levels.find(|level| {
        *level == cell
            || number.is_some_and(|number| level.parse().is_ok_and(|own: Decimal| own == number))
    })
}
