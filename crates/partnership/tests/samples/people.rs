//! Samples of what is refused about keys, mandates, parties and sub-processors.

use concordat_partnership::PeopleRefusal;
use concordat_terms::ActName;

use crate::{a, parties, refusals};

refusals! {
    PeopleRefusal;
    "Who signs": {
        KeyEnded { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), how: "was replaced", index: 41 }
            "The key was revoked, replaced or declared compromised, or its party has been followed by another. What it signed before stays.";
        NeedsMandate { seat: a("trainer"), clause: a("parties/trainer") }
            "The seat's clause asks for mandates or for trainings, and a key of the party itself signed.";
        NoMandate { member: a("m-17"), seat: a("trainer"), party: a("vendor") }
            "The key is a member's, and no mandate of it for this seat is in time.";
        MandateState { mandate: a("winter"), is: "pending", needs: "active" }
            "The mandate's time has not come, it was suspended with the one of which it is a part, or it is over.";
        OutsideMandate { mandate: a("winter"), limit: "it goes up to EUR 1000, and this is about EUR 2500".to_owned() }
            "The mandate is good and does not go so far: it names other acts, a lower amount, more who sign with, or an approval before. Of several mandates the one that comes nearest is named.";
        TrainingStale { mandate: a("winter"), course: a("data-protection"), clause: a("parties/trainer") }
            "The seat's clause asks for a training, and the last one recorded for the member is too old, or there is none. The mandate is good again as soon as one is recorded.";
        BoundOnly { party: a("vendor"), seat: a("trainer"), act: ActName::RunPropose }
            "The party has left, or has assigned the seat's rights. What it still owes it can do: acts that discharge an open duty of its own, and acts about duties and notices.";
    }
    "Keys and mandates": {
        BadKey { key: "alder".to_owned(), why: "it is not 64 hexadecimal digits".to_owned() }
            "A key for acts is Ed25519: 32 bytes in hexadecimal, in their one spelling, of prime order. With others a signature could mean one thing here and another elsewhere.";
        BadWitnessKey { key: "EUR 1".to_owned(), why: "`EUR 1` is not a public key: 64 lowercase hexadecimal digits".to_owned() }
            "What cosigns is a verifier key of C2SP signed-note of type 0x04 or, beside it, of type 0x06: a name, an id that belongs to name and key, and a key of its length, canonical and of prime order. Ed25519 in hexadecimal cosigns under the name of the log and the party.";
        BadExportKey { key: "alder".to_owned(), why: "it is no compressed point of P-256".to_owned() }
            "What signs exports is a key on P-256, since readers outside know no Ed25519.";
        KeyProofMissing { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), does: "signs exports" }
            "A key that signs no acts cannot sign the act that brings it. It signs that it is this party's in this log, so that nobody registers what another has.";
        KeyUsed { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), does: "cosigns checkpoints" }
            "A key has one use. What cosigns or signs exports signs no acts, is no member's, and is committed to no next key.";
        CosignsAlready { party: a("alder") }
            "A party cosigns by one Ed25519 key, and by one ML-DSA-44 key beside it. Another takes its place, and does not come beside it.";
        KeyTaken { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04") }
            "A key is one party's or one member's, once.";
        KeyUnproved { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04") }
            "A key that an act brings signs that act, so that nobody registers what nobody has.";
        NotYourKey { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), party: a("birch") }
            "A party says what becomes of its own keys.";
        LastKey { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), party: a("alder") }
            "The key by which a party is known is replaced and not revoked or given to a member: without one nobody could act for the party. One that is compromised ends all the same; a party that has none left accedes anew.";
        NeedsFirstKey { party: a("alder"), first: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04") }
            "Whoever has a further key of a party could take it over, if each could say what becomes of the others.";
        KeyReplaced { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04"), by: a("0c8e1f3a5d7b9c048c1f0d3a5b7e9246"), until: a("2027-02-01T00:00:00Z") }
            "A key that signs for a time beside what took its place is not replaced again, and commits to nothing. It can be revoked, or declared compromised.";
        OverlapOutOfBounds { until: a("2027-06-01T00:00:00Z"), from: a("2027-01-01T00:00:00Z"), to: a("2027-02-01T00:00:00Z") }
            "The old key signs beside the new one for 31 days at most: that is how long an act may wait. What cosigns is replaced at once, since a policy knows one key of each witness.";
        NotTheNextKey { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04") }
            "The party published the digest of the key that comes next. Who has the old key alone cannot bring another, be it the party itself; those whose consent the instrument asks for can.";
        NextCommitted { key: a("8c1f0d3a5b7e92460c8e1f3a5d7b9c04") }
            "What a key is committed to stands until it comes: else whoever has stolen the key could change it.";
        BadSince { since: 3, from: 12, to: 77 }
            "A key is declared compromised from an entry on at which it was registered, and not from a later one than it ended by. Once it is, only from an earlier one.";
        UnknownMandate { mandate: a("winter") }
            "Nobody granted a mandate of that name.";
        NotYourMandate { mandate: a("winter"), party: a("birch") }
            "A mandate is given and taken back by the party whose member has it, in a secondment by the host too; parts of it are handed on by the member; and nobody approves beforehand what it does itself.";
        TimeEmpty { from: a("2027-02-01T00:00:00Z"), until: a("2027-01-01T00:00:00Z") }
            "A mandate, or the time until a sub-processor is checked again, would end before it begins.";
        HostSilent { host: a("vendor") }
            "In a secondment the member signs for the host, which takes the host's signature.";
        BeyondOwnMandate { mandate: a("winter"), what: "the time is longer" }
            "Who hands part of a mandate on has it, may hand it on, and gives no more than that.";
        TrainingAhead { completed: a("2027-02-01T00:00:00Z"), now: a("2027-01-01T00:00:00Z") }
            "A training is recorded once it is completed.";
    }
    "Parties": {
        ConcernedSilent { act: ActName::PartyNovate, missing: parties(&["elm"]) }
            "Whom a change of parties is about signs it: who joins, who leaves, who assigns and who is assigned to, who gives a place and who takes it, who follows by law.";
        NeedsEverybody { act: ActName::PartyAccede, missing: parties(&["birch", "lab"]) }
            "The instrument has no row for this change, and so it takes every other party.";
        NeedsConsent { act: ActName::PartyClear, missing: parties(&["birch"]), clause: a("governance/instrument") }
            "The instrument's row for this change asks for every other party.";
        CutOffTooSoon { cut_off: a("2027-01-10T08:00:00Z"), earliest: a("2027-02-01T08:00:00Z"), clause: a("governance/instrument") }
            "The instrument's row for this change asks for a time between the act and the moment from which it counts.";
        CutOffPassed { cut_off: a("2026-12-01T00:00:00Z"), now: a("2027-01-01T00:00:00Z") }
            "Nothing counts from before it was said.";
        PartyState { party: a("vendor"), is: "withdrawn", needs: "a party" }
            "The party has left, or is one already, or is not under new control.";
        NotAssignable { seat: a("council-member"), why: "its parties have votes" }
            "Votes are not assigned, and neither is a seat whose contributions are summed. Who has the seat needs no assignment.";
        Uncleared { party: a("vendor"), asset: a("risk-model"), since: a("2027-01-01T00:00:00Z") }
            "Since somebody else controls it, a party does nothing with assets whose label is not `public`, until it is cleared. What takes something back stays open.";
        UnknownProcessor { processor: a("cloud"), party: a("alder") }
            "The party has engaged no sub-processor of that name.";
        ProcessorState { processor: a("cloud"), is: "ended" }
            "The engagement is over.";
        ProcessorLapsed { processor: a("cloud"), party: a("alder"), asset: a("heart-rows") }
            "The day on which the sub-processor was to be checked again has passed. Its party does nothing with the assets that it works with until it is checked, or its engagement ends.";
    }
}
