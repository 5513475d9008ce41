//! Figures as columns in a terminal: what is left after each of some steps.

/// How high a chart is, in lines.
const LINES: u64 = 6;

/// How wide its columns are together, each with a space behind it, at most.
const WIDE: usize = 64;

/// Eighths of a line, from below.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Lines of a chart of `values`, of which `most` fills a column; `top` is what stands at its upper
/// edge. Where there are more values than columns, a column is the last of several.
pub(crate) fn columns(values: &[u64], most: u64, top: &str) -> Vec<String> {
    let each = values.len().div_ceil(WIDE / 2).max(1);
    let shown: Vec<u64> = values.chunks(each).filter_map(|some| some.last().copied()).collect();
    let wide = (WIDE / shown.len().max(1)).saturating_sub(1).clamp(1, 3);
    let edge = top.chars().count().max(1);
    let line = |from: u64| {
        let cells = shown.iter().map(|value| {
            let eighths = (value.min(&most) * LINES * 8).div_ceil(most.max(1));
            let here = usize::try_from(eighths.saturating_sub(from * 8).min(8)).unwrap_or(8);
            let block = EIGHTHS.get(here).copied().unwrap_or(' ');
            format!("{} ", block.to_string().repeat(wide))
        });
        let label = match from {
            0 => "0",
            _ if from + 1 == LINES => top,
            _ => "",
        };
        let text = format!("{label:>edge$} │{}", cells.collect::<String>());
        text.trim_end().to_owned()
    };
    (0..LINES).rev().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_high_as_its_value() {
        let chart = columns(&[12, 6, 1, 0], 12, "ε 12");
        assert_eq!(
            chart,
            [
                "ε 12 │███",
                "     │███",
                "     │███",
                "     │███ ███",
                "     │███ ███",
                "   0 │███ ███ ▄▄▄",
            ]
        );
    }

    #[test]
    fn many_values_share_columns_and_none_is_beyond_the_edge() {
        let values: Vec<u64> = (0..1_000).rev().collect();
        let chart = columns(&values, 500, "500");
        assert!(chart.iter().all(|line| line.chars().count() <= WIDE + 5), "{chart:?}");
        assert!(chart.iter().any(|line| line.contains('█')));
        assert_eq!(columns(&[], 0, "").len(), 6);
    }
}
