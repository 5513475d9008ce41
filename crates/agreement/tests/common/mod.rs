//! What several tests share.
#![allow(dead_code, reason = "each test takes its part")]

pub(crate) mod sides;

/// SplitMix64, ours: a seed means the same cases for ever.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound, which is above zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// With a chance of `of` in a hundred.
    pub(crate) fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }
}

/// Cedar itself, asked about one condition and one set of facts, as JSON by record.
pub(crate) struct Cedar {
    policies: cedar_policy::PolicySet,
    request: (cedar_policy::EntityUid, cedar_policy::EntityUid, cedar_policy::EntityUid),
}

impl Cedar {
    /// `condition` speaks of `context.place` and so on.
    pub(crate) fn of(condition: &str) -> Self {
        let source = format!("permit(principal, action, resource) when {{ {condition} }};");
        let request = ("S::\"s\"", "Action::\"a\"", "T::\"t\"");
        Self {
            policies: source.parse().unwrap_or_else(|e| panic!("{condition}: {e}")),
            request: (
                request.0.parse().unwrap(),
                request.1.parse().unwrap(),
                request.2.parse().unwrap(),
            ),
        }
    }

    /// `None` where it cannot be evaluated.
    pub(crate) fn holds(&self, facts: &serde_json::Value) -> Option<bool> {
        let context = cedar_policy::Context::from_json_value(facts.clone(), None).unwrap();
        let (principal, action, resource) = self.request.clone();
        let request =
            cedar_policy::Request::new(principal, action, resource, context, None).unwrap();
        let none = cedar_policy::Entities::empty();
        let answer = cedar_policy::Authorizer::new().is_authorized(&request, &self.policies, &none);
        let failed = answer.diagnostics().errors().next().is_some();
        (!failed).then(|| answer.decision() == cedar_policy::Decision::Allow)
    }
}
