//! Text for a terminal of eighty columns.

/// How wide a screen of text is.
pub(crate) const COLUMNS: usize = 80;

/// A line broken at spaces so that it fits the screen; what continues it is indented by `hang`.
/// A word that is too long alone, a path or a digest, is never cut: people copy it.
pub(crate) fn wrapped(line: &str, hang: usize) -> String {
    let (mut out, mut column, mut spaces) = (String::new(), 0, 0);
    for (index, word) in line.split(' ').enumerate() {
        let wide = word.chars().count();
        spaces += usize::from(index > 0);
        if wide == 0 {
            continue;
        }
        if column > hang && column + spaces + wide > COLUMNS {
            out.push('\n');
            (column, spaces) = (0, hang);
        }
        out.push_str(&" ".repeat(spaces));
        out.push_str(word);
        (column, spaces) = (column + spaces + wide, 0);
    }
    out
}

/// A length of time in words.
pub(crate) fn count(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_columns_that_were_set_stay() {
        assert_eq!(wrapped("  a   b", 4), "  a   b");
        let long = format!("label {}", "word ".repeat(40));
        let broken = wrapped(long.trim_end(), 6);
        assert!(broken.lines().all(|line| line.chars().count() <= COLUMNS), "{broken}");
        assert!(broken.lines().skip(1).all(|line| line.starts_with("      word")), "{broken}");
        assert_eq!(broken.matches("word").count(), 40);
    }

    #[test]
    fn a_word_that_is_too_long_is_not_cut() {
        let path = "/x".repeat(60);
        assert_eq!(wrapped(&format!("label {path} y"), 6), format!("label {path}\n      y"));
        let text = format!("label and {path}");
        assert_eq!(wrapped(&text, 6), format!("label and\n      {path}"));
    }
}
