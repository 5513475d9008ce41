//! `concordat series`: what the record itself says of data, models, breaches and trust, over time.

use std::ops::ControlFlow;

use concordat_partnership::{Series, Share, WINDOWS_MOST, Window};
use concordat_terms::Period;

use super::look::see_folding;
use crate::args::SeriesArgs;
use crate::failure::Failure;
use crate::files::write_whole;
use crate::out::Out;
use crate::plot;

/// The shortest window.
const SHORTEST: Period = Period { months: 0, days: 0, seconds: 3_600 };

pub(super) fn run(args: &SeriesArgs, out: Out) -> Result<(), Failure> {
    let windows = windows(args, out)?;
    if let Some(path) = &args.svg {
        write_whole(path, plot::svg(&windows).as_bytes())?;
        out.say(&format!("note: drawn in {}", path.display()));
    }
    out.list(&windows, || text(&windows))
}

/// Folds the log, and looks at the state after each entry.
fn windows(args: &SeriesArgs, out: Out) -> Result<Vec<Window>, Failure> {
    let mut series = Series::of(args.window, args.look.party.clone());
    let mut short = false;
    let seen = see_folding(&args.look, out, |step| {
        if step.index == 0 {
            // How long a month is, its beginning says.
            let begun = step.state.genesis().map(|genesis| genesis.time);
            short = begun.is_some_and(|begun| begun.plus(args.window) < begun.plus(SHORTEST));
        }
        series.see(step.signed.map(|signed| &signed.act), step.verdict, step.state);
        if short || series.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if short {
        let what = format!("a window of {} is too short", args.window);
        return Err(Failure::usage("bad-window", what, "name a period of an hour or more: `P7D`"));
    }
    if series.is_full() {
        let what = format!("the log has more than {WINDOWS_MOST} windows of {}", args.window);
        return Err(Failure::usage("too-many-windows", what, "name a longer `--window`"));
    }
    Ok(series.end(seen.state()))
}

fn text(windows: &[Window]) -> String {
    if windows.is_empty() {
        return "the log has not begun".to_owned();
    }
    let mut lines = vec![row(["from", "quality", "reliability", "breaches", "trust", "refused"])];
    lines.extend(windows.iter().map(|own| {
        let day = own.from.to_string().chars().take(10).collect::<String>();
        let (breaches, refused) = (own.breaches.total().to_string(), own.refused.to_string());
        let [quality, reliability, trust] = [own.quality, own.reliability, own.trust].map(share);
        row([&day, &quality, &reliability, &breaches, &trust, &refused])
    }));
    lines.join("\n")
}

fn row(cells: [&str; 6]) -> String {
    let [from, quality, reliability, breaches, trust, refused] = cells;
    format!(
        "{from:<10}  {quality:>13}  {reliability:>13}  {breaches:>8}  {trust:>13}  {refused:>7}"
    )
}

/// A share as people read it: `7/8  87.5 %`.
fn share(share: Share) -> String {
    let Some(part) = share.thousandths() else { return "-".to_owned() };
    format!("{}/{} {:>3}.{} %", share.good, share.of, part / 10, part % 10)
}
