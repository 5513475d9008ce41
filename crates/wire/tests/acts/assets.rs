//! What the page says about acts on versions of assets and on places.

use concordat_terms::ActName;
use serde_json::json;

use super::{Entry, PERMIT, d};

type Parts =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], serde_json::Value);

/// The entries of this room's acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    let (does, who, fields, example) =
        made(name).or_else(|| handed(name)).or_else(|| ended(name))?;
    Some(Entry { does, who, fields, example })
}

fn made(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::AssetDerive => (
            "Says what a version was made from, and how. It is as confidential as the most confidential source, for the purposes that all have in common, and guarded as they are; who owns it follows what it was made from.",
            PERMIT,
            &[
                ("asset", "which asset of the agreement it is a version of"),
                ("version", "its digest"),
                ("from", "the digests that it was made from; the acting party holds all of them"),
                (
                    "step",
                    "`combine`, `transform`, `pseudonymise` (with the signature of a party that keeps the key), `aggregate` with the number of `persons`, `synthesise`",
                ),
                ("place", "may be left out: a place of the acting party, where it was made and is"),
                (
                    "purposes",
                    "may be left out: what it may be used for; all that its sources have in common, if it is absent",
                ),
                (
                    "contributions",
                    "may be left out: what each source contributes, fractions that sum to 1; the same, if it is absent",
                ),
                (
                    "licence",
                    "may be left out: the licence it is passed on under (SPDX); that of its clause, if it is absent",
                ),
            ],
            json!({
                "asset": "findings", "version": d("findings"), "from": [d("score"), d("rows")],
                "step": { "aggregate": { "persons": 120 } }, "place": "ward",
                "purposes": ["cardiac-risk"],
                "contributions": { (d("rows")): "0.75", (d("score")): "0.25" },
                "licence": "CC-BY-4.0",
            }),
        ),
        N::AssetLabel => (
            "Labels a version anew. Higher, and what was made from it with it; lower only by decision of a body, and from then on its own clause alone guards it.",
            PERMIT,
            &[
                ("version", "the version"),
                ("label", "`public`, `internal` or `restricted`"),
                ("reasons", "digest of the reasons, a blob"),
            ],
            json!({ "version": d("findings"), "label": "internal", "reasons": d("reasons") }),
        ),
        N::AssetDeclareBackground => (
            "Declares a version as what the acting party had before, whether or not it was brought in already. What nobody declares in the time of the `ip` clause counts as made here.",
            PERMIT,
            &[
                ("asset", "which asset of the agreement it is a version of"),
                ("version", "its digest"),
                ("terms", "digest of the terms on which others use it, a blob"),
            ],
            json!({ "asset": "base-model", "version": d("weights"), "terms": d("terms") }),
        ),
        N::CodeRegister => (
            "Registers code: these exact bytes, in this environment, under this licence.",
            PERMIT,
            &[
                ("asset", "which code of the agreement it is a version of"),
                ("version", "the digest of the code"),
                ("environment", "the digest of the environment that it runs in"),
                (
                    "licence",
                    "may be left out: the licence it comes under (SPDX); that of its clause, if it is absent",
                ),
            ],
            json!({ "asset": "trainer-code", "version": d("code"), "environment": d("image"), "licence": "MIT OR Apache-2.0" }),
        ),
        N::UpdateDeclare => (
            "Declares a version of a model as an update of the one that is released, of a class. Gates that name classes of updates stand before those alone; where a clause permits this act, an update that nobody declared is not proposed for release.",
            PERMIT,
            &[
                ("from", "the version that is released"),
                ("to", "the version that is to take its place, not proposed yet"),
                ("class", "`patch`, `minor` or `major`"),
                ("change", "digest of what was measured of the change, a blob"),
            ],
            json!({ "from": d("model"), "to": d("next model"), "class": "minor", "change": d("change") }),
        ),
        _ => return None,
    })
}

fn handed(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::AssetTransfer => (
            "Hands a copy of a version, a share in it, or a licence to it, to another party. A copy goes to a place that is good enough, on a way that is, within the country or with an export licence, and under licences that allow it; rows that are not public go nowhere.",
            PERMIT,
            &[
                ("version", "the version"),
                ("to", "to whom"),
                (
                    "what",
                    "`copy`; `share` with a fraction of 1 that the acting party has; or `licence` with `until`, and as agreed `field` (purposes), `territory` (countries), `royalty` (a fraction of revenue), `fee` (once) and `sublicense`: all owners grant it, the body that the `ip` clause names, or who may sublicense",
                ),
                ("terms", "digest of the terms, a blob"),
                ("place", "may be left out: the receiver's place where a copy will be"),
                (
                    "profile",
                    "may be left out: how a copy is protected on its way, `tls-1.2`, `tls-1.3` or `sealed`",
                ),
            ],
            json!({
                "version": d("model"), "to": "vendor", "what": "copy", "terms": d("terms"),
                "place": "data-centre", "profile": "tls-1.3",
            }),
        ),
        N::PlaceAttest => (
            "Files the appraisal of the machine of one's own place: an asset may ask for a recent one.",
            PERMIT,
            &[
                ("place", "the place"),
                ("appraisal", "digest of what was appraised and found, a blob"),
            ],
            json!({ "place": "ward", "appraisal": d("appraisal") }),
        ),
        _ => return None,
    })
}

fn ended(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::ConsentWithdraw => (
            "Takes out of use the acting party's dataset versions with rows to whose use people no longer consent, and what datasets were made from them; the models that were made with them are listed. New versions are listed once the rows are erased.",
            PERMIT,
            &[
                ("asset", "the dataset"),
                ("slice", "salted commitment to the persons' keys"),
                ("versions", "the versions, listed by the acting party, that have rows of theirs"),
            ],
            json!({ "asset": "heart-rows", "slice": d("slice"), "versions": [d("rows")] }),
        ),
        N::ErasureRecord => (
            "Records that such rows were erased. What is kept as evidence is not.",
            PERMIT,
            &[
                ("asset", "the dataset"),
                ("slice", "the slice"),
                (
                    "residuals",
                    "may be left out: models that were made with the rows and stay as they are",
                ),
                ("evidence", "digest of what shows it, a blob"),
            ],
            json!({ "asset": "heart-rows", "slice": d("slice"), "residuals": [d("model")], "evidence": d("erasure") }),
        ),
        N::PersonErase => (
            "Destroys what is behind commitments, and the bytes of blobs. Who named them first says so first, and everybody who follows the log destroys its copies on seeing it; from then on every other party says the same of its own copies. Nobody names them anew. What is held is not erased, nor are modules, packs and versions.",
            PERMIT,
            &[
                (
                    "papers",
                    "the texts and commitments, by the digests by which statements name them",
                ),
                (
                    "ground",
                    "why (General Data Protection Regulation, Article 17(1)): `not-needed`, `consent-withdrawn`, `objection`, `unlawful`, `law`",
                ),
                (
                    "request",
                    "may be left out: commitment to who asked for it, and when, a blob or none",
                ),
            ],
            json!({ "papers": [d("name")], "ground": "consent-withdrawn", "request": d("request") }),
        ),
        N::DeletionAttest => (
            "Attests that the acting party deleted what it held of an asset: versions of which it holds no copy any more, or copies that were made for runs. It discharges that party's duties to delete it. What is kept as evidence is not deleted.",
            PERMIT,
            &[
                ("asset", "the asset"),
                ("versions", "may be left out: the versions of which it holds no copy any more"),
                (
                    "residuals",
                    "may be left out: digest of what remains for a time, in backups for instance, a blob",
                ),
                ("evidence", "digest of what shows it, a blob"),
            ],
            json!({ "asset": "heart-rows", "versions": [d("rows")], "residuals": d("backups"), "evidence": d("deletion") }),
        ),
        _ => return None,
    })
}
