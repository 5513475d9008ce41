//! Pages taken apart: whether they are well-formed and harmless.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "pages are written down to be looked at")]
#![allow(missing_docs, unreachable_pub)]

/// An element's start tag.
pub struct Element {
    pub tag: String,
    pub attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// No handler, no inline style, no address elsewhere; ids once; labels lead to ids.
pub fn harmless(at: &str, elements: &[Element]) {
    let mut ids = std::collections::BTreeSet::new();
    for element in elements {
        let names: std::collections::BTreeSet<&String> =
            element.attributes.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), element.attributes.len(), "{at}: <{}> repeats itself", element.tag);
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{at}: {name}");
            if name == "href" {
                let inside = value.starts_with(['/', '#']) && !value.starts_with("//");
                assert!(inside || value == "data:,", "{at}: {value}");
            }
            assert!(name != "id" || ids.insert(value.clone()), "{at}: id {value} twice");
        }
    }
    for element in elements {
        if let Some(label) = element.attribute("aria-labelledby") {
            assert!(ids.contains(label), "{at}: no {label}");
        }
    }
}

/// The start tags of a document whose every element is closed in order.
pub fn balanced(html: &str) -> Result<Vec<Element>, String> {
    const VOID: [&str; 4] = ["meta", "link", "br", "hr"];
    let mut rest = html.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(start) = rest.find('<') {
        let (tag, after) = rest[start + 1..].split_once('>').ok_or("a `<` without `>`")?;
        rest = after;
        if let Some(closed) = tag.strip_prefix('/') {
            let last = open.pop();
            if last.as_deref() != Some(closed) {
                return Err(format!("</{closed}> closes {last:?}"));
            }
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element { tag: name.to_owned(), attributes: Vec::new() };
        while let Some((key, value)) = attributes.trim_start().split_once("=\"") {
            let (value, after) = value.split_once('"').ok_or(format!("open quote in <{tag}>"))?;
            element.attributes.push((key.to_owned(), value.to_owned()));
            attributes = after;
        }
        if !attributes.trim().is_empty() {
            return Err(format!("<{tag}> has an attribute without a value"));
        }
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        if name == "style" {
            let (_, after) = rest.split_once("</style>").ok_or("an open style sheet")?;
            rest = after;
            open.pop();
        }
        found.push(element);
    }
    if open.is_empty() { Ok(found) } else { Err(format!("not closed: {open:?}")) }
}

/// Keeps a page below `target/tmp/console`, to be looked at.
pub fn write_down(name: &str, html: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), html).unwrap();
}

/// What a reader sees of a piece of a page: its text, with a space for every tag.
pub fn text(html: &str) -> String {
    let mut shown = String::new();
    for piece in html.split('<') {
        let (_, after) = piece.split_once('>').unwrap_or(("", piece));
        shown.push(' ');
        shown.push_str(after);
    }
    for (written, meant) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        shown = shown.replace(written, meant);
    }
    shown
}

/// A piece of a page from each `open` to the next `close`, and what is left without them.
pub fn cut<'a>(html: &'a str, open: &str, close: &str) -> (Vec<&'a str>, String) {
    let (mut found, mut left, mut rest) = (Vec::new(), String::new(), html);
    while let Some(start) = rest.find(open) {
        let end = start + rest[start..].find(close).unwrap() + close.len();
        left.push_str(&rest[..start]);
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    left.push_str(rest);
    (found, left)
}
