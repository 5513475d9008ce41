//! Prose beside clauses where nothing is linked: a number with its unit, or the name of a party, that
//! is another than the one which a clause of the section holds.
//!
//! Only what stands open on both sides is told: the words say what no clause of their section does,
//! and a clause of it holds a value of the same kind that is neither linked nor said.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use concordat_terms::{PartyId, Severity};

use crate::found::Found;
use crate::module::Section;
use crate::source::Wrong;
use crate::when::{Expr, Number, Order};
use crate::{Agreement, Clause, Module, Terms};

use super::spoken::{Kind, Mention, kind_of, mentions, normal};
use super::{AllValues, Place};

pub(super) fn check(
    agreement: &Agreement,
    values: &AllValues<'_>,
    linked: &BTreeSet<Place<'_>>,
    asked: fn(&Module) -> bool,
    found: &mut Found,
) {
    for module in agreement.modules().values().filter(|module| asked(module)) {
        for section in &module.sections {
            numbers(module, section, values, linked, found);
        }
        names(agreement, module, found);
    }
}

/// A value that a clause holds.
struct Held<'a> {
    kind: Kind,
    /// What says it in the prose.
    said_by: Vec<String>,
    told: String,
    clause: &'a Clause,
    path: &'a str,
    linked: bool,
    /// Whether the words, unit and all, can be a link to it.
    whole: bool,
}

fn numbers<'a>(
    module: &'a Module,
    section: &Section,
    values: &'a AllValues<'_>,
    linked: &BTreeSet<Place<'_>>,
    found: &mut Found,
) {
    let held = held(module, section, values, linked);
    if held.iter().all(|held| held.linked) {
        return;
    }
    let said = said(module, section);
    let words: BTreeSet<(Kind, &str)> =
        said.iter().map(|(mention, _)| (mention.kind, mention.value.as_str())).collect();
    let mut known: BTreeSet<(Kind, &str)> = BTreeSet::new();
    let mut open: BTreeMap<Kind, VecDeque<&Held<'_>>> = BTreeMap::new();
    for value in &held {
        let by = || value.said_by.iter().map(|said| (value.kind, said.as_str()));
        known.extend(by());
        if !value.linked && !by().any(|said| words.contains(&said)) {
            open.entry(value.kind).or_default().push_back(value);
        }
    }
    for (mention, range) in &said {
        if known.contains(&(mention.kind, mention.value.as_str())) {
            continue;
        }
        // One value that is not said is told once, at the first words that may mean it.
        let Some(open) = open.get_mut(&mention.kind).and_then(VecDeque::pop_front) else {
            continue;
        };
        let (words, clause, path) = (&mention.words, &open.clause.id, open.path);
        let what = format!("the text says “{words}”, and `{path}` of `{clause}` {}", open.told);
        let hint = if open.whole {
            format!("link it, `[{words}](#{clause}.{path})`, and change the one that is wrong")
        } else {
            "change the one that is wrong, or say the other in the text, too".to_owned()
        };
        let span = module.source.span(range);
        let wrong = Wrong::new("prose-says-otherwise", what, hint);
        found.push(module.finding(Severity::Warning, &span, wrong));
    }
}

/// The values of a section's clauses that prose says with a unit.
fn held<'a>(
    module: &'a Module,
    section: &Section,
    values: &'a AllValues<'_>,
    linked: &BTreeSet<Place<'_>>,
) -> Vec<Held<'a>> {
    let mut held = Vec::new();
    for clause in section.clauses.iter().filter_map(|id| module.clauses.get(id)) {
        let Some((.., own)) = values.get(&module.id, &clause.id) else { continue };
        for path in &own.paths {
            let Some((path, value)) = own.get(path) else { continue };
            let Some((kind, value)) = of_field(path, value) else { continue };
            let linked = linked.contains(&(&module.id, &clause.id, path));
            let told = value.clone();
            let said_by = vec![value];
            held.push(Held { kind, said_by, told, clause, path, linked, whole: true });
        }
        for (path, words) in with_its_unit(&clause.terms) {
            let Some((kind, value)) = spoken(&words) else { continue };
            let linked = linked.contains(&(&module.id, &clause.id, path));
            let said_by = vec![value];
            held.push(Held { kind, said_by, told: words, clause, path, linked, whole: false });
        }
        if let Terms::Permit(rule) | Terms::Forbid(rule) = &clause.terms {
            let atoms = rule.when.iter().flat_map(|when| when.expr().atoms());
            held.extend(atoms.filter_map(|atom| of_condition(clause, atom)));
        }
    }
    held
}

/// What the paragraphs of a section say outside of links and code, and where in the file.
fn said(module: &Module, section: &Section) -> Vec<(Mention, Range<usize>)> {
    let mut all = Vec::new();
    for paragraph in &section.prose {
        let Some(text) = module.source.text().get(paragraph.clone()) else { continue };
        let words = outside(text);
        let bare: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
        for mention in mentions(&bare) {
            let first = words.get(mention.at.start).map_or(0, |(at, _)| *at);
            let last = words.get(mention.at.end.saturating_sub(1));
            let end = last.map_or(first, |(at, word)| at + word.len());
            all.push((mention, paragraph.start + first..paragraph.start + end));
        }
    }
    all
}

/// The words of a paragraph and where they begin; an empty one for each that touches a link or what
/// stands between backticks.
fn outside(text: &str) -> Vec<(usize, &str)> {
    let masked = masked(text);
    let mut masked = masked.iter().peekable();
    let mut words = Vec::new();
    let mut next = 0;
    for word in text.split_whitespace() {
        let at = next + text.get(next..).and_then(|rest| rest.find(word)).unwrap_or(0);
        next = at + word.len();
        while masked.next_if(|mask| mask.end <= at).is_some() {}
        let touched = masked.peek().is_some_and(|mask| mask.start < next);
        words.push((at, if touched { "" } else { word }));
    }
    words
}

/// The links of a paragraph, text and address, and what stands between backticks, in order.
fn masked(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut open, mut tick, mut after) = (None, None, 0);
    for (at, c) in text.char_indices() {
        if at < after {
            continue;
        }
        match c {
            '`' => match tick.take() {
                Some(start) => found.push(start..at + 1),
                None => tick = Some(at),
            },
            '[' => open = Some(at),
            ']' => {
                let rest = text.get(at..).unwrap_or_default();
                if let (Some(start), true) = (open.take(), rest.starts_with("](")) {
                    after = rest.find(')').map_or(text.len(), |end| at + end + 1);
                    found.push(start..after);
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|mask| mask.start);
    found
}

/// The kind of a field's value, and the value, if prose says such ones with a unit.
fn of_field(path: &str, value: &str) -> Option<(Kind, String)> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let kind = match (kind_of(value), name) {
        // How often something is measured is not said in numbers.
        (_, "window") => return None,
        (Some(kind), _) => kind,
        (None, "votes_per_side") => Kind::Count("vote"),
        (None, "rows_per_person") => Kind::Count("row"),
        (None, "dropouts") => Kind::Count("dropout"),
        (None, "at_least") if path.starts_with("approvals") => Kind::Count("approval"),
        (None, "alert_at" | "royalty") => Kind::Fraction,
        (None, _) if path.starts_with("shares.") => Kind::Fraction,
        _ => return None,
    };
    Some((kind, normal(value)?))
}

/// The numbers of a clause whose unit stands in another field, as words with that unit.
fn with_its_unit(terms: &Terms) -> Vec<(&'static str, String)> {
    match terms {
        Terms::Signal(signal) => [("above", signal.above), ("below", signal.below)]
            .into_iter()
            .filter_map(|(path, value)| Some((path, format!("{} {}", value?, signal.unit))))
            .collect(),
        Terms::Account(account) => {
            vec![("ceiling", format!("{} {}", account.unit, account.ceiling))]
        }
        _ => Vec::new(),
    }
}

/// What words say that are a value with its unit and nothing else.
fn spoken(words: &str) -> Option<(Kind, String)> {
    let split: Vec<&str> = words.split_whitespace().collect();
    let mut found = mentions(&split).into_iter();
    found.next().filter(|first| first.at == (0..split.len())).map(|m| (m.kind, m.value))
}

/// What a comparison of a condition says in words: `< 100` is fewer than 100, and at most 99. Of
/// classes there are three, and `>= 3` is not said as higher than 2.
fn of_condition<'a>(clause: &'a Clause, atom: &Expr) -> Option<Held<'a>> {
    let Expr::Number(number, order, than) = atom else { return None };
    let noun = match number {
        Number::Class => "class",
        Number::Rounds => "round",
        Number::Participants => "participant",
    };
    let one = i64::from(*number != Number::Class);
    let (sign, other) = match order {
        Order::Equal => ("==", *than),
        Order::AtMost => ("<=", than.saturating_add(one)),
        Order::Below => ("<", than.saturating_sub(1)),
        Order::AtLeast => (">=", than.saturating_sub(one)),
        Order::Above => (">", than.saturating_add(1)),
    };
    Some(Held {
        kind: Kind::Count(noun),
        said_by: vec![than.to_string(), other.to_string()],
        told: format!("{sign} {than}"),
        clause,
        path: "when",
        linked: false,
        whole: false,
    })
}

/// The most parties whose names are looked for.
const PARTIES_MOST: usize = 100;

/// Paragraphs that name parties, above seats of which one is filled by none of those.
fn names(agreement: &Agreement, module: &Module, found: &mut Found) {
    // Clauses that follow each other share their prose, and it is one text.
    let mut groups: Vec<Vec<&Clause>> = Vec::new();
    let mut known: BTreeMap<*const u8, usize> = BTreeMap::new();
    for clause in module.clauses.values().filter(|clause| !clause.prose.is_empty()) {
        let group = *known.entry(clause.prose.as_ptr()).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(clause),
            None => groups.push(vec![clause]),
        }
    }
    let parties: Vec<(PartyId, &str)> = agreement
        .parties()
        .take(PARTIES_MOST)
        .filter_map(|party| Some((party.id()?, short(&party.terms.party))))
        .collect();
    for group in &groups {
        let seats: Vec<(&Clause, &[PartyId])> = group
            .iter()
            .filter_map(|clause| match &clause.terms {
                Terms::Seat(seat) => Some((*clause, seat.filled_by.as_slice())),
                _ => None,
            })
            .collect();
        let Some((first, _)) = seats.first() else { continue };
        if group.iter().any(|clause| matches!(clause.terms, Terms::Party(_))) {
            continue;
        }
        // A name may be a part of another: the longer one is named.
        let longer = |name: &str| {
            let others = parties.iter().filter(|(_, other)| *other != name && other.contains(name));
            others.into_iter().any(|(_, other)| is_named(&first.prose, other))
        };
        let is_meant = |name: &str| is_named(&first.prose, name) && !longer(name);
        let named: Vec<&(PartyId, &str)> =
            parties.iter().filter(|(_, name)| is_meant(name)).collect();
        let fills = |id: &PartyId| seats.iter().any(|(_, filled)| filled.contains(id));
        let is_said = |id: &PartyId| named.iter().any(|(named, _)| named == id);
        let Some((_, name)) = named.iter().find(|(id, _)| !fills(id)) else { continue };
        for (clause, filled) in &seats {
            let Some(id) = filled.iter().find(|id| !is_said(id)) else { continue };
            let what = format!("the text names {name}, and `{id}` fills `{}`", clause.id);
            let hint = "change the one that is wrong: both are signed";
            let span = clause.places.get("filled_by").unwrap_or(&clause.span);
            let wrong = Wrong::new("prose-names-another", what, hint);
            found.push(module.finding(Severity::Warning, span, wrong));
            break;
        }
    }
}

/// A party's name without what stands in brackets behind it, where enough is left of it.
fn short(name: &str) -> &str {
    let short = name.split_once(" (").map_or(name, |(name, _)| name);
    if short.chars().count() < 4 { name } else { short }
}

/// Whether a text has a name as words of their own.
fn is_named(prose: &str, name: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '-');
    !name.is_empty()
        && prose.match_indices(name).any(|(at, found)| {
            let before = prose.get(..at).and_then(|text| text.chars().next_back());
            let after = prose.get(at + found.len()..).and_then(|text| text.chars().next());
            ends(before) && ends(after)
        })
}
