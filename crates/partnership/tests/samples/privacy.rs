//! Samples of what is refused because of privacy accounts.

use concordat_partnership::{Fits, PrivacyPart, PrivacyRefusal};

use crate::{a, refusals};

refusals! {
    PrivacyRefusal;
    "Privacy accounts": {
        BudgetExceeded {
            run: a("second"),
            party: a("alder"),
            asset: a("heart-rows"),
            clause: a("protocol/heart-budget"),
            part: PrivacyPart::Whole,
            fits: Some(Box::new(Fits {
                spent: a("0.9994"),
                of: a("1"),
                delta: a("0.0001"),
                wished: 102,
                count: 3,
                noise: Some(a("24.9")),
            }))
        }
            "What was ever charged to the account, what is kept of it for monitoring and the run's cost exceed its limit at every order; or the purpose's part; or the run monitors, and costs more than what is there this year. The account is that of the persons whom the rows are about, whoever joins. How much would fit is told as advice: the verdict does not hang on it.";
        KeptForMonitoring { purpose: a("drift-watch"), clause: a("protocol/heart-budget") }
            "What the clause of a privacy account keeps back for each year is for queries and evaluations.";
        OtherNeighbours { asset: a("clean-rows"), from: a("heart-rows"), clause: a("protocol/clean-budget") }
            "A run on a version that was made from others is charged to the accounts of these too. Its noise is for the neighbours that its own clause counts, and would be too little for others.";
        AccountDivided { asset: a("clean-rows"), account: a("heart-rows"), clause: a("protocol/clean-budget") }
            "Something was charged when the dataset's persons were those of the other account. An amendment that gave them an account of their own would forget what was spent.";
    }
}
