//! Refusals of acts about versions of assets and about places.

use concordat_agreement::Label;
use concordat_partnership::AssetRefusal;

use crate::{a, digest, refusals};

refusals! {
    AssetRefusal;
    "Versions": {
        UnknownVersion { version: digest("rows") }
            "A digest is a version once somebody listed, imported, registered, declared or made it.";
        NotTheHolder { version: digest("rows"), party: a("vendor") }
            "Something is made from a version, and handed on or deleted, by who holds it; what somebody else brought nobody declares as its own.";
        NothingDeleted { asset: a("heart-rows"), party: a("alder") }
            "A `deletion.attest` names no version, and its party holds some: it attests nothing, and discharges nothing.";
        Phase { version: digest("rows"), is: "withdrawn", needs: "in use" }
            "A version is collected or made, then proposed, then released; withdrawn or deleted it is over, and nothing is made from it or done with it.";
        MadeFromNothing { version: digest("findings") }
            "What is made names what it was made from. What comes from elsewhere is listed, imported, registered or declared.";
        NoCommonPurpose { version: digest("findings") }
            "What is made from several sources may be used for what all of them may be used for, and its own clause; here that is nothing.";
        PurposeBeyondSources { version: digest("findings"), purpose: a("insurance-pricing") }
            "The act names a purpose for which a source, or the asset's own clause, may not be used.";
        ContributionsDoNotSum { version: digest("findings") }
            "Who says what each source contributes says so of every one, in fractions that sum to exactly 1.";
        NotShareable { asset: a("heart-rows"), missing: "the schema (`columns`)", clause: a("data-use/heart-rows") }
            "A dataset whose clause lacks the schema or the standard of anonymisation is not run on, made into something or handed over. A label and purposes every clause has.";
        PilotFirst { asset: a("heart-rows"), first: a("synthetic-rows"), clause: a("data-use/heart-rows") }
            "The asset's clause names in `pilot` what comes first: synthetic or public rows on which a run has been closed with a result.";
        CustodianSilent { version: digest("pseudonyms"), seat: Some(a("steward")) }
            "Who makes pseudonyms does not keep their key: another party that fills the clause's `key_custodian` signs too.";
        TooFewPersons { asset: a("heart-rows"), least: 50, clause: a("data-use/heart-rows") }
            "The rows' clause says of how many persons a figure at least is (`guard.least_persons`); what is made from rows otherwise than by a run, and is no dataset, is such an aggregate.";
    }
    "Labels, places and borders": {
        WriteDown { version: digest("findings"), is: Label::Restricted, to: Label::Public }
            "A version is as confidential as the most confidential one that it was made from. Lower it is labelled by a body alone.";
        PlaceTooOpen { asset: a("heart-rows"), class: 3, is: Some(2), clause: a("data-use/heart-rows") }
            "The asset's clause has a least isolation class (`guard.class`), which holds for what is made from it as well.";
        InterimPlace { asset: a("heart-rows"), place: a("api"), clause: a("data-use/heart-rows") }
            "A place of class 0 is an interface with access control, for a time. What is public may be there, and what its clause lets (`guard.interim`).";
        AppraisalTooOld { asset: a("heart-rows"), place: Some(a("ward")), clause: a("data-use/heart-rows") }
            "The asset's clause asks for an appraisal of the place's machine that is not older than `guard.attested`.";
        Stays { asset: a("weights"), clause: a("release/weights") }
            "The asset's clause says that it stays (`guard.stays`): no act hands it, or what is made from it, over.";
        RowsStay { asset: a("heart-rows") }
            "No act hands rows over that are not public. Figures about enough of them, and what runs give, leave.";
        ProfileTooWeak { asset: a("risk-model"), needs: "tls-1.3", clause: a("release/risk-model") }
            "The asset's clause has a least protection on the way (`guard.profile`), and the act names a weaker one, or none.";
        ExportControlled { asset: a("risk-model"), entry: "Common Control List (example), entry 4-D-1".to_owned(), clause: a("release/risk-model") }
            "What is listed for export control, or made from it, would leave the countries whose law binds its holder, and its clause names no evidence of a licence that opens that.";
        Copyleft { version: digest("model"), licence: "GPL-3.0-only".to_owned(), under: "MIT".to_owned() }
            "Something under a licence that asks for the same of what is made from it is in the lineage, and the version is released or handed over under another.";
        BadLicence { licence: "GPL 3".to_owned() }
            "A licence is an SPDX expression; one that is in no list is `LicenseRef-` and a name.";
    }
    "Ownership": {
        MadeHere { version: digest("model") }
            "What a run gave or was made from others, and a version of an asset that is made here by its clause, is nobody's background.";
        AlreadyDeclared { version: digest("weights") }
            "It is background already: its clause says so, somebody declared it, or nobody asks for that.";
        DeclaredLate { version: digest("weights") }
            "The time that the `ip` clause gives is over, and the version counts as made here.";
        ShareTooSmall { version: digest("model"), party: a("birch") }
            "A party hands over a share above 0, of at most twelve digits after the point, that it has.";
        NoIp { asset: a("heart-rows") }
            "A licence is granted under the `ip` clause that speaks of the asset: it says who decides, and what is owed.";
        LicenceUnfit { version: digest("model"), why: "it would have ended already" }
            "A licence ends after now, is for purposes that the version has, and asks for a fraction of revenue.";
        OwnersSilent { version: digest("model"), missing: vec![a("birch"), a("cypress")] }
            "All owners license together, unless the clause leaves it to a body or the party has a licence within which it may sublicense.";
        LicenseeSilent { version: digest("model"), to: a("vendor") }
            "Nobody comes to owe a fee by what others sign.";
    }
    "Consent, deletion and updates": {
        ConsentWithdrawn { version: digest("rows"), slice: digest("slice") }
            "The version, or what it was made from, has rows whose people withdrew their consent. No run is proposed, opened or joined on it, and nothing is made from it.";
        SliceNotErased { asset: a("heart-rows"), slice: digest("slice") }
            "A new version of rows is listed once those rows are erased to whose use nobody consents any more.";
        UnknownSlice { asset: a("heart-rows"), slice: digest("slice") }
            "An erasure answers a withdrawal of consent of the same party, once.";
        NotAffected { version: digest("model"), slice: digest("slice") }
            "What remains is a model that was made with a version that has the slice.";
        UndeclaredUpdate { model: digest("next"), released: digest("model") }
            "A version of this model is released, and where updates are declared another takes its place as a declared update only: a silent change has another digest.";
        NotTheReleasedVersion { from: digest("first"), released: Some(digest("model")) }
            "An update is one of the version that is released at that moment. If another was released meanwhile, it is declared anew.";
    }
}
