//! How much processor time processes have used, where the system tells it.

use std::fs;

use serde::Serialize;

use crate::pilot::stage::Stage;

/// Linux counts the time of a process in hundredths of a second.
const TICK_MS: f64 = 10.0;

/// Milliseconds of processor time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Used {
    pub(super) coordinator_ms: f64,
    /// All of them together.
    pub(super) nodes_ms: f64,
}

impl Used {
    /// What the services have used since they were started.
    pub(super) fn so_far(stage: &Stage) -> Option<Self> {
        let coordinator_ms = of(stage.coordinator.as_ref()?.id())?;
        let nodes_ms = stage.nodes.values().map(|node| of(node.id())).sum::<Option<f64>>()?;
        Some(Self { coordinator_ms, nodes_ms })
    }

    /// What was used since then, for each of so many rounds.
    pub(super) fn since(self, then: Self, rounds: usize) -> Self {
        let each = |now: f64, then: f64| (now - then) / rounds.max(1) as f64;
        Self {
            coordinator_ms: each(self.coordinator_ms, then.coordinator_ms),
            nodes_ms: each(self.nodes_ms, then.nodes_ms),
        }
    }
}

fn of(process: u32) -> Option<f64> {
    read(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Behind the program's name, which may have anything in it, the time in it and in the kernel are the
/// twelfth and the thirteenth.
fn read(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_whitespace().skip(11).map(|ticks| ticks.parse::<u64>().ok());
    Some((times.next()?? + times.next()??) as f64 * TICK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_process_are_read_whatever_its_name_is() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 0 0 20 0 1 0 5 6 7";
        assert_eq!(read(stat), Some(420.0));
        assert_eq!(read("7 (a) S 1"), None);
        let (then, now) = (
            Used { coordinator_ms: 10.0, nodes_ms: 0.0 },
            Used { coordinator_ms: 30.0, nodes_ms: 80.0 },
        );
        assert_eq!(now.since(then, 4), Used { coordinator_ms: 5.0, nodes_ms: 20.0 });
    }
}
