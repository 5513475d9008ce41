//! What a clause of any kind may say about itself.

use crate::shape::{ClauseName, Reference, Table, shape, words};

words! {
    /// How far a clause binds.
    Force {
        /// It binds who signed.
        Binding = "binding",
        /// It states an intention and cannot be enforced.
        NonBinding = "non-binding",
        /// It repeats what a statute says and binds through it.
        Statutory = "statutory",
    }

    /// What becomes of the rest when a clause turns out invalid.
    IfInvalid {
        /// The clause falls away.
        Drop = "drop",
        /// `replaced_by` takes its place.
        Replace = "replace",
        /// What it allowed stops until the parties have agreed on another.
        Renegotiate = "renegotiate",
    }
}

shape! {
    /// What a clause of any kind may say about itself.
    #[derive(Default)]
    pub Standing {
        /// How far it binds; it does, if this is absent.
        effect: Option<Force>,
        /// What happens if it is found invalid; the parties renegotiate, if this is absent.
        if_invalid: Option<IfInvalid>,
        /// The clause that takes its place then.
        replaced_by: Option<ClauseName>,
        /// The clauses that fall with it.
        dependants: Vec<ClauseName>,
        /// Whether it outlives the end of the agreement.
        survives: bool,
        /// The laws it carries out, as a lawyer cites them: `GDPR Art. 33`.
        laws: Vec<String>,
    }
}

impl Standing {
    pub(crate) fn references(&self) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        self.refers("", "", &mut found);
        found
    }
}
