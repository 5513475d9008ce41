//! Packs and answers of somebody who means harm: each is refused by its code, soon, and with a
//! message that fits a screen.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test reads a template's answers")]

use std::collections::BTreeMap;
use std::path::Path;

use concordat_agreement::template::{Answers, BadAnswer, BadPack, Pack, digest_of};

fn sample() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/joint-pool/answers.toml");
    std::fs::read_to_string(path).unwrap()
}

const MANIFEST: &str = "id = \"p\"\nversion = \"1.0.0\"\nowner = \"O\"\ndigest = \"D\"\n\n\
    [[template]]\nname = \"joint-pool\"\ntitle = \"t\"\nabout = \"a\"\nkind = \"training\"\n\
    sample = \"answers.toml\"\n\n[template.modules]\n";

/// A pack of these texts; the first is the module `a.md`.
fn pack(texts: &[(&str, String)]) -> Result<Pack, BadPack> {
    pack_of(&format!("{MANIFEST}\"a.md\" = \"{}\"\n", texts[0].0), texts)
}

fn pack_of(manifest: &str, texts: &[(&str, String)]) -> Result<Pack, BadPack> {
    let texts: BTreeMap<&str, &String> = texts.iter().map(|(name, text)| (*name, text)).collect();
    let file = |path: &str| match texts.get(path) {
        Some(text) => Ok((*text).clone()),
        None if path == "answers.toml" => Ok(sample()),
        None => Err("it is not there".to_owned()),
    };
    let digest = digest_of(manifest, file)?;
    Pack::read(&manifest.replace("\"D\"", &format!("\"{digest}\"")), file)
}

/// What a pack writes, or why not.
fn written(texts: &[(&str, String)]) -> Result<BTreeMap<String, String>, BadAnswer> {
    let pack = pack(texts).unwrap_or_else(|e| panic!("{e}"));
    let answers = Answers::read("answers.toml", &sample()).unwrap();
    pack.write(pack.template("joint-pool").unwrap(), &answers)
}

/// That a pack is refused because it asks for too much, for the reason that is `said`.
fn too_large(texts: &[(&str, String)], said: &str) {
    let (code, what) = match pack(texts) {
        Err(e) => (e.code(), e.to_string()),
        Ok(_) => {
            let bad = written(texts).unwrap_err();
            (bad.code, bad.what)
        }
    };
    assert_eq!(code, "pack-too-large", "{what}");
    assert!(what.contains(said) && what.len() < 300, "{said}: {what}");
}

fn nested(tag: &str, deep: usize, inside: &str) -> String {
    format!("{}{inside}\n{}", format!("{tag}\n").repeat(deep), "{{end}}\n".repeat(deep))
}

#[test]
fn ifs_and_fors_that_stand_in_one_another_without_end_do_not_overflow_the_stack() {
    for deep in [17, 100_000] {
        for tag in ["{{if data}}", "{{for party in public}}"] {
            too_large(&[("a.md", nested(tag, deep, "x"))], "more than 16");
        }
        let elses = "{{if nobody}}\n{{else}}\n".repeat(deep) + &"{{end}}\n".repeat(deep);
        too_large(&[("a.md", elses)], "more than 16");
    }
    let text = nested("{{if data}}", 16, "x");
    assert_eq!(written(&[("a.md", text)]).unwrap()["a.md"], "x\n");
}

#[test]
fn fors_that_multiply_end_with_the_text_they_may_repeat() {
    let loud = nested("{{for party in members.ids}}", 16, &"y".repeat(100));
    let loud = loud.replace("members.ids", "public");
    too_large(&[("a.md", loud)], "MiB");
    // What writes nothing is counted, too.
    let quiet = nested("{{for party in public}}", 15, "{{if nobody}}\n{{end}}");
    too_large(&[("a.md", quiet.clone() + &quiet)], "repeat");
}

#[test]
fn files_that_include_one_another_end() {
    let itself = [("a.md", "x\n{{include a.md}}\n".to_owned())];
    too_large(&itself, "deep");
    let bomb = |next: &str| format!("{{{{include {next}}}}}\n").repeat(60_000);
    let doubling: Vec<(&str, String)> = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")]
        .into_iter()
        .map(|(name, next)| (name, bomb(next)))
        .chain([("e", "z".repeat(1_000))])
        .collect();
    too_large(&doubling, "");
    let small: Vec<(&str, String)> = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")]
        .into_iter()
        .map(|(name, next)| (name, bomb(next)[..1_400].to_owned() + "\n"))
        .chain([("f", "z\n".to_owned())])
        .map(|(name, text)| {
            (
                name,
                text.lines()
                    .filter(|l| l.ends_with('}') || *l == "z")
                    .map(|l| format!("{l}\n"))
                    .collect(),
            )
        })
        .collect();
    too_large(&small, "MiB");
}

#[test]
fn a_module_and_all_of_them_have_their_size() {
    let long = format!("{}\n", "long ".repeat(20_000));
    too_large(&[("a.md", long.repeat(12))], "a module of more than 1 MiB");
    // Nine texts of just less than that are too many.
    let text = format!("{}\n", "long ".repeat(200)).repeat(1_000);
    let modules: String = (0..9).map(|n| format!("\"m{n}.md\" = \"a.md\"\n")).collect();
    let pack = pack_of(&format!("{MANIFEST}{modules}"), &[("a.md", text)]).unwrap();
    let answers = Answers::read("answers.toml", &sample()).unwrap();
    let bad = pack.write(pack.template("joint-pool").unwrap(), &answers).unwrap_err();
    assert_eq!(bad.code, "pack-too-large", "{}", bad.what);
}

#[test]
fn a_paragraph_that_cannot_be_broken_is_filled_in_one_walk() {
    // Hyphens cannot begin a line; looking at the whole line for each takes hours.
    let text = "a".to_owned() + &" -".repeat(500_000);
    let written = written(&[("a.md", text)]).unwrap();
    assert_eq!(written["a.md"].len(), 1_000_002);
}

#[test]
fn packs_with_too_many_or_too_long_texts_are_not_read() {
    let many: String = (0..600).map(|n| format!("{{{{include f{n}}}}}\n")).collect();
    let names: Vec<String> = (0..600).map(|n| format!("f{n}")).collect();
    let mut texts = vec![("a.md", many)];
    texts.extend(names.iter().map(|name| (name.as_str(), String::new())));
    too_large(&texts, "500 texts");
    let long = format!("{{{{include {}}}}}", "x".repeat(100_000));
    too_large(&[("a.md", long)], "path");
    let four: String = (0..6).map(|n| format!("{{{{include f{n}}}}}\n")).collect();
    let mut texts = vec![("a.md", four)];
    texts.extend(names.iter().take(6).map(|name| (name.as_str(), "x\n".repeat(500_000))));
    too_large(&texts, "4 MiB");

    let modules: String = (0..101).map(|n| format!("\"m{n}.md\" = \"a.md\"\n")).collect();
    let bad = pack_of(&format!("{MANIFEST}{modules}"), &[("a.md", String::new())]).unwrap_err();
    assert_eq!(bad.code(), "pack-too-large", "{bad}");
    let bad = pack_of(&"#".repeat(70_000), &[]).unwrap_err();
    assert_eq!(bad.code(), "pack-too-large", "{bad}");
    for deep in ["[", "{a=", "a."] {
        let bad = pack_of(&format!("x = {}", deep.repeat(20_000)), &[]).unwrap_err();
        assert_eq!(bad.code(), "bad-pack", "{bad}");
        assert!(bad.to_string().len() < 600, "{bad}");
    }
}

#[test]
fn what_a_text_says_wrongly_is_told_in_a_line_however_long_it_is() {
    for text in ["{{LONG}}", "{{for x in LONG}}\n{{end}}", "a {{LONG}} b"] {
        let text = text.replace("LONG", &"q".repeat(500_000));
        let bad = written(&[("a.md", text)]).unwrap_err();
        assert_eq!(bad.code, "bad-pack", "{}", bad.what);
        assert!(bad.what.len() < 300, "{}", bad.what);
    }
}

#[test]
fn answers_of_somebody_who_means_harm_are_refused_in_a_line() {
    let good = sample();
    let column = "  { name = \"w\", kind = \"text\" },\n";
    let long = "q".repeat(40_000);
    let cases = [
        ("years = 4", "years = 300".to_owned(), "`300` is not a number from 1 to 30"),
        ("years = 4", "years = -1".to_owned(), "`-1` is not a number from 1 to 30"),
        ("years = 4", "years = 31".to_owned(), "`terms.years` is 31"),
        ("years = 4", "years = \"four\"".to_owned(), "a number from 1 to 30"),
        ("years = 4", "years = 99999999999999999999".to_owned(), "from 1 to 30"),
        ("rows_per_person = 4", "rows_per_person = 5000000000".to_owned(), "from 1 to 10000"),
        ("rows_per_person = 4", "rows_per_person = -4".to_owned(), "from 1 to 10000"),
        ("columns = [\n", format!("columns = [\n{}", column.repeat(1_200)), "columns are"),
        ("countries = [\"AT\"]", format!("countries = [{}]", "\"AT\",".repeat(5_000)), "countries"),
        ("law = \"Slovenia\"", format!("law = \"{long}\""), "letters"),
        ("id = \"bed-planning\"", format!("id = \"{long}\""), ""),
        ("use = \"pre-competitive\"", format!("use = \"{long}\""), "unknown variant"),
        ("epsilon", format!("{long} = 1\nepsilon"), ""),
        ("[choice]", format!("[choice]\nreason = {}", "[".repeat(30_000)), ""),
        ("[choice]", format!("[{}choice]", "a.".repeat(20_000)), ""),
    ];
    for (from, to, said) in cases {
        let text = if good.contains(from) {
            good.replacen(from, &to, 1)
        } else {
            format!("{good}\n[privacy]\n{to}")
        };
        let answers = Answers::read("answers.toml", &text);
        let bad = match answers {
            Err(bad) => bad,
            Ok(answers) => {
                let pack = pack(&[("a.md", "{{purpose.id}}\n".to_owned())]).unwrap();
                pack.write(pack.template("joint-pool").unwrap(), &answers).unwrap_err()
            }
        };
        assert_eq!(bad.code, "bad-answer");
        assert!(bad.what.contains(said), "{said}: {}", bad.what);
        assert!(!bad.what.contains("u8") && !bad.what.contains("u32"), "{}", bad.what);
        assert!(bad.what.len() < 400 && !bad.what.contains('\n'), "{}", bad.what);
    }
    let bad = Answers::read("answers.toml", &" ".repeat(70_000)).unwrap_err();
    assert!(bad.what.contains("64 KiB"), "{}", bad.what);
}

#[test]
fn days_that_have_passed_and_another_language_are_noted() {
    let today = "2029-01-01".parse().unwrap();
    let answers = Answers::read("answers.toml", &sample().replace("\"en\"", "\"de-AT\"")).unwrap();
    let notes = answers.notes(today);
    assert_eq!(notes.len(), 2, "{notes:#?}");
    assert!(notes[0].contains("`terms.start_by` is 2027-12-31, before today (2029-01-01)"));
    assert!(notes[1].contains("the text is in English: `language = \"de-AT\"`"), "{}", notes[1]);
    let answers = Answers::read("answers.toml", &sample()).unwrap();
    assert_eq!(answers.notes("2026-12-31".parse().unwrap()), Vec::<String>::new());
}
