//! Names and citations as a reader of the paper finds them: by title, number and link.

use std::fmt::Display;

use concordat_agreement::{Addressee, Agreement, AsText, Clause, ClauseName, Terms};
use concordat_terms::{AssetId, BodyId, ClauseId, ClauseRef, ModuleId, PartyId, PurposeId, SeatId};
use maud::{Markup, html};

use super::clause::mark;
use super::outline::Outline;

/// What is defined where, and under which number.
pub(super) struct Index<'a> {
    pub(super) agreement: &'a Agreement,
    pub(super) outline: Outline<'a>,
}

impl<'a> Index<'a> {
    pub(super) fn of(agreement: &'a Agreement) -> Self {
        Self { agreement, outline: Outline::of(agreement) }
    }

    /// The number of a clause.
    pub(super) fn number(&self, cited: &ClauseRef) -> &str {
        self.outline.numbers.get(cited).map_or("", String::as_str)
    }

    /// A clause by its number, with the sign of one that binds as text.
    pub(super) fn cite(&self, cited: &ClauseRef) -> Markup {
        let as_text = self.agreement.clause(cited).and_then(Clause::as_text).is_some();
        html! {
            span.cited {
                a href=(format!("#{cited}")) { (self.number(cited)) }
                @if as_text { " " (mark()) }
            }
        }
    }

    /// How many clauses the rules of this edition act on, and those that they do not act on.
    pub(super) fn enforced(&self) -> (usize, Vec<(ClauseRef, &'a Clause, AsText)>) {
        let mut enforced = 0;
        let mut as_text = Vec::new();
        for article in &self.outline.articles {
            let clauses = article.module.clauses.values().map(AsRef::as_ref);
            let mut clauses: Vec<&Clause> = clauses.collect();
            clauses.sort_by_key(|clause| clause.span.line);
            for clause in clauses {
                match clause.as_text() {
                    None => enforced += 1,
                    Some(why) => {
                        let cited = ClauseRef::new(&article.module.id, &clause.id);
                        as_text.push((cited, clause, why));
                    }
                }
            }
        }
        (enforced, as_text)
    }

    /// How many paragraphs no clause is of.
    pub(super) fn paragraphs_alone(&self) -> usize {
        self.agreement.modules().values().map(|module| module.not_executable.len()).sum()
    }

    /// A clause that another one names.
    pub(super) fn cite_from(&self, home: &ModuleId, name: &ClauseName) -> Markup {
        self.name(home, &name.to_string())
    }

    pub(super) fn party(&self, id: &PartyId) -> Markup {
        let cited = self.agreement.party(id);
        titled(id, cited.as_ref().map(|c| (c.terms.party.as_str(), &c.clause)))
    }

    pub(super) fn seat(&self, id: &SeatId) -> Markup {
        let cited = self.agreement.seat(id);
        titled(id, cited.as_ref().map(|c| (c.terms.seat.as_str(), &c.clause)))
    }

    pub(super) fn body(&self, id: &BodyId) -> Markup {
        let cited = self.agreement.body(id);
        titled(id, cited.as_ref().map(|c| (c.terms.body.as_str(), &c.clause)))
    }

    pub(super) fn asset(&self, id: &AssetId) -> Markup {
        let cited = self.agreement.asset(id);
        titled(id, cited.as_ref().map(|c| (c.terms.asset.as_str(), &c.clause)))
    }

    /// A purpose by its name: its title is a sentence.
    pub(super) fn purpose(&self, id: &PurposeId) -> Markup {
        let cited = self.agreement.purpose(id);
        html! {
            @match cited {
                Some(cited) => { a href=(format!("#{}", cited.clause)) { code { (id) } } }
                None => { code { (id) } }
            }
        }
    }

    pub(super) fn addressee(&self, to: &Addressee) -> Markup {
        match to {
            Addressee::Seat(seat) => self.seat(seat),
            Addressee::Outside(who) => html! { (who) " " span.quiet { "(does not sign)" } },
        }
    }

    /// A text with names in backticks, each leading to where it is defined; other clauses that
    /// define nothing with their number beside.
    pub(super) fn words(&self, home: &ModuleId, own: Option<&ClauseId>, text: &str) -> Markup {
        let own = own.map(ClauseId::as_str);
        html! {
            @for (at, piece) in text.split('`').enumerate() {
                @if at % 2 == 0 { (piece) }
                @else if own == Some(piece) { code { (piece) } }
                @else { (self.name(home, piece)) }
            }
        }
    }

    fn name(&self, home: &ModuleId, name: &str) -> Markup {
        let cited = self.resolve(home, name);
        let number = cited.as_ref().filter(|cited| !self.defines(cited)).map(|c| self.number(c));
        let module = name.parse().ok().and_then(|id: ModuleId| self.agreement.modules().get(&id));
        html! {
            @match (&cited, module) {
                (Some(cited), _) => {
                    a href=(format!("#{cited}")) { code { (name) } }
                    @if let Some(number) = number { " " span.number { "[" (number) "]" } }
                }
                (None, Some(module)) => { a href=(format!("#{}", module.id)) { code { (name) } } }
                (None, None) => { code { (name) } }
            }
        }
    }

    /// What a name in a module stands for: a citation, a thing that is defined anywhere, a clause
    /// of the module itself.
    pub(super) fn resolve(&self, home: &ModuleId, name: &str) -> Option<ClauseRef> {
        if let Ok(cited) = name.parse::<ClauseRef>() {
            return self.agreement.clause(&cited).map(|_| cited);
        }
        let here = name.parse().ok().map(|id| ClauseRef::new(home, &id));
        let here = here.filter(|cited| self.agreement.clause(cited).is_some());
        if let Some(here) = here {
            return Some(here);
        }
        let mut all = self.agreement.clauses();
        let found = all.find(|(_, c)| c.id.as_str() == name && is_definition(&c.terms));
        found.map(|(module, clause)| ClauseRef::new(&module.id, &clause.id))
    }

    fn defines(&self, cited: &ClauseRef) -> bool {
        self.agreement.clause(cited).is_some_and(|clause| is_definition(&clause.terms))
    }
}

/// Whether a clause's name is the name of a thing.
fn is_definition(terms: &Terms) -> bool {
    matches!(
        terms,
        Terms::Party(_)
            | Terms::Seat(_)
            | Terms::Purpose(_)
            | Terms::Asset(_)
            | Terms::Body(_)
            | Terms::Account(_)
            | Terms::Signal(_)
    )
}

fn titled(id: &impl Display, cited: Option<(&str, &ClauseRef)>) -> Markup {
    html! {
        @match cited {
            Some((title, clause)) => { a href=(format!("#{clause}")) { (title) } }
            None => { code { (id) } }
        }
    }
}

/// Items in a row, with commas; a dash, if there are none.
pub(super) fn row(items: impl IntoIterator<Item = Markup>) -> Markup {
    let items: Vec<Markup> = items.into_iter().collect();
    html! {
        @if items.is_empty() { (none()) }
        @for (at, item) in items.iter().enumerate() {
            @if at > 0 { ", " }
            (item)
        }
    }
}

/// What stands where there is nothing to say.
pub(super) fn none() -> Markup {
    html! { span.quiet { "–" } }
}

/// A value, or a dash.
pub(super) fn or_none(value: Option<impl Display>) -> Markup {
    html! { @match value { Some(value) => { (value.to_string()) } None => { (none()) } } }
}
