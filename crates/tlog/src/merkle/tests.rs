use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

/// The entries of the test tree that Certificate Transparency implementations share.
fn published_entries() -> Vec<Vec<u8>> {
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .iter()
    .map(|text| hex::decode(text).unwrap())
    .collect()
}

const PUBLISHED_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

#[test]
fn roots_are_the_published_ones() {
    let leaves: Vec<_> = published_entries().iter().map(|entry| leaf_hash(entry)).collect();
    let tree = Tree::of(leaves.iter().copied());
    for (size, root) in PUBLISHED_ROOTS.iter().enumerate() {
        let root: Digest = root.parse().unwrap();
        assert_eq!(root_of(&leaves[..size]), root, "size {size}");
        assert_eq!(tree.root_at(size as u64), Ok(root), "size {size}");
    }
}

#[test]
fn the_published_proof_is_ours() {
    // The audit path of the first leaf in the tree of eight.
    let tree = Tree::of(published_entries().iter().map(|entry| leaf_hash(entry)));
    let path = tree.prove_inclusion(0, 8).unwrap();
    let shown: Vec<_> = path.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
}

#[test]
fn an_independent_tree_makes_the_same_roots_and_proofs() {
    let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    let mut ours = Tree::default();
    let mut frontier = Frontier::default();
    for n in 0..70u64 {
        theirs.push(n.to_be_bytes());
        ours.append(leaf_hash(&n.to_be_bytes()));
        frontier.append(leaf_hash(&n.to_be_bytes()));
        let size = n + 1;
        assert_eq!(theirs.root().as_bytes().as_slice(), ours.root().as_bytes());
        assert_eq!(frontier.root(), ours.root());
        assert_eq!(frontier.size(), ours.size());
        for index in 0..size {
            let path = tile_bytes(&ours.prove_inclusion(index, size).unwrap());
            assert_eq!(theirs.prove_inclusion(index as usize).as_bytes(), path, "{index}/{size}");
        }
        for old in 1..=size {
            let path = tile_bytes(&ours.prove_consistency(old, size).unwrap());
            let additions = (size - old) as usize;
            assert_eq!(theirs.prove_consistency(additions).as_bytes(), path, "{old}/{size}");
        }
    }
}

fn tile_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn every_proof_of_a_small_tree_verifies_and_proves_nothing_else() {
    const SIZE: u64 = 20;
    let tree = Tree::of(leaves(SIZE));
    let other = leaf_hash(b"other");
    for size in 1..=SIZE {
        let root = tree.root_at(size).unwrap();
        for (index, leaf) in (0..size).zip(tree.leaves()) {
            let path = tree.prove_inclusion(index, size).unwrap();
            assert_eq!(verify_inclusion(leaf, index, size, &root, &path), Ok(()));
            assert!(verify_inclusion(&other, index, size, &root, &path).is_err());
            assert!(verify_inclusion(leaf, index, size, &other, &path).is_err());
            assert!(verify_inclusion(leaf, size, size, &root, &path).is_err());
            for wrong in (0..size).filter(|wrong| *wrong != index) {
                assert!(verify_inclusion(leaf, wrong, size, &root, &path).is_err());
            }
            let longer = [path.as_slice(), &[other]].concat();
            assert!(verify_inclusion(leaf, index, size, &root, &longer).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_inclusion(leaf, index, size, &root, shorter).is_err());
            }
        }
        for old in 0..=size {
            let old_root = tree.root_at(old).unwrap();
            let path = tree.prove_consistency(old, size).unwrap();
            assert_eq!(verify_consistency(old, &old_root, size, &root, &path), Ok(()));
            assert!(verify_consistency(old, &other, size, &root, &path).is_err());
            let longer = [path.as_slice(), &[other]].concat();
            assert!(verify_consistency(old, &old_root, size, &root, &longer).is_err());
            if old > 0 {
                assert!(verify_consistency(old, &old_root, size, &other, &path).is_err());
            }
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at] = other;
                assert!(verify_consistency(old, &old_root, size, &root, &changed).is_err());
            }
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_consistency(old, &old_root, size, &root, shorter).is_err());
            }
        }
    }
}

#[test]
fn a_proof_does_not_serve_a_tree_of_another_height() {
    let tree = Tree::of(leaves(20));
    for size in 2..=20u64 {
        let root = tree.root_at(size).unwrap();
        let leaf = tree.leaves()[0];
        let path = tree.prove_inclusion(0, size).unwrap();
        let taller = 2 * size.next_power_of_two();
        let length = Err(BadProof::Length(path.len()));
        assert_eq!(verify_inclusion(&leaf, 0, taller, &root, &path), length);
        assert_eq!(verify_inclusion(&leaf, 0, 1, &root, &path), length);
        for old in 1..size {
            let old_root = tree.root_at(old).unwrap();
            let path = tree.prove_consistency(old, size).unwrap();
            let length = Err(BadProof::Length(path.len()));
            assert_eq!(verify_consistency(old, &old_root, taller, &root, &path), length);
        }
    }
}

#[test]
fn a_second_history_has_no_consistency_proof() {
    let honest = Tree::of(leaves(30));
    let mut forged = leaves(30);
    forged[3] = leaf_hash(b"rewritten");
    let forged = Tree::of(forged);
    let seen = honest.root_at(20).unwrap();
    for tree in [&honest, &forged] {
        let path = tree.prove_consistency(20, 30).unwrap();
        let result = verify_consistency(20, &seen, 30, &forged.root(), &path);
        assert_eq!(result, Err(BadProof::Root));
    }
}

#[test]
fn what_a_tree_does_not_have_it_does_not_prove() {
    let tree = Tree::of(leaves(5));
    assert_eq!(tree.root_at(6), Err(NotInTree::Size { asked: 6, size: 5 }));
    assert_eq!(tree.prove_inclusion(5, 5), Err(NotInTree::Index { index: 5, size: 5 }));
    assert_eq!(tree.prove_inclusion(0, 6), Err(NotInTree::Size { asked: 6, size: 5 }));
    assert_eq!(tree.prove_consistency(4, 3), Err(NotInTree::Size { asked: 4, size: 3 }));
    assert_eq!(Tree::default().root(), empty_root());
    assert!(verify_consistency(4, &tree.root(), 3, &tree.root(), &[]).is_err());
}

#[test]
fn a_frontier_survives_storage_and_refuses_a_size_that_does_not_fit() {
    let mut frontier = Frontier::default();
    for leaf in leaves(11) {
        frontier.append(leaf);
        let stored = serde_json::to_string(&frontier).unwrap();
        assert_eq!(serde_json::from_str::<Frontier>(&stored).unwrap(), frontier);
    }
    let peaks = frontier.peaks().to_vec();
    assert_eq!(Frontier::from_peaks(11, peaks.clone()), Ok(frontier));
    assert!(Frontier::from_peaks(15, peaks.clone()).is_err());
    let stored = serde_json::json!({"size": 12, "peaks": peaks}).to_string();
    assert!(serde_json::from_str::<Frontier>(&stored).is_err());
}

proptest! {
    /// Sizes and hashes of any kind never panic, and never verify against an unrelated root.
    #[test]
    fn random_proofs_prove_nothing(
        index in any::<u64>(),
        size in any::<u64>(),
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
        root in any::<[u8; 32]>(),
    ) {
        let path: Vec<_> = hashes.into_iter().map(Digest).collect();
        let leaf = leaf_hash(b"leaf");
        prop_assert!(verify_inclusion(&leaf, index, size, &Digest(root), &path).is_err());
        prop_assert!(verify_consistency(index, &leaf, size, &Digest(root), &path).is_err());
        let near = index % 100;
        prop_assert!(verify_inclusion(&leaf, near, near + 1, &Digest(root), &path).is_err());
    }

    /// Proofs between any two sizes of a larger tree verify.
    #[test]
    fn proofs_of_larger_trees_verify(size in 1u64..3000, a in any::<u64>(), b in any::<u64>()) {
        let tree = Tree::of(leaves(size));
        let new = 1 + a % size;
        let old = b % (new + 1);
        let (new_root, old_root) = (tree.root_at(new).unwrap(), tree.root_at(old).unwrap());
        let path = tree.prove_consistency(old, new).unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, new, &new_root, &path), Ok(()));
        let index = b % new;
        let path = tree.prove_inclusion(index, new).unwrap();
        let leaf = tree.leaves()[index as usize];
        prop_assert_eq!(verify_inclusion(&leaf, index, new, &new_root, &path), Ok(()));
    }
}

#[test]
fn a_tree_whose_leaves_are_elsewhere_proves_what_one_in_memory_does() {
    let leaves = leaves(1_300);
    let (mut tiled, mut tree) = (TiledTree::default(), Tree::default());
    let mut kept: Vec<Vec<Digest>> = Vec::new();
    for leaf in &leaves {
        kept.extend(tiled.append(*leaf));
        tree.append(*leaf);
        assert_eq!(tiled.size(), tree.size());
    }
    assert_eq!((kept.len(), tiled.edge().len()), (5, 20));
    let mut keeper = |tile: u64| kept.get(tile as usize).cloned();
    let sizes = [1, 2, 100, 255, 256, 257, 512, 700, 1_024, 1_279, 1_280, 1_281, 1_300];
    for size in sizes {
        for index in [0, 1, 99, 255, 256, 300, 511, 512, 1_023, 1_279, 1_280, 1_299] {
            let ours = tiled.prove_inclusion(index, size, &mut keeper);
            assert_eq!(ours, tree.prove_inclusion(index, size), "{index} of {size}");
            assert_eq!(tiled.leaf(index, &mut keeper).unwrap(), leaves[index as usize]);
        }
        for old in sizes {
            let ours = tiled.prove_consistency(old, size, &mut keeper);
            assert_eq!(ours, tree.prove_consistency(old, size), "{old} of {size}");
        }
        for path in crate::tile::paths(size) {
            let ours = tiled.tile(&path, &mut keeper).unwrap();
            assert_eq!(ours, crate::tile::from_tree(&tree, &path), "{path}");
        }
    }
    // Where a leaf was changed elsewhere nothing is proved with it.
    let mut bent = |tile: u64| {
        let mut leaves = kept.get(tile as usize).cloned()?;
        leaves[7] = leaf_hash(b"another");
        Some(leaves)
    };
    assert_eq!(tiled.prove_inclusion(3, 1_300, &mut bent), Err(NotInTree::Unread { tile: 0 }));
    assert_eq!(tiled.leaf(300, &mut |_| None), Err(NotInTree::Unread { tile: 1 }));
    let outside = NotInTree::Index { index: 1_300, size: 1_300 };
    assert_eq!(tiled.leaf(1_300, &mut bent), Err(outside));
    // However large the log, a proof reads two tiles at most.
    let mut asked = 0;
    tiled
        .prove_inclusion(3, 700, &mut |tile| {
            asked += 1;
            kept.get(tile as usize).cloned()
        })
        .unwrap();
    assert_eq!(asked, 2);
}
