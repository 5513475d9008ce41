//! Whole pages of a whole partnership: well-formed, complete, harmless, and saying what is so.
//!
//! Every page that is checked is also written below `target/tmp/console`, to be looked at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "pages are written down to be looked at")]

mod common;
mod html;

use common::Story;
use concordat_partnership::Act;
use concordat_partnership::act::MotionRecuse;
use concordat_terms::ClauseRef;
use html::{balanced, harmless, write_down};

const PATHS: [(&str, &str); 6] = [
    ("/", ""),
    ("/agreement", ""),
    ("/decisions", ""),
    ("/log", ""),
    ("/log", "refused=1"),
    ("/nowhere/<script>alert(1)</script>", ""),
];

fn stories() -> [(&'static str, Story); 6] {
    [
        ("empty", Story::default()),
        ("founded", Story::founded()),
        ("agreed", Story::agreed()),
        ("proposed", Story::proposed()),
        ("running", Story::running()),
        ("late", Story::late()),
    ]
}

#[test]
fn every_page_is_well_formed_and_has_one_heading_one_main_and_no_script() {
    for (name, story) in stories() {
        for (path, query) in PATHS {
            let page = story.source().page(path, query);
            let html = &page.html;
            let at = format!("{name} {path}?{query}");
            assert_eq!(page.status, if path.starts_with("/nowhere") { 404 } else { 200 }, "{at}");
            let elements = balanced(html).unwrap_or_else(|fault| panic!("{at}: {fault}"));
            let count = |tag: &str| elements.iter().filter(|e| e.tag == tag).count();
            for once in ["html", "head", "title", "style", "body", "header", "main", "footer", "h1"]
            {
                assert_eq!(count(once), 1, "{at}: <{once}>");
            }
            assert!(!html.contains("<script"), "{at}");
            assert!(html.contains("<html lang=\"en\">"), "{at}");
            assert!(html.contains("href=\"#main\""), "{at}: no skip link");
            assert_eq!(count("table"), count("caption"), "{at}: a table without a caption");
            harmless(&at, &elements);
            write_down(&format!("{name}{}{query}.html", path.replace(['/', '<', '>'], "-")), html);
        }
    }
}

#[test]
fn every_link_within_the_pages_leads_somewhere() {
    let story = Story::late();
    let page = |path: &str, query: &str| story.source().page(path, query);
    for (path, query) in PATHS {
        let here = page(path, query).html;
        for element in balanced(&here).unwrap() {
            let Some(href) = element.attribute("href").filter(|_| element.tag == "a") else {
                continue;
            };
            let (address, anchor) = href.split_once('#').unwrap_or((href, ""));
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            let there = if path.is_empty() { here.clone() } else { page(path, query).html };
            assert!(path.is_empty() || page(path, query).status == 200, "{href}");
            let id = format!(" id=\"{anchor}\"");
            assert!(anchor.is_empty() || there.contains(&id), "{href} leads nowhere");
        }
    }
}

#[test]
fn every_clause_in_force_has_its_anchor_and_is_shown_once() {
    let story = Story::late();
    let html = story.source().page("/agreement", "").html;
    let mut shown = 0;
    for (module, clause) in story.state.agreement().clauses() {
        let anchor = format!(" id=\"{}\"", ClauseRef::new(&module.id, &clause.id));
        assert_eq!(html.matches(&anchor).count(), 1, "{anchor}");
        shown += 1;
    }
    assert!(shown > 40, "{shown} clauses");
}

const RULES: &str = "# Rules of the project\n\n```module\nid = \"risk-rules\"\nversion = \"1.0.0\"\n\
    project = \"heart-risk\"\nsigners = [\"trainer\"]\n```\n\nThe Trainer trains for at most fifty rounds.\n\n\
    ```clause\nid = \"short-runs\"\npermit = \"run.propose\"\nby = \"trainer\"\n\
    when = \"run.rounds <= 50\"\n```\n";

#[test]
fn a_projects_own_agreement_stands_beside_its_frame() {
    let mut story = Story::proposed();
    let before = story.source().page("/agreement", "").html;
    assert!(!before.contains("under the one above"), "{before}");
    let module = story.propose_module(RULES);
    for who in common::FOUNDERS {
        assert!(story.sign_module(who, module));
    }
    assert!(story.enter([module].into()));
    let html = story.source().page("/agreement", "").html;
    balanced(&html).unwrap();
    for wanted in [
        "<h2 id=\"project.heart-risk\">Project heart-risk</h2>",
        "Of what the frame permits of <code>run.propose</code>, only what ",
        "href=\"/agreement#risk-rules/short-runs\"",
        " id=\"risk-rules/short-runs\"",
        "The Trainer trains for at most fifty rounds.",
    ] {
        assert_eq!(html.matches(wanted).count(), 1, "{wanted}: {html}");
    }
}

#[test]
fn what_is_written_is_read_whole_and_nothing_hides_in_it() {
    let mut story = Story::proposed();
    let page = story.source().page("/agreement", "").html;
    assert!(page.contains("<caption>Worked example: "), "scenarios are tables");
    let more = "\n````text\n```clause\nid = \"none\"\n```\nStill quoted.\n````\n\n\
        > 1. a quoted\n>    item\n\nPay \u{202e}001\u{202c} euro.\n";
    let module = story.propose_module(&format!("{RULES}{more}"));
    for who in common::FOUNDERS {
        assert!(story.sign_module(who, module));
    }
    assert!(story.enter([module].into()));
    let html = story.source().page("/agreement", "").html;
    balanced(&html).unwrap();
    for wanted in [
        "```clause\nid = &quot;none&quot;\n```\nStill quoted.</pre>",
        "<blockquote><ol><li value=\"1\">a quoted item</li></ol></blockquote>",
        "Pay ⟨U+202E⟩001⟨U+202C⟩ euro.",
    ] {
        assert_eq!(html.matches(wanted).count(), 1, "{wanted}: {html}");
    }
}

#[test]
fn the_first_page_says_what_waits_for_whom() {
    assert_eq!(needs(&Story::founded()), [] as [&str; 0]);
    assert_eq!(
        needs(&Story::proposed()),
        [
            "Run winter is proposed | approve it for the seat data-holder (run.approve); 2 of 3 have \
          | birch dogwood"
        ]
    );
    assert_eq!(needs(&Story::running()), [] as [&str; 0]);
    let model = common::digest("weights").short();
    assert_eq!(
        needs(&Story::late()),
        [
            format!(
                "Motion release-winter: Release model {model}…? | vote (motion.vote) before \
                 2027-01-21 16:20:11 UTC | birch dogwood"
            ),
            "Run spring is proposed | approve it for the seat data-holder (run.approve); 0 of 3 \
             have | alder birch cypress dogwood"
                .to_owned(),
        ]
    );
}

const ATTEST: &str = r#"
## Safeguards

```clause
id = "attest"
duty = "attest that the safeguards hold"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
```

```clause
id = "discharge"
permit = "duty.discharge"
by = "trainer"
```

```clause
id = "stand-aside"
permit = "motion.recuse"
by = "council-member"
```
"#;

/// Brings that into force.
fn safeguard(story: &mut Story) {
    let text = common::MODULES[1].replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let module = story.propose_module(&(text + ATTEST));
    for who in common::FOUNDERS {
        assert!(story.sign_module(who, module));
    }
    assert!(story.enter([module].into()));
}

#[test]
fn what_is_late_stands_on_the_first_page_at_the_top() {
    let mut story = Story::proposed();
    safeguard(&mut story);
    let first = |story: &Story| needs(story).remove(0);
    assert!(first(&story).starts_with("Duty governance/attest:vendor:"), "{:?}", needs(&story));
    assert!(first(&story).ends_with("(duty.discharge) before 2027-02-05 10:00:00 UTC | vendor"));

    story.tick("2027-02-06T08:00:00Z");
    assert!(first(&story).contains("attest that the safeguards hold (late)"), "{}", first(&story));
    assert!(first(&story).contains("it was due at 2027-02-05 10:00:00 UTC"));
    let page = story.source().page("/", "").html;
    assert!(page.contains(" overdue</span>") && !page.contains("Nothing waits for anybody"));
    assert!(page.contains("href=\"/agreement#governance/attest\""));
}

#[test]
fn who_stands_aside_is_not_asked_to_vote() {
    let mut story = Story::late();
    safeguard(&mut story);
    let aside = MotionRecuse {
        motion: common::id("release-winter"),
        conflict: common::digest("a share in the vendor"),
    };
    assert!(story.act("birch", "council-member", Act::MotionRecuse(aside)));
    let needs = needs(&story);
    let vote = needs.iter().find(|need| need.starts_with("Motion release-winter")).unwrap();
    assert!(vote.ends_with("| dogwood"), "{vote}");
}

#[test]
fn what_is_needed_is_what_the_fold_asks_for() {
    let about = |story: &Story, what: &str| -> Vec<String> {
        needs(story).into_iter().filter(|need| need.starts_with(what)).collect()
    };
    // A test that is too old is none, and neither is one that found too little.
    let mut story = Story::late();
    story.tick("2027-04-20T08:00:00Z");
    let [again] = &about(&story, "Model")[..] else { panic!("{:?}", needs(&story)) };
    assert!(again.contains("test it again by pooled-holdout-accuracy"), "{again}");
    assert!(story.act("lab", "test-lab", common::evidence("0.61")));
    let [below] = &about(&story, "Model")[..] else { panic!("{:?}", needs(&story)) };
    assert!(below.contains("its accuracy is 0.61, and 0.7 is asked for"), "{below}");
    assert!(story.act("lab", "test-lab", common::evidence("0.81")));
    let [motion] = &about(&story, "Model")[..] else { panic!("{:?}", needs(&story)) };
    assert!(motion.contains("put a motion to council"), "{motion}");

    // Every founder signs an amendment, whoever the module says.
    let text = common::MODULES[4].replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let text = text.replace("signers = ", "signers = [\"lab\"] # ");
    let module = story.propose_module(&text);
    let [sign] = &about(&story, "Module")[..] else { panic!("{:?}", needs(&story)) };
    assert!(sign.ends_with("sign it (module.sign) | alder birch cypress dogwood lab vendor"));
    for who in common::FOUNDERS {
        assert!(story.sign_module(who, module));
    }
    let [enter] = &about(&story, "Module")[..] else { panic!("{:?}", needs(&story)) };
    assert!(enter.contains("bring it into force (module.enter)"), "{enter}");
    assert!(story.enter([module].into()));
    assert_eq!(about(&story, "Module"), [] as [&str; 0]);

    // Nobody opens a run that was proposed under the agreement before.
    let [run] = &about(&story, "Run spring")[..] else { panic!("{:?}", needs(&story)) };
    assert!(run.contains("take it back (run.abort)"), "{run}");
}

#[test]
fn a_motion_that_lapsed_waits_for_nobody_and_what_it_decided_is_needed_again() {
    let mut story = Story::late();
    let motion = "Motion release-winter";
    let about = |story: &Story, what: &str| -> Vec<String> {
        needs(story).into_iter().filter(|need| need.starts_with(what)).collect()
    };
    story.tick("2027-01-22T08:00:00Z");
    let carry_out = &about(&story, motion)[0];
    assert!(
        carry_out.contains("carry it out (motion.execute) before 2027-02-04 16:20:11 UTC"),
        "{carry_out}"
    );
    assert_eq!(about(&story, "Model"), [] as [&str; 0], "it is before the council");
    let page = |story: &Story| story.source().page("/decisions", "").html;
    assert!(page(&story).contains("not yet carried out"));

    story.tick("2027-02-04T16:20:11Z");
    assert_eq!(about(&story, motion), [] as [&str; 0]);
    let again = about(&story, "Model");
    assert!(again[0].contains("put a motion to council (motion.propose)"), "{again:?}");
    let html = page(&story);
    assert!(html.contains("lapsed") && !html.contains("not yet carried out"));
    assert!(!story.execute("release-winter"), "the fold says the same");
}

#[test]
fn the_log_shows_refused_acts_alone_when_asked_and_pages_through_the_rest() {
    let story = Story::late();
    let log = |query: &str| story.source().log(concordat_console::LogQuery::parse(query));
    let refused = log("refused=1");
    assert_eq!(refused.total, refused.refused);
    let codes: Vec<&str> = refused
        .rows
        .iter()
        .map(|row| match &row.verdict {
            concordat_console::view::Verdict::Refused { code, .. } => code.as_str(),
            concordat_console::view::Verdict::Admitted(_) => panic!("{row:?}"),
        })
        .collect();
    let expected = [
        "motion-not-succeeded",
        "needs-motion",
        "not-your-seat",
        "needs-approvals",
        "forbidden",
        "unknown-project",
    ];
    assert_eq!(codes, expected);
    let (first, last) = (log(""), log("page=999"));
    assert_eq!(first.pages, last.page);
    assert_eq!(first.rows[0].index + 1, story.log.len() as u64);
    assert_eq!(last.rows.last().map(|row| row.index), Some(0));
}

#[test]
fn the_budget_is_unknown_rather_than_zero_where_nobody_computed_it() {
    let mut story = Story::running();
    assert!(story.source().page("/", "").html.contains("41.2 %"));
    story.spent.clear();
    let html = story.source().page("/", "").html;
    assert!(!html.contains("0.0 %"));
    assert_eq!(html.matches("charged, not yet computed").count(), 4);
}

#[test]
fn the_digest_on_paper_is_the_one_that_runs_are_bound_to() {
    let state = Story::agreed().state;
    assert_eq!(state.agreement().digest(), state.agreement_digest());
}

#[test]
fn what_parties_wrote_is_text_and_never_markup() {
    let mut story = Story::late();
    story.banner = Some("<b onclick=\"x\">&amp;</b>".to_owned());
    let html = story.source().page("/", "").html;
    assert!(html.contains("&lt;b onclick=&quot;x&quot;&gt;&amp;amp;&lt;/b&gt;"));
    assert!(!html.contains("<b "));
}

/// What is needed, to do what, by whom.
fn needs(story: &Story) -> Vec<String> {
    let view = story.source().status();
    let line = |need: &concordat_console::view::Need| {
        let who: Vec<&str> = need.who.iter().map(|name| name.id.as_str()).collect();
        format!("{} | {} | {}", text(&need.what), text(&need.todo), who.join(" "))
    };
    view.needs.iter().map(line).collect()
}

fn text(words: &concordat_console::view::Words) -> String {
    use concordat_console::view::Piece;
    let piece = |piece: &Piece| match piece {
        Piece::Text(t) | Piece::Code(t) | Piece::Strong(t) | Piece::Emphasis(t) => t.clone(),
        Piece::Clause(t, _) => t.clone(),
    };
    words.0.iter().map(piece).collect()
}
