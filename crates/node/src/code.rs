//! Which code runs beside the rows.

use concordat_terms::Digest;

/// The code of this build that computes on rows: what a steward approves with `code.approve`, and
/// what a plan names.
///
/// It is the digest ([`Digest::of_parts`]) over the path and the bytes of each source file, in the
/// order of their paths from the root of the repository:
///
/// * every `.rs` file below `crates/data/src`, `crates/dp/src`, `crates/learn/src`,
///   `crates/sandbox/src` and `crates/secagg/src`: how rows are read, gradients computed, noise
///   drawn, programs of others kept in and vectors masked;
/// * `crates/node/src/train.rs`, `crates/node/src/rounds.rs`, `crates/node/src/trainers.rs` and every
///   `.rs` file below `crates/node/src/trainers`, which put these together;
/// * `Cargo.lock`, and through it the version and checksum of every dependency.
///
/// So a changed kernel is other code, which nobody has approved. What it does not prove: which
/// compiler, flags and machine made and run the binary, what the rest of the node does around this
/// code (`crates/terms`, which both use, included), and that a node tells the truth about itself.
/// `docs/explanation/code.md` says what follows from that.
pub const CODE: Digest = Digest(include!(concat!(env!("OUT_DIR"), "/code.rs")));

/// [`CODE`] in hexadecimal.
pub const CODE_HEX: &str = env!("CONCORDAT_CODE");

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test reads the sources")]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(root: &Path, dir: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for item in fs::read_dir(root.join(dir)).unwrap() {
            let path = item.unwrap().path();
            let name = format!("{dir}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                sources(root, &name, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }

    fn digest(files: &BTreeMap<String, Vec<u8>>) -> Digest {
        let parts: Vec<&[u8]> =
            files.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]).collect();
        Digest::of_parts(&parts)
    }

    #[test]
    fn the_code_is_the_digest_of_the_sources_and_any_change_makes_it_other_code() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files = BTreeMap::new();
        for dir in ["data", "dp", "learn", "sandbox", "secagg"] {
            sources(&root, &format!("crates/{dir}/src"), &mut files);
        }
        sources(&root, "crates/node/src/trainers", &mut files);
        let own =
            ["rounds.rs", "train.rs", "trainers.rs"].map(|own| format!("crates/node/src/{own}"));
        for name in own.into_iter().chain(["Cargo.lock".to_owned()]) {
            let bytes = fs::read(root.join(&name)).unwrap();
            files.insert(name, bytes);
        }
        assert!(files.contains_key("crates/learn/src/logistic.rs"));
        assert_eq!(digest(&files), CODE);
        assert_eq!(CODE.to_string(), CODE_HEX);

        // One byte of a kernel, or a file under another name.
        let mut changed = files.clone();
        changed.get_mut("crates/learn/src/logistic.rs").unwrap()[0] ^= 1;
        assert_ne!(digest(&changed), CODE);
        let kernel = files.remove("crates/learn/src/logistic.rs").unwrap();
        files.insert("crates/learn/src/logistics.rs".to_owned(), kernel);
        assert_ne!(digest(&files), CODE);
    }
}
