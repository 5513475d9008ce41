//! Figures as a picture: one SVG that any browser shows, made from the figures and from nothing else.

use std::fmt::Write as _;

use concordat_partnership::{Share, Window};

/// What is drawn in a panel.
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) says: String,
    /// A value for each place; none, where there was nothing to be counted.
    pub(crate) values: Vec<Option<u64>>,
    /// What the upper edge stands for.
    pub(crate) most: u64,
    /// The marks at the left: value, text.
    pub(crate) marks: Vec<(u64, String)>,
    /// What stands below some places; nothing, if another panel's does for all.
    pub(crate) below: Vec<(usize, String)>,
}

const WIDTH: u64 = 840;
const LEFT: u64 = 70;
const RIGHT: u64 = 20;
const TOP: u64 = 40;
/// How high a panel is, and how much of that is drawn in.
const PANEL: u64 = 150;
const DRAWN: u64 = 90;
/// How many texts stand below a panel.
pub(crate) const TEXTS_MOST: usize = 8;

/// The series, one below the other.
pub(crate) fn svg(windows: &[Window]) -> String {
    let mut panels = panels(windows);
    let step = windows.len().div_ceil(TEXTS_MOST).max(1);
    let days = windows.iter().map(|window| window.from.to_string().chars().take(10).collect());
    if let Some(last) = panels.last_mut() {
        last.below = days.enumerate().step_by(step).collect();
    }
    picture("What the record says of data, models, breaches and trust", &panels)
}

/// Panels, one below the other.
pub(crate) fn picture(title: &str, panels: &[Panel]) -> String {
    let height = TOP + PANEL * panels.len() as u64 + 30;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(title)
    );
    for (panel, top) in panels.iter().zip((0..).map(|nth| TOP + PANEL * nth)) {
        draw(panel, top, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Text as it stands in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn panels(windows: &[Window]) -> Vec<Panel> {
    let part = |title: &str, says: &str, of: fn(&Window) -> Share| Panel {
        title: title.to_owned(),
        says: says.to_owned(),
        below: Vec::new(),
        values: windows.iter().map(|own| of(own).thousandths()).collect(),
        most: 1_000,
        marks: vec![(0, "0 %".to_owned()), (500, "50 %".to_owned()), (1_000, "100 %".to_owned())],
    };
    let count = |title: &str, says: &str, of: fn(&Window) -> u64| {
        let most = windows.iter().map(of).max().unwrap_or(0).max(1);
        let values = windows.iter().map(|own| Some(of(own))).collect();
        let marks = vec![(0, "0".to_owned()), (most, most.to_string())];
        let (title, says) = (title.to_owned(), says.to_owned());
        Panel { title, says, values, most, marks, below: Vec::new() }
    };
    vec![
        part("Quality", "dataset versions that may be worked with", |own| own.quality),
        part("Reliability", "tests on models that met what was asked", |own| own.reliability),
        count("Breaches", "duties breached, warranties broken, incidents", |own| {
            own.breaches.total()
        }),
        part("Trust", "duties done in time", |own| own.trust),
        count("Refusals", "acts that were refused", |own| own.refused),
    ]
}

fn draw(panel: &Panel, top: u64, out: &mut String) {
    let Panel { title, says, values, most, marks, below } = panel;
    let (title, says) = (escaped(title), escaped(says));
    let right = WIDTH - RIGHT;
    writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{}\"><tspan font-weight=\"bold\">{title}</tspan> \
         <tspan fill=\"#444\">{says}</tspan></text>",
        top - 14
    )
    .ok();
    for (nth, text) in below {
        let (x, y) = (across(*nth, values.len()), top + DRAWN + 18);
        let text = escaped(text);
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>"
        )
        .ok();
    }
    for (value, text) in marks {
        let y = height_of(*value, *most, top);
        writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#444\">{text}</text>",
            LEFT - 8,
            y + 4
        )
        .ok();
    }
    // A line joins windows that follow each other; what was not counted leaves a gap.
    for part in runs(values) {
        let points: Vec<String> = part
            .iter()
            .map(|(nth, value)| {
                let (x, y) = (across(*nth, values.len()), height_of(*value, *most, top));
                format!("{x},{y}")
            })
            .collect();
        writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>",
            points.join(" ")
        )
        .ok();
        for point in &points {
            let (x, y) = point.split_once(',').unwrap_or_default();
            writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"#1f5fa8\"/>").ok();
        }
    }
    if values.iter().all(Option::is_none) {
        let (x, y) = (LEFT + (right - LEFT) / 2, top + DRAWN / 2 - 6);
        writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#444\">nothing to be counted</text>").ok();
    }
}

/// The stretches of windows that have a value.
fn runs(values: &[Option<u64>]) -> Vec<Vec<(usize, u64)>> {
    let mut runs: Vec<Vec<(usize, u64)>> = Vec::new();
    let mut open = false;
    for (nth, value) in values.iter().enumerate() {
        let Some(value) = value else {
            open = false;
            continue;
        };
        match runs.last_mut().filter(|_| open) {
            Some(run) => run.push((nth, *value)),
            None => runs.push(vec![(nth, *value)]),
        }
        open = true;
    }
    runs
}

/// Where a window is drawn, of so many.
fn across(nth: usize, of: usize) -> u64 {
    let room = WIDTH - LEFT - RIGHT - 60;
    let (nth, last) = (nth as u64, (of as u64).saturating_sub(1));
    LEFT + 30 + (room * nth).checked_div(last).unwrap_or(room / 2)
}

fn height_of(value: u64, most: u64, top: u64) -> u64 {
    top + DRAWN - (DRAWN * value.min(most)).checked_div(most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_counted_leaves_a_gap() {
        let values = [Some(1), Some(2), None, Some(4)];
        assert_eq!(runs(&values), [vec![(0, 1), (1, 2)], vec![(3, 4)]]);
        assert_eq!(runs(&[None, None]), Vec::<Vec<(usize, u64)>>::new());
    }
}
