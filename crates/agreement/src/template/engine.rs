//! Placeholders: `{{path}}`, and on lines of their own `{{for x in path}}`, `{{if path}}`,
//! `{{else}}`, `{{end}}`, `{{include file}}`.

use std::collections::BTreeMap;

use super::flow::filled;
use super::fuel::{DEPTH, Fuel, NESTED_MOST, PATH_MOST, short};
use super::value::Value;

/// Why a text of a pack cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub(super) struct Fault {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) what: String,
    /// Whether it asks for more than a pack may.
    pub(super) too_much: bool,
}

/// A text of a pack, parsed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    file: String,
    nodes: Nodes,
}

/// What stands in a text, each with its line.
type Nodes = Vec<(usize, Node)>;

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Line(String),
    For { name: String, path: String, body: Nodes },
    If { path: String, then: Nodes, other: Nodes },
    Include(String),
}

impl Node {
    /// What it takes to look at it, in bytes of text.
    fn cost(&self) -> usize {
        match self {
            Self::Line(text) | Self::Include(text) => text.len(),
            Self::For { path, .. } | Self::If { path, .. } => path.len(),
        }
    }
}

/// What ends a part of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Else,
    End,
    File,
}

impl Text {
    /// # Errors
    /// A line that opens what nothing ends, or ends what nothing opened.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        let mut lines = (1..).zip(text.lines());
        let mut parser = Parser { file, lines: &mut lines, last: 0, depth: 0 };
        match parser.nodes()? {
            (nodes, Ended::File) => Ok(Self { file: file.to_owned(), nodes }),
            _ => Err(parser.fault("this ends nothing")),
        }
    }

    /// The files that it includes.
    pub(super) fn includes(&self) -> Vec<&str> {
        let mut found = Vec::new();
        collect(&self.nodes, &mut found);
        found
    }
}

fn collect<'n>(nodes: &'n Nodes, found: &mut Vec<&'n str>) {
    for (_, node) in nodes {
        match node {
            Node::Line(_) => {}
            Node::Include(file) => found.push(file),
            Node::For { body, .. } => collect(body, found),
            Node::If { then, other, .. } => {
                collect(then, found);
                collect(other, found);
            }
        }
    }
}

struct Parser<'a, 'l> {
    file: &'a str,
    lines: &'l mut dyn Iterator<Item = (usize, &'a str)>,
    last: usize,
    /// How many `for` and `if` are open.
    depth: usize,
}

impl Parser<'_, '_> {
    fn nodes(&mut self) -> Result<(Nodes, Ended), Fault> {
        let mut nodes = Vec::new();
        while let Some((at, line)) = self.lines.next() {
            self.last = at;
            let Some(tag) = tag(line) else {
                nodes.push((at, Node::Line(line.to_owned())));
                continue;
            };
            let words: Vec<&str> = tag.split_whitespace().collect();
            let node = match words.as_slice() {
                ["end"] => return Ok((nodes, Ended::End)),
                ["else"] => return Ok((nodes, Ended::Else)),
                ["include", file] if file.len() > PATH_MOST => {
                    let what = format!("a path is longer than {PATH_MOST} bytes");
                    return Err(Fault { too_much: true, ..self.fault(&what) });
                }
                ["include", file] => Node::Include((*file).to_owned()),
                ["for", name, "in", path] => {
                    let (name, path) = ((*name).to_owned(), (*path).to_owned());
                    let (body, ended) = self.inner()?;
                    self.require(ended, Ended::End)?;
                    Node::For { name, path, body }
                }
                ["if", path] => {
                    let (then, ended) = self.inner()?;
                    let other = if ended == Ended::Else {
                        let (other, ended) = self.inner()?;
                        self.require(ended, Ended::End)?;
                        other
                    } else {
                        self.require(ended, Ended::End)?;
                        Vec::new()
                    };
                    Node::If { path: (*path).to_owned(), then, other }
                }
                // A placeholder alone on its line.
                [_] => Node::Line(line.to_owned()),
                _ => return Err(self.fault("no placeholder is written like this")),
            };
            nodes.push((at, node));
        }
        Ok((nodes, Ended::File))
    }

    /// What stands within a `for` or an `if`.
    fn inner(&mut self) -> Result<(Nodes, Ended), Fault> {
        if self.depth == NESTED_MOST {
            let what = format!("more than {NESTED_MOST} `for` and `if` stand in one another");
            return Err(Fault { too_much: true, ..self.fault(&what) });
        }
        self.depth += 1;
        let nodes = self.nodes();
        self.depth -= 1;
        nodes
    }

    fn require(&self, ended: Ended, by: Ended) -> Result<(), Fault> {
        if ended == by { Ok(()) } else { Err(self.fault("an `end` is missing")) }
    }

    fn fault(&self, what: &str) -> Fault {
        let (file, line, what) = (self.file.to_owned(), self.last, what.to_owned());
        Fault { file, line, what, too_much: false }
    }
}

/// What stands between the braces of a line that holds nothing else.
fn tag(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains(['{', '}'])).then_some(inner)
}

/// Writes a text with these values; `files` are what it may include, and `fuel` is what is left
/// for it and the texts after it.
///
/// # Errors
/// A placeholder for which there is no value, or one of another kind; an include without a file;
/// more of anything than a pack may ask for.
pub(super) fn write(
    text: &Text,
    files: &BTreeMap<String, Text>,
    values: &Value,
    fuel: &mut Fuel,
) -> Result<String, Fault> {
    fuel.next_text();
    let (out, scope) = (String::new(), Vec::new());
    let mut writer = Writer { files, inside: Inside::Prose, out, scope, values, fuel };
    writer.nodes(&text.file, &text.nodes, DEPTH)?;
    Ok(filled(&writer.out))
}

/// In what the next line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Prose,
    /// A block of TOML.
    Block,
    /// A scenario, whose steps are one text of plain words.
    Scenario,
}

struct Writer<'a, 'f> {
    files: &'a BTreeMap<String, Text>,
    inside: Inside,
    out: String,
    /// What `for` has named, innermost last.
    scope: Vec<(&'a str, &'a Value)>,
    values: &'a Value,
    fuel: &'f mut Fuel,
}

impl<'a> Writer<'a, '_> {
    fn nodes(&mut self, file: &str, nodes: &'a Nodes, depth: usize) -> Result<(), Fault> {
        for (line, node) in nodes {
            let told =
                |what, too_much| Fault { file: file.to_owned(), line: *line, what, too_much };
            let fault = |what| told(what, false);
            self.fuel.read(node.cost()).map_err(|what| told(what, true))?;
            match node {
                Node::Line(text) => {
                    let before = self.out.len();
                    self.line(text).map_err(fault)?;
                    let written = self.out.len() - before;
                    self.fuel.write(written).map_err(|what| told(what, true))?;
                }
                Node::For { name, path, body } => {
                    let Value::List(items) = self.value(path).map_err(fault)? else {
                        return Err(fault(format!("`{}` is no list", short(path))));
                    };
                    for item in items {
                        self.fuel.read(1).map_err(|what| told(what, true))?;
                        self.scope.push((name, item));
                        self.nodes(file, body, depth)?;
                        self.scope.pop();
                    }
                }
                Node::If { path, then, other } => {
                    // What has no value is not so: a template for models has no rows, say.
                    let holds = self.value(path).is_ok_and(Value::holds);
                    self.nodes(file, if holds { then } else { other }, depth)?;
                }
                Node::Include(name) => {
                    let text = self.files.get(name);
                    let text = text.ok_or_else(|| fault(format!("cannot include `{name}`")))?;
                    let what = format!("files include one another more than {DEPTH} deep");
                    let left = depth.checked_sub(1).ok_or_else(|| told(what, true))?;
                    self.nodes(&text.file, &text.nodes, left)?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(info) = line.strip_prefix("```") {
            self.inside = match self.inside {
                Inside::Prose if info == "scenario" => Inside::Scenario,
                Inside::Prose => Inside::Block,
                Inside::Block | Inside::Scenario => Inside::Prose,
            };
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let (path, after) =
                after.split_once("}}").ok_or("a placeholder is not closed on its line")?;
            self.out.push_str(before);
            let value = self.value(path.trim())?;
            let (words, place) = match self.inside {
                Inside::Prose if before.ends_with("](#") => (name(value), "an address"),
                Inside::Prose => (value.in_prose(), "prose"),
                Inside::Block => (value.in_toml(), "a block"),
                Inside::Scenario => (name(value), "a scenario"),
            };
            self.out.push_str(
                &words.ok_or_else(|| format!("`{}` has no words for {place}", short(path)))?,
            );
            rest = after;
        }
        self.out.push_str(rest);
        self.out.push('\n');
        Ok(())
    }

    fn value(&self, path: &str) -> Result<&'a Value, String> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let named = self.scope.iter().rev().find(|(name, _)| *name == first);
        let found = match (named, rest) {
            (Some((_, value)), Some(rest)) => value.part(rest),
            (Some((_, value)), None) => Some(*value),
            (None, _) => self.values.part(path),
        };
        found.ok_or_else(|| format!("there is no value `{}`", short(path)))
    }
}

/// In the address of a link and in a step stand names as they are, days, numbers, and nothing else.
fn name(value: &Value) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match value {
        Value::Text(text) => text.chars().all(plain).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Date(date) => Some(date.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, String> {
        let party =
            |id: &str| Value::record([("id", Value::text(id)), ("name", Value::text("A_b"))]);
        let values = Value::record([
            ("parties", Value::List(vec![party("x"), party("y")])),
            ("none", Value::List(vec![])),
            ("data", Value::record([("id", Value::text("rows"))])),
        ]);
        let part = Text::parse("part.md", "{{data.id}}").map_err(|e| e.to_string())?;
        let files = BTreeMap::from([("part.md".to_owned(), part)]);
        let text = Text::parse("t.md", text).map_err(|e| e.to_string())?;
        write(&text, &files, &values, &mut Fuel::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_value_is_written_as_its_place_asks() {
        let text = "{{for p in parties}}\n{{p.name}} [1](#{{data.id}}.x)\n```clause\nid = {{p.id}}\n```\n{{end}}\n";
        let one = |id| format!("A\\_b [1](#rows.x)\n```clause\nid = \"{id}\"\n```\n");
        assert_eq!(written(text), Ok(one("x") + "\n" + &one("y")));
    }

    #[test]
    fn what_is_not_there_is_left_out_and_parts_are_put_in() {
        let text =
            "{{if none}}\nA\n{{else}}\n{{include part.md}}\n{{end}}\n{{if absent}}\nB\n{{end}}\n";
        assert_eq!(written(text), Ok("rows\n".to_owned()));
    }

    #[test]
    fn a_mistake_in_a_text_is_told_with_its_line() {
        for (text, said) in [
            ("\n{{nobody}}", "t.md:2: there is no value `nobody`"),
            ("{{if none}}\nA", "t.md:2: an `end` is missing"),
            ("{{end}}", "t.md:1: this ends nothing"),
            ("{{data}}", "t.md:1: `data` has no words for prose"),
            ("a {{b", "t.md:1: a placeholder is not closed on its line"),
            ("{{include x.md}}", "t.md:1: cannot include `x.md`"),
            ("{{for x in data}}\n{{end}}", "t.md:1: `data` is no list"),
        ] {
            assert_eq!(written(text), Err(said.to_owned()));
        }
    }
}
