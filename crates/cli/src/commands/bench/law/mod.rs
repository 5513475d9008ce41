//! `concordat bench law`: judging and applying acts, beside what checking their signatures takes.

pub(super) mod mix;
pub(super) mod office;
#[cfg(test)]
mod shared;
pub(super) mod weigh;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use concordat_partnership::act::Signed;
use concordat_partnership::{Act, Verdict};
use concordat_terms::jcs;
use concordat_tlog::SigningKey;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Serialize;

use self::mix::Mix;
use self::office::Office;
use super::within;
use crate::args::BenchLaw;
use crate::failure::Failure;
use crate::out::Out;

/// How many acts a second at least.
const RATE_LEAST: f64 = 50_000.0;
/// How long a verdict takes at most, of ninety-nine in a hundred, in microseconds.
const VERDICT_MOST_US: f64 = 100.0;
/// How long it takes at most to say why, of ninety-nine in a hundred, in microseconds.
const WHY_MOST_US: f64 = 5_000.0;
/// How many bytes a state takes at most.
const STATE_MOST: u64 = 1 << 30;
/// A batch of a sequencer, which folds it into a copy of the state.
const BATCH: u32 = 64;
/// So often somebody asks why.
const WHY_EVERY: u32 = 10;
/// How many signatures are checked.
const CHECKED: u32 = 2_000;

/// Microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Times {
    count: usize,
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

impl Times {
    /// Of times in whatever order; of none, zero.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let at = |hundredth: usize| {
            let place = (times.len() * hundredth).div_ceil(100).saturating_sub(1);
            times.get(place).copied().map_or(0.0, us)
        };
        let all: Duration = times.iter().sum();
        let count = times.len();
        let mean_us = us(all) / count.max(1) as f64;
        Self { count, mean_us, p50_us: at(50), p99_us: at(99), max_us: at(100) }
    }

    fn shown(&self) -> String {
        let Self { p50_us, p99_us, max_us, .. } = self;
        format!("{p50_us:.1}, {p99_us:.1}, {max_us:.0}")
    }
}

/// One kind of act.
#[derive(Debug, Serialize)]
struct Kind {
    act: String,
    refused: usize,
    /// By which codes.
    codes: BTreeMap<&'static str, usize>,
    verdict: Times,
}

/// What a state takes in memory.
#[derive(Debug, Serialize)]
struct Weight {
    /// How many acts it has judged.
    acts: u64,
    /// Bytes of this process that were not there before it was founded; none where the system does
    /// not tell.
    bytes: Option<u64>,
    /// The most that there were at any moment.
    peak: Option<u64>,
    most: u64,
    met: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Table {
    parties: u32,
    clauses: u32,
    /// How many acts were judged before.
    past: u64,
    /// How many were measured.
    acts: u64,
    refused: u64,
    /// Judging and applying one act.
    verdict: Times,
    acts_per_second: f64,
    rate_met: bool,
    verdict_met: bool,
    /// As many, into a copy of the state for every batch, as a sequencer does.
    in_batches: Times,
    /// Everything that stands in the way of one act.
    why: Times,
    why_met: bool,
    /// The machine's own: the signatures of one act, each checked strictly.
    signatures: Times,
    /// How many times as fast a verdict is.
    times: f64,
    state: Vec<Weight>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_act: Vec<Kind>,
}

pub(super) fn run(args: &BenchLaw, out: Out) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    crate::commands::on_interrupt(move || told.store(true, Ordering::Relaxed))?;
    let mut bench = Bench { args, out, stop, before: weigh::now(), office: None };
    let table = bench.measured()?;
    out.answer(&table, || text(&table))?;
    let over: Vec<&str> = [
        (table.rate_met, "acts a second"),
        (table.verdict_met, "verdict"),
        (table.why_met, "why"),
        (table.state.iter().all(|state| state.met != Some(false)), "state"),
    ]
    .into_iter()
    .filter_map(|(met, what)| (!met).then_some(what))
    .collect();
    within(&over)
}

struct Bench<'a> {
    args: &'a BenchLaw,
    out: Out,
    stop: Arc<AtomicBool>,
    /// What the process took before.
    before: Option<weigh::Memory>,
    office: Option<(Office, Mix)>,
}

impl Bench<'_> {
    fn measured(&mut self) -> Result<Table, Failure> {
        let &BenchLaw { acts: past, measure, parties, clauses, state, by_act } = self.args;
        self.say(&format!("founding: {parties} parties, {clauses} clauses"));
        let mut office = Office::founded(parties as usize, clauses as usize)?;
        let mut mix = Mix::new(parties as usize);
        mix.prepare(&mut office)?;
        drop(office.take_founding());
        self.office = Some((office, mix));
        self.go_on_until(past)?;

        self.say(&format!("measuring {measure} acts after {past}"));
        let mut found = Found::default();
        for turn in 0..measure {
            self.not_stopped()?;
            let one = self.one(turn % WHY_EVERY == 0)?;
            found.add(&one);
        }
        let in_batches = self.in_batches(measure)?;
        let signatures = checked(&found.messages, found.signatures as f64 / f64::from(measure));
        let mut weights = vec![self.weighed()];
        if u64::from(state) > past {
            self.go_on_until(state.into())?;
            weights.push(self.weighed());
        }

        let verdict = Times::of(found.all);
        let acts_per_second = 1e6 / verdict.mean_us.max(f64::MIN_POSITIVE);
        let why = Times::of(found.why);
        let mut kinds: Vec<Kind> = Vec::new();
        if by_act {
            let each = found.kinds.into_iter();
            kinds.extend(each.map(|(act, (codes, times))| {
                let refused = codes.values().sum();
                Kind { act, refused, codes, verdict: Times::of(times) }
            }));
            let total = |kind: &Kind| kind.verdict.mean_us * kind.verdict.count as f64;
            kinds.sort_by(|one, other| total(other).total_cmp(&total(one)));
        }
        Ok(Table {
            parties,
            clauses,
            past,
            acts: measure.into(),
            refused: found.refused,
            acts_per_second,
            rate_met: acts_per_second >= RATE_LEAST,
            verdict_met: verdict.p99_us < VERDICT_MOST_US,
            why_met: why.p99_us < WHY_MOST_US,
            times: signatures.mean_us / verdict.mean_us.max(f64::MIN_POSITIVE),
            verdict,
            in_batches,
            why,
            signatures,
            state: weights,
            by_act: kinds,
        })
    }

    /// Lets the partnership work until it has judged so many acts.
    fn go_on_until(&mut self, acts: u64) -> Result<(), Failure> {
        let mut told = Instant::now();
        while let Some(index) = self.index().filter(|index| *index < acts) {
            self.not_stopped()?;
            self.one(false)?;
            if told.elapsed() > Duration::from_secs(2) {
                self.say(&format!("{index} of {acts} acts"));
                told = Instant::now();
            }
        }
        Ok(())
    }

    fn index(&self) -> Option<u64> {
        self.office.as_ref().map(|(office, _)| office.state.index())
    }

    /// The next act, and what became of it.
    fn one(&mut self, why: bool) -> Result<One, Failure> {
        let Some((office, mix)) = &mut self.office else {
            return Err(Failure::fault("bench-wrong", "nothing is founded", "report this"));
        };
        let signed = mix.next(office)?;
        let why = why.then(|| office.why(&signed));
        let (verdict, took) = office.fold(&signed);
        mix.heard(&verdict);
        Ok(One { signed, verdict, why, took })
    }

    /// As many acts again, each batch into a copy of the state that the one before left.
    fn in_batches(&mut self, acts: u32) -> Result<Times, Failure> {
        let mut times = Vec::new();
        for _ in 0..acts.div_ceil(BATCH) {
            self.not_stopped()?;
            let mut kept = None;
            let mut all = Duration::ZERO;
            if let Some((office, _)) = &self.office {
                let started = Instant::now();
                kept = Some(office.state.clone());
                all += started.elapsed();
            }
            for _ in 0..BATCH {
                all += self.one(false)?.took;
            }
            times.push(all / BATCH);
            let started = Instant::now();
            drop(kept);
            if let Some(last) = times.last_mut() {
                *last += started.elapsed() / BATCH;
            }
        }
        Ok(Times::of(times))
    }

    fn weighed(&self) -> Weight {
        let (now, before) = (weigh::now(), self.before);
        let bytes =
            now.zip(before).map(|(now, before)| now.resident.saturating_sub(before.resident));
        let peak = now.zip(before).map(|(now, before)| now.peak.saturating_sub(before.resident));
        let met = peak.map(|bytes| bytes < STATE_MOST);
        Weight { acts: self.index().unwrap_or(0), bytes, peak, most: STATE_MOST, met }
    }

    fn not_stopped(&self) -> Result<(), Failure> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Failure::interrupted("start again; `--acts` makes it shorter")),
            false => Ok(()),
        }
    }

    fn say(&self, what: &str) {
        self.out.say(what);
    }
}

/// An act that was judged.
struct One {
    signed: Signed,
    verdict: Verdict,
    /// How long it took to say why, where somebody asked.
    why: Option<Duration>,
    took: Duration,
}

/// What was measured.
#[derive(Default)]
struct Found {
    all: Vec<Duration>,
    why: Vec<Duration>,
    kinds: BTreeMap<String, (BTreeMap<&'static str, usize>, Vec<Duration>)>,
    refused: u64,
    /// How many signatures the acts had.
    signatures: usize,
    /// Some of the acts as they travel.
    messages: Vec<Vec<u8>>,
}

impl Found {
    fn add(&mut self, One { signed, verdict, why, took }: &One) {
        self.all.push(*took);
        self.why.extend(why);
        let kind = self.kinds.entry(signed.act.name().to_string()).or_default();
        if let Some(refusal) = verdict.refusal() {
            self.refused += 1;
            *kind.0.entry(refusal.code()).or_default() += 1;
        }
        kind.1.push(*took);
        self.signatures += signed.header.as_ref().map_or(0, |header| header.signers.len());
        if self.messages.len() < CHECKED as usize {
            self.messages.push(written(&signed.act, signed));
        }
    }
}

/// The act about as long as its statement is.
fn written(act: &Act, signed: &Signed) -> Vec<u8> {
    jcs::to_bytes(&(act, &signed.header)).unwrap_or_default()
}

/// How long it takes to check the signatures of an act strictly, of as many as acts have.
fn checked(messages: &[Vec<u8>], each: f64) -> Times {
    let key = SigningKey::from_seed(&[7; 32]);
    let mut times = Vec::new();
    let Ok(public) = VerifyingKey::from_bytes(key.public().as_bytes()) else {
        return Times::of(times);
    };
    for message in messages {
        let signature = Signature::from_bytes(&key.sign(message));
        let started = Instant::now();
        let good = public.verify_strict(message, &signature).is_ok();
        let took = started.elapsed();
        if good {
            times.push(took.mul_f64(each.max(1.0)));
        }
    }
    Times::of(times)
}

fn text(table: &Table) -> String {
    let Table { parties, clauses, past, acts, refused, .. } = table;
    let met = |met: bool| if met { "" } else { ", over" };
    let mut out = String::new();
    writeln!(out, "{parties} parties, {clauses} clauses, {past} past acts; {acts} acts measured,")
        .ok();
    writeln!(out, "{refused} of them refused; microseconds: median, 99th of 100, longest\n").ok();
    let row = |out: &mut String, what: &str, took: String, target: String| {
        writeln!(out, "{what:<28}{took:<28}{target}").ok();
    };
    row(
        &mut out,
        "judge and apply an act",
        table.verdict.shown(),
        format!("99th below {VERDICT_MOST_US:.0}{}", met(table.verdict_met)),
    );
    row(
        &mut out,
        "acts a second, one core",
        format!("{:.0}", table.acts_per_second),
        format!("at least {RATE_LEAST:.0}{}", met(table.rate_met)),
    );
    row(&mut out, "machine: its signatures", table.signatures.shown(), String::new());
    row(&mut out, "times as fast as those", format!("{:.1}", table.times), String::new());
    row(
        &mut out,
        &format!("in batches of {BATCH}, copied"),
        table.in_batches.shown(),
        String::new(),
    );
    row(
        &mut out,
        "why",
        table.why.shown(),
        format!("99th below {WHY_MOST_US:.0}{}", met(table.why_met)),
    );
    for weight in &table.state {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let told = |bytes: Option<u64>| {
            bytes.map_or_else(|| "not told here".to_owned(), |b| format!("{:.0} MiB", mib(b)))
        };
        row(
            &mut out,
            &format!("state, {} acts", weight.acts),
            format!("{}, peak {}", told(weight.bytes), told(weight.peak)),
            format!("below {:.0} MiB{}", mib(weight.most), met(weight.met != Some(false))),
        );
    }
    if !table.by_act.is_empty() {
        writeln!(
            out,
            "\n{:<26}{:>8}{:>8}{:>10}  median, 99th, longest",
            "", "acts", "refused", "mean"
        )
        .ok();
    }
    for Kind { act, refused, verdict, .. } in &table.by_act {
        let (count, mean) = (verdict.count, verdict.mean_us);
        writeln!(out, "{act:<26}{count:>8}{refused:>8}{mean:>10.1}  {}", verdict.shown()).ok();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_times_the_ninety_ninth_is_told_and_the_longest() {
        let times = Times::of((1..=100).rev().map(Duration::from_micros).collect());
        let Times { count, mean_us, p50_us, p99_us, max_us } = times;
        assert_eq!((count, p50_us, p99_us, max_us), (100, 50.0, 99.0, 100.0));
        assert!((mean_us - 50.5).abs() < 1e-9);
        assert_eq!(Times::of(Vec::new()).p99_us, 0.0);
    }
}
