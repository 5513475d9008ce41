//! A masked vector that is taken in chunks: what its signature covers, and where its words lie.

use concordat_terms::Digest;

use crate::message::{Body, Masked, Signed, Step, masked_digest};
use crate::ring::{Word, digest_of_chunks, digest_of_words};
use crate::{CHUNK, Params, RingVec};

/// MaskedInput without the words: what the signature under a [`Masked`] covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The digest over the names and keys of U2 as this client saw them.
    pub peers: Digest,
    /// The digest of the masked vector: see [`RingVec::digest`].
    pub vector: Digest,
}

impl Body for Upload {
    const STEP: Step = Step::MaskedInput;

    fn digest(&self) -> Digest {
        masked_digest(self.peers, self.vector)
    }
}

impl Signed<Masked> {
    /// The same message with the digest of its vector; the same signature holds under both.
    pub fn upload(&self) -> Signed<Upload> {
        let body = Upload { peers: self.body.peers, vector: self.body.vector.digest() };
        Signed { from: self.from.clone(), body, signature: self.signature }
    }
}

/// An upload before its words: what its client signs, and the digest of each chunk that will come.
///
/// A chunk is then known by its digest alone, whoever brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The signed digest of the whole.
    pub upload: Signed<Upload>,
    /// The digest of every chunk of [`CHUNK`] elements, in order.
    pub chunks: Vec<Digest>,
}

impl Announced {
    /// Whether these are the chunks of the vector that was signed, and as many as agreed.
    #[must_use]
    pub fn fits(&self, params: &Params) -> bool {
        are_of(&self.chunks, params, self.upload.body.vector)
    }

    /// The same upload with its words in the message; the same signature holds under both.
    #[must_use]
    pub fn whole(self, vector: RingVec) -> Signed<Masked> {
        let Signed { from, body, signature } = self.upload;
        Signed { from, body: Masked { peers: body.peers, vector }, signature }
    }
}

/// Whether these are the digests of the chunks of the vector of that digest, each of them.
pub(crate) fn are_of(chunks: &[Digest], params: &Params, vector: Digest) -> bool {
    chunks.len() == params.chunks()
        && digest_of_chunks(params.ring(), params.dimension(), chunks) == vector
}

/// Where the words of one vector lie: in memory, or in a file that the caller keeps.
pub trait Chunks {
    /// Appends the elements of one chunk of [`CHUNK`], the last may be shorter, as little-endian
    /// bytes; the same ones whenever it is asked for. False where they are missing.
    #[must_use]
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool;
}

impl Chunks for RingVec {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        self.put_chunk(chunk, to)
    }
}

/// Reads every chunk once, in order, and hands each on with the place of its first element while
/// its bytes are still in the cache; then whether they are the vector of that digest, all of it.
///
/// # Errors
///
/// How many chunks were handed on, of something else.
pub(crate) fn read_signed(
    params: &Params,
    vector: Digest,
    words: &impl Chunks,
    mut take: impl FnMut(usize, &[u8]),
) -> Result<(), usize> {
    let (mut digesting, mut bytes) = (Digesting::new(params), Vec::new());
    while let Some((chunk, len)) = digesting.next() {
        bytes.clear();
        if !words.read(chunk, &mut bytes) || bytes.len() != len * params.ring().bytes() {
            return Err(chunk);
        }
        digesting.push(&bytes);
        take(chunk * CHUNK, &bytes);
    }
    if digesting.finish() == Some(vector) { Ok(()) } else { Err(params.chunks()) }
}

/// Takes the first `count` chunks off a sum again that [`read_signed`] had added; false where they
/// cannot be read a second time, so that the sum is of nobody any more.
#[must_use]
pub(crate) fn take_back(sum: &mut RingVec, count: usize, words: &impl Chunks) -> bool {
    let mut bytes = Vec::new();
    (0..count).all(|chunk| {
        bytes.clear();
        let read = words.read(chunk, &mut bytes);
        sum.subtract_bytes_at(chunk * CHUNK, &bytes);
        read
    })
}

/// The digest of a vector whose chunks come one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Digesting {
    params: Params,
    chunks: Vec<Digest>,
    /// Where a chunk's bytes are written.
    bytes: Vec<u8>,
}

impl Digesting {
    pub(crate) fn new(params: &Params) -> Self {
        let chunks = Vec::with_capacity(params.chunks());
        Self { params: params.clone(), chunks, bytes: Vec::new() }
    }

    /// Which chunk comes next, and how many elements it has; none at the end.
    pub(crate) fn next(&self) -> Option<(usize, usize)> {
        let (chunk, count) = (self.chunks.len(), self.params.chunks());
        (chunk < count).then(|| (chunk, self.params.chunk_len(chunk)))
    }

    /// Takes the next chunk, as little-endian bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.chunks.push(Digest::of(bytes));
    }

    /// As [`Digesting::push`].
    pub(crate) fn push_words<W: Word>(&mut self, words: &[W]) {
        self.chunks.push(digest_of_words(words, &mut self.bytes));
    }

    /// The digests of the chunks so far.
    pub(crate) fn chunks(&self) -> &[Digest] {
        &self.chunks
    }

    /// The digest of the whole; nothing before the last chunk.
    pub(crate) fn finish(&self) -> Option<Digest> {
        let (ring, len) = (self.params.ring(), self.params.dimension());
        self.next().is_none().then(|| digest_of_chunks(ring, len, &self.chunks))
    }
}
