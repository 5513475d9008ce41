//! Why acts about accounts change nothing.

use concordat_terms::{ActName, Amount, ClauseRef, Digest, PartyId, Timestamp};

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about accounts.
    AccountRefusal {
        "unknown-account" UnknownAccount { account: ClauseRef }
            told { "the agreement in force has no account `{account}` of this kind" }
            then { "name an `account` clause; for royalties an `ip` clause, and for what is owed an `ip` or `liability` clause" },
        "account-state" AccountState { account: ClauseRef, is: &'static str, needs: &'static str } by account
            told { "account `{account}` is {is}, and this needs it {needs}" }
            then {
                match *needs {
                    "open" => "open it (`account.open`) first; if its unit was changed, settle it before",
                    "closed" => "settle it (`account.settle`) first",
                    _ => "add `allocated_by` or `opening` to the clause, or spend from it as it is",
                }
            },
        "account-time-passed" AccountTimePassed { until: Timestamp, now: Timestamp }
            told { "the account would be open until {until}, and it is {now}" }
            then { "name a later moment" },
        "bad-amount" BadAmount { amount: Amount, why: &'static str }
            told { "`{amount}` is no amount for this: {why}" }
            then { "write an amount above zero with no more digits than its unit has" },
        "wrong-unit" WrongUnit { account: ClauseRef, amount: Amount, unit: String } by account
            told { "`{account}` is kept in {unit}, and this is `{amount}`" }
            then { format!("write the amount in {unit}: these rules know no rate of exchange") },
        "not-a-holder" NotAHolder { account: ClauseRef, party: PartyId } by account
            told { "`{party}` fills no seat that spends from `{account}`" }
            then { "name a party that fills the seat `holder` of the account" },
        "over-ceiling" OverCeiling { account: ClauseRef, amount: Amount, left: Amount } by account
            told { "`{amount}` is asked of `{account}`, and under its ceiling `{left}` is left" }
            then { format!("ask for at most `{left}`, or raise the ceiling by an amendment") },
        "overspent" Overspent { account: ClauseRef, party: PartyId, amount: Amount, left: Amount } by account
            told { "`{party}` has `{left}` left of `{account}`, and this is `{amount}`" }
            then { format!("spend at most `{left}`, or have more allocated (`account.allocate`)") },
        "over-threshold" OverThreshold { account: ClauseRef, of: &'static str, amount: Amount, most: Amount } by account
            told { "the threshold of `{account}` for a {of} is `{most}`, and this would come to `{amount}`" }
            then { format!("stay within `{most}`, or amend the table of thresholds") },
        "not-transferable" NotTransferable { account: ClauseRef, into: ClauseRef } by account
            told { "`{account}` lets nothing go to `{into}`" }
            then { format!("name `{into}` under `transfers_to` of the clause, or have it allocated there") },
        "report-needed" ReportNeeded { account: ClauseRef, objective: ClauseRef } by account
            told { "an allocation from `{account}` names a report on `{objective}`, not older than the one named last" }
            then { format!("report on `{objective}` (`objective.report`), and name the index of that entry as `report`") },
        "reference-used" ReferenceUsed { under: ClauseRef, reference: Digest } by under
            told { "what blob `{reference}` says was booked under `{under}` already" }
            then { "refer to the record of this use or payment: each counts once" },
        "party-silent" PartySilent { act: ActName, party: PartyId }
            told { "`{act}` takes the signature of `{party}`, who has not signed" }
            then { format!("ask `{party}` to sign too") },
        "not-licensed" NotLicensed { ip: ClauseRef, party: PartyId } by ip
            told { "`{ip}` licenses nothing to `{party}`, and it has no licence to the version for this" }
            then { "agree on a licence (`asset.transfer` of one), or name a seat that the party fills under `licensed_to`; name version, purpose and country as the licence does" },
        "outside-ip" OutsideIp { ip: ClauseRef, version: Digest } by ip
            told { "`{version}` is no model of the assets that `{ip}` is about" }
            then { "name a version of an asset of the clause, or the clause of that asset" },
        "version-needed" VersionNeeded { ip: ClauseRef } by ip
            told { "`{ip}` parts what comes in among the owners of the version that earned it, and no version is named" }
            then { "name the version, by its digest" },
        "nobody-owns" NobodyOwns { ip: ClauseRef } by ip
            told { "`{ip}` names no owner with a share to whom this could be owed" }
            then { "write the owners' `shares` into the clause, and have their seats filled" },
        "owes-less" OwesLess { under: ClauseRef, from: PartyId, to: PartyId, amount: Amount, left: Amount } by under
            told { "under `{under}`, `{from}` owes and `{to}` is owed `{left}` at most, and this is `{amount}`" }
            then { format!("record a payment of at most `{left}`") },
        "payment-paused" PaymentPaused { under: ClauseRef, entry: u64 } by under
            told { "a correction of entry {entry} is asked for, and nothing is paid or settled under `{under}` until then" }
            then { "wait for the decision about the correction" },
    }
}
