//! The fields of a clause block to its typed terms.

use concordat_terms::ClauseId;

use crate::When;
use crate::clause::{
    Aggregation, Approval, Asset, Body, Column, EvidenceNeed, Gate, Objective, Party, Privacy,
    Purpose, Rule, Seat, Term, Terms, Witnesses,
};
use crate::convert::{act, count, decimal, flag, id, level, period, text, tier, word};
use crate::fields::Fields;
use crate::nearest::{nearest, suggest};
use crate::source::Wrong;

type Decode = fn(&mut Fields<'_>) -> Option<Terms>;

const KINDS: &[(&str, Decode)] = &[
    ("party", party),
    ("seat", seat),
    ("purpose", purpose),
    ("objective", objective),
    ("asset", asset),
    ("permit", permit),
    ("forbid", forbid),
    ("gate", gate),
    ("body", body),
    ("privacy", privacy),
    ("aggregation", aggregation),
    ("witnesses", witnesses),
    ("term", term),
];

/// Reads a clause's id and terms; `None` after a mistake, which `fields` holds.
pub(crate) fn clause(fields: &mut Fields<'_>) -> (Option<ClauseId>, Option<Terms>) {
    let clause = fields.need("id", id::<ClauseId>);
    let mut kinds: Vec<_> = KINDS.iter().filter(|(kind, _)| fields.has(kind)).collect();
    if kinds.len() > 1 {
        // Beside another kind, `purpose` is a slip for its field `purposes`.
        kinds.retain(|(kind, _)| *kind != "purpose");
    }
    let terms = match kinds.as_slice() {
        [(_, decode)] => {
            let terms = decode(fields);
            fields.end();
            terms
        }
        [] => {
            unknown_kind(fields);
            None
        }
        [(first, _), (second, _), ..] => {
            let what = format!("a clause is of one kind, and this is `{first}` and `{second}`");
            let hint = "write two clauses, each with its own id";
            fields.fail_key(second, Wrong::new("two-kinds", what, hint));
            None
        }
    };
    // A clause with a mistake anywhere is no clause.
    let sound = fields.found.is_empty();
    (clause, terms.filter(|_| sound))
}

fn unknown_kind(fields: &mut Fields<'_>) {
    let known = KINDS.iter().map(|(kind, _)| *kind);
    let names: Vec<String> = fields.names().map(str::to_owned).collect();
    let slip = names.iter().find(|name| nearest(name, known.clone()).is_some());
    let Some(name) = slip.or(names.first()) else {
        let hint = suggest("", known);
        return fields.fail_at("id", Wrong::new("unknown-kind", "the clause has no kind", hint));
    };
    let what = match slip {
        Some(name) => format!("`{name}` is not a kind of clause"),
        None => "no field of this clause names its kind".to_owned(),
    };
    fields.fail_key(name, Wrong::new("unknown-kind", what, suggest(name, known)));
}

fn party(f: &mut Fields<'_>) -> Option<Terms> {
    let party = f.need("party", text);
    let side = f.need("side", word);
    let jurisdictions = f.need_list("jurisdictions", country);
    let control = f.may("control", text);
    Some(Terms::Party(Party {
        party: party?,
        side: side?,
        jurisdictions: jurisdictions?,
        control: control?,
    }))
}

fn country(value: &crate::fields::Value<'_>) -> Result<String, Wrong> {
    let code = text(value)?;
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(code);
    }
    let what = format!("`{code}` is not a country code");
    Err(Wrong::new("bad-country", what, "write two capital letters of ISO 3166, like `BE`"))
}

fn seat(f: &mut Fields<'_>) -> Option<Terms> {
    let seat = f.need("seat", text);
    // An empty list is read: that the seat is unfilled is said about the whole agreement.
    let filled_by =
        if f.has("filled_by") { f.may_list("filled_by", id) } else { f.need_list("filled_by", id) };
    Some(Terms::Seat(Seat { seat: seat?, filled_by: filled_by? }))
}

fn purpose(f: &mut Fields<'_>) -> Option<Terms> {
    Some(Terms::Purpose(Purpose { purpose: f.need("purpose", text)? }))
}

fn objective(f: &mut Fields<'_>) -> Option<Terms> {
    Some(Terms::Objective(Objective { objective: f.need("objective", text)? }))
}

fn term(f: &mut Fields<'_>) -> Option<Terms> {
    Some(Terms::Term(Term { term: f.need("term", text)? }))
}

fn asset(f: &mut Fields<'_>) -> Option<Terms> {
    let asset = f.need("asset", text);
    let kind = f.need("kind", word);
    let holder = f.need("holder", id);
    let label = f.need("label", word);
    let purposes = f.need_list("purposes", id);
    let person = f.may("person", text);
    let rows_per_person = f.may("rows_per_person", count);
    let columns = f.may_tables("columns", column);
    Some(Terms::Asset(Asset {
        asset: asset?,
        kind: kind?,
        holder: holder?,
        label: label?,
        purposes: purposes?,
        person: person?,
        rows_per_person: rows_per_person?,
        columns: columns?,
    }))
}

fn column(f: &mut Fields<'_>) -> Option<Column> {
    let name = f.need("name", text);
    let kind = f.need("kind", word);
    let min = f.may("min", decimal);
    let max = f.may("max", decimal);
    let levels = f.may_list("levels", level);
    let optional = f.may("optional", flag);
    Some(Column {
        name: name?,
        kind: kind?,
        min: min?,
        max: max?,
        levels: levels?,
        optional: optional?.unwrap_or_default(),
    })
}

fn permit(f: &mut Fields<'_>) -> Option<Terms> {
    let act = f.need("permit", act);
    let by = f.need_list("by", id);
    rule(f, act, by).map(Terms::Permit)
}

fn forbid(f: &mut Fields<'_>) -> Option<Terms> {
    let act = f.need("forbid", act);
    let by = f.may_list("by", id);
    rule(f, act, by).map(Terms::Forbid)
}

fn rule(
    f: &mut Fields<'_>,
    act: Option<concordat_terms::ActName>,
    by: Option<Vec<concordat_terms::SeatId>>,
) -> Option<Rule> {
    let kinds = f.may_list("kinds", word);
    let on = f.may_list("on", id);
    let purposes = f.may_list("purposes", id);
    let when = condition(f);
    Some(Rule { act: act?, by: by?, kinds: kinds?, on: on?, purposes: purposes?, when: when? })
}

fn condition(f: &mut Fields<'_>) -> Option<Option<When>> {
    let Some(value) = f.take("when") else { return Some(None) };
    let span = value.span();
    let Some(text) = value.get_ref().as_str() else {
        f.fail(&span, crate::fields::wrong_type("a condition in quotes", value.get_ref()));
        return None;
    };
    let wrong = match When::parse(text) {
        Ok(when) => return Some(Some(when)),
        Err(wrong) => wrong,
    };
    let raw = f.raw(&span);
    let range = wrong.at().and_then(|at| {
        let start = written(raw, at.start)?;
        let end = written(raw, at.end)?;
        Some(span.start + start..span.start + end)
    });
    let what = wrong.to_string();
    f.fail(&range.unwrap_or(span), Wrong::new("bad-condition", what, wrong.hint()));
    None
}

/// Where byte `at` of a one-line TOML string's value is written in `raw`, quotes included.
fn written(raw: &str, at: usize) -> Option<usize> {
    if raw.starts_with("'''") || raw.starts_with("\"\"\"") {
        return None;
    }
    let escapes = raw.starts_with('"');
    let inner = raw.get(1..)?;
    let (mut here, mut value) = (0, 0);
    while value < at {
        let rest = inner.get(here..)?;
        let c = rest.chars().next()?;
        let (taken, meant) = match rest.strip_prefix('\\').filter(|_| escapes) {
            None => (c.len_utf8(), c.len_utf8()),
            Some(rest) => escaped(rest)?,
        };
        here += taken;
        value += meant;
    }
    Some(here + 1)
}

/// How many bytes the escape before `rest` takes, and how many bytes it means.
fn escaped(rest: &str) -> Option<(usize, usize)> {
    let digits = match rest.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return Some((2, 1)),
    };
    let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
    Some((digits + 2, char::from_u32(code)?.len_utf8()))
}

fn gate(f: &mut Fields<'_>) -> Option<Terms> {
    let gate = f.need("gate", act);
    let kinds = f.may_list("kinds", word);
    let tier = f.may("tier", tier);
    let modules = f.may_list("modules", id);
    let approvals = f.may_tables("approvals", approval);
    let motion = f.may("motion", id);
    let evidence = f.may_tables("evidence", evidence);
    Some(Terms::Gate(Gate {
        gate: gate?,
        kinds: kinds?,
        tier: tier?,
        modules: modules?,
        approvals: approvals?,
        motion: motion?,
        evidence: evidence?,
    }))
}

fn approval(f: &mut Fields<'_>) -> Option<Approval> {
    let seat = f.need("seat", id);
    let at_least = f.need("at_least", count);
    Some(Approval { seat: seat?, at_least: at_least? })
}

fn evidence(f: &mut Fields<'_>) -> Option<EvidenceNeed> {
    let method = f.need("method", text);
    let by = f.need("by", id);
    let max_age = f.need("max_age", period);
    let metric = f.may("metric", text);
    let at_least = f.may("at_least", decimal);
    Some(EvidenceNeed {
        method: method?,
        by: by?,
        max_age: max_age?,
        metric: metric?,
        at_least: at_least?,
    })
}

fn body(f: &mut Fields<'_>) -> Option<Terms> {
    let body = f.need("body", text);
    let members = f.need("members", id);
    let votes_per_side = f.need("votes_per_side", count);
    let quorum_per_side = f.need("quorum_per_side", count);
    let majority = f.need("majority", word);
    let open_for = f.need("open_for", period);
    Some(Terms::Body(Body {
        body: body?,
        members: members?,
        votes_per_side: votes_per_side?,
        quorum_per_side: quorum_per_side?,
        majority: majority?,
        open_for: open_for?,
    }))
}

fn privacy(f: &mut Fields<'_>) -> Option<Terms> {
    let privacy = f.need("privacy", id);
    let adjacency = f.need("adjacency", word);
    let epsilon = f.need("epsilon", decimal);
    let delta = f.need("delta", decimal);
    Some(Terms::Privacy(Privacy {
        privacy: privacy?,
        adjacency: adjacency?,
        epsilon: epsilon?,
        delta: delta?,
    }))
}

fn aggregation(f: &mut Fields<'_>) -> Option<Terms> {
    let aggregation = f.need("aggregation", word);
    let of = f.need("of", id);
    let threshold = f.need("threshold", count);
    let colluders = f.need("colluders", count);
    let dropouts = f.need("dropouts", count);
    let ring_bits = f.need("ring_bits", count);
    let scale_bits = f.need("scale_bits", count);
    let units_per_round = f.need("units_per_round", count);
    let clip_most = f.need("clip_most", decimal);
    let noise_most = f.need("noise_most", decimal);
    let dimension_most = f.need("dimension_most", count);
    let retries = f.need("retries", count);
    Some(Terms::Aggregation(Aggregation {
        aggregation: aggregation?,
        of: of?,
        threshold: threshold?,
        colluders: colluders?,
        dropouts: dropouts?,
        ring_bits: ring_bits?,
        scale_bits: scale_bits?,
        units_per_round: units_per_round?,
        clip_most: clip_most?,
        noise_most: noise_most?,
        dimension_most: dimension_most?,
        retries: retries?,
    }))
}

fn witnesses(f: &mut Fields<'_>) -> Option<Terms> {
    let witnesses = f.need_list("witnesses", id);
    let quorum = f.need("quorum", count);
    let max_staleness = f.need("max_staleness", period);
    let skew = f.need("skew", period);
    let max_gap = f.need("max_gap", period);
    Some(Terms::Witnesses(Witnesses {
        witnesses: witnesses?,
        quorum: quorum?,
        max_staleness: max_staleness?,
        skew: skew?,
        max_gap: max_gap?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_quote_is_two_characters_in_the_file_and_one_in_the_value() {
        assert_eq!(written(r#""a \"b""#, 3), Some(5));
        assert_eq!(written(r#""\u00e9x""#, 2), Some(7));
        assert_eq!(written("'a \"b'", 3), Some(4));
        assert_eq!(written("'ab'", 9), None);
    }
}
