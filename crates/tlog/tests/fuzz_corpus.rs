//! Every parser of the log, on what fuzzing kept and on good inputs changed a little, many times:
//! none panics, and whatever is taken has one spelling. The long runs are in `fuzz/`; this is a
//! bounded number of cases, the same each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test reads the corpus")]

#[path = "../../../fuzz/src/changed.rs"]
mod changed;
#[path = "../../../fuzz/src/log.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the fuzz targets")]
mod log;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use changed::{Rng, changed, kept};

const CASES: u64 = 12_000;
/// Of archives, whose every case checks a log.
const ARCHIVES: u64 = 1_500;

#[test]
fn every_part_of_a_log_is_read_or_refused_however_it_is_changed() {
    for (number, (target, exercise)) in (1..).zip(log::TARGETS) {
        let good = log::seeds(target);
        let taken = good.iter().filter(|seed| exercise(seed)).count();
        assert!(taken > 0, "{target}: no good input");
        let seeds = [good, kept(target)].concat();
        let mut rng = Rng(number);
        let cases = if target == "archive" { ARCHIVES } else { CASES };
        let mut taken = 0;
        for case in 0..cases {
            let bytes = match seeds.get(case as usize) {
                Some(seed) => seed.clone(),
                None => changed(&mut rng, &seeds),
            };
            match catch_unwind(AssertUnwindSafe(|| exercise(&bytes))) {
                Ok(is_good) => taken += u64::from(is_good),
                Err(_) => panic!("{target}, case {case}: {:?}", String::from_utf8_lossy(&bytes)),
            }
        }
        // Cases that never get past the first byte would say little.
        assert!(taken * 200 >= cases, "{target}: {taken} of {cases} were taken");
        println!("{target}: {taken} of {cases} were taken");
    }
}

/// What the target of policies asserts can fail.
#[test]
fn a_policy_that_one_more_spoils_would_be_found() {
    for count in [3, 9] {
        let names = (0..count).map(|nth| format!("w{nth}")).collect();
        assert!(log::one_more_never_spoils(&names, |set| set.len() >= 2));
        assert!(!log::one_more_never_spoils(&names, |set| set.len() == 2));
        let but_all = |set: &std::collections::BTreeSet<String>| set.len() < names.len();
        assert!(!log::one_more_never_spoils(&names, but_all));
    }
}

/// `UPDATE_GOLDEN=1` writes the good inputs to where fuzzing starts.
#[test]
fn fuzzing_starts_from_the_good_inputs() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, _) in log::TARGETS {
        for (number, seed) in log::seeds(target).into_iter().enumerate() {
            let path = corpus.join(target).join(format!("good-{number}"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &seed).unwrap();
            }
            let found = fs::read(&path).unwrap_or_default();
            assert!(found == seed, "`{}` differs: UPDATE_GOLDEN=1", path.display());
        }
    }
}
