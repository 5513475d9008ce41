//! Samples of what is refused because of external trainers.

use concordat_agreement::TrainerMode;
use concordat_partnership::TrainerRefusal;
use concordat_terms::Digest;

use crate::{a, refusals};

refusals! {
    TrainerRefusal;
    "External trainers": {
        NotAllowed { mode: TrainerMode::UpdateDp, asset: a("heart-rows"), clause: a("protocol/heart-budget") }
            "The clause of the account lists the modes in which programs of others may take part. What is not listed is not allowed; `secagg-only`, which has no noise, every holder has to sign.";
        NoiseAboveSignal { times: String::from("3.75") }
            "An update protects a whole participant, so its noise does not shrink with the number of persons. The L2 norm of the noise on a sum of N updates of D numbers is √(N·D)·σ·2C; the updates are at most N·C.";
        NotApproved { party: a("alder"), code: Digest::of(b"trainer"), asset: a("heart-rows") }
            "No approval of this trainer with this very plan stands: none was given, it was taken back, or its time is over.";
        OtherEnvironment { party: a("alder"), environment: Digest::of(b"new"), approved: Digest::of(b"old") }
            "An approval is of a trainer in one environment: other packages are another program.";
        UsedUp { party: a("alder"), run: a("second"), runs: 1 }
            "An approval is for a number of runs, and each that is joined uses one.";
    }
}
