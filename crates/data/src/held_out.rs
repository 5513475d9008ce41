//! What is kept out of training, as a table of its own.

use concordat_learn::Recipe;

use crate::fault::Fault;
use crate::table::Table;

/// The rows of several holders that a recipe's keyed split keeps for testing, as one CSV table
/// (RFC 4180) in the first holder's order of columns: what [`Table::read`] reads back, and none of
/// whose persons [`concordat_learn::Units::split`] trains on.
///
/// # Errors
/// [`Fault::MissingColumn`] where the tables are not of one schema, or not of the recipe's.
pub fn held_out<'a>(
    tables: impl IntoIterator<Item = &'a Table>,
    recipe: &Recipe,
) -> Result<Vec<u8>, Fault> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut columns: Option<&[String]> = None;
    // What is written to memory cannot fail but for rows of unequal length, and these are equal.
    for table in tables {
        let order = match columns {
            Some(order) => order,
            None => {
                out.write_record(table.header()).map_err(|_| Fault::Empty)?;
                columns.insert(table.header())
            }
        };
        for row in table.testing(recipe, order)? {
            out.write_record(row).map_err(|_| Fault::Empty)?;
        }
    }
    out.into_inner().map_err(|_| Fault::Empty)
}

#[cfg(test)]
mod tests {
    use concordat_agreement::{Asset, Terms};
    use concordat_learn::Units;

    use super::*;

    const MODULE: &str = r#"```module
id = "rows"
version = "1.0.0"
signers = ["all"]
```

```clause
id = "rows"
asset = "Rows"
kind = "dataset"
holder = "holder"
label = "restricted"
purposes = ["care"]
person = "who"
columns = [
  { name = "who", kind = "text" },
  { name = "age", kind = "number", min = 0, max = 120 },
  { name = "ill", kind = "number", min = 0, max = 1 },
]
```
"#;

    fn asset() -> Asset {
        let module = concordat_agreement::read("rows.md", MODULE.as_bytes()).unwrap();
        let terms = module.clauses.values().find_map(|clause| match &clause.terms {
            Terms::Asset(asset) => Some(asset),
            _ => None,
        });
        terms.unwrap().clone()
    }

    fn recipe() -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: serde_json::Value = serde_json::from_str(text).unwrap();
        recipe["person"] = "who".into();
        recipe["target"]["column"] = "ill".into();
        recipe["features"] = serde_json::json!([
            {"kind": "scale", "column": "age", "min": "0", "max": "120", "to": "unit"},
        ]);
        recipe["split"] = serde_json::json!({"key": "k", "test_permille": 340});
        serde_json::from_value(recipe).unwrap()
    }

    fn units(table: &[u8]) -> Units {
        Table::read(table, &asset()).unwrap().units(&recipe()).unwrap()
    }

    #[test]
    fn what_is_handed_over_is_what_no_training_sees_however_a_table_is_written() {
        // As a spreadsheet writes it: a byte order mark, quotes, blanks, columns in another order.
        let quoted: String =
            (0..200).map(|n| format!("{},\"Doe, {n} \",{} \r\n", n % 2, n % 90)).collect();
        let quoted = format!("\u{feff}ill,\"who\",age\r\n{quoted}");
        let plain: String = (0..200).map(|n| format!("Roe {n},{},{}\n", n % 90, n % 2)).collect();
        let plain = format!("who,age,ill\n{plain}");
        let read = |table: &str| Table::read(table.as_bytes(), &asset()).unwrap();
        let handed = held_out([&read(&quoted), &read(&plain)], &recipe()).unwrap();

        // All that was held out of both, nothing that was trained on, and all of it for testing.
        let both = [units(quoted.as_bytes()), units(plain.as_bytes())];
        let tests: Vec<Units> = both.iter().map(|units| units.split(&recipe().split).1).collect();
        let again = units(&handed);
        assert!(again.persons() > 100, "{}", again.persons());
        assert_eq!(again.split(&recipe().split).0.persons(), 0);
        assert_eq!(again, Units::pool(&tests.iter().collect::<Vec<_>>()));
        assert!(handed.starts_with(b"ill,who,age\n"));
        assert!(String::from_utf8(handed).unwrap().contains("\"Doe, "));
    }
}
