//! Every template of the program's own pack is an agreement that could be signed as it stands,
//! whatever the answers are.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test reads the templates from their folder")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use concordat_agreement::template::{Answers, Kind, Pack, PartyAnswer, digest_of};
use concordat_agreement::{Agreement, Clause, Module, Terms, assemble, read};
use concordat_terms::{Severity, Side};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

fn file(path: &str) -> Result<String, String> {
    read_to_string(folder().join(path)).map_err(|e| e.to_string())
}

fn pack() -> Pack {
    static PACK: LazyLock<Pack> = LazyLock::new(as_written);
    PACK.clone()
}

/// The pack; its digest is written anew when goldens are.
fn as_written() -> Pack {
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

/// Answers with other parties, names, countries and caps than the sample's.
fn varied(base: &Answers, public: usize, private: usize, independent: usize) -> Answers {
    let mut answers = base.clone();
    answers.parties.clear();
    for (side, count) in
        [(Side::Public, public), (Side::Private, private), (Side::Independent, independent)]
    {
        for n in 1..=count {
            let id = format!("{side}-{n}").parse().unwrap();
            let name = format!("{side} party {n} (example)");
            let countries = vec![["BE", "NL", "JP"][n % 3].parse().unwrap()];
            answers.parties.push(PartyAnswer { id, name, side, countries, roles: vec![] });
        }
    }
    answers
}

#[test]
fn every_template_gives_a_clean_agreement_of_other_parties_too() {
    let pack = pack();
    for template in pack.templates() {
        let base = sample(&pack, &template.name);
        for (public, private, independent) in
            [(1, 1, 1), (2, 1, 0), (1, 2, 0), (2, 2, 0), (3, 2, 1), (2, 6, 2), (6, 6, 0), (6, 2, 1)]
        {
            // A laboratory that tests holds no rows, unless the answers say so.
            if (public, private) == (1, 1) && template.kind != Kind::Testing {
                continue;
            }
            let answers = varied(&base, public, private, independent);
            let modules = pack.write(template, &answers).unwrap_or_else(|e| {
                panic!("{} {public}+{private}+{independent}: {e}: {}", template.name, e.hint)
            });
            clean(&modules).unwrap_or_else(|e| {
                panic!("{} {public}+{private}+{independent}: {e}", template.name)
            });
        }
    }
}

#[test]
fn who_is_too_few_for_a_template_is_told_so() {
    let pack = pack();
    for name in ["government-owned", "joint-pool", "private-retained", "data-use-only"] {
        let template = pack.template(name).unwrap();
        let answers = varied(&sample(&pack, name), 1, 1, 0);
        let bad = pack.write(template, &answers).unwrap_err();
        assert!(bad.what.contains("fewer than three"), "{name}: {bad}");
    }
}

#[test]
fn an_agreement_records_the_template_and_the_answers_that_chose_it() {
    let pack = pack();
    for template in pack.templates() {
        let modules = pack.write(template, &sample(&pack, &template.name)).unwrap();
        let agreement = clean(&modules).unwrap();
        let recorded = agreement.clauses().find_map(|(_, clause)| match &clause.terms {
            Terms::Instrument(instrument) => instrument.pack.clone(),
            _ => None,
        });
        let recorded = recorded.unwrap();
        assert_eq!((&recorded.template, recorded.digest), (&template.name, pack.digest));
        let why = modules["instrument.md"].split("## Why this model").nth(1).unwrap();
        assert_eq!(why.split("\n## ").next().unwrap().matches("\n- **").count(), 5, "{why}");
        assert!(why.contains(&template.title), "{why}");
    }
}

#[test]
fn the_templates_differ_where_their_models_do() {
    let pack = pack();
    let mut texts = BTreeSet::new();
    for name in ["government-owned", "joint-pool", "private-retained"] {
        let template = pack.template(name).unwrap();
        // The same answers for all, so that only the templates differ.
        let modules = pack.write(template, &sample(&pack, "joint-pool")).unwrap();
        let own = ["instrument.md", "release.md", "ip-liability.md", "audit-exit.md"];
        let text: Vec<&String> = own.iter().map(|file| &modules[*file]).collect();
        assert!(modules.len() >= 11, "{name}");
        assert!(texts.insert(format!("{text:?}")));
    }
}

mod any {
    //! Answers that somebody could give.

    use proptest::prelude::*;

    /// Names with letters of many scripts, and with every mark that Markdown and TOML know.
    pub(super) fn name() -> impl Strategy<Value = String> {
        let marks = r##"`*_[]<>#|~$&\"'{}()-+=.:;!?/%@^,"##;
        let letter = prop_oneof![
            6 => proptest::char::range('a', 'z'),
            2 => proptest::sample::select("ÄöéßЖ東京कAZ09".chars().collect::<Vec<_>>()),
            3 => proptest::sample::select(marks.chars().collect::<Vec<_>>()),
            1 => Just(' '),
        ];
        prop::collection::vec(letter, 1..40).prop_map(|letters| {
            let text: String = letters.into_iter().collect();
            let words: Vec<&str> = text.split_whitespace().collect();
            format!("{} x", words.join(" ")).trim().to_owned()
        })
    }

    /// What would be a clause, a heading, a link, or the end of a text, if it were let.
    pub(super) fn hostile() -> impl Strategy<Value = String> {
        proptest::sample::select(vec![
            "```clause id = \"x\" forbid = \"run.propose\" ```",
            "\"\"\" x",
            "''' x",
            "x\" ] }, { a = \"",
            "[two days](#council.open_for)",
            "[x]: #council.open_for",
            "# Heading",
            "--- x",
            "=== x",
            "1. x",
            "- x",
            "> x",
            "<script>x</script>",
            "<!-- x",
            "{{title}} {{end}}",
            "{{include common/rows.md}}",
            "\\ x",
            "&lt;x&gt; &#35;",
            "| a | b |",
            "$x$ ~~x~~ **x** __x__",
        ])
        .prop_map(str::to_owned)
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    /// Whatever the parties are and are called, the agreement is clean, and holds exactly the
    /// clauses that it holds with plain names.
    #[test]
    fn any_answers_give_a_clean_agreement_with_the_templates_own_clauses(
        sides in (2_usize..=6, 2_usize..=6, 0_usize..=2),
        names in proptest::collection::vec(proptest::prop_oneof![any::name(), any::hostile()], 14),
        words in proptest::collection::vec(proptest::prop_oneof![any::name(), any::hostile()], 8),
    ) {
        let pack = pack();
        for template in pack.templates() {
            let plain = varied(&sample(&pack, &template.name), sides.0, sides.1, sides.2);
            let mut answers = plain.clone();
            for (index, (party, name)) in answers.parties.iter_mut().zip(&names).enumerate() {
                party.name = format!("{name} {index}");
            }
            answers.title.clone_from(&words[0]);
            answers.terms.law.clone_from(&words[1]);
            answers.terms.forum.clone_from(&words[2]);
            answers.purpose.text.clone_from(&words[3]);
            answers.objective.text.clone_from(&words[4]);
            answers.choice.reason = Some(words[5].clone());
            if let Some(data) = &mut answers.data {
                data.name.clone_from(&words[6]);
            }
            if let Some(model) = &mut answers.model {
                model.name.clone_from(&words[7]);
            }
            let clauses = |answers: &Answers| {
                let modules = pack.write(template, answers).map_err(|e| e.to_string())?;
                let agreement = clean(&modules)?;
                let one = |(module, clause): (&Module, &Clause)| {
                    format!("{}/{} {}", module.id, clause.id, clause.terms.kind())
                };
                let parties: Vec<String> =
                    agreement.parties().map(|party| party.terms.party.clone()).collect();
                Ok::<_, String>((agreement.clauses().map(one).collect::<Vec<_>>(), parties))
            };
            let (expected, _) = clauses(&plain).unwrap();
            let (found, parties) = clauses(&answers).unwrap_or_else(|e| panic!("{}: {e}", template.name));
            proptest::prop_assert_eq!(found, expected);
            let mut named: Vec<String> =
                answers.parties.iter().map(|party| party.name.clone()).collect();
            let mut parties = parties;
            named.sort();
            parties.sort();
            proptest::prop_assert_eq!(parties, named);
            // The answers can be kept, and give the same again.
            let again = Answers::read("answers.toml", &answers.print()).unwrap();
            proptest::prop_assert_eq!(&again, &answers);
        }
    }
}
