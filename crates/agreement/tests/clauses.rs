//! `docs/reference/clauses.md`, written from the declarations that clauses are read with.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::PathBuf;

use concordat_agreement::{
    ClauseKind, FieldShape, Inside, Need, acted_on, clause_kinds, fields_as_text, read,
    standing_fields,
};

/// How many fields that may be left out an example shows.
const SHOWN: usize = 3;

/// What nobody reads from the declarations alone.
const OPENING: &str = "\
A clause is a TOML block under the paragraph that it enforces, fenced as `clause`. Its `id` is a short plain name, unique in
its module; other modules call it `module/id`. One key names its kind, and that key's value is a title, an act or a
reference. A list of one may be written without brackets, and an empty list does not restrict. Unknown fields are errors.

A module begins with a block of its own, fenced as `module`: `id`, `version` (three numbers), `signers` (parties or
`\"all\"`), and `needs`, a table from modules to ranges of versions (`{ parties = \"^1.0\" }`).
With `project` it belongs to that project's agreement, which can only narrow its frame: see
[a project that narrows it](../how-to/write-an-agreement.md#a-project-that-narrows-it).

Paragraphs may stand in another language too, in a block fenced as `prose` and a tag (```` ```prose fr ````) below them: see
[in several languages](../how-to/write-an-agreement.md#in-several-languages).

The acts that a clause can name are in [acts](acts.md); what `concordat check` says about a clause is in
[diagnostics](diagnostics.md). The blocks below show the form of a clause with its first fields, not good values: for those
read [`examples/heart`](../../examples/heart). To put clauses together, see [write an agreement](../how-to/write-an-agreement.md).
";

/// The language of `when`, which its parser declares.
const CONDITIONS: &str = "
## Conditions

A `when` is true or false of a request. It may ask about these facts, and no others:

| fact | |
|---|---|
| `place.class`, `place.jurisdiction` | the isolation class, 1 to 3, and the country of each place that is touched; of an act that joins a run, the place of the party that joins |
| `party.id`, `party.side`, `party.jurisdictions` | the party that acts, and the countries whose law binds it |
| `run.kind`, `run.purpose`, `run.rounds`, `run.participants` | the run that the act is about |
| `asset.kind`, `asset.label` | each asset that the act is about |

with `&&`, `||`, `!`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `has`, `.contains(…)`, `.containsAll(…)`, `.containsAny(…)`,
`.isEmpty()`, texts in double quotes, whole numbers and sets in brackets. A comparison is of a fact with what it can be, so
that `concordat diff` can tell exactly which requests a change is about; `party.jurisdictions.contains(place.jurisdiction)`
alone is of two facts. A permit needs its condition to hold for every place and asset, a forbid for one; a fact that is not
there refuses.

```toml
when = 'place.jurisdiction == \"BE\" && run.rounds < 500'
```
";

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn rows(
    out: &mut String,
    prefix: &str,
    fields: &[FieldShape],
    needed: &dyn Fn(&FieldShape) -> bool,
) {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        let need = if needed(field) { "yes" } else { "no" };
        let mut meaning = field.doc.clone();
        if let Inside::Words(words) = &field.inside {
            for (word, says) in words {
                write!(meaning, " `{word}`: {says}").unwrap();
            }
        }
        let (written, meaning) = (cell(&field.written), cell(&meaning));
        writeln!(out, "| `{name}` | {need} | {written} | {meaning} |").unwrap();
        if let Inside::Table(inner) = &field.inside {
            rows(out, &format!("{name}."), inner, &|f| f.need == Need::Always);
        }
    }
}

fn table(out: &mut String, fields: &[FieldShape], needed: &dyn Fn(&FieldShape) -> bool) {
    out.push_str("| field | needed | what is written | meaning |\n|---|---|---|---|\n");
    rows(out, "", fields, needed);
}

fn is_needed(kind: &ClauseKind, field: &FieldShape) -> bool {
    field.need == Need::Always || (kind.word == "permit" && field.name == "by")
}

/// A block with all that is needed, and the first of what may be there.
fn example(kind: &ClauseKind) -> String {
    let mut block = format!("id = \"first-{}\"\n", kind.word);
    let mut left = SHOWN;
    for field in &kind.fields {
        let needed = is_needed(kind, field);
        if !needed && left == 0 {
            continue;
        }
        left -= usize::from(!needed);
        // A table that may be empty is not shown so.
        let telling = field.examples.iter().find(|example| *example != "{  }");
        writeln!(block, "{} = {}", field.name, telling.unwrap()).unwrap();
    }
    block
}

fn section(out: &mut String, kind: &ClauseKind) {
    write!(out, "\n## {}\n\n{}\n\n", kind.word, kind.doc).unwrap();
    if !acted_on(kind.word) {
        out.push_str("*Read, checked and shown; this edition's rules do not act on it yet.*\n\n");
    }
    let mut fields = kind.fields.clone();
    for field in fields.iter_mut().filter(|f| fields_as_text(kind.word).contains(&f.name)) {
        field.doc.push_str(" *Binds as text: no rule of this edition reads it.*");
    }
    table(out, &fields, &|field| is_needed(kind, field));
    write!(out, "\n```toml\n{}```\n", example(kind)).unwrap();
}

fn page() -> String {
    let mut page = "# Clauses\n\n\
        <!-- Written by crates/agreement/tests/clauses.rs; UPDATE_GOLDEN=1 rewrites it. -->\n\n"
        .to_owned();
    page.push_str(OPENING);
    let named = |acted: bool| -> String {
        let kinds = clause_kinds();
        let kinds = kinds.iter().filter(|kind| acted_on(kind.word) == acted);
        kinds.map(|k| format!("[`{0}`](#{0})", k.word)).collect::<Vec<_>>().join(", ")
    };
    write!(
        page,
        "\n**Kinds that this edition's rules act on**: {}.\n\n\
         **Kinds that it only reads, checks and shows**, and on which the parties rely as on a paragraph of text: {}.\n",
        named(true),
        named(false)
    )
    .unwrap();
    for kind in clause_kinds() {
        section(&mut page, &kind);
    }
    page.push_str(
        "\n## A clause of any kind\n\nWhat it may say about itself, beside its own fields.\n\n",
    );
    table(&mut page, &standing_fields(), &|field| field.need == Need::Always);
    page + CONDITIONS
}

#[test]
fn every_kind_of_clause_is_explained_with_its_fields_and_an_example() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/clauses.md");
    let written = page();
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), written, "{}", path.display());
}

#[test]
fn every_example_on_the_page_can_be_read() {
    for kind in clause_kinds() {
        reads(&example(&kind));
    }
}

fn reads(block: &str) {
    let module = format!(
        "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
         Text.\n\n```clause\n{block}```\n"
    );
    if let Err(found) = read("m.md", module.as_bytes()) {
        panic!("{block}\n{}", found[0]);
    }
}

#[test]
fn every_fact_on_the_page_can_be_asked_about() {
    let facts: Vec<&str> = CONDITIONS
        .split('`')
        .filter(|part| part.contains('.') && !part.contains(['(', ' ']))
        .collect();
    assert_eq!(facts.len(), 11, "{facts:?}");
    for fact in facts {
        let root = fact.split('.').next().unwrap();
        let attribute = fact.split('.').nth(1).unwrap();
        let when = format!("when = \"{root} has {attribute}\"\n");
        reads(&format!("id = \"c\"\npermit = \"run.propose\"\nby = \"trainer\"\n{when}"));
    }
}

#[test]
fn the_page_names_no_kind_as_acted_on_that_there_is_not() {
    let acted = clause_kinds().iter().filter(|kind| acted_on(kind.word)).count();
    assert_eq!(acted, 24);
}
