//! Words that lie at the coordinator and are read chunk by chunk: a piece of them at a time is here.

use std::cell::RefCell;

use concordat_secagg::{CHUNK, Chunks, Params};
use concordat_wire::api::PIECE;

use crate::client::Fault;

/// Why a piece did not come, of whichever vectors are read over one line.
#[derive(Debug, Default)]
pub(crate) struct Line(RefCell<Option<Fault>>);

impl Line {
    /// What was read over a line that broke says nothing of the words.
    pub(crate) fn broken(self) -> Option<Fault> {
        self.0.into_inner()
    }
}

/// One vector, of which `fetch` brings up to [`PIECE`] chunks from the given one on.
pub(crate) struct Fetching<'a, F> {
    params: &'a Params,
    line: &'a Line,
    fetch: F,
    /// The first chunk of the piece that is here, and its bytes.
    piece: RefCell<(usize, Vec<u8>)>,
}

impl<'a, F: Fn(usize) -> Result<Vec<u8>, Fault>> Fetching<'a, F> {
    pub(crate) fn new(params: &'a Params, line: &'a Line, fetch: F) -> Self {
        Self { params, line, fetch, piece: RefCell::default() }
    }
}

impl<F: Fn(usize) -> Result<Vec<u8>, Fault>> Chunks for Fetching<'_, F> {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        let first = chunk - chunk % PIECE;
        let mut piece = self.piece.borrow_mut();
        if piece.0 != first || piece.1.is_empty() {
            match (self.fetch)(first) {
                Ok(bytes) => *piece = (first, bytes),
                Err(fault) => {
                    *self.line.0.borrow_mut() = Some(fault);
                    return false;
                }
            }
        }
        let element = self.params.ring().bytes();
        let start = (chunk - first) * CHUNK * element;
        let end = start + self.params.chunk_len(chunk) * element;
        piece.1.get(start..end).map(|bytes| to.extend_from_slice(bytes)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use concordat_secagg::{Proposal, RingVec};

    use super::*;

    fn params(dimension: u32) -> Params {
        let proposal = Proposal {
            clients: 4,
            threshold: 3,
            colluders: 1,
            dropouts: 1,
            ring_bits: 32,
            dimension,
            units_per_round: 1,
            levels: 1_000,
            noise: 0,
        };
        Params::prove(proposal).unwrap()
    }

    #[test]
    fn a_vector_is_fetched_piece_by_piece_and_read_chunk_by_chunk() {
        let dimension = (PIECE + 2) * CHUNK + 5;
        let params = params(dimension as u32);
        let vector = RingVec::from_signed(params.ring(), (0..dimension as i64).map(|at| at * 7));
        let asked = RefCell::new(Vec::new());
        let fetch = |first: usize| {
            asked.borrow_mut().push(first);
            let mut bytes = Vec::new();
            let chunks = (first..first + PIECE).map_while(|chunk| vector.chunk(chunk));
            chunks.for_each(|chunk| chunk.put_bytes(&mut bytes));
            Ok(bytes)
        };
        let line = Line::default();
        let (fetching, mut read, mut all) =
            (Fetching::new(&params, &line, fetch), Vec::new(), Vec::new());
        for chunk in 0..params.chunks() {
            assert!(fetching.read(chunk, &mut read));
        }
        vector.put_bytes(&mut all);
        assert_eq!(read, all);
        drop(fetching);
        assert_eq!(asked.into_inner(), [0, PIECE]);
        assert_eq!(line.broken(), None);
    }

    #[test]
    fn a_line_that_breaks_is_no_word_about_the_vector() {
        let (params, line) = (params(5), Line::default());
        let gone = Fault::Offline("nobody answers".to_owned());
        let fetching = Fetching::new(&params, &line, |_| Err(gone.clone()));
        assert!(!fetching.read(0, &mut Vec::new()));
        drop(fetching);
        assert_eq!(line.broken(), Some(gone.clone()));
        // Too few bytes are one.
        let line = Line::default();
        let fetching = Fetching::new(&params, &line, |_| Ok(vec![0; 8]));
        assert!(!fetching.read(0, &mut Vec::new()));
        drop(fetching);
        assert_eq!(line.broken(), None);
    }
}
