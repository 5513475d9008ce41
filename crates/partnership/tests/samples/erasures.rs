//! Samples of what is refused about erasures.

use concordat_partnership::ErasureRefusal;

use crate::{a, digest, refusals};

refusals! {
    ErasureRefusal;
    "Erasures": {
        ErasesNothing {}
            "An erasure names what is to be erased: commitments, or blobs.";
        UnknownPaper { paper: digest("name") }
            "What is erased, or held, is what an admitted act names by digest: a text that lies beside the log as a blob, or a commitment to what lies in a party's own folder.";
        NotYourPaper { paper: digest("name"), by: Some(a("alder")) }
            "Who named it first erases it first. From then on every party says the same of its own copies.";
        NotErasable { paper: digest("data-use") }
            "The texts of modules and of regimes' packs are needed by everybody who folds the log, for ever. Versions of assets are deleted by whoever holds them.";
        PaperHeld { paper: digest("name"), hold: 2 }
            "A hold names it (`papers`). The right to erasure gives way to legal claims (General Data Protection Regulation, Article 17(3)(e)).";
        AlreadyErased { paper: digest("name"), entry: 77 }
            "Each party says it once.";
        NamesErased { paper: digest("name"), entry: 77 }
            "Nobody has what was erased, and nothing is to bring it back: no later act names it.";
    }
}
