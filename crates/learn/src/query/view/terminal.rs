//! Charts of characters.

use super::{Block, Chart, Curve, Drawing, Mark, figure, told, widest, wrapped};
use crate::query::estimate::Bounds;

/// Characters of a scale.
const WIDTH: usize = 41;

/// A chart as lines of text, each mark drawn on a scale of 41 characters and told in figures.
///
/// `█` is a bar up to the figure; `━` is the interval from noise, `─` what sampling adds to it,
/// `●` the figure. Points of a square are listed, from left to right.
pub fn terminal(chart: &Chart) -> String {
    let mut lines = [vec![chart.title.clone()], wrapped(&chart.about)].concat();
    match &chart.drawing {
        Drawing::Lines { scale, bars, blocks } => {
            let wide = label_width(blocks.iter().flat_map(|block| &block.marks));
            for Block { heading, marks } in blocks {
                lines.push(String::new());
                if !heading.is_empty() {
                    lines.push(heading.clone());
                }
                lines.extend(marks.iter().map(|mark| line(mark, wide, *scale, *bars)));
            }
        }
        Drawing::Square { across, up, curves } => {
            for Curve { name, points } in curves {
                lines.push(String::new());
                lines.push(format!("{name}: {up}, by {across}"));
                let marks: Vec<Mark> = points
                    .iter()
                    .map(|(x, estimate)| Mark { label: figure(*x), estimate: *estimate })
                    .collect();
                let wide = label_width(marks.iter());
                let scale = Bounds { low: 0.0, high: 1.0 };
                lines.extend(marks.iter().map(|mark| line(mark, wide, scale, false)));
            }
        }
    }
    lines.push(String::new());
    lines.push("In brackets: 95 % from noise alone; then from noise and sampling.".to_owned());
    lines.join("\n") + "\n"
}

fn label_width<'a>(marks: impl Iterator<Item = &'a Mark>) -> usize {
    marks.map(|mark| mark.label.chars().count()).max().unwrap_or_default()
}

fn line(mark: &Mark, wide: usize, scale: Bounds, bars: bool) -> String {
    let estimate = &mark.estimate;
    let place = |value: f64| {
        let share = (value - scale.low) / (scale.high - scale.low);
        // The cast saturates.
        ((share * (WIDTH - 1) as f64).round().max(0.0) as usize).min(WIDTH - 1)
    };
    let within = |bounds: Bounds, at: usize| (place(bounds.low)..=place(bounds.high)).contains(&at);
    let drawn: String = (0..WIDTH)
        .map(|at| match at {
            _ if at == place(estimate.value) && !bars => '●',
            _ if within(estimate.rows, at) => '━',
            _ if within(widest(estimate), at) => '─',
            _ if bars && at <= place(estimate.value) => '█',
            _ => ' ',
        })
        .collect();
    let drawn = if bars { with_figure(&drawn, place(estimate.value)) } else { drawn };
    format!("  {:<wide$} │{drawn}│ {}", mark.label, told(estimate))
}

/// The end of a bar is seen through its interval.
fn with_figure(drawn: &str, at: usize) -> String {
    drawn.chars().enumerate().map(|(n, c)| if n == at { '┃' } else { c }).collect()
}
