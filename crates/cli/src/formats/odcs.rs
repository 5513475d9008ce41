//! Open Data Contract Standard 3.1.0: one contract a dataset, in JSON, which is YAML as well.

use concordat_agreement::ColumnKind;
use concordat_partnership::State;
use concordat_terms::Period;
use serde_json::{Map, Value, json};

use super::{Listed, called, holders, iri, number, uses};

/// The contract of one dataset.
pub fn contract(state: &State, one: &Listed<'_>) -> Value {
    let Listed { entry, terms } = one;
    let columns: Vec<Value> = terms.columns.iter().map(column).collect();
    let module = state.agreement().modules().get(&entry.clause.module);
    let version = module.map_or_else(|| "0.0.0".to_owned(), |module| module.version.to_string());
    let mut own = vec![
        said("label", entry.label.as_str()),
        said("clause", &entry.clause.to_string()),
        said("log", &state.log().map(|log| log.to_string()).unwrap_or_default()),
    ];
    own.extend(entry.anonymisation.iter().map(|standard| said("anonymisation", standard)));
    own.extend(terms.retention.iter().map(|period| said("retention", &period.to_string())));
    own.extend(terms.licence.iter().map(|text| said("licence", text)));
    own.extend(entry.versions.iter().map(|version| {
        let at = format!("{} of entry {} at {}", version.version, version.index, version.at);
        said("datasetVersion", &at)
    }));
    let roles: Vec<Value> = holders(state, terms)
        .iter()
        .map(|party| {
            let does = format!("{}, holder of the rows", called(state, party));
            json!({ "role": format!("{}:{party}", entry.holder), "description": does })
        })
        .collect();
    let mut made = json!({
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": iri(state, "asset", &entry.asset.to_string()),
        "name": entry.asset.to_string(),
        "version": version,
        "status": if entry.lacks.is_some() { "draft" } else { "active" },
        "description": {
            "purpose": uses(state, entry),
            "limitations": "rows stay with their holders; sums leave, by runs that the agreement \
                            admits and under a privacy account",
            "usage": format!("as clause {} of the agreement permits", entry.clause),
        },
        "schema": [{
            "name": entry.asset.to_string(),
            "logicalType": "object",
            "physicalType": "table",
            "description": entry.title,
            "properties": columns,
        }],
        "roles": roles,
        "customProperties": own,
    });
    let kept = terms.retention.and_then(retained);
    if let (Some((value, unit)), Value::Object(fields)) = (kept, &mut made) {
        let kept = json!([{ "property": "retention", "value": value, "unit": unit }]);
        fields.insert("slaProperties".to_owned(), kept);
    }
    made
}

/// A period in whole years or days, or not at all: the standard has no unit for months. The custom
/// properties have it as the clause does.
fn retained(period: Period) -> Option<(u32, &'static str)> {
    match (period.months, period.days, period.seconds) {
        (0, days, 0) if days > 0 => Some((days, "d")),
        (months, 0, 0) if months > 0 && months % 12 == 0 => Some((months / 12, "y")),
        _ => None,
    }
}

fn said(property: &str, value: &str) -> Value {
    json!({ "property": property, "value": value })
}

fn column(column: &concordat_agreement::Column) -> Value {
    let kind = match column.kind {
        ColumnKind::Number => "number",
        ColumnKind::Category | ColumnKind::Text => "string",
    };
    let mut made = Map::new();
    made.insert("name".to_owned(), json!(column.name));
    made.insert("logicalType".to_owned(), json!(kind));
    made.insert("required".to_owned(), json!(!column.optional));
    let mut options = Map::new();
    for (name, bound) in [("minimum", &column.min), ("maximum", &column.max)] {
        if let Some(bound) = bound {
            options.insert(name.to_owned(), number(bound));
        }
    }
    if !options.is_empty() {
        made.insert("logicalTypeOptions".to_owned(), Value::Object(options));
    }
    if !column.levels.is_empty() {
        let levels: Vec<&str> = column.levels.iter().map(|level| level.as_str()).collect();
        let one_of = json!([{ "property": "levels", "value": levels.join("|") }]);
        made.insert("customProperties".to_owned(), one_of);
    }
    Value::Object(made)
}
