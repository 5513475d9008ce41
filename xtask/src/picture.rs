//! A screenful of text as a picture: `concordat pilot --headless | cargo xtask picture`.

use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::{Context, Result};

const TARGET: &str = "docs/pictures/pilot.svg";
const LINE: usize = 19;
const COLUMN: f64 = 8.1;

/// Draws standard input.
pub(crate) fn draw() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let lines: Vec<&str> = text.lines().collect();
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (width, height) = (columns as f64 * COLUMN + 48.0, lines.len() * LINE + 48);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" \
         viewBox=\"0 0 {width:.0} {height}\" role=\"img\" \
         aria-label=\"The last screen of a pilot\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#17202a\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13.4\" \
         fill=\"#e8ecef\" xml:space=\"preserve\">\n"
    );
    for (number, line) in lines.iter().enumerate() {
        // The label in a colour of its own, the rest beside it.
        let split = line.char_indices().nth(12).map_or(line.len(), |(at, _)| at);
        let (label, rest) = line.split_at(split);
        let y = 24 + (number + 1) * LINE - 5;
        let x = 24.0 + 12.0 * COLUMN;
        writeln!(
            svg,
            "<text x=\"24\" y=\"{y}\" fill=\"#7fc8a9\" xml:space=\"preserve\">{}</text>\
             <text x=\"{x:.1}\" y=\"{y}\" textLength=\"{:.1}\" \
             xml:space=\"preserve\">{}</text>",
            escaped(label),
            rest.chars().count() as f64 * COLUMN,
            escaped(rest)
        )?;
    }
    svg.push_str("</g>\n</svg>\n");
    if let Some(folder) = std::path::Path::new(TARGET).parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(TARGET, svg).with_context(|| format!("could not write {TARGET}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
