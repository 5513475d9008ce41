//! Plays one seed and tells its story, or many and counts.

use clap::Parser;
use concordat_sim::{Options, play, shrink};
use concordat_terms::ActName;

/// Plays whole partnerships by seed
#[derive(Parser)]
#[command(after_help = "Example: cargo run -p concordat-sim -- --seed 42 --until 60")]
struct Arguments {
    /// The seed whose story is told
    #[arg(long)]
    seed: Option<u64>,
    /// No further than to the entry of this index
    #[arg(long)]
    until: Option<u64>,
    /// Looks for fewer acts that break the same
    #[arg(long)]
    shrink: bool,
    /// Plays the seeds from 0 to this one, and counts
    #[arg(long, default_value_t = 20)]
    seeds: u64,
}

fn main() {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let options = Options { until: arguments.until, told: true, ..Options::default() };
        let outcome = play(seed, options);
        for line in &outcome.story {
            println!("{line}");
        }
        if let Some((index, broken)) = &outcome.broken {
            println!(
                "broken after entry {index} of seed {seed}: {}: {}",
                broken.invariant, broken.what
            );
            if let Some(lines) = shrink(seed, Options::default()).filter(|_| arguments.shrink) {
                println!("\nfewer acts break it as well:");
                lines.iter().for_each(|line| println!("{line}"));
            }
            std::process::exit(1);
        }
        return;
    }
    let mut all = concordat_sim::Outcome::default();
    let mut fails = 0;
    for seed in 0..arguments.seeds {
        let outcome = play(seed, Options::default());
        if let Some((index, broken)) = &outcome.broken {
            println!("seed {seed}, entry {index}: {}: {}", broken.invariant, broken.what);
            fails += 1;
        }
        all.entries += outcome.entries;
        for (act, (tried, admitted)) in outcome.acts {
            let count = all.acts.entry(act).or_default();
            *count = (count.0 + tried, count.1 + admitted);
        }
        for (code, acts) in outcome.refusals {
            let of = all.refusals.entry(code).or_default();
            acts.into_iter().for_each(|(act, n)| *of.entry(act).or_default() += n);
        }
    }
    for act in ActName::JUDGED {
        let (tried, admitted) = all.acts.get(act).copied().unwrap_or_default();
        let codes =
            all.refusals.iter().filter_map(|(code, acts)| Some((acts.get(&Some(*act))?, code)));
        let mut codes: Vec<_> = codes.collect();
        codes.sort_unstable_by(|one, other| other.cmp(one));
        let most: Vec<_> = codes.iter().take(4).map(|(n, code)| format!("{code} {n}")).collect();
        println!("{act}: {admitted} of {tried}; {}", most.join(", "));
    }
    println!("{} entries, {} codes, {fails} broken", all.entries, all.refusals.len());
    std::process::exit(i32::from(fails > 0));
}
