//! How much a program uses with everything that it started, as `/proc` tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// What processes use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// Threads of all processes.
    pub(crate) tasks: u64,
    /// Bytes in memory that are no other file's.
    pub(crate) memory: u64,
}

/// Of a process and all that descend from it, itself left out; and its own children.
///
/// Inside walls nobody can get away: an orphan's parent is the first process of its namespace,
/// which descends from ours.
pub(crate) fn below(root: u32) -> (Use, Vec<u32>) {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let listed = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = listed.filter_map(|item| item.file_name().to_str()?.parse::<u32>().ok());
    for id in ids {
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let (mut all, mut seen, mut open) = (Use::default(), BTreeSet::from([root]), vec![root]);
    while let Some(next) = open.pop() {
        for child in children.get(&next).into_iter().flatten() {
            if seen.insert(*child) {
                open.push(*child);
                let Use { tasks, memory } = used(*child);
                all = Use { tasks: all.tasks + tasks, memory: all.memory + memory };
            }
        }
    }
    (all, children.remove(&root).unwrap_or_default())
}

/// Whether a process has ended, and with it all of the namespace whose first one it was.
pub(crate) fn is_over(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // A zombie only waits for somebody to ask how it ended.
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// The parent, by `/proc/<id>/stat`, whose second field may hold anything between its brackets.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

fn used(id: u32) -> Use {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let word = line.and_then(|line| line.split_whitespace().next());
        word.and_then(|word| word.parse::<u64>().ok()).unwrap_or(0)
    };
    let kilobytes = field("RssAnon:") + field("RssShmem:");
    Use { tasks: field("Threads:").max(1), memory: kilobytes.saturating_mul(1024) }
}

/// Bytes of all files below a folder, as far as `most`: each at least a block, so that many empty
/// ones count too. Links are not followed. What cannot be looked into is more than there may be.
pub(crate) fn bytes_below(folder: &Path, most: u64) -> u64 {
    let (mut sum, mut open) = (0_u64, vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        let listed = match fs::read_dir(&next) {
            Ok(listed) => listed,
            Err(why) if why.kind() == ErrorKind::NotFound => continue,
            Err(_) => return u64::MAX,
        };
        for item in listed {
            let Ok(item) = item else { return u64::MAX };
            let about = match fs::symlink_metadata(item.path()) {
                Ok(about) => about,
                // Gone meanwhile.
                Err(why) if why.kind() == ErrorKind::NotFound => continue,
                Err(_) => return u64::MAX,
            };
            sum = sum.saturating_add(about.len().max(512));
            if sum > most {
                return sum;
            }
            if about.is_dir() {
                open.push(item.path());
            }
        }
    }
    sum
}
