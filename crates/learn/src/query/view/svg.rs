//! Charts as SVG: text, lines and shapes, told apart in greyscale and without a script.

use std::fmt::Write;

use concordat_terms::Digest;

use super::{Block, Chart, Curve, Drawing, Mark, figure, told, widest, wrapped};
use crate::query::estimate::{Bounds, Estimate};

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 20.0;
const LINE: f64 = 24.0;
const INK: &str = "#1b1b1b";
const GREY: &str = "#6b6b6b";
const FAINT: &str = "#dcdcdc";

/// A chart as one SVG document of 720 units' width, to be served, saved or put into a page.
///
/// It names itself to screen readers by `title` and `desc`; the description has every figure and
/// both its intervals. Texts are escaped.
pub fn svg(chart: &Chart) -> String {
    let (body, height, told) = match &chart.drawing {
        Drawing::Lines { scale, bars, blocks } => lines(*scale, *bars, blocks),
        Drawing::Square { across, up, curves } => square(across, up, curves),
    };
    let abouts = wrapped(&chart.about);
    let top = 40.0 + 16.0 * abouts.len() as f64;
    let height = height + top + 34.0;
    let id = Digest::of_parts(&[chart.title.as_bytes(), told.as_bytes()]).short();
    let (title, about, told) = (escaped(&chart.title), escaped(&chart.about), escaped(&told));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t-{id} d-{id}\" \
         font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <title id=\"t-{id}\">{title}</title>\n<desc id=\"d-{id}\">{about} {told}</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    out += &text(MARGIN, 26.0, "font-size=\"16\" font-weight=\"bold\"", &chart.title);
    let style = format!("font-size=\"12\" fill=\"{GREY}\"");
    for (n, line) in abouts.iter().enumerate() {
        out += &text(MARGIN, 44.0 + 16.0 * n as f64, &style, line);
    }
    push(&mut out, format_args!("<g transform=\"translate(0 {top})\">\n{body}</g>\n"));
    out += &legend(height - 16.0);
    out + "</svg>\n"
}

/// What thick and thin lines are.
fn legend(y: f64) -> String {
    let style = format!("font-size=\"11\" fill=\"{GREY}\"");
    let mut out = stroke(MARGIN, y - 4.0, MARGIN + 26.0, y - 4.0, 4.0);
    out += &text(MARGIN + 32.0, y, &style, "95 % from noise alone");
    out += &stroke(MARGIN + 180.0, y - 4.0, MARGIN + 206.0, y - 4.0, 1.2);
    out + &text(MARGIN + 212.0, y, &style, "95 % from noise and sampling")
}

fn lines(scale: Bounds, bars: bool, blocks: &[Block]) -> (String, f64, String) {
    let (left, right) = (190.0, WIDTH - 200.0);
    let at = |value: f64| {
        let share = (value - scale.low) / (scale.high - scale.low);
        left + (right - left) * share.clamp(0.0, 1.0)
    };
    let count: usize =
        blocks.iter().map(|b| b.marks.len() + usize::from(!b.heading.is_empty())).sum();
    let height = LINE * count as f64 + 8.0 * blocks.len() as f64;
    let mut out = String::new();
    for tick in ticks(scale) {
        let x = at(tick);
        push(
            &mut out,
            format_args!(
                "<line x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{height}\" stroke=\"{FAINT}\"/>\n"
            ),
        );
        let style = format!("font-size=\"11\" fill=\"{GREY}\" text-anchor=\"middle\"");
        out += &text(x, height + 15.0, &style, &tick_figure(tick));
    }
    let (mut y, mut all) = (0.0, Vec::new());
    for Block { heading, marks } in blocks {
        y += 8.0;
        if !heading.is_empty() {
            out += &text(MARGIN, y + 16.0, "font-weight=\"bold\" font-size=\"12\"", heading);
            y += LINE;
        }
        for Mark { label, estimate } in marks {
            let middle = y + LINE / 2.0;
            out += &text(left - 10.0, middle + 4.0, "text-anchor=\"end\"", &shortened(label, 22));
            if bars {
                let (from, to) = (at(0.0), at(estimate.value));
                push(
                    &mut out,
                    format_args!(
                        "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" fill=\"#b9b9b9\"/>\n",
                        middle - 7.0,
                        to - from
                    ),
                );
            }
            let (wide, narrow) = (widest(estimate), estimate.rows);
            out += &stroke(at(wide.low), middle, at(wide.high), middle, 1.2);
            out += &stroke(at(narrow.low), middle, at(narrow.high), middle, 4.0);
            out += &marker(0, at(estimate.value), middle);
            let style = format!("font-size=\"12\" fill=\"{INK}\"");
            out += &text(right + 14.0, middle + 4.0, &style, &short(estimate));
            all.push(format!("{heading} {label}: {}", told(estimate)));
            y += LINE;
        }
    }
    (out, height + 24.0, all.join(". "))
}

fn square(across: &str, up: &str, curves: &[Curve]) -> (String, f64, String) {
    let (left, top, side) = (80.0, 10.0, 400.0);
    let (x_of, y_of) = (|x: f64| left + side * x, |y: f64| top + side * (1.0 - y));
    let mut out = String::new();
    let small = |anchor: &str| format!("font-size=\"11\" fill=\"{GREY}\" text-anchor=\"{anchor}\"");
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (x, y) = (x_of(tick), y_of(tick));
        push(
            &mut out,
            format_args!(
                "<path d=\"M{x} {} V{top} M{left} {y} H{}\" stroke=\"{FAINT}\" fill=\"none\"/>\n",
                top + side,
                left + side
            ),
        );
        out += &text(x, top + side + 16.0, &small("middle"), &tick_figure(tick));
        out += &text(left - 8.0, y + 4.0, &small("end"), &tick_figure(tick));
    }
    push(
        &mut out,
        format_args!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{GREY}\" stroke-dasharray=\"2 4\"/>\n",
            x_of(0.0),
            y_of(0.0),
            x_of(1.0),
            y_of(1.0)
        ),
    );
    out += &text(x_of(0.5), top + side + 36.0, "text-anchor=\"middle\"", across);
    let turned =
        format!("text-anchor=\"middle\" transform=\"rotate(-90 {} {})\"", left - 44.0, y_of(0.5));
    out += &text(left - 44.0, y_of(0.5), &turned, up);

    let across = |curve: &Curve| curve.points.iter().map(|(x, _)| *x).collect::<Vec<_>>();
    let same = curves.windows(2).all(|pair| match pair {
        [a, b] => across(a) == across(b),
        _ => true,
    });
    let mut all = Vec::new();
    for (n, Curve { name, points }) in curves.iter().enumerate() {
        // Whiskers of curves over the same points stand beside each other.
        let middle = (curves.len() as f64 - 1.0) / 2.0;
        let aside = if same { 5.0 * (n as f64 - middle) } else { 0.0 };
        let at = |x: f64| (x_of(x) + aside).clamp(left, left + side);
        let path: Vec<String> =
            points.iter().map(|(x, y)| format!("{:.1},{:.1}", at(*x), y_of(y.value))).collect();
        push(
            &mut out,
            format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{GREY}\" stroke-width=\"1.4\"{}/>\n",
                path.join(" "),
                dashes(n)
            ),
        );
        for (x, y) in points {
            let (wide, narrow) = (widest(y), y.rows);
            out += &stroke(at(*x), y_of(wide.low), at(*x), y_of(wide.high), 1.2);
            out += &stroke(at(*x), y_of(narrow.low), at(*x), y_of(narrow.high), 3.0);
            out += &marker(n, at(*x), y_of(y.value));
            all.push(format!("{name} at {}: {}", figure(*x), told(y)));
        }
        let (x, y) = (left + side + 30.0, top + 14.0 + LINE * n as f64);
        push(
            &mut out,
            format_args!(
                "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{GREY}\" stroke-width=\"1.4\"{}/>\n",
                x + 34.0,
                dashes(n)
            ),
        );
        out += &marker(n, x + 17.0, y);
        out += &text(x + 44.0, y + 4.0, "", &shortened(name, 18));
    }
    (out, top + side + 44.0, all.join(". "))
}

/// Round steps of a scale: four to ten of them.
fn ticks(scale: Bounds) -> Vec<f64> {
    let length = scale.high - scale.low;
    let power = libm::pow(10.0, libm::floor(libm::log10(length / 4.0)));
    let steps = [5.0, 2.0, 1.0].map(|step| step * power);
    let step = steps.into_iter().find(|step| length / step >= 4.0).unwrap_or(power);
    let first = (scale.low / step).ceil();
    let all = (0..12).map(|n| (first + f64::from(n)) * step);
    all.take_while(|tick| *tick <= scale.high + step * 1e-9).collect()
}

/// A round number, without zeros at its end.
fn tick_figure(tick: f64) -> String {
    let text = figure(tick);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Shapes that are told apart without colour: circle, square, triangle, diamond, and these again
/// in white.
fn marker(n: usize, x: f64, y: f64) -> String {
    let fill = if (n / 4).is_multiple_of(2) { INK } else { "#ffffff" };
    let style = format!("fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"1\"");
    let shape = match n % 4 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.2\" {style}/>"),
        1 => format!("<path d=\"M{:.1} {:.1} h8 v8 h-8 z\" {style}/>", x - 4.0, y - 4.0),
        2 => format!("<path d=\"M{:.1} {:.1} h9.6 l-4.8 -8.6 z\" {style}/>", x - 4.8, y + 4.0),
        _ => format!("<path d=\"M{:.1} {:.1} l5 5 l5 -5 l-5 -5 z\" {style}/>", x - 5.0, y),
    };
    shape + "\n"
}

fn dashes(n: usize) -> &'static str {
    match n % 4 {
        0 => "",
        1 => " stroke-dasharray=\"7 3\"",
        2 => " stroke-dasharray=\"2 3\"",
        _ => " stroke-dasharray=\"9 3 2 3\"",
    }
}

fn stroke(x1: f64, y1: f64, x2: f64, y2: f64, width: f64) -> String {
    format!(
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{INK}\" \
         stroke-width=\"{width}\"/>\n"
    )
}

fn text(x: f64, y: f64, style: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{}</text>\n", escaped(words))
}

/// The figure and the wider of its intervals.
fn short(estimate: &Estimate) -> String {
    let ends = |b: Bounds| format!("{} to {}", figure(b.low), figure(b.high));
    format!("{} ({})", figure(estimate.value), ends(widest(estimate)))
}

fn shortened(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    words.chars().take(most - 1).chain(['\u{2026}']).collect()
}

fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No control character may be in XML; there is none in a query that was checked.
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn push(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(words);
}
