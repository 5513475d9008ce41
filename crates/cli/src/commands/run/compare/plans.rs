//! Two plans, field by field.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::Plan;
use serde::Serialize;
use serde_json::Value;

/// A field that is not the same in both. What a plan does not have is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Differs {
    /// Its name, such as `noise`, `datasets.alder` or `recipe.optimiser.rate`.
    pub(super) field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) second: Option<Value>,
}

/// What is not alike, in the order of the fields' names; of the recipes too, where both are here.
pub(super) fn differ(plans: [&Plan; 2], recipes: [Option<&[u8]>; 2]) -> Vec<Differs> {
    let plans = plans.map(|plan| {
        let mut fields = BTreeMap::new();
        flatten("", &serde_json::to_value(plan).unwrap_or_default(), &mut fields);
        fields
    });
    let mut differ = apart(&plans);
    if let [Some(first), Some(second)] = recipes {
        let recipes = [first, second].map(|bytes| {
            let mut fields = BTreeMap::new();
            let recipe: Value = serde_json::from_slice(bytes).unwrap_or_default();
            flatten("recipe", &recipe, &mut fields);
            fields
        });
        differ.extend(apart(&recipes));
    }
    differ
}

fn apart([first, second]: &[BTreeMap<String, Value>; 2]) -> Vec<Differs> {
    let fields: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differing = fields.into_iter().filter(|field| first.get(*field) != second.get(*field));
    differing
        .map(|field| Differs {
            field: field.clone(),
            first: first.get(field).cloned(),
            second: second.get(field).cloned(),
        })
        .collect()
}

/// Every leaf by its path. Lists of objects are told item by item, others whole.
fn flatten(path: &str, value: &Value, fields: &mut BTreeMap<String, Value>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                flatten(&below(name), value, fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, item) in items.iter().enumerate() {
                // A feature is known by its column, wherever it stands.
                let name = item.get("column").and_then(Value::as_str);
                let name = name.map_or_else(|| (place + 1).to_string(), str::to_owned);
                flatten(&below(&name), item, fields);
            }
        }
        other => drop(fields.insert(path.to_owned(), other.clone())),
    }
}
