//! Why an act about assets changes nothing.

use concordat_agreement::Label;
use concordat_terms::{AssetId, ClauseRef, Digest, PartyId, PlaceId, PurposeId, SeatId};

use crate::refusal::{list, refusals};

refusals! {
    /// A refusal about versions of assets and places.
    AssetRefusal {
        // Versions and what they are made from.
        "unknown-version" UnknownVersion { version: Digest }
            told { "nobody listed, brought in or made a version `{version}`" }
            then { "name a digest of the catalogue, or bring the version in" },
        "not-the-holder" NotTheHolder { version: Digest, party: PartyId }
            told { "`{party}` holds no version `{version}`, or did not bring it" }
            then { "have a party act that holds it" },
        "asset-phase" Phase { version: Digest, is: &'static str, needs: &'static str }
            told { "version `{version}` is {is}, and must be {needs}" }
            then { "name a version that is in use" },
        "made-from-nothing" MadeFromNothing { version: Digest }
            told { "nothing is named from which version `{version}` was made" }
            then { "name its sources, or bring it in" },
        "no-common-purpose" NoCommonPurpose { version: Digest }
            told { "what version `{version}` is made from may be used for no purpose in common" }
            then { "combine what may be used for the same" },
        "purpose-beyond-sources" PurposeBeyondSources { version: Digest, purpose: PurposeId }
            told { "what version `{version}` is made from may not be used for `{purpose}`" }
            then { "keep within the purposes that all sources have in common" },
        "contributions-do-not-sum" ContributionsDoNotSum { version: Digest }
            told { "the contributions to version `{version}` are not one for each source, with a sum of 1" }
            then { "name each source with a fraction of 1" },
        "not-shareable" NotShareable { asset: AssetId, missing: &'static str, clause: ClauseRef } by clause
            told { "nothing is done with `{asset}` before its catalogue entry is whole: {missing} is missing" }
            then { format!("add {missing} to the asset's clause") },
        "pilot-first" PilotFirst { asset: AssetId, first: AssetId, clause: ClauseRef } by clause
            told { "nothing is computed on `{asset}` before a run on `{first}` has given a result" }
            then { format!("close a run on `{first}` first") },
        "custodian-silent" CustodianSilent { version: Digest, seat: Option<SeatId> }
            told { "nobody who keeps the key of its pseudonyms has signed for version `{version}`" }
            then { match seat { Some(seat) => format!("have another party of the seat `{seat}` sign too"), None => "name a `key_custodian` in the asset's clause".to_owned() } },
        "too-few-persons" TooFewPersons { asset: AssetId, least: u32, clause: ClauseRef } by clause
            told { "what leaves the rows of `{asset}` is an aggregate over at least {least} persons" }
            then { "aggregate over more of them, or compute in a run" },

        // Labels, places and ways.
        "write-down" WriteDown { version: Digest, is: Label, to: Label }
            told { "version `{version}` is `{is}`, and a body alone labels it `{to}`" }
            then { "put the label to a body (`motion.propose`)" },
        "place-too-open" PlaceTooOpen { asset: AssetId, class: u32, is: Option<u8>, clause: ClauseRef } by clause
            told { "`{asset}`, and what is made from it, is at places of class {class} or higher only" }
            then { match is { Some(is) => format!("name a place of a higher class than {is}"), None => "name the place".to_owned() } },
        "interim-place" InterimPlace { asset: AssetId, place: PlaceId, clause: ClauseRef } by clause
            told { "`{place}` is an interim place, and `{asset}` may be at none" }
            then { "use a place that is isolated" },
        "appraisal-too-old" AppraisalTooOld { asset: AssetId, place: Option<PlaceId>, clause: ClauseRef } by clause
            told { "no appraisal of the place is as recent as `{asset}` asks for" }
            then { match place { Some(place) => format!("file one (`place.attest` of `{place}`)"), None => "name the place".to_owned() } },
        "asset-stays" Stays { asset: AssetId, clause: ClauseRef } by clause
            told { "`{asset}` never leaves its holder" }
            then { "let the other party use it where it is" },
        "rows-stay" RowsStay { asset: AssetId }
            told { "rows of `{asset}` that are not public are handed to nobody" }
            then { "compute on them where they are, in a run" },
        "profile-too-weak" ProfileTooWeak { asset: AssetId, needs: &'static str, clause: ClauseRef } by clause
            told { "`{asset}` travels under `{needs}` or better" }
            then { format!("hand it over under `{needs}`") },
        "export-controlled" ExportControlled { asset: AssetId, entry: String, clause: ClauseRef } by clause
            told { "`{asset}` is listed for export control ({entry}) and would cross a border" }
            then { "keep it within the country, or agree on `export_licence` evidence" },
        "copyleft" Copyleft { version: Digest, licence: String, under: String }
            told { "version `{version}` is made from something under {licence}, and is passed on under {under}" }
            then { format!("pass it on under {licence}, or make it from something else") },
        "bad-licence" BadLicence { licence: String }
            told { "`{licence}` is no SPDX expression" }
            then { "write one, like `Apache-2.0 OR MIT`" },

        // Whose it is.
        "made-here" MadeHere { version: Digest }
            told { "version `{version}` was made here, and nobody brought it" }
            then { "declare what you had before" },
        "already-declared" AlreadyDeclared { version: Digest }
            told { "version `{version}` is background already" }
            then { "leave it" },
        "declared-late" DeclaredLate { version: Digest }
            told { "version `{version}` was not declared in time, and counts as made here" }
            then { "agree with the other owners on a transfer (`asset.transfer`)" },
        "share-too-small" ShareTooSmall { version: Digest, party: PartyId }
            told { "`{party}` has no such share in version `{version}`" }
            then { "hand over a share above 0 that you have" },
        "no-ip-clause" NoIp { asset: AssetId }
            told { "no `ip` clause speaks of `{asset}`, under which a licence could be granted" }
            then { "write an `ip` clause about the asset" },
        "licence-unfit" LicenceUnfit { version: Digest, why: &'static str }
            told { "this is no licence to version `{version}`: {why}" }
            then { "end it later, and keep within the purposes of the version" },
        "owners-silent" OwnersSilent { version: Digest, missing: Vec<PartyId> }
            told { "a licence to version `{version}` takes the signature of every owner, and {} have not signed", list(missing) }
            then { "ask them to sign too, or let a body decide (`licence_out_by`)" },
        "licensee-silent" LicenseeSilent { version: Digest, to: PartyId }
            told { "a licence to version `{version}` costs `{to}` a fee, and it has not signed" }
            then { format!("ask `{to}` to sign too, or leave the fee out") },

        // Consent, deletion.
        "nothing-deleted" NothingDeleted { asset: AssetId, party: PartyId }
            told { "it says that nothing of `{asset}` was deleted, and `{party}` holds versions of it" }
            then { "name the versions that you have deleted (`concordat catalog` lists them)" },
        "consent-withdrawn" ConsentWithdrawn { version: Digest, slice: Digest }
            told { "version `{version}` has rows (slice `{slice}`) to whose use nobody consents any more" }
            then { "use a version without them" },
        "slice-not-erased" SliceNotErased { asset: AssetId, slice: Digest }
            told { "slice `{slice}` of `{asset}`, to whose use nobody consents any more, was not erased" }
            then { "erase those rows and say so (`erasure.record`)" },
        "unknown-slice" UnknownSlice { asset: AssetId, slice: Digest }
            told { "consent to the use of slice `{slice}` of `{asset}` was not withdrawn, or it is erased" }
            then { "record the withdrawal first (`consent.withdraw`)" },
        "not-in-slice" NotAffected { version: Digest, slice: Digest }
            told { "model `{version}` was not made with slice `{slice}`" }
            then { "list models that were (`concordat catalog`)" },

        // Updates.
        "undeclared-update" UndeclaredUpdate { model: Digest, released: Digest }
            told { "model `{model}` is no declared update of the released `{released}`" }
            then { "declare what changes first (`update.declare`)" },
        "not-the-released-version" NotTheReleasedVersion { from: Digest, released: Option<Digest> }
            told { "`{from}` is not the version that is released" }
            then { match released { Some(released) => format!("declare an update of `{released}`"), None => "release a first version".to_owned() } },
    }
}
