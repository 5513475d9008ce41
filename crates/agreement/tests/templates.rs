//! Every template of the program's own pack is an agreement that could be signed as it stands,
//! whatever the answers are.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test reads the templates from their folder")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};

use concordat_agreement::template::{Answers, Pack, PartyAnswer, Role, digest_of};
use concordat_agreement::{Agreement, Terms, assemble, read};
use concordat_terms::{Severity, Side};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

fn file(path: &str) -> Result<String, String> {
    read_to_string(folder().join(path)).map_err(|e| e.to_string())
}

/// The pack; its digest is written anew when goldens are.
fn pack() -> Pack {
    let mut manifest = file("pack.toml").unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let digest = digest_of(&manifest, file).unwrap();
        let lines = manifest.lines().map(|line| match line.starts_with("digest = ") {
            true => format!("digest = \"{digest}\"\n"),
            false => format!("{line}\n"),
        });
        let updated: String = lines.collect();
        if updated != manifest {
            write(folder().join("pack.toml"), &updated).unwrap();
            manifest = updated;
        }
    }
    Pack::read(&manifest, file).unwrap_or_else(|e| panic!("{e}; UPDATE_GOLDEN=1 writes it"))
}

/// The agreement that modules make, which has nothing to mend.
fn clean(modules: &BTreeMap<String, String>) -> Result<Agreement, String> {
    let mut read_all = Vec::new();
    for (name, text) in modules {
        read_all.push(read(name, text.as_bytes()).map_err(|found| format!("{found:#?}"))?);
    }
    let (agreement, said) = assemble(read_all).map_err(|found| format!("{found:#?}"))?;
    let bad: Vec<_> = said.into_iter().filter(|d| d.severity != Severity::Note).collect();
    if bad.is_empty() { Ok(agreement) } else { Err(format!("{bad:#?}")) }
}

fn sample(pack: &Pack, name: &str) -> Answers {
    let template = pack.template(name).unwrap();
    Answers::read(name, &template.sample).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_template_gives_a_clean_agreement_of_its_sample() {
    let pack = pack();
    for template in pack.templates() {
        let answers = sample(&pack, &template.name);
        let modules = pack.write(template, &answers).unwrap_or_else(|e| panic!("{e}: {}", e.hint));
        let agreement = clean(&modules).unwrap_or_else(|e| panic!("{}: {e}", template.name));
        assert!(agreement.clauses().count() > 30, "{}", template.name);
        if let Some(dir) = std::env::var_os("TEMPLATES_OUT") {
            let dir = Path::new(&dir).join(&template.name);
            std::fs::create_dir_all(&dir).unwrap();
            for (name, text) in &modules {
                write(dir.join(name), text).unwrap();
            }
        }
    }
}
