//! What holds of every byte string that is read as a bundle's file (POSIX ustar). A panic is a finding.

use std::collections::BTreeMap;

#[path = "../../crates/cli/src/bundle/tar.rs"]
mod tar;

/// The longest name.
const NAME_MOST: usize = 100;

/// Reads the bytes as they are; and packs files that they describe, a name and a content by turns, a
/// line each, and changes one byte of that, or its length. Whether either was taken.
pub fn packed(bytes: &[u8]) -> bool {
    let as_it_is = read(bytes);
    let Some((change, lines)) = bytes.split_first_chunk::<4>() else { return as_it_is };
    let mut lines = lines.split(|byte| *byte == b'\n');
    let mut files = BTreeMap::new();
    while let Some(name) = lines.next() {
        let name = String::from_utf8_lossy(name).replace('\0', "0");
        let fits = !name.is_empty() && name.len() <= NAME_MOST;
        if fits {
            files.insert(name, lines.next().unwrap_or_default().to_vec());
        }
    }
    let packed = tar::pack(&files);
    assert_eq!(tar::unpack(&packed).as_ref(), Ok(&files));
    let [high, low, byte, what] = *change;
    let at = usize::from(u16::from_be_bytes([high, low])) % (packed.len() + 1);
    let mut other = packed;
    match what % 3 {
        0 => other.truncate(at),
        1 => drop(other.splice(at..at, [byte])),
        _ => other.iter_mut().skip(at).take(1).for_each(|own| *own = byte),
    }
    as_it_is | read(&other)
}

fn read(bytes: &[u8]) -> bool {
    let Ok(files) = tar::unpack(bytes) else { return false };
    assert_eq!(tar::pack(&files), bytes, "a bundle's file has one spelling");
    true
}
