//! What masking cannot do without, to be measured beside it.

use crate::mask::{Buffer, Keystream, PART};

/// Makes `count` keystreams of `bytes` bytes, part by part like masks, and does nothing with them.
pub fn keystreams(count: usize, bytes: usize) {
    let key = |at: usize| {
        let mut key = [0; 32];
        key.iter_mut().zip(at.to_le_bytes()).for_each(|(to, from)| *to = from);
        Keystream::new(&key)
    };
    let (mut streams, mut buffer) = ((0..count).map(key).collect::<Vec<_>>(), Buffer::new());
    for at in (0..bytes).step_by(PART) {
        let len = PART.min(bytes - at);
        for stream in &mut streams {
            std::hint::black_box(stream.next(&mut buffer, len));
        }
    }
}
