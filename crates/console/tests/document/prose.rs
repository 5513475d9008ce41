//! What parties write between their clauses: all of it is shown, as text, and hides nothing.

use std::collections::BTreeSet;
use std::path::Path;

use concordat_agreement::read;
use concordat_console::document::document;
use proptest::prelude::*;

use super::html::{balanced, cut, text};
use super::{agreed, texts, with, with_prose, words};

#[test]
fn remarks_are_printed_beside_their_block_and_cells_that_nobody_is_shown_are_refused() {
    let page = with_prose(
        "```clause\n# agreed late\nid = \"one\"\nobjective = \"a # b\" # to be weighed\n```\n\n\
         ```scenario\n# of the first day\nname = \"x\"\nsteps = \"\"\"\n+P1D # a step's\n\"\"\"\n```\n",
    );
    let (_, paper) = cut(&page, "<details", "</details>");
    assert!(paper.contains("Remarks in the source: “agreed late” / “to be weighed”"));
    assert!(paper.contains("Remark in the source: “of the first day”"));
    assert!(paper.contains("<em>(a step's)</em>"), "{paper}");
    let mut all = with("");
    let last = all.pop().unwrap();
    all.push(last.replace("id = \"more\"", "id = \"more\" # said by nobody"));
    assert!(cut(&document(&agreed(&all)), "<details", "</details>").1.contains("“said by nobody”"));

    let ragged = with("| a |\n|---|\n| 1 | unseen |\n");
    let found = read("more.md", ragged.last().unwrap().as_bytes()).unwrap_err();
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["surplus-cells"]);
}

#[test]
fn what_parties_write_is_text_and_never_markup_and_hides_nothing() {
    let page = with_prose(
        "<script>alert(1)</script> <img src=x onerror=y> [a](javascript:b) ![c](https://d.example/e)\n\n\
         Abc\u{202e}def\u{200b}ghi <!-- a remark -->\n\n<style>*{}</style>\n",
    );
    let elements = balanced(&page).unwrap();
    for element in &elements {
        assert!(!["script", "img"].contains(&element.tag.as_str()));
        let href = element.attribute("href").unwrap_or("#");
        assert!(href.starts_with('#') || href.starts_with("https://gauges.example"), "{href}");
    }
    assert_eq!(elements.iter().filter(|element| element.tag == "style").count(), 1);
    let shown = text(&page);
    for said in ["alert(1)", "onerror=y", "(javascript:b)", "(https://d.example/e)", "a remark"] {
        assert!(shown.contains(said), "{said}");
    }
    assert!(shown.contains("Abc⟨U+202E⟩def⟨U+200B⟩ghi"));
}

#[test]
fn what_takes_no_room_is_shown_and_a_joiner_that_a_script_spells_with_is_left() {
    let hidden =
        ['\u{200c}', '\u{115f}', '\u{3164}', '\u{fe0f}', '\u{2800}', '\u{34f}', '\u{e0101}'];
    for c in hidden {
        let shown = text(&with_prose(&format!("not{c}able\n")));
        assert!(shown.contains(&format!("not⟨U+{:04X}⟩able", c as u32)), "{:x}", c as u32);
    }
    // Persian and Sinhala words.
    for word in ["می\u{200c}خواهم", "ශ්\u{200d}රී"] {
        assert!(text(&with_prose(&format!("{word}\n"))).contains(word), "{word}");
    }
}

#[test]
fn an_ordered_list_has_the_numbers_that_are_written() {
    let page = with_prose("5. five\n9. nine\n77. seventy-seven\n");
    let (lists, _) = cut(&page, "<ol", "</ol>");
    let own = lists.iter().find(|list| list.contains("seventy")).unwrap();
    let values: Vec<&str> = own.split("<li value=\"").skip(1).collect();
    assert_eq!(values.len(), 3, "{own}");
    for (value, number) in values.iter().zip(["5\">five", "9\">nine", "77\">seventy"]) {
        assert!(value.starts_with(number), "{value}");
    }
}

#[test]
fn a_clause_in_a_list_stands_in_the_list() {
    let page =
        with_prose("- one\n\n  ```clause\n  id = \"inner\"\n  objective = \"x\"\n  ```\n- two\n");
    balanced(&page).unwrap();
    let (items, _) = cut(&page, "<ul><li>", "</ul>");
    let own = items.iter().find(|item| item.contains(" id=\"more/inner\"")).unwrap();
    assert!(own.contains(">3(1)(a)</a>") && own.contains("two"), "{own}");
}

/// Who is told that all sign every amendment is told, too, of what a power leaves to somebody.
#[test]
fn an_article_whose_amendments_are_left_to_somebody_says_so() {
    let own = "```clause\nid = \"series\"\nsignal = \"level\"\nby = \"reader\"\nunit = \"metres\"\n\
               window = \"P1D\"\nabove = \"3\"\n```\n\n\
               ```clause\nid = \"file-series\"\npermit = \"signal.batch\"\nby = \"reader\"\n```\n";
    let power = |more: &str| {
        format!(
            "{own}\n```clause\nid = \"other-level\"\npower = \"module.enter\"\nholder = \"owner\"\n{more}```\n"
        )
    };
    let about = |prose: &str| {
        let page = with_prose(prose);
        let (articles, _) = cut(&page, "<article id=\"more\"", "</article>");
        text(cut(articles[0], "<p class=\"about\"", "</p>").0[0])
    };
    let told = about(&power("clauses = [\"series\"]\n"));
    let told = words(&told).join(" ");
    assert!(told.contains("so are its amendments but for what 3"), "{told}");
    assert!(told.contains("leaves to Owner"), "{told}");
    // Nothing is left: another module's clause, one without such a field, or after an event.
    for nothing in
        ["clauses = [\"readings/list\"]\n", "", "clauses = [\"series\"]\nafter = \"run.open\"\n"]
    {
        let told = about(&power(nothing));
        assert!(told.contains("so are its amendments. "), "{nothing}: {told}");
    }
    assert!(about(own).contains("so are its amendments. "));
}

#[test]
fn prose_in_another_language_says_so_and_our_words_in_it_are_english() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/agreement");
    let dutch = |text: String| text.replace("language = \"en\"", "language = \"nl\"");
    let texts: Vec<String> = texts(&golden).into_iter().map(dutch).collect();
    let page = document(&agreed(&texts));
    assert!(page.contains("<article id=\"parties\" lang=\"nl\""));
    assert!(page.contains("<section class=\"clause\" id=\"parties/delta\" lang=\"en\""));
}

fn fragment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "WORD and WORD",
        "*WORD* __WORD__ `WORD` ~~WORD~~",
        "> WORD\n> > WORD",
        "- WORD\n  - WORD\n\n    WORD\n- WORD",
        "7. WORD\n8. WORD\n   - WORD",
        "| WORD | WORD |\n|---|---|\n| WORD | WORD |",
        "<div>WORD</div>",
        "WORD <b title=\"WORD\">WORD</b>",
        "<!-- WORD\nWORD -->",
        "[WORD](https://x.example/WORD \"WORD\")",
        "[WORD](WORD.md) and [WORD](#more)",
        "![WORD](WORD.png \"WORD\")",
        "[WORD]: https://x.example/WORD 'WORD\nWORD'",
        "> [WORD]: WORD",
        "- [WORD]: WORD",
        "WORD[^1] and [ ] WORD\n\n[^1]: WORD",
        "```rust WORD\nWORD\n```",
        "~~~\nWORD",
        "    WORD\n    WORD",
        "***",
        "WORD\n====",
        "### WORD",
        "WORD\\\nWORD",
        "WORD  \nWORD &amp; \\*WORD\\*",
        "<WORD@x.example> <https://x.example/WORD>",
        "- - - - WORD",
        "WORD\n: WORD",
        "- ### WORD\n\n      WORD",
    ])
}

/// A block of ours; `NAME` is another in each.
fn block() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "```clause\n# WORD\nid = \"NAME\" # WORD\nobjective = \"WORD # WORD\" # WORD \"WORD\"\n```",
        "```clause\nid = 'NAME' # WORD 'WORD\nterm = 'WORD' ## WORD # WORD\n#WORD\n```",
        "```clause\nid = \"NAME\"\npurpose = \"\"\"WORD\n# WORD\"\"\"\" # WORD\n```",
        "~~~ clause\nid = \"NAME\"\ntable = \"WORD\"\ncolumns = [ # WORD\n  \"WORD\", # WORD\n]\nrows = [[\"WORD\"]]\n~~~",
        "- WORD\n\n  ```clause\n  # WORD\n  id = \"NAME\"\n  objective = \"WORD\"\n  ```\n",
        "```scenario\n# WORD\nname = \"NAME WORD\" # WORD\nsteps = \"\"\"\n# WORD\n+P1D # WORD\n\"\"\" # WORD\n```",
        "| WORD |\n|---|\n| WORD | WORD |",
        "| WORD | WORD |\n|---|---|\n| WORD | WORD |\n| WORD",
    ])
}

/// Texts with a word of its own for every `WORD`, and a name for every `NAME`.
fn worded(fragments: &[&str]) -> (String, Vec<String>) {
    let mut prose = fragments.join("\n\n");
    let mut wanted = Vec::new();
    while prose.contains("WORD") {
        let word = format!("w{}w", wanted.len());
        prose = prose.replacen("WORD", &word, 1);
        wanted.push(word);
    }
    for name in 0..prose.matches("NAME").count() {
        prose = prose.replacen("NAME", &format!("n{name}n"), 1);
    }
    (prose, wanted)
}

proptest! {
    /// What a block says, and what it remarks, is read on paper; cells that Markdown drops are
    /// refused instead.
    #[test]
    fn no_word_of_a_block_is_dropped(
        fragments in prop::collection::vec(prop_oneof![fragment(), block(), block()], 1..8)
    ) {
        let (prose, wanted) = worded(&fragments);
        let all = with(&prose);
        let surplus = fragments.iter().any(|one| one.ends_with("| WORD | WORD |") && one.starts_with("| WORD |\n"));
        match read("more.md", all.last().unwrap().as_bytes()) {
            Err(found) => {
                prop_assert!(found.iter().any(|one| one.code == "surplus-cells"), "{found:?}");
                prop_assert!(surplus, "{prose}");
            }
            Ok(_) => {
                let page = document(&agreed(&all));
                balanced(&page).map_err(TestCaseError::fail)?;
                let (articles, _) = cut(&page, "<article id=\"more\"", "</article>");
                let (_, paper) = cut(articles[0], "<details", "</details>");
                let shown: BTreeSet<String> = words(&text(&paper)).into_iter().collect();
                for word in &wanted {
                    prop_assert!(shown.contains(word), "{word} of {prose:?} in {shown:?}");
                }
            }
        }
    }

    /// Whatever Markdown makes of a text, every word of it is read on paper, in its place.
    #[test]
    fn no_word_is_ever_dropped(fragments in prop::collection::vec(fragment(), 1..12)) {
        let (prose, wanted) = worded(&fragments);
        let page = with_prose(&prose);
        balanced(&page).map_err(TestCaseError::fail)?;
        let (articles, _) = cut(&page, "<article id=\"more\"", "</article>");
        let shown = words(&text(articles[0]));
        let mut rest = shown.iter();
        for word in &wanted {
            prop_assert!(rest.any(|shown| shown == word), "{word} of {prose:?} in {shown:?}");
        }
    }
}
