//! The tables as a picture: accuracy against ε, two panels.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use concordat_learn::metrics::Interval;

use super::Told;
use super::private::EPSILONS;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 260.0;
const LOW: f64 = 0.70;
const HIGH: f64 = 0.82;
const COLOURS: [(u32, &str); 3] = [(1, "#b3541e"), (2, "#2d6a8f"), (4, "#3b7d3b")];

pub(crate) fn svg(panels: &BTreeMap<&str, Told>, splits: u64) -> String {
    let mut out = String::new();
    let total = WIDTH * panels.len() as f64;
    let mut line = |text: String| writeln!(out, "{text}").unwrap();
    line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total} {}\" \
         font-family=\"sans-serif\" font-size=\"11\" role=\"img\">",
        HEIGHT + 20.0
    ));
    line(format!(
        "<title>Accuracy on pooled test rows against ε, means over {splits} splits with 95 % \
         intervals</title>"
    ));
    line(format!("<rect width=\"{total}\" height=\"{}\" fill=\"#fff\"/>", HEIGHT + 20.0));
    for (panel, (name, told)) in panels.iter().enumerate() {
        let left = panel as f64 * WIDTH + 46.0;
        let x = |at: f64| left + 20.0 + at * 62.0;
        let y =
            |value: f64| 28.0 + (HIGH - value.clamp(LOW, HIGH)) / (HIGH - LOW) * (HEIGHT - 70.0);
        line(format!("<text x=\"{left}\" y=\"16\">cholesterol 0 as {name}</text>"));
        for tick in 0..=6 {
            let value = LOW + 0.02 * f64::from(tick);
            let at = y(value);
            line(format!(
                "<path d=\"M{left} {at:.1}h290\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{value:.2}</text>",
                left - 4.0,
                at + 4.0
            ));
        }
        let plain = Interval::of(&told.plain).unwrap();
        line(format!(
            "<rect x=\"{left}\" width=\"290\" y=\"{:.1}\" height=\"{:.1}\" fill=\"#888\" \
             opacity=\".25\"/><path d=\"M{left} {:.1}h290\" stroke=\"#555\"/>",
            y(plain.high),
            y(plain.low) - y(plain.high),
            y(plain.mean)
        ));
        for (order, (shares, colour)) in COLOURS.iter().enumerate() {
            let mut path = String::new();
            for at in 0..EPSILONS.len() {
                let told = Interval::of(&told.private[&(*shares, at)]).unwrap();
                let across = x(at as f64) + 5.0 * order as f64 - 5.0;
                let pen = if at == 0 { 'M' } else { 'L' };
                write!(path, "{pen}{across:.1} {:.1}", y(told.mean)).unwrap();
                line(format!(
                    "<path d=\"M{across:.1} {:.1}V{:.1}\" stroke=\"{colour}\"/><circle \
                     cx=\"{across:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"{colour}\"/>",
                    y(told.low),
                    y(told.high),
                    y(told.mean)
                ));
            }
            line(format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\"/>"));
            line(format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">h = {shares}</text>",
                left + 10.0 + 60.0 * order as f64,
                HEIGHT - 50.0
            ));
        }
        line(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#555\">no noise</text>",
            left + 200.0,
            HEIGHT - 50.0
        ));
        for (at, epsilon) in EPSILONS.iter().enumerate() {
            line(format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">ε = {epsilon}</text>",
                x(at as f64),
                HEIGHT - 20.0
            ));
        }
    }
    line("</svg>".into());
    out
}
