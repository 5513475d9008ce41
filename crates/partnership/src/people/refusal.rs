//! Why a signature does not count, and why an act about keys, people or parties changes nothing.

use concordat_terms::{
    ActName, AssetId, ClauseRef, CourseId, KeyId, MandateId, MemberId, PartyId, ProcessorId,
    SeatId, Timestamp,
};

use crate::refusal::{list, refusals};

refusals! {
    /// A refusal about keys, mandates, parties and sub-processors.
    PeopleRefusal {
        // Who signs.
        "key-ended" KeyEnded { key: KeyId, how: &'static str, index: u64 }
            told { "key `{key}` {how} at index {index}" }
            then { "sign with a key that its party has now (`concordat key`)" },
        "needs-mandate" NeedsMandate { seat: SeatId, clause: ClauseRef } by clause
            told { "nobody signs for the seat `{seat}` but under a mandate, says clause `{clause}`" }
            then { format!("have a member sign who has a mandate for `{seat}`") },
        "no-mandate" NoMandate { member: MemberId, seat: SeatId, party: PartyId }
            told { "`{member}` of `{party}` has no mandate for the seat `{seat}`" }
            then { format!("ask `{party}` for one (`mandate.grant`)") },
        "mandate-state" MandateState { mandate: MandateId, is: &'static str, needs: &'static str }
            told { "mandate `{mandate}` is {is}, and must be {needs}" }
            then { format!("act under a mandate that is {needs}") },
        "outside-mandate" OutsideMandate { mandate: MandateId, limit: String }
            told { "mandate `{mandate}` does not cover this: {limit}" }
            then { "keep within the mandate, or have somebody sign who may" },
        "training-stale" TrainingStale { mandate: MandateId, course: CourseId, clause: ClauseRef } by clause
            told { "mandate `{mandate}` is suspended: the training `{course}` that clause `{clause}` wants is missing or too old" }
            then { format!("have the training `{course}` recorded (`training.record`)") },
        "bound-only" BoundOnly { party: PartyId, seat: SeatId, act: ActName }
            told { "`{party}` no longer has the rights of the seat `{seat}`, and `{act}` discharges no duty that it still owes there" }
            then { "leave it to whoever has the seat now" },

        // Keys.
        "bad-key" BadKey { key: String, why: String }
            told { "`{key}` signs no acts: {why}" }
            then { "write an Ed25519 key as 64 hexadecimal digits" },
        "bad-witness-key" BadWitnessKey { key: String, why: String }
            told { "`{key}` cosigns no checkpoints: {why}" }
            then { "write a verifier key (`name+id+key`) of type 0x04, or Ed25519 as 64 hexadecimal digits; beside it, a verifier key of type 0x06" },
        "bad-export-key" BadExportKey { key: String, why: String }
            told { "`{key}` signs no exports: {why}" }
            then { "write the point of a P-256 key, compressed, as 66 hexadecimal digits" },
        "key-proof-missing" KeyProofMissing { key: KeyId, does: &'static str }
            told { "nothing shows that the party has the new key `{key}`, which {does}" }
            then { "give its signature as `proof` (`concordat key register` makes one)" },
        "key-used" KeyUsed { key: KeyId, does: &'static str }
            told { "key `{key}` {does}, and a key has one use" }
            then { "take a key that signs acts" },
        "cosigns-already" CosignsAlready { party: PartyId }
            told { "a key of `{party}` cosigns already" }
            then { "put the new one in its place (`key.rotate`)" },
        "key-taken" KeyTaken { key: KeyId }
            told { "key `{key}` is or was registered already" }
            then { "make a new key: one that ended stays ended" },
        "key-unproved" KeyUnproved { key: KeyId }
            told { "the new key `{key}` has not signed" }
            then { "have the new key sign too, for the seat `signatory`" },
        "not-your-key" NotYourKey { key: KeyId, party: PartyId }
            told { "`{party}` has no key `{key}` that is good" }
            then { "name a key of your own that has not ended" },
        "last-key" LastKey { key: KeyId, party: PartyId }
            told { "key `{key}` is the one by which `{party}` is known" }
            then { "put another in its place (`key.rotate`)" },
        "needs-first-key" NeedsFirstKey { party: PartyId, first: KeyId }
            told { "what becomes of its keys `{party}` says by key `{first}`, or by the key concerned" }
            then { format!("sign with key `{first}`") },
        "key-replaced" KeyReplaced { key: KeyId, by: KeyId, until: Timestamp }
            told { "key `{key}` was replaced by `{by}`, and signs beside it until {until}" }
            then { format!("name key `{by}`") },
        "overlap-out-of-bounds" OverlapOutOfBounds { until: Timestamp, from: Timestamp, to: Timestamp }
            told { "the old key would sign until {until}: that is not after {from} and at {to} at the latest" }
            then { "name a moment between these, or leave `until` out" },
        "not-the-next-key" NotTheNextKey { key: KeyId }
            told { "after key `{key}` comes the one that it is committed to, and no other" }
            then { "bring that key, or have another one decided (`key.recover`)" },
        "next-committed" NextCommitted { key: KeyId }
            told { "key `{key}` is committed to a next key already" }
            then { "put that one in its place (`key.rotate`), and commit the new key" },
        "bad-since" BadSince { since: u64, from: u64, to: u64 }
            told { "others cannot have had the key from entry {since} on: it is one from {from} to {to}" }
            then { format!("name an entry from {from} to {to}") },

        // Mandates.
        "unknown-mandate" UnknownMandate { mandate: MandateId }
            told { "there is no mandate `{mandate}`" }
            then { "grant it first (`mandate.grant`)" },
        "not-your-mandate" NotYourMandate { mandate: MandateId, party: PartyId }
            told { "mandate `{mandate}` is not for `{party}` to give, use or take back" }
            then { "leave it to the party whose member has it, or to its host" },
        "time-empty" TimeEmpty { from: Timestamp, until: Timestamp }
            told { "nothing lies between {from} and {until}" }
            then { "name an end that is later" },
        "host-silent" HostSilent { host: PartyId }
            told { "the host `{host}` has not signed" }
            then { format!("have `{host}` sign too: it answers for who signs for it") },
        "beyond-own-mandate" BeyondOwnMandate { mandate: MandateId, what: &'static str }
            told { "mandate `{mandate}` does not let its holder hand this on: {what}" }
            then { "hand on no more than you have" },
        "training-ahead" TrainingAhead { completed: Timestamp, now: Timestamp }
            told { "the training would be completed at {completed}, and it is {now}" }
            then { "record it once it is completed" },

        // Parties.
        "concerned-silent" ConcernedSilent { act: ActName, missing: Vec<PartyId> }
            told { "`{act}` takes the signature of {}", list(missing) }
            then { format!("have {} sign too", list(missing)) },
        "needs-everybody" NeedsEverybody { act: ActName, missing: Vec<PartyId> }
            told { "nothing provides for `{act}`, so that it takes everybody, and {} did not sign", list(missing) }
            then { format!("have {} sign too, or agree on a row in `changes` of the instrument", list(missing)) },
        "needs-consent" NeedsConsent { act: ActName, missing: Vec<PartyId>, clause: ClauseRef } by clause
            told { "clause `{clause}` has `{act}` consented to by every other party, and {} did not sign", list(missing) }
            then { format!("have {} sign too", list(missing)) },
        "cut-off-too-soon" CutOffTooSoon { cut_off: Timestamp, earliest: Timestamp, clause: ClauseRef } by clause
            told { "it would count from {cut_off}, and clause `{clause}` wants notice until {earliest}" }
            then { format!("let it count from {earliest} or later") },
        "cut-off-passed" CutOffPassed { cut_off: Timestamp, now: Timestamp }
            told { "it would count from {cut_off}, and it is {now}" }
            then { "name a later moment, or none" },
        "party-state" PartyState { party: PartyId, is: &'static str, needs: &'static str }
            told { "`{party}` is {is}, and must be {needs}" }
            then { format!("act when it is {needs}") },
        "not-assignable" NotAssignable { seat: SeatId, why: &'static str }
            told { "the rights of the seat `{seat}` cannot be assigned: {why}" }
            then { "have another party take the place as a whole (`party.novate`)" },
        "uncleared" Uncleared { party: PartyId, asset: AssetId, since: Timestamp }
            told { "`{party}` is under new control since {since}, and `{asset}` is labelled" }
            then { format!("have `{party}` cleared first (`party.clear`)") },

        // Sub-processors.
        "unknown-processor" UnknownProcessor { processor: ProcessorId, party: PartyId }
            told { "`{party}` has engaged no `{processor}`" }
            then { "engage it first (`processor.engage`)" },
        "processor-state" ProcessorState { processor: ProcessorId, is: &'static str }
            told { "the engagement of `{processor}` is {is}" }
            then { "engage it anew (`processor.engage`)" },
        "processor-lapsed" ProcessorLapsed { processor: ProcessorId, party: PartyId, asset: AssetId }
            told { "`{party}` has not checked `{processor}` again in time, which works with `{asset}`" }
            then { "check it again (`processor.recheck`), or end its engagement (`processor.end`)" },
    }
}
