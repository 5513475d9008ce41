//! Whether a file is a module at all.

use concordat_terms::{Diagnostic, Severity, hidden};

use crate::limits::BYTES_MAX;
use crate::nearest::nearest;
use crate::source::{Source, Wrong};

use super::FENCES;

/// Whether a file of an agreement's folder is one of its modules: it has a block of ours or one
/// that is almost ours, or it cannot be told, and [`crate::read()`] says why. Other Markdown may stand
/// beside the modules.
pub fn is_module(bytes: &[u8]) -> bool {
    let Ok(text) = decoded("", bytes) else { return true };
    let fenced = text.split(['\n', '\r']).filter_map(|line| {
        // A block may stand in a quote or a list of any kind: the marks before it are not its own.
        let mark = |c: char| c.is_ascii_digit() || " \t>-*+.)".contains(c);
        let line = line.trim_start_matches(mark);
        let info = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~"))?;
        Some(info.trim_start_matches(['`', '~']).trim().to_lowercase())
    });
    fenced.into_iter().any(|info| nearest(&info, FENCES).is_some())
}

/// A note about a text that stands beside the modules and is none: whoever meant it as a part of
/// the agreement should know. Nothing is said of a `README.md`.
pub fn beside(file_name: &str, bytes: &[u8]) -> Option<Diagnostic> {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let text = decoded(file_name, bytes).ok().filter(|_| !is_module(bytes))?;
    if name.eq_ignore_ascii_case("README.md") {
        return None;
    }
    let what = "not a part of the agreement: no `module` block";
    let hint = "leave it, if it is only to be read; else write ```module below its title";
    let source = Source::new(file_name, text);
    let wrong = Wrong::new("beside-the-agreement", what, hint);
    Some(source.finding(source.span(&source.line_range(1)), Severity::Note, wrong))
}

/// The text of a file, if it is one that everybody reads alike.
pub(super) fn decoded<'b>(file_name: &str, bytes: &'b [u8]) -> Result<&'b str, Vec<Diagnostic>> {
    if bytes.len() > BYTES_MAX {
        let what = format!("the file is longer than {BYTES_MAX} bytes");
        let wrong = Wrong::new("too-long", what, "split it into modules");
        return Err(vec![Source::new(file_name, "").error(&(0..0), wrong)]);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let source = Source::new(file_name, &String::from_utf8_lossy(good));
        let what = format!("byte {} of the file is not UTF-8", e.valid_up_to());
        let wrong = Wrong::new("not-utf-8", what, "save the file as UTF-8");
        vec![source.error(&(good.len()..good.len()), wrong)]
    })?;
    // Nobody sees it, and it would be signed.
    if let Some(at) = text.find('\0') {
        let what = format!("byte {at} of the file is NUL, which is no text");
        return Err(no_text(file_name, text, at, what, "remove it"));
    }
    // Some readers end a line there and others do not: what is signed would be read otherwise.
    let alone = |at: usize| text.get(at + 1..).is_none_or(|rest| !rest.starts_with('\n'));
    if let Some((at, _)) = text.match_indices('\r').find(|(at, _)| alone(*at)) {
        let what = format!("byte {at} of the file is a carriage return without a line feed");
        return Err(no_text(file_name, text, at, what, "end lines with LF, or with CR and LF"));
    }
    Ok(text)
}

/// A character that no text has, at a byte of the file.
fn no_text(file: &str, text: &str, at: usize, what: String, hint: &str) -> Vec<Diagnostic> {
    let source = Source::new(file, text.get(..at).unwrap_or_default());
    vec![source.error(&(at..at), Wrong::new("no-text", what, hint))]
}

/// What a reader does not see and signs all the same: of each line the first such character. A mark of
/// the byte order that begins the file is none.
pub(super) fn unseen(source: &Source) -> Vec<Diagnostic> {
    let mut last = 0;
    let found = hidden(source.text()).filter(|found| *found != (0, '\u{feff}'));
    let first = found.filter(|(at, _)| {
        let line = source.line_of(*at);
        std::mem::replace(&mut last, line) != line
    });
    let said = first.map(|(at, c)| {
        let what = format!("the character U+{:04X} stands here, and nobody sees it", c as u32);
        let wrong =
            Wrong::new("hidden-character", what, "remove it, so that all read what they sign");
        source.finding(source.span(&(at..at + c.len_utf8())), Severity::Warning, wrong)
    });
    said.collect()
}
