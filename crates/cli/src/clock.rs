//! What this machine's clock has to say before anything is begun: certificates are judged by it, and by one
//! before 1970 not at all.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Failure;

/// Whether the clock can be used; [`crate::main`] asks once.
///
/// # Errors
/// It stands before 1970.
pub(crate) fn examine(now: SystemTime) -> Result<(), Failure> {
    let Err(before) = now.duration_since(UNIX_EPOCH) else { return Ok(()) };
    let seconds = before.duration().as_secs();
    Err(Failure::fault(
        "clock-before-1970",
        format!("the clock of this machine stands {seconds} seconds before 1970-01-01T00:00:00Z"),
        "set the clock of this machine, then run the command again",
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_before_1970_ends_every_command_before_it_begins() {
        let day = Duration::from_secs(24 * 3_600);
        for fine in [UNIX_EPOCH, UNIX_EPOCH + day, SystemTime::now()] {
            examine(fine).unwrap();
        }
        let failure = examine(UNIX_EPOCH - day).unwrap_err();
        assert_eq!((failure.code(), failure.problem().code.as_str()), (3, "clock-before-1970"));
        let what = "the clock of this machine stands 86400 seconds before 1970-01-01T00:00:00Z";
        assert_eq!(failure.problem().what, what);
        examine(UNIX_EPOCH - Duration::from_nanos(1)).unwrap_err();
    }
}
