//! The risk register, as it is shown.

use concordat_terms::RiskId;
use serde::Serialize;

use crate::cases::Risk;
use crate::state::State;

/// A line of the risk register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskView<'a> {
    /// Its name.
    pub id: &'a RiskId,
    /// The risk.
    #[serde(flatten)]
    pub risk: &'a Risk,
    /// Likelihood times impact.
    pub score: u8,
    /// Whether that is more than the body accepts that speaks for risks.
    pub above: bool,
}

impl State {
    /// The risk register: what is open first, then the highest.
    pub fn risk_register(&self) -> Vec<RiskView<'_>> {
        let most = self.risk_appetite().unwrap_or(u8::MAX);
        let all = self.risks().map(|(id, risk)| {
            let score = risk.score();
            RiskView { id, risk, score, above: risk.closed.is_none() && score > most }
        });
        let mut all: Vec<RiskView<'_>> = all.collect();
        all.sort_by_key(|line| (line.risk.closed.is_some(), u8::MAX - line.score, line.id));
        all
    }
}
