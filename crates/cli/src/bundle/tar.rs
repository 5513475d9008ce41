//! One file for many: POSIX ustar with nothing in it that depends on who packs, where or when.

use std::collections::BTreeMap;

/// The size of a block.
const BLOCK: usize = 512;
/// How long a name may be; no file of a bundle has a longer one.
const NAME_MOST: usize = 100;

/// Why bytes are not an archive as [`pack`] writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct NotATar {
    /// Where.
    pub at: usize,
    /// What is not as it should be.
    pub what: &'static str,
}

/// The archive of these files, in the order of their names: each of mode 644, of nobody, of the
/// beginning of time.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        out.extend_from_slice(&header(name, bytes.len()));
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// Reads what [`pack`] writes, byte for byte, and nothing else.
///
/// # Errors
/// [`NotATar`].
pub fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, NotATar> {
    let (mut files, mut at) = (BTreeMap::<String, Vec<u8>>::new(), 0);
    loop {
        let fault = |what| NotATar { at, what };
        let block = bytes.get(at..at + BLOCK).ok_or(fault("the archive is cut short"))?;
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let name = block.get(..NAME_MOST).unwrap_or_default();
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| fault("the name is not UTF-8"))?;
        let digits = block.get(124..135).and_then(|digits| std::str::from_utf8(digits).ok());
        let length = digits.and_then(|digits| usize::from_str_radix(digits, 8).ok());
        let length = length.ok_or(fault("the length is no octal number"))?;
        if header(name, length) != *block {
            return Err(fault("the header is not as this program writes it"));
        }
        if files.keys().next_back().is_some_and(|last| last.as_str() >= name) {
            return Err(fault("the names do not ascend"));
        }
        let start = at + BLOCK;
        let content = start.checked_add(length).and_then(|end| bytes.get(start..end));
        let content = content.ok_or(fault("the archive is cut short"))?;
        files.insert(name.to_owned(), content.to_vec());
        at = (start + length).next_multiple_of(BLOCK);
    }
    // Padding and end have one spelling too.
    let again = pack(&files);
    match again.iter().zip(bytes).position(|(right, found)| right != found) {
        Some(at) => Err(NotATar { at, what: "the padding is not empty" }),
        None if again.len() != bytes.len() => Err(NotATar {
            at: again.len().min(bytes.len()),
            what: "the end is not two empty blocks",
        }),
        None => Ok(files),
    }
}

fn header(name: &str, length: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        block.iter_mut().skip(at).zip(bytes).for_each(|(to, byte)| *to = *byte);
    };
    put(0, name.as_bytes().get(..NAME_MOST).unwrap_or(name.as_bytes()));
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{length:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let mut put = |at: usize, bytes: &[u8]| {
        block.iter_mut().skip(at).zip(bytes).for_each(|(to, byte)| *to = *byte);
    };
    put(148, format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BTreeMap<String, Vec<u8>> {
        let long = format!("blobs/{}", "7".repeat(64));
        [("a.txt", vec![1; 511]), ("b/c", vec![]), (&long, vec![2; 513])]
            .map(|(name, bytes)| (name.to_owned(), bytes))
            .into()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let packed = pack(&files());
        assert_eq!(packed.len() % BLOCK, 0);
        assert_eq!(unpack(&packed).unwrap(), files());
        assert_eq!(unpack(&pack(&BTreeMap::new())).unwrap(), BTreeMap::new());
    }

    #[test]
    fn no_byte_outside_of_the_files_can_change() {
        let packed = pack(&files());
        for at in 0..packed.len() {
            let mut other = packed.clone();
            other[at] ^= 1;
            let same = unpack(&other).is_ok_and(|found| found == files());
            assert!(!same, "byte {at}");
        }
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
        assert!(unpack(&packed[..packed.len() - BLOCK]).is_err());
        assert!(unpack(&[packed.as_slice(), &[0; BLOCK]].concat()).is_err());
        assert!(unpack(b"").is_err());
    }
}
