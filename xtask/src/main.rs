//! The project's own tool: `cargo xtask test` is what CI runs.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a tool, not a pure crate")]

mod deps;
mod licences;
mod picture;
mod server;
mod steps;
mod strangers;

fn main() -> anyhow::Result<()> {
    let task = std::env::args().nth(1).unwrap_or_default();
    match task.as_str() {
        "test" => steps::test(),
        "long" => steps::long(),
        "deps" => deps::check(),
        "picture" => picture::draw(),
        "strangers" => strangers::install().map(drop),
        _ => {
            eprintln!("usage: cargo xtask <task>\n");
            eprintln!(
                "  test       everything CI runs: format, borders, licences, lints, tests, docs"
            );
            eprintln!("  long       kills whoever writes 500 times each, at moments that it draws");
            eprintln!("  deps       checks the arrows between crates, and every licence");
            eprintln!("  picture    draws the text on standard input as docs/pictures/pilot.svg");
            eprintln!("  strangers  installs other people's verifiers below target/");
            std::process::exit(2);
        }
    }
}
