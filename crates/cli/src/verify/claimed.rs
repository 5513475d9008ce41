//! A file that somebody wrote, held against what it should be, as that comes about.

use concordat_tlog::archive::Files;

/// How much of the file is read at once.
const PART: usize = 1 << 16;

/// A file of an archive that is compared from its beginning on, a part of it at a time.
pub(super) struct Claimed<'a, F> {
    files: &'a F,
    name: &'static str,
    /// The part that was read, how much of it was compared, and where it begins in the file.
    part: Vec<u8>,
    compared: usize,
    start: u64,
    differs: Option<u64>,
}

impl<'a, F: Files> Claimed<'a, F> {
    /// The file of this name.
    pub(super) fn of(files: &'a F, name: &'static str) -> Self {
        Self { files, name, part: Vec::new(), compared: 0, start: 0, differs: None }
    }

    /// Holds the file against what it goes on with. The first byte that differs, when it does first.
    pub(super) fn expect(&mut self, mut bytes: &[u8]) -> Option<u64> {
        while self.differs.is_none() && !bytes.is_empty() {
            let left = self.left();
            let count = left.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            let same = left.iter().zip(now).take_while(|(found, right)| found == right).count();
            self.compared += same;
            bytes = later;
            if same < count || count == 0 {
                self.differs = Some(self.start + self.compared as u64);
                return self.differs;
            }
        }
        None
    }

    /// That nothing follows. The first byte that does.
    pub(super) fn end(&mut self) -> Option<u64> {
        if self.differs.is_some() || self.left().is_empty() {
            return None;
        }
        self.differs = Some(self.start + self.compared as u64);
        self.differs
    }

    /// What comes next in the file; nothing at its end.
    fn left(&mut self) -> &[u8] {
        if self.compared == self.part.len() {
            self.start += self.part.len() as u64;
            self.part = self.files.part(self.name, self.start, PART).unwrap_or_default();
            self.compared = 0;
        }
        self.part.get(self.compared..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_file_parts_from_what_it_should_be_at_the_byte_where_it_does() {
        let text = b"0123456789\n".repeat(PART / 5);
        let at = |found: &[u8]| {
            let files = BTreeMap::from([("lines".to_owned(), found.to_vec())]);
            let mut claimed = Claimed::of(&files, "lines");
            let lines = text.split_inclusive(|byte| *byte == b'\n');
            lines.filter_map(|line| claimed.expect(line)).last().or_else(|| claimed.end())
        };
        assert_eq!(at(&text), None);
        for place in [0, 7, PART - 1, PART, PART + 1, text.len() - 1] {
            let mut other = text.clone();
            other[place] ^= 1;
            assert_eq!(at(&other), Some(place as u64));
            assert_eq!(at(&text[..place]), Some(place as u64), "cut");
        }
        let longer = [text.as_slice(), b"0"].concat();
        assert_eq!(at(&longer), Some(text.len() as u64));
        assert_eq!(Claimed::of(&BTreeMap::new(), "lines").expect(b"0"), Some(0));
    }
}
