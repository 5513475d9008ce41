//! What the page says about acts on keys, mandates, parties and sub-processors.

use concordat_terms::ActName;
use serde_json::json;

use super::{Entry, PERMIT, d};

const OWN: &str =
    "the party whose it is, for the seat `signatory`; no clause permits or forbids it";
const CONSENT: &str = "those whom it concerns, for the seat `signatory`, with the consent that the instrument asks for";
const RECOVERED: &str = "the new key, for the seat `signatory`, with the consent that the row `key.recover` of the instrument asks for: a body's or, without one, every other party's";
const CUT_OFF: (&str, &str) =
    ("cut_off", "may be left out: from when it counts; at once, if it is absent");

fn key() -> String {
    d("alder").chars().take(32).collect()
}

/// The entries of this room's acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    let (does, who, fields, example) = keys(name)
        .or_else(|| mandates(name))
        .or_else(|| parties(name))
        .or_else(|| processors(name))?;
    Some(Entry { does, who, fields, example })
}

type Parts =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], serde_json::Value);

fn keys(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::KeyRegister => (
            "Registers a further key of a party, or of one of its members. A new key for acts signs too, for the seat `signatory`, so as to show that it is there; any other shows it by a proof.",
            OWN,
            &[
                (
                    "key",
                    "the public key. For acts: Ed25519, 64 hexadecimal digits. For cosigning: a verifier key of C2SP signed-note of type 0x06 (ML-DSA-44), beside the Ed25519 key that every party has. For exports: P-256, compressed, 66 hexadecimal digits",
                ),
                ("for", "may be left out: `cosigning` or `exports`; for acts, if it is absent"),
                (
                    "member",
                    "may be left out: whose it is, a pseudonym; such a key signs under mandates alone",
                ),
                (
                    "next",
                    "may be left out: SHA-256 of the 32 bytes of the key that is to come after it",
                ),
                (
                    "proof",
                    "may be left out, for acts: its signature, in hexadecimal, over five lines: `concordat key/v1`, the log, the party, `cosigns checkpoints` or `signs exports`, and the key as above",
                ),
            ],
            json!({ "key": d("new key"), "for": "exports", "member": "m-17", "next": d("next key"), "proof": "3045…" }),
        ),
        N::KeyRotate => (
            "Puts a new key, which shows that it is there, in the place of another: it is whose that was, and for the same. What the old one was committed to needs no signature of the old one.",
            OWN,
            &[
                ("old", "the id of the key that ends"),
                ("key", "the public key, as `key.register` writes it"),
                (
                    "until",
                    "may be left out: until when the old key signs beside it, at most 31 days; it ends at once, if it is absent, and so does what cosigns",
                ),
                (
                    "next",
                    "may be left out: SHA-256 of the 32 bytes of the key that is to come after the new one",
                ),
                ("proof", "may be left out, for acts: as in `key.register`"),
            ],
            json!({ "old": key(), "key": d("new key"), "until": "2027-02-01T00:00:00Z", "next": d("next key"), "proof": "3045…" }),
        ),
        N::KeyRevoke => (
            "Ends a key at once: nothing that it signs from here on counts. The key by which a party is known is replaced, not revoked, and so is the Ed25519 key that cosigns.",
            OWN,
            &[("key", "the id of the key that ends")],
            json!({ "key": key() }),
        ),
        N::KeyCompromise => (
            "Ends a key that others may have used, or that ended before that was known, and marks what it signed since as in doubt. Keys that it brought since end with it, but for those that sign this. An incident opens. History stays as it is: what is doubtful is for the parties to sort out.",
            OWN,
            &[
                ("key", "the id of the key that ends"),
                ("since", "the index of the first entry that others may have signed with it"),
            ],
            json!({ "key": key(), "since": 41 }),
        ),
        N::KeyBind => (
            "Makes a further key of the party the key of one of its members: from here on it signs under mandates alone.",
            OWN,
            &[("key", "the key's id"), ("member", "the member, a pseudonym")],
            json!({ "key": key(), "member": "m-17" }),
        ),
        N::KeyCommit => (
            "Says beforehand which key comes after a key, by its digest. From here on that key takes its place and no other does, and whoever has the key alone cannot bring another. It takes nothing but that key's own signature, also when the first is lost, revoked or compromised.",
            OWN,
            &[
                ("key", "the id of a key that signs acts"),
                ("next", "SHA-256 of the 32 bytes of the key that comes after it"),
            ],
            json!({ "key": key(), "next": d("next key") }),
        ),
        N::KeyRecover => (
            "Gives a party a new key, which signs this, in the place of the one by which it is known: of one that it has lost, or that others have.",
            RECOVERED,
            &[
                ("party", "the party"),
                ("old", "the id of the key by which it is known"),
                ("key", "the public key (Ed25519, hexadecimal)"),
                (
                    "since",
                    "may be left out: the index of the first entry that others may have signed with the old one: that is compromised then",
                ),
                (
                    "next",
                    "may be left out: SHA-256 of the 32 bytes of the key that is to come after the new one",
                ),
            ],
            json!({ "party": "alder", "old": key(), "key": d("new key"), "since": 41, "next": d("next key") }),
        ),
        _ => return None,
    })
}

fn mandates(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::MandateGrant => (
            "Gives a member a mandate: for a seat that the party fills, or in a secondment for a seat of its host, who signs too. It ends by itself.",
            OWN,
            &[
                ("mandate", "the mandate's name"),
                ("member", "who gets it, a pseudonym"),
                ("seat", "the seat for which the member signs"),
                ("from", "may be left out: from when; at once, if it is absent"),
                ("until", "until when"),
                (
                    "limits",
                    "may be left out: `acts` (none named: all but those about keys, mandates and parties), `amount` of one act at most, `co_signers` who sign for the same party and seat, `prior_approval` of each act, and whether parts of it are `delegable`",
                ),
                ("host", "may be left out: the other party for which the member signs"),
            ],
            json!({
                "mandate": "winter", "member": "m-17", "seat": "trainer",
                "from": "2027-01-01T00:00:00Z", "until": "2027-04-01T00:00:00Z",
                "limits": {
                    "acts": ["run.propose"], "amount": "EUR 1000", "co_signers": 1,
                    "prior_approval": false, "delegable": true,
                },
                "host": "vendor",
            }),
        ),
        N::MandateDelegate => (
            "Hands part of one's own mandate to another member of the same party. It is no longer and no wider, is not handed on again, and ends with the whole.",
            "the member whose mandate it is, for the mandate's seat",
            &[
                ("of", "the mandate of which it is a part"),
                ("mandate", "the new mandate's name"),
                ("member", "who gets it, a pseudonym"),
                ("from", "may be left out: from when; at once, if it is absent"),
                ("until", "until when"),
                ("limits", "may be left out: as in `mandate.grant`"),
            ],
            json!({
                "of": "winter", "mandate": "january", "member": "m-18",
                "from": "2027-01-01T00:00:00Z", "until": "2027-02-01T00:00:00Z",
                "limits": {
                    "acts": ["run.propose"], "amount": "EUR 100", "co_signers": 1,
                    "prior_approval": false, "delegable": false,
                },
            }),
        ),
        N::MandateApprove => (
            "Approves one act before it is done under a mandate that asks for that.",
            "the party whose mandate it is, or its host; not the member itself",
            &[
                ("mandate", "the mandate under which it will be done"),
                ("act", "the act's id: the SHA-256 of its payload"),
            ],
            json!({ "mandate": "winter", "act": d("act") }),
        ),
        N::MandateRevoke => (
            "Takes a mandate back, with the parts of it that were handed on.",
            "the party whose mandate it is, or its host",
            &[("mandate", "the mandate")],
            json!({ "mandate": "winter" }),
        ),
        N::TrainingRecord => (
            "Records that a member was trained. A seat's clause says which trainings its mandates take, and for how long each is good.",
            PERMIT,
            &[
                ("party", "whose member it is"),
                ("member", "who, a pseudonym"),
                ("course", "the training's name"),
                ("completed", "when it was completed"),
                ("evidence", "digest of what shows it, a blob"),
            ],
            json!({
                "party": "vendor", "member": "m-17", "course": "data-protection",
                "completed": "2027-01-01T00:00:00Z", "evidence": d("certificate"),
            }),
        ),
        _ => return None,
    })
}

fn parties(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::PartyAccede => (
            "A party joins: its key, which signs too, counts from then on. Which seats it fills the next text says.",
            CONSENT,
            &[
                ("party", "the party's name"),
                ("key", "what signs its acts (Ed25519, hexadecimal)"),
                (
                    "witness",
                    "what cosigns checkpoints: Ed25519 in hexadecimal, under the name `<origin>/<party>`; or under its own, a verifier key of C2SP signed-note (`name+id+key`) of type 0x04",
                ),
                (
                    "witness_pq",
                    "may be left out: what cosigns them beside it, a verifier key of type 0x06 (ML-DSA-44)",
                ),
                ("terms", "digest of what it joins, as it read it: a blob"),
                CUT_OFF,
            ],
            json!({
                "party": "elm", "key": d("elm"), "witness": d("elm witness"),
                "witness_pq": "elm.example/witness+1c5a2b70+Bg…",
                "terms": d("terms"), "cut_off": "2027-02-01T00:00:00Z",
            }),
        ),
        N::PartyWithdraw => (
            "A party leaves. It owes what it owed, and has no rights from then on.",
            CONSENT,
            &[("reasons", "digest of the reasons, a blob"), CUT_OFF],
            json!({ "reasons": d("reasons"), "cut_off": "2027-02-01T00:00:00Z" }),
        ),
        N::PartyExpel => (
            "Excludes a party. It owes what it owed, and has no rights from then on.",
            CONSENT,
            &[("party", "the party"), ("reasons", "digest of the reasons, a blob"), CUT_OFF],
            json!({ "party": "birch", "reasons": d("reasons"), "cut_off": "2027-02-01T00:00:00Z" }),
        ),
        N::PartyAssign => (
            "A party lets another have its rights in a seat, and goes on owing what it owes there.",
            CONSENT,
            &[
                ("party", "who assigns"),
                ("seat", "the seat; none whose parties vote or whose contributions are summed"),
                ("to", "who has its rights from then on"),
                CUT_OFF,
            ],
            json!({ "party": "vendor", "seat": "trainer", "to": "lab", "cut_off": "2027-02-01T00:00:00Z" }),
        ),
        N::PartyNovate => (
            "A party takes another's place: its rights and debts, what it brought and what it has spent.",
            CONSENT,
            &[("party", "whose place is taken"), ("to", "by whom"), CUT_OFF],
            json!({ "party": "alder", "to": "elm", "cut_off": "2027-02-01T00:00:00Z" }),
        ),
        N::PartySucceed => (
            "A party follows another by operation of law, as in a merger. Who is followed need not sign.",
            CONSENT,
            &[
                ("party", "whose place is taken"),
                ("to", "by whom"),
                ("evidence", "digest of what shows that the law has it so, a blob"),
                CUT_OFF,
            ],
            json!({
                "party": "alder", "to": "elm", "evidence": d("register"),
                "cut_off": "2027-02-01T00:00:00Z",
            }),
        ),
        N::PartyControlChange => (
            "A party tells that somebody else controls it. Until it is cleared it does nothing with assets whose label is not `public`.",
            OWN,
            &[("evidence", "digest of who controls it since when, a blob")],
            json!({ "evidence": d("register") }),
        ),
        N::PartyClear => (
            "Lets a party that is under new control have labelled assets again.",
            CONSENT,
            &[("party", "the party")],
            json!({ "party": "vendor" }),
        ),
        _ => return None,
    })
}

fn processors(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::ProcessorEngage => (
            "Engages a sub-processor. If it is not checked again in time, its party does nothing with those assets until it is.",
            PERMIT,
            &[
                ("processor", "its name"),
                ("on", "the assets with which it works"),
                ("purposes", "what for"),
                ("class", "the isolation class of where it works, 1 to 3"),
                ("jurisdiction", "the country whose law governs that place"),
                ("evidence", "digest of the due diligence, a blob"),
                ("recheck_by", "until when it is to be checked again"),
                ("price", "may be left out: what it costs, as far as mandates go up to an amount"),
            ],
            json!({
                "processor": "cloud", "on": ["heart-rows"], "purposes": ["cardiac-risk"],
                "class": 2, "jurisdiction": "CH", "evidence": d("due diligence"),
                "recheck_by": "2027-07-01T00:00:00Z", "price": "EUR 1000",
            }),
        ),
        N::ProcessorRecheck => (
            "Files that a sub-processor was checked again.",
            PERMIT,
            &[
                ("processor", "which"),
                ("evidence", "digest of what the check found, a blob"),
                ("recheck_by", "until when it is to be checked the next time"),
            ],
            json!({ "processor": "cloud", "evidence": d("check"), "recheck_by": "2028-01-01T00:00:00Z" }),
        ),
        N::ProcessorEnd => (
            "Ends the engagement of a sub-processor.",
            PERMIT,
            &[("processor", "which")],
            json!({ "processor": "cloud" }),
        ),
        _ => return None,
    })
}
