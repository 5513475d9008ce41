//! `concordat bench`: how fast, each beside what the machine itself needs for the same bytes,
//! measured in the same run.

mod agreement;
mod dp;
mod grown;
mod law;
mod learn;
mod log;
mod rounds;
mod secagg;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::args::Bench;
use crate::failure::Failure;
use crate::out::Out;

pub(super) fn run(command: &Bench, out: Out) -> Result<(), Failure> {
    match command {
        Bench::Agreement(args) => agreement::run(args, out),
        Bench::Dp(args) => dp::run(args, out),
        Bench::Law(args) => law::run(args, out),
        Bench::Learn(args) => learn::run(args, out),
        Bench::Log(args) => log::run(args, out),
        Bench::Rounds(args) => rounds::run(args, out),
        Bench::Secagg(args) => secagg::run(args, out),
    }
}

/// Milliseconds over some runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    median_ms: f64,
    min_ms: f64,
    max_ms: f64,
}

impl Spread {
    /// Of times in whatever order; of none, zero.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |index: usize| times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        let last = times.len().saturating_sub(1);
        let (low, high) = (at(last / 2), at(last.div_ceil(2)));
        Self { median_ms: f64::midpoint(low, high), min_ms: at(0), max_ms: at(last) }
    }

    fn shown(self) -> String {
        format!("{:.1} [{:.1}, {:.1}]", self.median_ms, self.min_ms, self.max_ms)
    }
}

/// A folder for what is measured, which goes with it.
struct Folder(PathBuf);

impl Folder {
    /// A new one below that folder, or where temporary files are.
    fn made(below: Option<&Path>) -> Result<Self, Failure> {
        let below = below.map_or_else(std::env::temp_dir, Path::to_owned);
        let dir = below.join(format!("concordat-bench-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| Failure::io("create the folder", &dir, &e))?;
        Ok(Self(dir))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// How long something takes, once.
fn timed<T>(what: impl FnOnce() -> Result<T, Failure>) -> Result<Duration, Failure> {
    let started = Instant::now();
    let made = what()?;
    let took = started.elapsed();
    drop(made);
    Ok(took)
}

/// Refuses what is over its target: each table says by itself, in JSON as `met`, what is.
fn within(over: &[&str]) -> Result<(), Failure> {
    if over.is_empty() {
        return Ok(());
    }
    let what = format!("over its target: {}", over.join("; "));
    let hint = "see that nothing else runs on this machine, and that the program was built \
                with `--release`";
    Err(Failure::answered("over-target", what, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        let of =
            |times: &[u64]| Spread::of(times.iter().map(|t| Duration::from_millis(*t)).collect());
        assert_eq!(of(&[4, 1, 3]), Spread { median_ms: 3.0, min_ms: 1.0, max_ms: 4.0 });
        assert_eq!(of(&[4, 1, 3, 2]).median_ms, 2.5);
        assert_eq!(of(&[]).median_ms, 0.0);
    }
}
