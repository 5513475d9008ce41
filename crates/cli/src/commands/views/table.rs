//! A table of short cells and what each line is about.

use crate::width::wrapped;

/// Cells below the names of their columns, and behind them what the line is about.
pub(super) struct Table {
    names: Vec<String>,
    rows: Vec<(Vec<String>, String)>,
}

impl Table {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { names: names.map(str::to_owned).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<String>, about: &str) {
        self.rows.push((cells, about.to_owned()));
    }

    /// The table within a screen: columns are as wide as their cells, and their names stand above
    /// in as many lines as there are columns.
    pub(super) fn print(&self) -> String {
        let widths: Vec<usize> = (0..self.names.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(1)
            })
            .collect();
        let mut lines = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let before: usize = widths.iter().take(at).map(|width| width + 1).sum();
            let bars: String = widths.iter().take(at).map(|w| format!("{:<w$} ", "|")).collect();
            debug_assert_eq!(bars.chars().count(), before);
            lines.push(format!("{bars}{name}"));
        }
        let hang = widths.iter().map(|width| width + 1).sum::<usize>() + 1;
        for (cells, about) in &self.rows {
            let cells: String = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    let cell = if cell.is_empty() { "." } else { cell };
                    format!("{cell:<width$} ")
                })
                .collect();
            lines.push(wrapped(&format!("{cells} {about}"), hang));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_stand_above_their_columns_and_bars_lead_down_to_them() {
        let mut table = Table::of(["alder", "vendor"].into_iter());
        table.row(vec!["RA".to_owned(), String::new()], "run.propose");
        table.row(vec![String::new(), "I".to_owned()], "tell the others");
        let expected = "alder\n|  vendor\nRA .  run.propose\n.  I  tell the others";
        assert_eq!(table.print(), expected);
    }
}
