//! `concordat bench log`: accepting acts, folding them again, verifying and proving them, beside what
//! the machine needs for the signatures and the disk alone.

mod kept;
mod machine;
mod served;
mod weighed;
mod works;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use self::kept::{Proved, Replayed, Started, Verified};
use self::served::{Accepted, Served};
use self::weighed::Weighed;
use self::works::Works;
use super::{Folder, within};
use crate::args::BenchLog;
use crate::failure::Failure;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Table {
    cores: usize,
    accepted: Vec<Accepted>,
    /// Empty where the system does not tell it.
    memory: Vec<Weighed>,
    replayed: Replayed,
    started: Option<Started>,
    verified: Verified,
    proved: Proved,
}

pub(super) fn run(args: &BenchLog, out: Out) -> Result<(), Failure> {
    if let (Some(what), Some(dir)) = (args.weigh, &args.dir) {
        return weighed::here(what, dir, out);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    crate::commands::on_interrupt(move || told.store(true, Ordering::Relaxed))?;
    let dir = Folder::made(args.dir.as_deref())?;
    let table = measured(args, out, dir.path(), &stop)?;
    drop(dir);
    out.answer(&table, || text(&table))?;
    let singly = table.accepted.iter().map(|row| (row.met, "accepted acts"));
    let over: Vec<&str> = singly
        .chain([
            (table.memory.iter().all(|row| row.met), "memory"),
            (table.replayed.met, "replay"),
            (table.verified.met, "verification"),
            (table.proved.met, "proof"),
        ])
        .filter_map(|(met, what)| (!met).then_some(what))
        .collect();
    within(&over)
}

fn measured(args: &BenchLog, out: Out, dir: &Path, stop: &AtomicBool) -> Result<Table, Failure> {
    let not_stopped = || match stop.load(Ordering::Relaxed) {
        true => Err(Failure::interrupted("start again; smaller numbers make it shorter")),
        false => Ok(()),
    };
    out.say("founding: 50 parties, 500 clauses");
    let mut works = Works::founded()?;
    let served = Served::founded(&works, &dir.join("coordinator"), args.clients as usize)?;
    let mut accepted = Vec::new();
    for (acts_a_request, target) in [(1, 4_000.0), (10, 10_000.0)] {
        not_stopped()?;
        out.say(&format!("{} acts, {acts_a_request} a request", args.acts));
        let envelopes = works.free(args.acts as usize)?;
        let limits = dir.join(format!("limit-{acts_a_request}"));
        accepted.push(served.measured(&envelopes, acts_a_request, target, &limits)?);
    }
    served.stop();

    let mut told = Instant::now();
    let mut progress = |so_far: usize| {
        not_stopped()?;
        if told.elapsed() > Duration::from_secs(2) {
            out.say(&format!("writing: {so_far} of {} entries", args.entries));
            told = Instant::now();
        }
        Ok(())
    };
    works.go_on_until(args.entries as usize / 2, &mut progress)?;
    let (less, more) = (dir.join("less"), dir.join("more"));
    weighed::put(&works, &less)?;
    works.go_on_until(args.entries as usize, &mut progress)?;
    weighed::put(&works, &more)?;
    not_stopped()?;
    out.say("weighing it, in processes of their own");
    let memory = weighed::weighed([&less, &more])?;
    not_stopped()?;
    out.say(&format!("folding {} entries", works.entries.len()));
    let replayed = kept::replayed(&works)?;
    not_stopped()?;
    out.say("starting from a snapshot");
    let started = kept::started(&works, &replayed)?;
    not_stopped()?;
    out.say("verifying them as an archive");
    let verified = kept::verified(&works, &replayed, &dir.join("archive"))?;
    not_stopped()?;
    drop(works);
    out.say(&format!("proving entries of {}", args.tree));
    let proved = kept::proved(args.tree, &dir.join("tree"))?;
    Ok(Table { cores: machine::cores(), accepted, memory, replayed, started, verified, proved })
}

fn text(table: &Table) -> String {
    let met = |met: bool| if met { "" } else { ", missed" };
    let mut out = String::new();
    writeln!(out, "{} cores; the machine's own beside each\n", table.cores).ok();
    writeln!(out, "{:<32}{:>10}{:>10}{:>7}  target", "", "measured", "machine", "part").ok();
    let mut row = |what: &str, [is, machine, part]: [f64; 3], digits: usize, target: &str| {
        writeln!(out, "{what:<32}{is:>10.digits$}{machine:>10.digits$}{part:>7.2}  {target}").ok();
    };
    for Accepted { acts_a_request, acts_per_second, limit_per_second, of_limit, .. } in
        &table.accepted
    {
        let what = format!("accepted acts/s, {acts_a_request} a request");
        let one = table.accepted.iter().find(|row| row.acts_a_request == *acts_a_request);
        let target = one.map_or_else(String::new, |row| {
            let (least, p99) = (row.target_per_second, row.p99_ms);
            format!("{least:.0}, 99th below 50 ms: {p99:.0}{}", met(row.met))
        });
        row(&what, [*acts_per_second, *limit_per_second, *of_limit], 0, &target);
    }
    let Replayed { limit_per_second, read_target, folded_target, .. } = &table.replayed;
    let Replayed { read_per_second, read_of_limit, folded_per_second, folded_of_limit, .. } =
        &table.replayed;
    let target = format!("{read_target:.2}{}", met(read_of_limit >= read_target));
    row("read entries/s", [*read_per_second, *limit_per_second, *read_of_limit], 0, &target);
    let target = format!("{folded_target:.2}{}", met(folded_of_limit >= folded_target));
    row("folded entries/s", [*folded_per_second, *limit_per_second, *folded_of_limit], 0, &target);
    let Verified { of_a_million, limit, target, .. } = &table.verified;
    let told = format!("{target:.0}{}", met(table.verified.met));
    row("verify a million, s", [*of_a_million, *limit, limit / of_a_million], 1, &told);
    let Proved { mean_us, limit_us, target_us, .. } = &table.proved;
    let told = format!("{target_us:.0}{}", met(table.proved.met));
    row("prove one, µs", [*mean_us, *limit_us, limit_us / mean_us], 1, &told);
    if let Some(Started { seconds, folded_seconds, bytes_an_entry, .. }) = &table.started {
        let told = format!("of folding; {bytes_an_entry:.0} B an entry");
        row(
            "start from a snapshot, s",
            [*seconds, *folded_seconds, seconds / folded_seconds],
            2,
            &told,
        );
    }
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for Weighed { what, entries, beyond, per_entry, most, met: held } in &table.memory {
        let [small, large] = beyond.map(mib);
        let told = format!("{:.0}{}", mib(*most), met(*held));
        writeln!(out, "{what:<32}{large:>10.1}{:>10}{:>7}  {told}", "", "").ok();
        let [few, many] = entries;
        writeln!(
            out,
            "  {few} entries {small:.1}, {many} entries {large:.1}: {per_entry:.0} bytes an entry"
        )
        .ok();
    }
    if table.memory.is_empty() {
        writeln!(out, "{:<32}{:>10}", "memory", "not told here").ok();
    }
    out
}
