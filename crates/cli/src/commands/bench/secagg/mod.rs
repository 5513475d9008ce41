//! `concordat bench secagg`: masking and adding up, beside the keystream that both cannot do
//! without.

mod attempt;
mod spooled;
mod three;

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use self::attempt::{Measured, Shape, measure};
use super::{Spread, within};
use crate::args::BenchSecagg;
use crate::failure::Failure;
use crate::out::Out;

/// How many times its floor a client takes at most to mask its vector.
const CLIENT_MOST: f64 = 1.5;
/// How many times its floor the server takes at most.
const SERVER_MOST: f64 = 3.0;
/// How many bytes an element of 32 bits takes on the wire at most.
const BYTES_MOST: f64 = 4.01;
/// How many vectors' memory an attempt takes at most.
const VECTORS_MOST: f64 = 3.0;
/// Vectors shorter than this are not held against a target of memory or bytes: what each client
/// takes beside its vector weighs more there.
const LONG: u32 = 100_000;

/// One cell of the table.
#[derive(Debug, Serialize)]
struct Row {
    clients: u32,
    dimension: u32,
    dropped: u32,
    /// Opening shares, masking, hashing, signing.
    mask: Spread,
    /// Keystreams and additions alone.
    mask_floor_ms: f64,
    mask_times: f64,
    /// The same, and a digest of the upload.
    mask_digest_floor_ms: f64,
    mask_digest_times: f64,
    /// All that a client does in an attempt.
    client: Spread,
    server_ms: f64,
    server_floor_ms: f64,
    server_times: f64,
    /// The same, and a digest of each upload.
    server_digest_floor_ms: f64,
    server_digest_times: f64,
    /// One pass of SHA-256 over the bytes of a vector.
    digest_ms: f64,
    bytes_per_element: f64,
    /// The most memory, in vectors.
    vectors: Option<f64>,
    /// What it took to bring the uploads into files, piece by piece, and to add them up from there;
    /// of one upload.
    arrive_ms: Option<f64>,
    /// What it took to check chunks of the sum from these files.
    check_ms: Option<f64>,
    /// How many were checked, and of how many.
    checked_chunks: Option<[usize; 2]>,
    /// Whether the targets are met beside the floors without digests.
    met: bool,
    /// Whether they are beside those with.
    met_with_digests: bool,
}

/// The same sum over three aggregators; nothing of it has a target yet.
#[derive(Debug, Serialize)]
struct ThreeRow {
    clients: u32,
    dimension: u32,
    /// Agreeing, masking, hashing, signing.
    mask: Spread,
    /// Keystreams and additions alone, here and below.
    mask_floor_ms: f64,
    /// One pass of SHA-256 over the bytes of a vector: a contributor makes one, an aggregator one over
    /// its share, the neutral one another over each upload, and who adds the shares up three.
    digest_ms: f64,
    /// Each of the two aggregators that need no words.
    sided_ms: f64,
    sided_floor_ms: f64,
    neutral_ms: f64,
    neutral_floor_ms: f64,
    /// Adding three signed shares up, as each participant does.
    combine_ms: f64,
    combine_floor_ms: f64,
}

#[derive(Debug, Serialize)]
struct Table {
    ring_bits: u32,
    rows: Vec<Row>,
    three_aggregators: Vec<ThreeRow>,
    /// The rows that are over a target: with any, the command ends with 1.
    over: Vec<String>,
}

pub(super) fn run(args: &BenchSecagg, out: Out) -> Result<(), Failure> {
    let wrong =
        |what| Failure::fault("bench-wrong", what, "report this with the program's version");
    let (mut rows, mut three_aggregators) = (Vec::new(), Vec::new());
    for &clients in &args.clients {
        for &dimension in &args.dimensions {
            for dropped in [0, clients.div_ceil(10)] {
                out.say(&format!("{clients} clients, {dimension} elements, {dropped} dropped"));
                let shape = Shape { clients, dimension, ring_bits: args.ring, dropped };
                let measured = measure(shape, args.spool.as_deref()).map_err(wrong)?;
                rows.push(row(shape, measured));
            }
            out.say(&format!("{clients} clients, {dimension} elements, three aggregators"));
            let shape = Shape { clients, dimension, ring_bits: args.ring, dropped: 0 };
            three_aggregators.push(three_row(shape, three::measure(shape).map_err(wrong)?));
        }
    }
    let over = rows
        .iter()
        .filter(|row| !row.met)
        .map(|row| format!("{} clients × {}, {} dropped", row.clients, row.dimension, row.dropped))
        .collect();
    let table = Table { ring_bits: args.ring, rows, three_aggregators, over };
    out.answer(&table, || text(&table))?;
    within(&table.over.iter().map(String::as_str).collect::<Vec<_>>())
}

/// How long an attempt takes on one core, without network or disk: all that its clients do and all
/// that the server does.
///
/// # Errors
/// What went wrong, as a phrase.
pub(super) fn alone(clients: u32, dimension: u32) -> Result<Duration, String> {
    let measured = measure(Shape { clients, dimension, ring_bits: 32, dropped: 0 }, None)?;
    Ok(measured.all_in.iter().sum::<Duration>() + measured.server)
}

fn row(shape: Shape, measured: Measured) -> Row {
    let Shape { clients, dimension, ring_bits, dropped } = shape;
    let times = |took: f64, floor: f64| took / floor.max(f64::MIN_POSITIVE);
    let (mask, client) = (Spread::of(measured.masked), Spread::of(measured.all_in));
    let (mask_floor_ms, server_floor_ms) = (ms(measured.client_floor), ms(measured.server_floor));
    let mask_times = times(mask.median_ms, mask_floor_ms);
    let server_times = times(ms(measured.server), server_floor_ms);
    let mask_digest_floor_ms = mask_floor_ms + ms(measured.digest);
    let mask_digest_times = times(mask.median_ms, mask_digest_floor_ms);
    let server_digest_floor_ms = server_floor_ms + ms(measured.digest * measured.uploads);
    let server_digest_times = times(ms(measured.server), server_digest_floor_ms);
    let within = |mask: f64, server: f64| mask <= CLIENT_MOST && server <= SERVER_MOST;
    let element = f64::from(ring_bits / 8);
    let bytes_per_element = measured.bytes as f64 / f64::from(dimension);
    let vectors = measured.memory.map(|bytes| bytes as f64 / (element * f64::from(dimension)));
    let long = dimension < LONG
        || (bytes_per_element <= BYTES_MOST * element / 4.0
            && vectors.is_none_or(|vectors| vectors <= VECTORS_MOST));
    Row {
        clients,
        dimension,
        dropped,
        mask,
        mask_floor_ms,
        mask_times,
        mask_digest_floor_ms,
        mask_digest_times,
        client,
        server_ms: ms(measured.server),
        server_floor_ms,
        server_times,
        server_digest_floor_ms,
        server_digest_times,
        digest_ms: ms(measured.digest),
        bytes_per_element,
        vectors,
        arrive_ms: measured.spooled.map(|spooled| ms(spooled.arrive)),
        check_ms: measured.spooled.map(|spooled| ms(spooled.check)),
        checked_chunks: measured.spooled.map(|spooled| [spooled.checked, spooled.chunks]),
        met: long && within(mask_times, server_times),
        met_with_digests: long && within(mask_digest_times, server_digest_times),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn three_row(shape: Shape, measured: three::Measured) -> ThreeRow {
    ThreeRow {
        clients: shape.clients,
        dimension: shape.dimension,
        mask: Spread::of(measured.masked),
        mask_floor_ms: ms(measured.mask_floor),
        digest_ms: ms(measured.digest),
        sided_ms: ms(measured.sided),
        sided_floor_ms: ms(measured.sided_floor),
        neutral_ms: ms(measured.neutral),
        neutral_floor_ms: ms(measured.neutral_floor),
        combine_ms: ms(measured.combined),
        combine_floor_ms: ms(measured.combined_floor),
    }
}

fn text(table: &Table) -> String {
    let mut out = String::new();
    writeln!(out, "{} bits; milliseconds of one core, each beside its floor", table.ring_bits).ok();
    writeln!(
        out,
        "floor: the keystreams of the masks (AES-128-CTR), and adding the vectors up\n\
         times: how many times its floor; at most {CLIENT_MOST} for mask and {SERVER_MOST} for server. With more, with more than \
         {BYTES_MOST} B/elem of 32 bits or\n\
         {VECTORS_MOST} vectors of memory from {LONG} elements on, the row is over and the command ends with 1\n\
         +sha: the same beside that floor and a digest of each upload (SHA-256), without which no sum can be checked; it \
         decides nothing\n\
         over by the digests: over its target by `times`, and within it by `+sha`; over: by both, or by bytes or \
         memory\n\n\
         {:>7}{:>10}{:>6}{:>10}{:>9}{:>7}{:>7}{:>10}{:>10}{:>10}{:>7}{:>7}{:>8}{:>8}{:>8}{:>9}{:>9}",
        "clients",
        "elements",
        "drop",
        "mask",
        "floor",
        "times",
        "+sha",
        "client",
        "server",
        "floor",
        "times",
        "+sha",
        "digest",
        "B/elem",
        "vectors",
        "arrive",
        "check"
    )
    .ok();
    for row in &table.rows {
        let shown = |number: Option<f64>| number.map_or("-".to_owned(), |n| format!("{n:.2}"));
        let [vectors, arrive, check] = [row.vectors, row.arrive_ms, row.check_ms].map(shown);
        let met = match (row.met, row.met_with_digests) {
            (true, _) => "",
            (false, true) => "  over by the digests",
            (false, false) => "  over",
        };
        writeln!(
            out,
            "{:>7}{:>10}{:>6}{:>10.2}{:>9.2}{:>7.2}{:>7.2}{:>10.2}{:>10.1}{:>10.1}{:>7.2}{:>7.2}\
             {:>8.2}{:>8.3}\
             {vectors:>8}{arrive:>9}{check:>9}{met}",
            row.clients,
            row.dimension,
            row.dropped,
            row.mask.median_ms,
            row.mask_floor_ms,
            row.mask_times,
            row.mask_digest_times,
            row.client.median_ms,
            row.server_ms,
            row.server_floor_ms,
            row.server_times,
            row.server_digest_times,
            row.digest_ms,
            row.bytes_per_element,
        )
        .ok();
    }
    out.push_str(&three_text(&table.three_aggregators));
    out
}

fn three_text(rows: &[ThreeRow]) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "\nthree aggregators, each figure beside its floor\n\n\
         {:>7}{:>10}{:>10}{:>9}{:>10}{:>9}{:>10}{:>9}{:>10}{:>9}{:>8}",
        "clients",
        "elements",
        "mask",
        "floor",
        "sided",
        "floor",
        "neutral",
        "floor",
        "combine",
        "floor",
        "digest"
    )
    .ok();
    for row in rows {
        writeln!(
            out,
            "{:>7}{:>10}{:>10.2}{:>9.2}{:>10.1}{:>9.1}{:>10.1}{:>9.1}{:>10.2}{:>9.2}{:>8.2}",
            row.clients,
            row.dimension,
            row.mask.median_ms,
            row.mask_floor_ms,
            row.sided_ms,
            row.sided_floor_ms,
            row.neutral_ms,
            row.neutral_floor_ms,
            row.combine_ms,
            row.combine_floor_ms,
            row.digest_ms,
        )
        .ok();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attempt of five whose client and server take `client` and `server` milliseconds, beside
    /// floors of one and a digest of two.
    fn measured(client: u64, server: u64) -> Measured {
        let ms = Duration::from_millis;
        Measured {
            masked: vec![ms(client)],
            all_in: vec![ms(client)],
            client_floor: ms(1),
            server: ms(server),
            server_floor: ms(1),
            digest: ms(2),
            uploads: 5,
            bytes: 4_000_100,
            memory: Some(8_000_000),
            spooled: None,
        }
    }

    #[test]
    fn what_only_the_digests_put_over_its_target_is_told_apart() {
        let shape = Shape { clients: 5, dimension: 1_000_000, ring_bits: 32, dropped: 0 };
        let row = |client, server| row(shape, measured(client, server));
        let integrity = row(4, 22);
        assert_eq!((integrity.mask_times, integrity.server_times), (4.0, 22.0));
        assert_eq!((integrity.mask_digest_floor_ms, integrity.server_digest_floor_ms), (3.0, 11.0));
        assert_eq!((integrity.mask_digest_times, integrity.server_digest_times), (4.0 / 3.0, 2.0));
        assert_eq!((integrity.met, integrity.met_with_digests), (false, true));
        let slow = row(6, 22);
        assert_eq!((slow.met, slow.met_with_digests), (false, false));
        let fast = row(1, 3);
        assert_eq!((fast.met, fast.met_with_digests), (true, true));
        let rows = vec![integrity, slow, fast];
        let shown =
            text(&Table { ring_bits: 32, rows, three_aggregators: Vec::new(), over: Vec::new() });
        let ends: Vec<bool> = shown.lines().map(|l| l.ends_with("  over by the digests")).collect();
        assert_eq!(ends.iter().filter(|end| **end).count(), 1);
        assert_eq!(shown.lines().filter(|line| line.ends_with("  over")).count(), 1);
        // The legend says what both mean, and which column the exit status is by.
        for said in ["over by the digests: over its target by `times`", "the command ends with 1"] {
            assert!(shown.contains(said), "{shown}");
        }
    }
}
