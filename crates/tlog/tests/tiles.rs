//! Tile paths and contents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_tlog::Tree;
use concordat_tlog::merkle::{leaf_hash, root_of};
use concordat_tlog::tile::{
    self, EntryTooLong, Level, NotABundle, TilePath, decode_entries, decode_hashes, encode_entries,
    paths,
};
use proptest::prelude::*;

fn tree(size: u64) -> Tree {
    Tree::of((0..size).map(|n| leaf_hash(&n.to_be_bytes())))
}

#[test]
fn paths_are_the_specifications() {
    for (level, index, width, text) in [
        (Level::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (Level::Hashes(0), 0, 256, "tile/0/000"),
        (Level::Hashes(1), 999, 1, "tile/1/999.p/1"),
        (Level::Hashes(63), 1000, 255, "tile/63/x001/000.p/255"),
        (Level::Entries, 273, 112, "tile/entries/273.p/112"),
        (Level::Entries, u64::MAX, 256, "tile/entries/x018/x446/x744/x073/x709/x551/615"),
    ] {
        let path = TilePath::new(level, index, width).unwrap();
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(path));
    }
    for bad in [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/x234",
        "tile/0/001/234",
        "tile/0/x001",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/entry/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/0/001.p/1/",
        "/tile/0/001",
        "tile/0/001/",
        "tile/8/0/001",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(bad.parse::<TilePath>().is_err(), "{bad}");
    }
    assert!(TilePath::new(Level::Hashes(64), 0, 1).is_none());
    assert!(TilePath::new(Level::Entries, 0, 0).is_none());
    assert!(TilePath::new(Level::Entries, 0, 257).is_none());
}

#[test]
fn a_log_of_seventy_thousand_has_the_published_tiles() {
    let of = |level: u8| -> Vec<u16> {
        paths(70_000).filter(|p| p.level() == Level::Hashes(level)).map(|p| p.width()).collect()
    };
    assert_eq!(of(0).len(), 274);
    assert_eq!(of(0).last(), Some(&112));
    assert_eq!(of(1), [256, 17]);
    assert_eq!(of(2), [1]);
    assert!(of(3).is_empty());
    assert_eq!(paths(0).count(), 0);
    let small: Vec<_> = paths(256).map(|p| p.to_string()).collect();
    assert_eq!(small, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
}

#[test]
fn each_hash_above_is_the_root_of_a_full_tile_below() {
    let tree = tree(600);
    let path: TilePath = "tile/1/000.p/2".parse().unwrap();
    let above = decode_hashes(&tile::from_tree(&tree, &path).unwrap(), 2).unwrap();
    for (index, hash) in above.iter().enumerate() {
        let path = TilePath::new(Level::Hashes(0), index as u64, 256).unwrap();
        let below = decode_hashes(&tile::from_tree(&tree, &path).unwrap(), 256).unwrap();
        assert_eq!(root_of(&below), *hash);
    }
    assert_eq!(tile::from_tree(&tree, &"tile/1/000.p/3".parse().unwrap()), None);
    assert_eq!(tile::from_tree(&tree, &"tile/0/002.p/89".parse().unwrap()), None);
    assert_eq!(tile::from_tree(&tree, &"tile/entries/000".parse().unwrap()), None);
}

#[test]
fn bundles_hold_their_entries_and_nothing_else() {
    let entries: [&[u8]; 3] = [b"a", b"", b"bcd"];
    let bytes = encode_entries(&entries).unwrap();
    assert_eq!(bytes, b"\0\x01a\0\0\0\x03bcd");
    assert_eq!(decode_entries(&bytes, 3).unwrap(), entries);
    assert_eq!(decode_entries(&bytes, 2), Err(NotABundle::Trailing { at: 5 }));
    assert_eq!(decode_entries(&bytes, 4), Err(NotABundle::Cut { entry: 3, at: 10 }));
    assert_eq!(decode_entries(&bytes[..9], 3), Err(NotABundle::Cut { entry: 2, at: 5 }));
    assert!(encode_entries(&[vec![0; 65_535]]).is_ok());
    assert_eq!(encode_entries(&[vec![0; 65_536]]), Err(EntryTooLong(65_536)));
    assert_eq!(decode_hashes(&[0; 63], 2), None);
    assert_eq!(decode_hashes(&[0; 96], 2), None);
}

proptest! {
    /// Paths print back; random texts that parse do too.
    #[test]
    fn paths_print_back(index in any::<u64>(), width in 1u16..=256, level in 0u8..=64) {
        let level = if level == 64 { Level::Entries } else { Level::Hashes(level) };
        let path = TilePath::new(level, index, width).unwrap();
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }
}
