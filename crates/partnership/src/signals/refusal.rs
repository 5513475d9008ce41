//! Why measured values change nothing.

use concordat_terms::ClauseRef;

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about signals.
    SignalRefusal {
        "unknown-signal" UnknownSignal { signal: ClauseRef }
            told { "the agreement in force has no signal `{signal}`" }
            then { "name a `signal` clause of the agreement in force" },
        "bad-batch" BadBatch { signal: ClauseRef, what: String } by signal
            told { "this is no batch of signal `{signal}`: {what}" }
            then { "file consecutive windows that are over, from where the last batch ended" },
    }
}
