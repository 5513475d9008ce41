//! Which entries a key signed, and what they did: two or three bytes each.

use concordat_terms::ActName;

/// Entries with their acts, in the order of the log: how far each is from the one before it, and the
/// act's place in [`ActName::ALL`], seven bits a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    last: u64,
}

impl Packed {
    /// One more entry, later than all before it.
    pub(super) fn push(&mut self, index: u64, act: ActName) {
        put(&mut self.bytes, index - self.last);
        put(&mut self.bytes, act as u64);
        self.last = index;
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, ActName)> {
        let (mut bytes, mut index) = (self.bytes.iter(), 0);
        std::iter::from_fn(move || {
            index += take(&mut bytes)?;
            let act = usize::try_from(take(&mut bytes)?).ok()?;
            Some((index, *ActName::ALL.get(act)?))
        })
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let entries: Vec<(u64, ActName)> = [0, 1, 2, 127, 128, 255, 20_000, 1 << 40]
            .into_iter()
            .zip(ActName::ALL.iter().copied().cycle().step_by(17))
            .collect();
        let mut packed = Packed::default();
        entries.iter().for_each(|(index, act)| packed.push(*index, *act));
        assert_eq!(packed.iter().collect::<Vec<_>>(), entries);
        for (place, act) in ActName::ALL.iter().enumerate() {
            assert_eq!(place, *act as usize, "{act}");
        }
    }
}
