//! Paragraphs filled to the width of a page, so that a text with long names reads, and compares
//! line by line, like one that was typed.

/// Columns of a line of prose.
const WIDTH: usize = 120;

/// Fills the paragraphs of a Markdown text; headings and fenced blocks stay as they are, and blank
/// lines are never two.
pub(super) fn filled(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let fence = line.starts_with("```");
        if fenced {
            fenced = !fence;
            out.push(line.to_owned());
            // What follows a block stands apart from it.
            out.extend(fence.then(String::new));
        } else if fence || line.starts_with('#') || line.trim().is_empty() {
            end(&mut paragraph, &mut out);
            fenced = fence;
            let blank = line.trim().is_empty();
            if !(blank && out.last().is_none_or(String::is_empty)) {
                out.push(if blank { String::new() } else { line.to_owned() });
            }
        } else {
            if line.starts_with("- ") {
                end(&mut paragraph, &mut out);
            }
            paragraph.push(line);
        }
    }
    end(&mut paragraph, &mut out);
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n") + "\n"
}

fn end(paragraph: &mut Vec<&str>, out: &mut Vec<String>) {
    let item = paragraph.first().is_some_and(|line| line.starts_with("- "));
    let mut words = words(paragraph).into_iter();
    let Some(mut line) = words.next() else { return };
    let mut width = line.chars().count();
    for word in words {
        let more = word.chars().count();
        if width + 1 + more > WIDTH && !marks(&word) {
            let indent = if item { "  " } else { "" };
            out.push(std::mem::replace(&mut line, indent.to_owned()));
            width = indent.len();
        } else {
            line.push(' ');
            width += 1;
        }
        line.push_str(&word);
        width += more;
    }
    out.push(line);
    paragraph.clear();
}

/// The words of a paragraph; a link, whose text may be several, stays together.
fn words(paragraph: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in paragraph.iter().flat_map(|line| line.split_whitespace()) {
        match words.last_mut().filter(|_| open) {
            Some(link) => {
                link.push(' ');
                link.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        open = (open || word.starts_with('[')) && !word.contains("](");
    }
    words
}

/// Whether a word would mean something else at the beginning of a line.
fn marks(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.starts_with(['-', '+', '*', '#', '>', '=', '|', '~', '`', '<', ':'])
        || (number.len() < word.len() && number.starts_with(['.', ')']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_filled_and_nothing_else_moves() {
        let long = "word ".repeat(40);
        let text = format!(
            "# A\n\n\n{long}\n- no, this is an item {long}\n\n```clause\n\n\nid = 1\n```\n"
        );
        let filled = filled(&text);
        assert!(filled.lines().all(|line| line.chars().count() <= WIDTH), "{filled}");
        assert!(filled.contains("# A\n\nword") && filled.contains("\n- no, this"), "{filled}");
        assert!(filled.ends_with("```clause\n\n\nid = 1\n```\n"), "{filled}");
    }

    #[test]
    fn a_link_is_not_divided() {
        let text = format!("{} within [thirty one days](#a.b), or", "a".repeat(100));
        let expected = format!("{} within\n[thirty one days](#a.b), or\n", "a".repeat(100));
        assert_eq!(filled(&text), expected);
    }

    #[test]
    fn no_line_begins_with_what_a_word_does_not_mean() {
        let text = format!("{} - x 3. y + z", "a".repeat(118));
        assert_eq!(filled(&text).lines().count(), 2, "{}", filled(&text));
        assert!(filled(&text).lines().all(|line| !marks(line)));
    }
}
