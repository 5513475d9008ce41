//! Who must cosign, with keys that are parsed: that is dear, and the keys stay the same until the log
//! says otherwise.

use std::sync::Arc;

use concordat_tlog::Policy;

/// Of which moment a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Of the log's end, where so many entries are folded.
    Now(u64),
    /// Of a checkpoint of so many entries, all of which are folded: what was, stays.
    At(u64),
}

/// The policies that were asked for last: that of the log's end, and that of a checkpoint.
#[derive(Debug, Default)]
pub(super) struct Policies {
    now: Option<(When, Arc<Policy>)>,
    then: Option<(When, Arc<Policy>)>,
}

impl Policies {
    /// The policy of `when`: the one that is kept, or what `parse` makes.
    pub(super) fn of<E>(
        &mut self,
        when: When,
        parse: impl FnOnce() -> Result<Policy, E>,
    ) -> Result<Arc<Policy>, E> {
        let place = match when {
            When::Now(_) => &mut self.now,
            When::At(_) => &mut self.then,
        };
        if let Some((_, policy)) = place.as_ref().filter(|(kept, _)| *kept == when) {
            return Ok(policy.clone());
        }
        let policy = Arc::new(parse()?);
        *place = Some((when, policy.clone()));
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn keys_are_parsed_once_for_as_long_as_the_log_does_not_grow() {
        let (mut policies, parsed) = (Policies::default(), Cell::new(0));
        let mut ask = |when| {
            policies.of(when, || {
                parsed.set(parsed.get() + 1);
                Policy::any_of(0, [])
            })
        };
        for _ in 0..3 {
            ask(When::Now(7)).unwrap();
            ask(When::At(5)).unwrap();
        }
        assert_eq!(parsed.get(), 2);
        ask(When::Now(8)).unwrap();
        ask(When::At(7)).unwrap();
        assert_eq!(parsed.get(), 4);
        let unfit = Policies::default().of(When::Now(8), || Err::<Policy, _>("unfit"));
        assert_eq!(unfit.unwrap_err(), "unfit");
    }
}
