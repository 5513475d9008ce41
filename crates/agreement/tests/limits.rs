//! However large and odd a file is, reading it ends soon and keeps little: nobody can bring down
//! those who fold a log with a text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use concordat_agreement::{
    BYTES_MAX, Module, Witnesses, assemble, limits, read, scenario_findings,
};
use concordat_terms::{Diagnostic, Severity};

const HEAD: &str =
    "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n## Text\n\n";

fn clause(id: &str, rest: &str) -> String {
    format!("```clause\nid = \"{id}\"\n{rest}\n```\n\n")
}

/// A module of so many clauses, each made from its number.
fn clauses(count: usize, rest: impl Fn(usize) -> String) -> String {
    let each = (0..count).map(|n| clause(&format!("c{n}"), &rest(n)));
    format!("{HEAD}{}", each.collect::<String>())
}

fn objective(_: usize) -> String {
    "objective = \"x\"".to_owned()
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<String> = (0..count).map(|n| format!("\"{}\"", item(n))).collect();
    format!("[{}]", items.join(",\n"))
}

/// Repeats a line to the size of the largest file.
fn filled(head: &str, line: &str) -> String {
    let room = BYTES_MAX - head.len();
    format!("{head}{}", line.repeat(room / line.len()))
}

fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.code).collect()
}

#[test]
fn a_module_holds_as_much_as_the_rules_say_and_no_more() {
    let lines = |count: usize| format!("{HEAD}{}", "x\n".repeat(count - 11));
    let line = |bytes: usize| format!("{HEAD}{}\n", "x".repeat(bytes));
    let blocks = |count: usize| clauses(count, objective);
    let links = |count: usize| format!("{HEAD}{}", "[x](#c)\n".repeat(count));
    let values = |count: usize| {
        // Three of the module's own, one of its signers, then lists: each is a value too.
        let lists = |left: usize| {
            let sizes = (0..left / 900).map(|_| 900).chain([left % 900]);
            sizes.enumerate().map(|(n, size)| {
                let rest =
                    format!("table = \"x\"\ncolumns = {}", list(size - 3, |n| format!("a{n}")));
                clause(&format!("c{n}"), &rest)
            })
        };
        format!("{HEAD}{}", lists(count - 4).collect::<String>())
    };
    let items = |count: usize| {
        clauses(1, |_| format!("table = \"x\"\ncolumns = {}", list(count, |n| format!("a{n}"))))
    };
    let conditions = |bytes: usize| {
        let sizes = (0..bytes / 900).map(|_| 900).chain([bytes % 900]);
        let each = sizes.enumerate().map(|(n, size)| {
            let when = format!("{}run.rounds > 1", " ".repeat(size - 14));
            let rest = format!("permit = \"run.propose\"\nby = \"x\"\nwhen = \"{when}\"");
            clause(&format!("c{n}"), &rest)
        });
        format!("{HEAD}{}", each.collect::<String>())
    };
    let prose = |bytes: usize| {
        let text = format!("{}\n", "x".repeat(999)).repeat(bytes / 1_000);
        let text = format!("{text}{}\n\n", "x".repeat(bytes - text.len() - 1));
        format!("{HEAD}{text}{}", clause("c", &objective(0)))
    };
    type Make<'a> = &'a dyn Fn(usize) -> String;
    let limits: [(&str, usize, Make<'_>); 8] = [
        ("too-many-lines", limits::LINES_MAX, &lines),
        ("line-too-long", limits::LINE_BYTES_MAX, &line),
        ("too-many-clauses", limits::CLAUSES_MAX, &blocks),
        ("too-many-links", limits::LINKS_MAX, &links),
        ("too-many-values", limits::VALUES_MAX, &values),
        ("list-too-long", limits::ITEMS_MAX, &items),
        ("too-many-conditions", limits::CONDITION_BYTES_MAX, &conditions),
        ("prose-too-long", limits::PROSE_BYTES_MAX, &prose),
    ];
    for (code, most, make) in limits {
        let at = read("m.md", make(most).as_bytes());
        let told = at.err().unwrap_or_default();
        assert!(!codes(&told).contains(&code), "{code} at the limit");
        let beyond = read("m.md", make(most + 1).as_bytes()).err().unwrap_or_default();
        let of_it = codes(&beyond).iter().filter(|&&found| found == code).count();
        assert_eq!(of_it, 1, "{code} beyond the limit: {:?}", codes(&beyond));
    }
}

#[test]
fn an_agreement_holds_as_much_as_the_rules_say_and_no_more() {
    let module = |name: &str, text: &str| {
        read(name, text.replace("id = \"m\"", &format!("id = \"{name}\"")).as_bytes()).unwrap()
    };
    let many = |count: usize, text: &str| {
        let modules: Vec<Module> = (0..count).map(|n| module(&format!("m{n}"), text)).collect();
        codes(&assemble(modules).map_or_else(|found| found, |(_, found)| found))
    };
    let too_large = |found: Vec<&str>| found == ["agreement-too-large"];
    let full = clauses(1_000, objective);
    assert!(!too_large(many(3, &full)));
    assert!(too_large(many(4, &full)), "clauses");
    assert!(!too_large(many(100, &clauses(1, objective))));
    assert!(too_large(many(101, &clauses(1, objective))), "modules");
    let links = format!("{HEAD}{}", "[x](#c)\n".repeat(limits::LINKS_MAX));
    assert!(too_large(many(4, &links)), "links");
    let values =
        clauses(9, |_| format!("table = \"x\"\ncolumns = {}", list(990, |n| n.to_string())));
    assert!(too_large(many(5, &values)), "values");
}

#[test]
fn of_a_file_with_thousands_of_mistakes_a_hundred_are_told_and_the_others_are_counted() {
    let found = read("m.md", clauses(1_000, |_| "objectve = \"x\"".to_owned()).as_bytes());
    let found = found.err().unwrap_or_default();
    assert_eq!(found.len(), 101);
    let last = found.last().unwrap();
    assert_eq!(last.code, "more-findings");
    assert_eq!(last.what, "these are not all: there are 900 errors more");
}

/// Files of about a mebibyte, each made to be dear to read.
fn hostile() -> BTreeMap<&'static str, String> {
    let long_name = |n: usize| format!("{n:a>64}");
    let wide = "a ".repeat(200);
    let objective_below = |prose: &str| {
        let shared = (0..2_000).map(|n| clause(&format!("c{n}"), &objective(n)));
        format!("{HEAD}{prose}{}", shared.collect::<String>())
    };
    let mut nested = String::new();
    for depth in 0..1_400 {
        writeln!(nested, "{}- x", " ".repeat(depth % 700)).unwrap();
    }
    BTreeMap::from([
        ("prose below many clauses", {
            let prose = "thirty days and two weeks, 31 January 2027 ".repeat(12_000);
            objective_below(&format!("{prose}\n\n"))
        }),
        ("prose shared by many clauses", {
            let prose = "one (1) day, EUR 5 or 2027-01-31\n".repeat(1_900);
            let shared = (0..1_000).map(|n| {
                clause(&format!("c{n}"), "objective = \"x\"\nmetric = \"m\"\nat_least = \"0.5\"")
            });
            format!("{HEAD}{prose}\n{}", shared.collect::<String>())
        }),
        ("numbers in prose", {
            let part = format!("{}\n\n", "1 one 2 \n".repeat(7_000));
            let parts = (0..16).map(|n| {
                format!("## H\n\n{part}{}", clause(&format!("c{n}"), "objective = \"P1D\""))
            });
            format!("{HEAD}{}", parts.collect::<String>()).lines().take(19_000).fold(
                String::new(),
                |mut text, line| {
                    text.push_str(line);
                    text.push('\n');
                    text
                },
            )
        }),
        ("a line of links", filled(HEAD, "[a](#b.c)")),
        ("lines of links", filled(HEAD, &format!("{}\n", "[a](#b.c)".repeat(1_800)))),
        ("links to nothing", format!("{HEAD}{}", "[a](#b.c)\n".repeat(4_000))),
        ("links to much", {
            let much = clauses(9, |_| {
                format!("table = \"x\"\ncolumns = {}", list(1_000, |n| format!("a{n}")))
            });
            format!("{much}{}", "[a](#c1.columns.x)\n".repeat(3_900))
        }),
        ("links by reference", {
            let target = format!("[a]: #{}\n\n", "b".repeat(16_000));
            filled(&format!("{HEAD}{target}"), &format!("{}\n", "[a] ".repeat(2_000)))
        }),
        ("values", {
            let ones = format!("{},\n", ["1"; 4_000].join(","));
            format!(
                "{HEAD}{}",
                clause("c", &format!("table = \"x\"\ncolumns = [{}]", ones.repeat(120)))
            )
        }),
        ("unknown fields", {
            let fields: String = (0..9_900).map(|n| format!("{} = 1\n", long_name(n))).collect();
            format!("{HEAD}{}", clause("c", &format!("objective = \"x\"\n{fields}")))
        }),
        ("misspelt kinds", clauses(1_000, |n| format!("{} = \"x\"\n", long_name(n)))),
        (
            "misspelt acts",
            clauses(1_000, |_| "permit = \"evidence.submlt\"\nby = \"x\"".to_owned()),
        ),
        (
            "no toml",
            filled(&format!("{HEAD}```clause\n"), &format!("{}\n", "= [ \" ".repeat(2_000))),
        ),
        ("one line of no toml", format!("{HEAD}```clause\n{}\n```\n", "= ] ' ".repeat(2_700))),
        ("deep toml", {
            let deep = format!("x = {}{}\n", "[".repeat(8_000), "]".repeat(8_000));
            filled(&format!("{HEAD}```clause\nid = \"c\"\n"), &deep)
        }),
        ("dotted toml", {
            let dotted = format!("{}b = 1\n", "a.".repeat(8_000));
            filled(&format!("{HEAD}```clause\nid = \"c\"\n"), &dotted)
        }),
        ("tables in tables", {
            let header = format!("[{}b]\n", "a.".repeat(70));
            filled(&format!("{HEAD}```clause\nid = \"c\"\n"), &header)
        }),
        ("conditions", {
            let when: Vec<String> = (0..40).map(|n| format!("run.rounds != {n}")).collect();
            let when = when.join(" && ");
            clauses(900, |_| format!("permit = \"run.propose\"\nby = \"x\"\nwhen = \"{when}\""))
        }),
        ("permits and forbids", {
            clauses(1_000, |n| {
                let kind = if n % 2 == 0 { "permit" } else { "forbid" };
                let on = list(5, |m| format!("a{}", if m == 0 { 0 } else { 10 * n + m }));
                format!("{kind} = \"run.propose\"\nby = \"x\"\non = {on}")
            })
        }),
        ("purposes of assets", {
            let asset = "asset = \"x\"\nkind = \"model\"\nholder = \"s\"\nlabel = \"internal\"\npurposes = ";
            clauses(10, |n| match n {
                0 => format!("{asset}{}", list(900, |n| format!("p{n}"))),
                _ => format!(
                    "permit = \"run.propose\"\nby = \"x\"\non = {}\npurposes = {}",
                    list(490, |_| "c0".to_owned()),
                    list(490, |n| format!("q{n}"))
                ),
            })
        }),
        ("unknown names", {
            let seats = (0..900)
                .map(|n| clause(&format!("{n:b>64}"), "seat = \"x\"\nfilled_by = \"nobody\""));
            let permits = (0..10).map(|n| {
                let by = list(600, long_name);
                clause(&format!("c{n}"), &format!("permit = \"run.propose\"\nby = {by}"))
            });
            format!("{HEAD}{}", seats.chain(permits).collect::<String>())
        }),
        ("parties and signers", {
            let signers = format!("signers = {}", list(1_000, |_| "all".to_owned()));
            clauses(900, |_| "party = \"x\"\nside = \"public\"\njurisdictions = \"BE\"".to_owned())
                .replace("signers = [\"all\"]", &signers)
        }),
        ("trains on everything", {
            clauses(1_000, |n| {
                if n % 2 == 0 {
                    "permit = \"run.propose\"\nby = \"x\"".to_owned()
                } else {
                    "asset = \"x\"\nkind = \"dataset\"\nholder = \"s\"\nlabel = \"internal\"\npurposes = \"p\"".to_owned()
                }
            })
        }),
        ("almost blocks", filled(HEAD, "```clausse\nx\n```\n")),
        ("headings", filled(HEAD, "# a\n")),
        ("quotes", filled(HEAD, &format!("{}\n", ">".repeat(16_000)))),
        ("brackets", filled(HEAD, &format!("{}\n", "[".repeat(16_000)))),
        ("emphasis", filled(HEAD, &format!("{}\n", "*a _b ".repeat(2_600)))),
        ("backticks", filled(HEAD, &format!("{}\n", "` `` ``` ".repeat(1_800)))),
        ("lists", filled(HEAD, &nested)),
        (
            "cells",
            filled(HEAD, &format!("|{0}\n|{1}\n|{0}\n\n", "a|".repeat(4_000), "-|".repeat(4_000))),
        ),
        ("wide words", filled(HEAD, &format!("{wide}\n\n"))),
        ("no line end", "x".repeat(BYTES_MAX)),
        ("line ends", filled(HEAD, "\n")),
        ("paragraphs", filled(HEAD, "x\n\n")),
    ])
}

/// Everything that findings keep.
fn size(found: &[Diagnostic]) -> usize {
    found.iter().map(|d| d.text.len() + d.what.len() + d.hint.len() + d.span.file.len()).sum()
}

#[test]
fn whatever_a_file_holds_little_is_kept_of_it() {
    for (name, text) in hostile() {
        assert!(text.len() <= BYTES_MAX, "{name} is {} bytes", text.len());
        let (told, modules) = match read("m.md", text.as_bytes()) {
            Err(found) => {
                assert!(codes(&found).len() <= 101 && found.len() <= 301, "{name}");
                (found, None)
            }
            Ok(module) => {
                assert!(module.notes.len() <= 201, "{name}");
                // Prose that several clauses enforce is there once.
                let prose: BTreeMap<*const u8, usize> =
                    module.clauses.values().map(|c| (c.prose.as_ptr(), c.prose.len())).collect();
                assert!(prose.values().sum::<usize>() <= text.len(), "{name}");
                (module.notes.clone(), Some(module))
            }
        };
        assert!(size(&told) < 1 << 19, "{name} keeps {} bytes of findings", size(&told));
        if let Some(module) = modules {
            let found = assemble([module]).map_or_else(|found| found, |(_, found)| found);
            assert!(found.len() <= 3 * 1_000 + 1, "{name}: {}", found.len());
            assert!(size(&found) < 1 << 22, "{name} keeps {} bytes of findings", size(&found));
        }
    }
}

/// Each scenario is a partnership of its own while it runs, and each proposal in one a module.
#[test]
fn scenarios_are_as_many_and_as_long_as_people_read_and_none_keeps_a_module_from_its_log() {
    let scenario = |name: usize, steps: usize| {
        let steps = "+P1D\n".repeat(steps - 1);
        format!(
            "```scenario\nname = \"s{name}\"\nsteps = \"\"\"\n2027-01-01\n{steps}\"\"\"\n```\n\n"
        )
    };
    let module = |id: &str, scenarios: usize, steps: usize| {
        let who = "party = \"Oak\"\nside = \"public\"\njurisdictions = [\"BE\"]";
        let own =
            [clause(&format!("{id}-party"), who), clause(&format!("{id}-aim"), &objective(0))];
        let each = own.into_iter().chain((0..scenarios).map(|n| scenario(n, steps)));
        let head = HEAD.replace("id = \"m\"", &format!("id = \"{id}\""));
        let text = head + &each.collect::<String>();
        read("m.md", text.as_bytes()).unwrap()
    };
    let found = |modules: Vec<Module>| {
        let (agreement, _) = assemble(modules).unwrap();
        let found = scenario_findings(&agreement);
        found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let (most, all) = (limits::STEPS_MAX, limits::SCENARIOS_MAX);
    assert!(found(vec![module("m", 1, most)]).is_empty());
    assert_eq!(found(vec![module("m", 1, most + 1)]), ["too-many-steps"]);
    assert!(found(vec![module("m", all, 1)]).is_empty());
    assert_eq!(found(vec![module("m", all + 1, 1)]), ["too-many-scenarios"]);
    assert!(found(vec![module("a", all / 2, 1), module("b", all / 2, 1)]).is_empty());
    assert_eq!(
        found(vec![module("a", all / 2, 1), module("b", all / 2 + 1, 1)]),
        ["too-many-scenarios"]
    );
    let fit = limits::AGREEMENT_STEPS_MAX / most;
    assert!(found(vec![module("m", fit, most)]).is_empty());
    assert_eq!(found(vec![module("m", fit + 1, most)]), ["too-many-scenarios"]);
}

/// A checkpoint has 64 signatures at most, the log's own among them.
#[test]
fn a_quorum_is_no_larger_than_a_checkpoint_has_room_for() {
    let sides = ["public", "private", "independent"];
    let parties = clauses(80, |n| {
        format!("party = \"P\"\nside = \"{}\"\njurisdictions = [\"CH\"]", sides[n % sides.len()])
    });
    let said = |quorum: u32| {
        let rest = format!(
            "witnesses = {}\nquorum = {quorum}\nmax_staleness = \"PT10M\"\nskew = \"PT5M\"\nmax_gap = \"P1D\"",
            list(80, |n| format!("c{n}"))
        );
        let goal = clause("goal", &objective(0));
        let text = format!("{parties}{goal}{}", clause("witnesses", &rest));
        let module = read("m.md", text.as_bytes()).unwrap();
        assemble([module]).map_or_else(|found| codes(&found), |(_, found)| codes(&found))
    };
    assert_eq!(said(Witnesses::QUORUM_MOST), Vec::<&str>::new());
    assert_eq!(said(Witnesses::QUORUM_MOST + 1), ["quorum-too-large"]);
}
