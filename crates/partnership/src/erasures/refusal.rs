//! Why an erasure changes nothing.

use concordat_terms::{Digest, PartyId};

use crate::refusal::refusals;

refusals! {
    /// A refusal about what was erased, or is to be.
    ErasureRefusal {
        "erases-nothing" ErasesNothing
            told { "the act names nothing that is to be erased" }
            then { "name commitments or blobs, as statements have them" },
        "unknown-paper" UnknownPaper { paper: Digest }
            told { "no statement names `{paper}`" }
            then { "name a commitment or blob as a statement has it; what no statement names is erased without an act" },
        "not-your-paper" NotYourPaper { paper: Digest, by: Option<PartyId> }
            told { "`{paper}` was named first by {}, which has not erased it", named(by.as_ref()) }
            then { format!("ask {} to erase it", named(by.as_ref())) },
        "not-erasable" NotErasable { paper: Digest }
            told { "`{paper}` is a module, a regime's pack or a version of an asset, on which verdicts rest" }
            then { "leave it; delete versions, and say so (`deletion.attest`)" },
        "paper-held" PaperHeld { paper: Digest, hold: u64 }
            told { "`{paper}` is kept as evidence, under hold {hold}" }
            then { "leave it as it is until the hold is lifted (`hold.lift`)" },
        "already-erased" AlreadyErased { paper: Digest, entry: u64 }
            told { "`{paper}` was erased by your entry {entry}" }
            then { "let it be" },
        "names-erased" NamesErased { paper: Digest, entry: u64 }
            told { "`{paper}` was erased by entry {entry}, and nobody has it any more" }
            then { "name another text; one that differs by a byte, or by its salt, is another" },
    }
}

fn named(by: Option<&PartyId>) -> String {
    by.map_or_else(|| "the founders together".to_owned(), |by| format!("`{by}`"))
}
