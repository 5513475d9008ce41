//! Samples of what is refused about accounts.

use concordat_partnership::AccountRefusal;
use concordat_terms::ActName;

use crate::{a, digest, refusals};

refusals! {
    AccountRefusal;
    "Accounts": {
        UnknownAccount { account: a("service/computing") }
            "The act names a clause that is no account of the agreement in force, or not of the kind that it needs.";
        AccountState { account: a("service/computing"), is: "closed", needs: "open" }
            "An account is allocated and spent while it is open, opened while it is closed, and divided among holders only where its clause says so.";
        AccountTimePassed { until: a("2026-12-01T00:00:00Z"), now: a("2027-01-01T00:00:00Z") }
            "The account would be closed before it is opened.";
        BadAmount { amount: a("EUR 0.001"), why: "it has more digits after the point than its unit" }
            "Amounts are above zero and no finer than the minor unit of their currency; of any other unit they have six digits after the point at most.";
        WrongUnit { account: a("service/fees"), amount: a("USD 5"), unit: "EUR".to_owned() }
            "The clause says in which unit the account is kept.";
        NotAHolder { account: a("service/computing"), party: a("lab") }
            "The parties of the account's seat `holder` spend from it, and nobody else.";
        OverCeiling { account: a("service/computing"), amount: a("gpu-hour 600"), left: a("gpu-hour 400") }
            "What is allocated and what is spent as a whole stay under the ceiling of the clause in force.";
        Overspent { account: a("service/computing"), party: a("vendor"), amount: a("gpu-hour 120"), left: a("gpu-hour 100") }
            "A holder spends what it was allocated for this project, or for none, and no more.";
        OverThreshold { account: a("service/fees"), of: "total", amount: a("EUR 260000"), most: a("EUR 250000") }
            "The table that the account's clause points to says how much one payment, all payments together, or a higher ceiling may come to from that day on.";
        NotTransferable { account: a("service/computing"), into: a("service/reserve") }
            "What a holder was allocated stays in its account, unless the account's clause says to which others it may go.";
        ReportNeeded { account: a("service/computing"), objective: a("governance/better-forecasts") }
            "The account serves an objective: who allocates from it says on which report about that objective it is based.";
        ReferenceUsed { under: a("service/computing"), reference: digest("meter") }
            "The same record of a use or a payment was booked already. Nothing is spent or paid twice.";
        PartySilent { act: ActName::PaymentRecord, party: a("birch") }
            "Who hands something on, pays from an account, or says that it was paid, signs it. What a body decided needs no such signature.";
        NotLicensed { ip: a("ip-liability/pool"), party: a("lab") }
            "The party fills no seat that the clause licenses, and it is no public party where public use is free.";
        OutsideIp { ip: a("ip-liability/pool"), version: digest("model") }
            "The version is not known, or of an asset that the clause is not about.";
        VersionNeeded { ip: a("ip-liability/pool") }
            "The clause parts royalties and income by lineage: who owns the version that earned them gets them, so that it has to be named.";
        NobodyOwns { ip: a("ip-liability/pool") }
            "The clause gives no shares, or nobody fills the seats that have them; or, where it parts by lineage, the version has no owner.";
        OwesLess { under: a("ip-liability/pool"), from: a("vendor"), to: a("alder"), amount: a("EUR 100"), left: a("EUR 80") }
            "A payment settles what is owed, and no more than that.";
        PaymentPaused { under: a("ip-liability/pool"), entry: 41 }
            "Somebody asked for the correction of the entry from which this follows. What is owed stays; paying and settling wait.";
    }
}
