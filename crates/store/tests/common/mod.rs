//! What lies on the disk, for stories in which nothing may be left of something.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, unreachable_pub)]

use std::path::Path;

/// The bytes of every file below a folder.
pub fn every_byte(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            bytes.extend(every_byte(&path));
        } else {
            bytes.extend(std::fs::read(&path).unwrap());
        }
    }
    bytes
}
