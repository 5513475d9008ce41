//! How much memory this process takes, where the system tells it.

use std::fs;

/// Bytes of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Memory {
    /// In memory now.
    pub(in super::super) resident: u64,
    /// The most that there ever were.
    pub(in super::super) peak: u64,
}

/// What it takes now. Linux tells it in a file; elsewhere nothing is told, and nothing is judged by
/// it.
pub(in super::super) fn now() -> Option<Memory> {
    read(&fs::read_to_string("/proc/self/status").ok()?)
}

/// What it takes now, and from now on the peak is counted anew; where the system does not do that,
/// nothing is told either.
pub(in super::super) fn from_now() -> Option<Memory> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    now()
}

fn read(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kib.checked_mul(1_024)
    };
    Some(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read_and_anything_else_is_not() {
        let status = "Name:\tconcordat\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(read(status), Some(Memory { resident: 1 << 20, peak: 2 << 20 }));
        assert_eq!(read("Name:\tconcordat\n"), None);
        assert_eq!(read("VmHWM: many\nVmRSS: 1 kB\n"), None);
    }
}
