//! Refusals of measured values.

use concordat_partnership::SignalRefusal;

use crate::{a, refusals};

refusals! {
    SignalRefusal;
    "Signals": {
        UnknownSignal { signal: a("service/uptime") }
            "No clause of the agreement in force declares the series.";
        BadBatch { signal: a("service/uptime"), what: "it begins on 2027-01-01T00:00:00Z, and is measured until 2027-02-01T00:00:00Z".to_owned() }
            "A batch has 1 to 1,000 values of consecutive windows, none of which was measured before or is still to come.";
    }
}
