//! Chance that a seed decides, the same on every machine.

/// A stream of numbers from a seed (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `n - 1`; 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.roll() % n as u64) as usize }
    }

    /// Whether something happens that does so `percent` times of a hundred.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them; `None` if there is none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// The choices that made a thing: drawn anew, or as they were before. Who changes one of them and
/// makes the thing again has one much like it.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    pub(crate) choices: Vec<u64>,
    at: usize,
    dice: Dice,
}

impl Tape {
    pub(crate) fn new(choices: Vec<u64>, seed: u64) -> Self {
        Self { choices, at: 0, dice: Dice::new(seed) }
    }

    pub(crate) fn draw(&mut self) -> u64 {
        if self.at == self.choices.len() {
            self.choices.push(self.dice.roll());
        }
        self.at += 1;
        self.choices[self.at - 1]
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.draw() % n as u64) as usize }
    }

    /// The choices that counted.
    pub(crate) fn used(mut self) -> Vec<u64> {
        self.choices.truncate(self.at);
        self.choices
    }
}
