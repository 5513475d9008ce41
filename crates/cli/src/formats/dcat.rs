//! DCAT-AP 3.0.0 as JSON-LD: one catalogue, a dataset for every asset that is one, with every version.

use concordat_agreement::Label;
use concordat_partnership::{CatalogueEntry, State, VersionView};
use serde_json::{Value, json};

use super::{Listed, called, holders, iri, licence, uses};

/// The words of the European Publications Office for who may have access.
const ACCESS: &str = "http://publications.europa.eu/resource/authority/access-right/";

/// The catalogue of these datasets as one JSON-LD document.
pub fn catalogue(state: &State, listed: &[Listed<'_>]) -> Value {
    let mut graph = Vec::new();
    let parties = state.agreement().parties().filter_map(|party| party.id());
    for party in parties {
        graph.push(json!({
            "@id": iri(state, "party", &format!("{party}")),
            "@type": "foaf:Agent",
            "foaf:name": called(state, &party),
        }));
    }
    let here = iri(state, "catalogue", "datasets");
    let everybody = iri(state, "partnership", "all");
    graph.push(json!({
        "@id": everybody, "@type": "foaf:Agent", "foaf:name": "the parties of the agreement",
    }));
    graph.push(json!({
        "@id": here,
        "@type": "dcat:Catalog",
        "dct:title": { "@value": "Datasets of the partnership", "@language": "en" },
        "dct:description": {
            "@value": "What exists, where it comes from and what it may be used for. \
                       Rows stay with their holders.",
            "@language": "en",
        },
        "dct:publisher": { "@id": everybody },
        "dcat:dataset": listed.iter().map(|one| id(state, one.entry)).collect::<Vec<_>>(),
    }));
    for one in listed {
        graph.push(dataset(state, one));
        graph.extend(one.entry.versions.iter().map(|version| versioned(state, one, version)));
    }
    json!({ "@context": context(), "@graph": graph })
}

fn context() -> Value {
    json!({
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "prov": "http://www.w3.org/ns/prov#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn id(state: &State, entry: &CatalogueEntry) -> Value {
    json!({ "@id": iri(state, "asset", &entry.asset.to_string()) })
}

fn access(label: Label) -> Value {
    let word = match label {
        Label::Public => "PUBLIC",
        Label::Internal => "RESTRICTED",
        Label::Restricted => "NON_PUBLIC",
    };
    json!({ "@id": format!("{ACCESS}{word}"), "@type": "dct:RightsStatement" })
}

fn dataset(state: &State, one: &Listed<'_>) -> Value {
    let Listed { entry, terms } = one;
    let own = iri(state, "asset", &entry.asset.to_string());
    let parties = holders(state, terms);
    let by: Vec<Value> =
        parties.iter().map(|p| json!({ "@id": iri(state, "party", &p.to_string()) })).collect();
    let mut made = json!({
        "@id": own,
        "@type": "dcat:Dataset",
        "dct:title": entry.title,
        "dct:description": format!("{}; held by the seat {}. For: {}",
            entry.title, entry.holder, uses(state, entry)),
        "dct:identifier": entry.asset.to_string(),
        "dct:accessRights": access(entry.label),
        "dct:creator": by,
        "dcat:keyword": entry.purposes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dcat:hasVersion": entry.versions.iter()
            .map(|v| json!({ "@id": iri(state, "version", &v.version.to_string()) }))
            .collect::<Vec<_>>(),
        "odrl:hasPolicy": {
            "@id": format!("{own}:policy"),
            "@type": "odrl:Set",
            "odrl:permission": entry.purposes.iter().map(|purpose| json!({
                "odrl:target": { "@id": own },
                "odrl:action": { "@id": "odrl:use" },
                "odrl:constraint": {
                    "odrl:leftOperand": { "@id": "odrl:purpose" },
                    "odrl:operator": { "@id": "odrl:eq" },
                    "odrl:rightOperand": purpose.to_string(),
                },
            })).collect::<Vec<_>>(),
        },
    });
    let mut put = |field: &str, value: Value| {
        if let Value::Object(fields) = &mut made {
            fields.insert(field.to_owned(), value);
        }
    };
    if let [one] = by.as_slice() {
        put("dct:publisher", one.clone());
    }
    if let Some(standard) = &entry.anonymisation {
        let standard = json!({
            "@id": format!("{own}:anonymisation"), "@type": "dct:Standard", "dct:title": standard,
        });
        put("dct:conformsTo", standard);
    }
    made
}

fn versioned(state: &State, one: &Listed<'_>, version: &VersionView) -> Value {
    let own = iri(state, "version", &version.version.to_string());
    let parents: Vec<Value> = version
        .parents
        .iter()
        .map(|parent| json!({ "@id": iri(state, "version", &parent.to_string()) }))
        .collect();
    let mut made = json!({
        "@id": own,
        "@type": "dcat:Dataset",
        "dct:title": one.entry.title,
        "dct:description": format!("{}, the version of entry {}", one.entry.title, version.index),
        "dct:identifier": format!("sha256:{}", version.version),
        "dct:accessRights": access(version.label),
        "dct:issued": { "@value": version.at.to_string(), "@type": "xsd:dateTime" },
        "dcat:version": version.version.to_string(),
        "dcat:isVersionOf": id(state, one.entry),
        "dct:provenance": {
            "@id": format!("{own}:provenance"),
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": format!("{}, by entry {} of log {}", version.phase.as_str(),
                version.index, state.log().map(|log| log.to_string()).unwrap_or_default()),
        },
    });
    if let Value::Object(fields) = &mut made {
        if !parents.is_empty() {
            fields.insert("prov:wasDerivedFrom".to_owned(), Value::from(parents));
        }
        if let Some(text) = &version.licence {
            fields.insert(
                "dct:rights".to_owned(),
                json!({
                    "@id": format!("{own}:rights"),
                    "@type": "dct:RightsStatement",
                    "rdfs:label": licence(text),
                }),
            );
        }
    }
    made
}
