//! The agreement on paper: well-formed, complete, harmless, and the same bytes wherever it is made.
//!
//! Every page is also written below `target/tmp/console`, to be looked at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "examples and goldens are files")]

mod html;
#[path = "document/prose.rs"]
mod prose_of_parties;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use concordat_agreement::template::{Answers, Pack};
use concordat_agreement::{Agreement, Terms, assemble, back_translation, is_module, read};
use concordat_console::document::document;
use concordat_terms::{ClauseRef, steers};
use html::{balanced, cut, harmless, text, write_down};

const EXAMPLES: [&str; 3] = ["allocation", "heart", "imagery"];

/// The examples, and the samples of the program's own templates.
fn every_agreement() -> Vec<(String, Agreement)> {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let file = |path: &str| {
        std::fs::read_to_string(templates.join(path)).map_err(|fault| fault.to_string())
    };
    let pack = Pack::read(&file("pack.toml").unwrap(), file).unwrap();
    let of_templates = pack.templates().iter().map(|template| {
        let answers = Answers::read(&template.name, &template.sample).unwrap();
        let modules = pack.write(template, &answers).unwrap();
        (template.name.clone(), agreed(&modules.into_values().collect::<Vec<_>>()))
    });
    let of_examples = EXAMPLES.iter().map(|name| ((*name).to_owned(), example(name)));
    of_examples.chain(of_templates).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// The texts of a folder's modules.
fn texts(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(is_module(text.as_bytes()).then_some(text));
        }
    }
    found.sort();
    found
}

fn agreed(texts: &[String]) -> Agreement {
    let modules = texts.iter().enumerate().map(|(at, text)| {
        read(&format!("{at}.md"), text.as_bytes()).unwrap_or_else(|found| panic!("{found:?}"))
    });
    assemble(modules).unwrap_or_else(|found| panic!("{found:?}")).0
}

fn example(name: &str) -> Agreement {
    agreed(&texts(&folder(name)))
}

#[test]
fn the_document_of_every_example_is_well_formed_and_harmless() {
    for name in EXAMPLES {
        let page = document(&example(name));
        write_down(&format!("document-{name}.html"), &page);
        let elements = balanced(&page).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        harmless(name, &elements);
        let count = |tag: &str| elements.iter().filter(|e| e.tag == tag).count();
        for once in ["html", "head", "title", "style", "body", "header", "nav", "main", "h1"] {
            assert_eq!(count(once), 1, "{name}: <{once}>");
        }
        assert!(!page.contains("<script") && page.contains("default-src 'none'"), "{name}");
        let ids: BTreeSet<&str> = elements.iter().filter_map(|e| e.attribute("id")).collect();
        for element in &elements {
            if let Some(to) = element.attribute("href") {
                let inside = to.strip_prefix('#').unwrap_or_else(|| panic!("{name}: {to}"));
                assert!(ids.contains(inside), "{name}: {to} leads nowhere");
            }
            if element.tag == "th" {
                assert!(element.attribute("scope").is_some(), "{name}: a head without a scope");
            }
        }
        assert!(page.ends_with("</html>\n") && !page.chars().any(|c| c != '\n' && steers(c)));
    }
}

#[test]
fn every_clause_of_every_example_stands_once_with_what_it_does() {
    let mut all = 0;
    for name in EXAMPLES {
        let agreement = example(name);
        let page = document(&agreement);
        let (sections, _) = cut(&page, "<section class=\"clause", "</section>");
        assert_eq!(sections.len(), agreement.clauses().count(), "{name}");
        for (module, clause) in agreement.clauses() {
            let cited = ClauseRef::new(&module.id, &clause.id);
            let anchor = format!(" id=\"{cited}\"");
            let mut own = sections.iter().filter(|section| section.contains(&anchor));
            let section = own.next().unwrap_or_else(|| panic!("{cited} is missing"));
            assert!(own.next().is_none() && page.matches(&anchor).count() == 1, "{cited} twice");
            // The number of another clause stands behind its name.
            let (_, unnumbered) = cut(section, "<span class=\"number\"", "</span>");
            let (effect, _) = cut(&unnumbered, "<p class=\"effect\"", "</p>");
            let said = words(&text(effect[0])).join(" ");
            let lead = if clause.as_text().is_some() { "In plain words:" } else { "In effect:" };
            let meant = words(&format!("{lead} {}", back_translation(clause))).join(" ");
            assert!(said.starts_with(&meant), "{cited}: {said}\n{meant}");
            let kind = format!("<span class=\"kind\">{}</span>", clause.terms.kind());
            assert!(section.contains(&kind), "{cited}");
            all += 1;
        }
    }
    assert!(all > 200, "{all} clauses");
}

/// What the page says is enforced is what the rules act on, and no more.
#[test]
fn every_clause_that_is_not_acted_on_carries_its_sign_and_stands_in_the_annex() {
    for (name, agreement) in every_agreement() {
        let page = document(&agreement);
        let (annex, _) =
            cut(&page, "<section class=\"annex upright\" id=\"annex.g\"", "</section>");
        let (mut enforced, mut as_text) = (0, 0);
        for (module, clause) in agreement.clauses() {
            let cited = ClauseRef::new(&module.id, &clause.id);
            let why = clause.as_text();
            let class = if why.is_some() { "clause text" } else { "clause" };
            assert!(
                page.contains(&format!("<section class=\"{class}\" id=\"{cited}\"")),
                "{cited}"
            );
            assert_eq!(
                annex[0].contains(&format!("<code>{cited}</code>")),
                why.is_some(),
                "{cited}"
            );
            *(if why.is_some() { &mut as_text } else { &mut enforced }) += 1;
        }
        let sum = format!("{enforced} of {} clauses are enforced", enforced + as_text);
        assert_eq!(text(&page).matches(&sum).count(), 2, "{name}: {sum}");
        assert_eq!(page.matches("<a class=\"sign\"").count(), as_text, "{name}");
        assert!(enforced > 0 && as_text > 0, "{name}: {enforced} and {as_text}");
    }
}

/// Nothing is said to be enforced that no rule reads: it has its sign in the clause, among the
/// assets and in the last annex.
#[test]
fn fields_that_no_rule_acts_on_carry_the_sign_wherever_they_are_said() {
    let mut kinds: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (name, agreement) in every_agreement() {
        let page = document(&agreement);
        let (sections, _) = cut(&page, "<section class=\"clause", "</section>");
        let (annex, _) =
            cut(&page, "<section class=\"annex upright\" id=\"annex.g\"", "</section>");
        let (lists, _) = cut(annex[0], "<ul class=\"fields\"", "</ul>");
        let (assets, _) = cut(&page, "<section class=\"asset\"", "</section>");
        for (module, clause) in agreement.clauses() {
            let cited = ClauseRef::new(&module.id, &clause.id);
            let section =
                sections.iter().find(|s| s.contains(&format!(" id=\"{cited}\""))).unwrap();
            let said = clause.fields_as_text();
            let (beside, _) = cut(section, "<p class=\"beside\"", "</p>");
            assert_eq!(beside.len(), usize::from(!said.is_empty()), "{cited}");
            for (field, value) in &said {
                let told = text(beside[0]);
                assert!(
                    told.contains('¶') && told.contains(&format!("{field} = {value}")),
                    "{told}"
                );
                let kind = clause.terms.kind();
                let line = cut(lists[0], "<li>", "</li>").0;
                let head = format!("<span class=\"kind\">{kind}</span>");
                let own: Vec<_> = line.iter().filter(|line| line.contains(&head)).collect();
                assert_eq!(own.len(), 1, "{name}: one line for `{kind}`");
                assert!(own[0].contains(&format!("<code>{field}</code>")), "{name}: {field}");
                assert!(own[0].contains(&format!("href=\"#{cited}\"")), "{name}: {cited}");
                kinds.insert((kind, *field));
            }
            if matches!(clause.terms, Terms::Asset(_)) {
                let id = format!("id=\"b.{cited}\"");
                let asset = assets.iter().find(|asset| asset.contains(&id)).unwrap();
                let (facts, _) = cut(asset, "<dt>", "</dt>");
                assert_eq!(facts.iter().filter(|f| f.contains('¶')).count(), said.len(), "{cited}");
            }
        }
        assert!(text(&page).contains("is enforced: the system acts on it."), "{name}");
    }
    for one in [("objective", "metric"), ("gate", "escalates_to"), ("objective", "by")] {
        assert!(kinds.contains(&one), "{one:?} of {kinds:?}");
    }
}

/// Who may act alone is told from who acts when a body has decided, and what binds as text from
/// what is enforced.
#[test]
fn a_power_that_a_body_is_asked_about_is_not_one_to_use_alone() {
    let (mut alone, mut asked) = (0, 0);
    let own = with(
        "```clause\nid = \"stop\"\npower = \"module.suspend\"\nholder = \"owner\"\n```\n\n\
         ```clause\nid = \"end\"\npower = \"module.terminate\"\nholder = \"owner\"\n\
         after = \"lab.suspend\"\n```\n",
    );
    let small = ("small".to_owned(), agreed(&own));
    for (name, agreement) in every_agreement().into_iter().chain([small]) {
        let page = document(&agreement);
        let seats: Vec<concordat_terms::SeatId> =
            agreement.seats().filter_map(|seat| seat.id()).collect();
        let (tables, _) = cut(&page, "<table class=\"matrix\"", "</table>");
        let cell = |act: &str, seat: usize| {
            let (rows, _) = cut(tables[seat / 11], "<tr>", "</tr>");
            let head = format!("<th scope=\"row\"><code>{act}</code>");
            let row = rows.iter().find(|row| row.contains(&head)).unwrap();
            text(cut(row, "<td>", "</td>").0[seat % 11])
        };
        let powers: Vec<_> = agreement
            .clauses()
            .filter_map(|(_, clause)| match &clause.terms {
                Terms::Power(power) => Some(power),
                _ => None,
            })
            .collect();
        for power in &powers {
            let letter = if power.ratified_by.is_some() { "Rb" } else { "Ra" };
            let seat = seats.iter().position(|seat| *seat == power.holder).unwrap();
            let shown = cell(&power.power.to_string(), seat);
            let pieces: Vec<&str> = shown.split_whitespace().collect();
            let at = pieces.iter().position(|piece| *piece == letter);
            assert!(at.is_some(), "{name}: no {letter} in {shown:?}");
            *(if letter == "Rb" { &mut asked } else { &mut alone }) += 1;
        }
    }
    assert!(alone > 0 && asked > 0, "{alone}, {asked}");
}

#[test]
fn the_page_and_the_check_count_the_same_paragraphs_without_a_clause() {
    let mut all = 0;
    for (name, agreement) in every_agreement() {
        let counted: usize = agreement.modules().values().map(|m| m.not_executable.len()).sum();
        let page = document(&agreement);
        assert_eq!(page.matches("aria-label=\"text alone\"").count(), counted, "{name}");
        let (listed, _) = cut(&page, "<p class=\"alone\"", "</p>");
        assert_eq!(listed[0].matches("<a href").count(), counted, "{name}");
        let said = if counted == 1 {
            "the one paragraph".into()
        } else {
            format!("all {counted} paragraphs")
        };
        assert!(page.contains(&said), "{name}: {said}");
        all += counted;
    }
    assert!(all > 20, "{all}");
    // A list goes on with its paragraph, wherever a rule or a swallowed line stands between.
    for prose in [
        "One:\n\n- two\n",
        "***\n\n- one\n\n> two\n",
        "[a]: b\n\n- one\n\nTwo.\n\n[c]: d\n\n| e |\n|---|\n",
    ] {
        let agreement = agreed(&with(prose));
        let counted: usize = agreement.modules().values().map(|m| m.not_executable.len()).sum();
        assert_eq!(
            document(&agreement).matches("aria-label=\"text alone\"").count(),
            counted,
            "{prose}"
        );
    }
}

#[test]
fn a_period_whose_end_a_calendar_moves_says_so_where_it_stands() {
    for (name, agreement) in every_agreement() {
        let page = document(&agreement);
        for (module, clause) in agreement.clauses() {
            let Terms::Duty(duty) = &clause.terms else { continue };
            let Some(country) = &duty.due.calendar else { continue };
            let link = format!(">{}</a>", "").replace(
                "></a>",
                &format!(
                    "href=\"#{}/{}\" title=\"held against {}/{}, due.",
                    module.id, clause.id, module.id, clause.id
                ),
            );
            let mark = format!(
                "<sup class=\"calendar\" title=\"ends on a working day of {country}\">{country}</sup>"
            );
            for (at, _) in page.match_indices(&link) {
                let after = &page[at..];
                let (_, behind) = after.split_once("</a>").unwrap();
                assert!(behind.starts_with(&mark), "{name}: {}/{}", module.id, clause.id);
            }
            let said = back_translation(clause);
            assert!(said.contains(&format!("working day of {country}")), "{said}");
        }
    }
}

/// What is signed is read: every word of a file stands in its article, and what a block remarks
/// beside its fields on paper too.
#[test]
fn every_word_of_every_file_is_in_the_document() {
    for (name, agreement) in every_agreement() {
        let page = document(&agreement);
        for (id, module) in agreement.modules() {
            let (articles, _) = cut(&page, &format!("<article id=\"{id}\""), "</article>");
            let shown: BTreeSet<String> = words(&text(articles[0])).into_iter().collect();
            // Of what a link leads to, the number or the link itself is told.
            let (_, unlinked) = cut(module.text(), "](#", ")");
            let unfenced = unlinked.lines().filter(|line| !line.trim_start().starts_with("```"));
            let unlinked: Vec<&str> = unfenced.collect();
            for word in words(&unlinked.join("\n")) {
                assert!(shown.contains(&word), "{name}, {id}: {word}");
            }
        }
    }
}

/// Nothing of the prose is left out, added or moved.
#[test]
fn the_articles_of_every_example_are_the_words_of_their_files_in_order() {
    for name in EXAMPLES {
        let agreement = example(name);
        let page = document(&agreement);
        for (id, module) in agreement.modules() {
            let (articles, _) = cut(&page, &format!("<article id=\"{id}\""), "</article>");
            let mut shown = articles[0].to_owned();
            for (open, close) in [
                ("<section class=\"clause", "</section>"),
                ("<div class=\"scenario\"", "</div>"),
                ("<p class=\"about\"", "</p>"),
                ("<p class=\"remark\"", "</p>"),
                ("<details", "</details>"),
                ("<sup", "</sup>"),
                ("<a class=\"no\"", "</a>"),
                ("<span class=\"no\"", "</span>"),
                ("<span class=\"mark\"", "</span>"),
            ] {
                shown = cut(&shown, open, close).1;
            }
            assert_eq!(words(&text(&shown)), words(&prose(module.text())), "{name}, {id}");
        }
    }
}

/// The words of a text, without marks.
fn words(text: &str) -> Vec<String> {
    let letters = text.split(|c: char| !c.is_alphanumeric());
    letters.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A file without our blocks and without the addresses of links into the agreement.
fn prose(file: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in file.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            text.push_str(line);
            text.push('\n');
        }
    }
    cut(&text, "](#", ")").1
}

#[test]
fn the_same_texts_give_the_same_bytes_whatever_their_files_are_called() {
    for name in EXAMPLES {
        let texts = texts(&folder(name));
        let mut elsewhere = Vec::new();
        for (at, text) in texts.iter().enumerate().rev() {
            let file = format!("/somewhere/else/{}/x y.md", 100 - at);
            elsewhere.push(read(&file, text.as_bytes()).unwrap());
        }
        let other = assemble(elsewhere).unwrap().0;
        assert!(document(&agreed(&texts)) == document(&other), "{name}");
    }
}

/// `UPDATE_GOLDEN=1` rewrites; the diff is reviewed like code.
#[test]
fn a_small_agreement_is_this_page() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let page = document(&agreed(&texts(&golden.join("agreement"))));
    write_down("document-golden.html", &page);
    let (_, unstyled) = cut(&page, "<style>", "</style>");
    let (_, unstyled) = cut(&unstyled, "sha256-", "'");
    let lines = unstyled.replace("><", ">\n<");
    let file = golden.join("document.html");
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&file, &lines).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), lines);
}

/// The texts of the small agreement, and one more.
fn with(prose: &str) -> Vec<String> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/agreement");
    let mut all = texts(&golden);
    let block = "```module\nid = \"more\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```";
    all.push(format!("# More\n\n{block}\n\n{prose}"));
    all
}

/// A text between the small agreement's own, in an article of its own.
fn with_prose(prose: &str) -> String {
    document(&agreed(&with(prose)))
}
