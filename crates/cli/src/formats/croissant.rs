//! Croissant 1.0: what a dataset holds, field by field. No file comes with it: rows stay where they
//! are, and a version is a salted commitment to them, not the checksum of a download. The table that
//! the fields are columns of is therefore one that is live, named by what it is called here.

use concordat_agreement::ColumnKind;
use concordat_partnership::State;
use serde_json::{Map, Value, json};

use super::{Listed, called, holders, iri, latest, licence, uses};

/// What the table with the rows is called within a document.
const TABLE: &str = "table";

/// The metadata of one dataset.
pub fn dataset(state: &State, one: &Listed<'_>) -> Value {
    let Listed { entry, terms } = one;
    let creators: Vec<Value> = holders(state, terms)
        .iter()
        .map(|party| json!({ "@type": "sc:Organization", "name": called(state, party) }))
        .collect();
    let mut made = Map::new();
    let mut put = |field: &str, value: Value| _ = made.insert(field.to_owned(), value);
    put("@context", context());
    put("@type", json!("sc:Dataset"));
    put("@id", json!(iri(state, "asset", &entry.asset.to_string())));
    put("conformsTo", json!("http://mlcommons.org/croissant/1.0"));
    put("name", json!(entry.asset.to_string()));
    put("alternateName", json!(entry.title));
    let what = format!(
        "{}. Rows stay with their holders and are computed on where they are. For: {}",
        entry.title,
        uses(state, entry)
    );
    put("description", json!(what));
    put("url", json!(iri(state, "asset", &entry.asset.to_string())));
    put("creator", json!(creators));
    let terms_of_use = format!("as clause {} of the agreement says", entry.clause);
    let text = terms.licence.as_ref().map_or(terms_of_use, |text| licence(text));
    put("license", json!(text));
    // What nobody has listed yet was made known with its clause.
    let known = state.in_force().get(&entry.clause.module).map(|module| module.since);
    if let Some(at) = entry.versions.last().map(|version| version.at).or(known) {
        put("datePublished", json!(at.to_string()));
    }
    if let Some(version) = entry.versions.last() {
        put("identifier", json!(format!("sha256:{}", version.version)));
    }
    put("version", json!(format!("{}.0.0", entry.versions.len().max(1))));
    if let Some(standard) = &entry.anonymisation {
        put("rai:personalSensitiveInformation", json!(format!("anonymised by {standard}")));
    }
    put("isLiveDataset", json!(true));
    put("citeAs", json!(cited(state, one)));
    let fields = terms.columns.iter().map(|column| {
        let kind = match column.kind {
            ColumnKind::Number => "sc:Float",
            ColumnKind::Category | ColumnKind::Text => "sc:Text",
        };
        json!({
            "@type": "cr:Field",
            "@id": format!("rows/{}", column.name),
            "name": column.name,
            "description": described(column),
            "dataType": kind,
            "source": { "fileObject": { "@id": TABLE }, "extract": { "column": column.name } },
        })
    });
    let fields: Vec<Value> = fields.collect();
    if fields.is_empty() {
        put("distribution", json!([]));
    } else {
        let table = json!({
            "@type": "cr:FileObject",
            "@id": TABLE,
            "name": TABLE,
            "description": "each holder's own table; it is computed on where it is, and not downloaded",
            "contentUrl": iri(state, "asset", &entry.asset.to_string()),
            "encodingFormat": "text/csv",
        });
        put("distribution", json!([table]));
        let about = latest(entry).map_or_else(|| "no version yet".to_owned(), ToString::to_string);
        let rows = json!({
            "@type": "cr:RecordSet",
            "@id": "rows",
            "name": "rows",
            "description": format!("the rows; last version: {about}"),
            "field": fields,
        });
        put("recordSet", json!([rows]));
    }
    Value::Object(made)
}

/// What somebody writes who names the dataset: its version, and where that is on record.
fn cited(state: &State, one: &Listed<'_>) -> String {
    let Listed { entry, .. } = one;
    let log = state.log().map(|log| log.to_string()).unwrap_or_default();
    match entry.versions.last() {
        Some(own) => {
            format!("{}, version {}, entry {} of log {log}", entry.title, own.version, own.index)
        }
        None => format!("{}, clause {} of log {log}", entry.title, entry.clause),
    }
}

fn described(column: &concordat_agreement::Column) -> String {
    let mut says = Vec::new();
    if let Some(min) = column.min {
        says.push(format!("at least {min}"));
    }
    if let Some(max) = column.max {
        says.push(format!("at most {max}"));
    }
    if !column.levels.is_empty() {
        let levels: Vec<&str> = column.levels.iter().map(|level| level.as_str()).collect();
        says.push(format!("one of {}", levels.join(", ")));
    }
    says.push(if column.optional { "may be empty" } else { "never empty" }.to_owned());
    says.join("; ")
}

/// The context that the format prescribes.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
