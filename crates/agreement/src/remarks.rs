//! Remarks in a block: what TOML passes over from a `#` to the end of its line. They enforce
//! nothing, and are signed with the rest.

/// The remarks of a text that is TOML 1.0, in order, without their marks and the spaces around
/// them; empty ones are left out. Of other text it is told what such a reader would pass over.
pub fn remarks(toml: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = toml;
    while let Some(at) = rest.find(['#', '"', '\'']) {
        let (_, here) = rest.split_at_checked(at).unwrap_or_default();
        rest = if let Some(remark) = here.strip_prefix('#') {
            let (said, after) = remark.split_once('\n').unwrap_or((remark, ""));
            let said = said.trim_start_matches('#').trim();
            found.extend((!said.is_empty()).then_some(said));
            after
        } else {
            after_string(here)
        };
    }
    found
}

/// What follows the string with which a text begins.
fn after_string(text: &str) -> &str {
    for (mark, escapes) in [("\"\"\"", true), ("'''", false), ("\"", true), ("'", false)] {
        let Some(inside) = text.strip_prefix(mark) else { continue };
        let mut rest = inside;
        loop {
            let Some(at) = rest.find([mark.chars().next().unwrap_or('"'), '\\']) else { return "" };
            let (_, here) = rest.split_at_checked(at).unwrap_or_default();
            if let Some(after) = here.strip_prefix(mark) {
                // A string of several lines may end in quotes of its own: five in all.
                let own = after.chars().take(2).take_while(|c| mark.starts_with(*c)).count();
                let own = if mark.len() == 3 { own } else { 0 };
                return after.get(own..).unwrap_or_default();
            }
            let mut chars = here.chars();
            if chars.next() == Some('\\') && escapes {
                chars.next();
            }
            rest = chars.as_str();
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_what_stands_outside_of_strings() {
        let block = "# first\nid = \"a#b\" # second\nwhy = 'c # d' ## third\n#\n\
                     steps = \"\"\"\n# a step's own\n\\\" # x\"\"\"\" # fourth\n\
                     raw = '''it's # no''' # fifth\r\n\"k # k\" = [ # sixth\n 1 ]";
        assert_eq!(remarks(block), ["first", "second", "third", "fourth", "fifth", "sixth"]);
        assert!(block.parse::<toml::Table>().is_ok());
    }

    #[test]
    fn what_is_no_toml_ends() {
        for odd in ["\"", "'''", "\"\"\"\\", "a = \"\\", "\"\\é\" # x", "# é"] {
            assert!(remarks(odd).len() < 2, "{odd}");
        }
    }
}
