//! Our blocks in a file: the header, clauses with the prose that they enforce, scenarios.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use crate::fields::Fields;
use crate::limits::{CLAUSES_MAX, CONDITION_BYTES_MAX, PROSE_BYTES_MAX, SCENARIOS_MAX, VALUES_MAX};
use crate::markdown::Block;
use crate::module::Translations;
use crate::shape::Table;
use crate::source::Wrong;
use crate::{Clause, Terms, clause, scenario};

use super::Reading;
use super::header::Header;

impl<'a> Reading<'a> {
    pub(super) fn module(&mut self, block: &Block) {
        if self.header.is_some() {
            let wrong = Wrong::new(
                "two-modules",
                "a file holds one module, and this is a second `module` block",
                "move it to a file of its own",
            );
            self.found.push(self.source.error(&block.range, wrong));
            return;
        }
        let span = self.source.span(&block.range);
        let Some(mut fields) = self.fields(block) else {
            self.header = Some((span, BTreeMap::new(), None));
            return;
        };
        let header = <Header as Table>::take(&mut fields, "");
        fields.end();
        self.found.append(&mut fields.found);
        self.header = Some((span, fields.places, header));
        self.marks.push((block.range.clone(), None));
    }

    pub(super) fn clause(&mut self, block: &Block) {
        if self.blocks == CLAUSES_MAX {
            return self.stop("too-many-clauses", &block.range, CLAUSES_MAX, "clauses");
        }
        self.blocks += 1;
        let (prose, translations) = self.prose_of(block);
        let Some(mut fields) = self.fields(block) else { return };
        let (id, said) = clause::read(&mut fields);
        if let Some((Terms::Permit(rule) | Terms::Forbid(rule), _)) = &said {
            self.conditions += rule.when.as_ref().map_or(0, |when| when.text().len());
            if self.conditions > CONDITION_BYTES_MAX {
                let (code, most) = ("too-many-conditions", CONDITION_BYTES_MAX);
                return self.stop(code, &block.range, most, "bytes of conditions");
            }
        }
        if let (Some(id), Some(span)) = (id, fields.places.get("id").cloned()) {
            if let Some(line) = self.names.get(&id) {
                let what = format!("the name `{id}` is used twice");
                let hint = format!("choose another: the first is in line {line}");
                fields.fail_at("id", Wrong::new("used-twice", what, hint));
            } else {
                self.names.insert(id.clone(), span.line);
                self.section.clauses.push(id.clone());
                self.marks.push((block.range.clone(), Some(id.clone())));
                let places = std::mem::take(&mut fields.places);
                let clause = said.map(|(terms, standing)| Clause {
                    id,
                    span,
                    prose,
                    translations,
                    terms,
                    standing,
                    places,
                });
                self.clauses.extend(clause.map(|clause| (clause.id.clone(), clause.into())));
            }
        }
        self.found.append(&mut fields.found);
    }

    /// The paragraphs that a block enforces: those before it under its heading, or if there is
    /// none between, those that the block before it enforces. They are kept once.
    fn prose_of(&mut self, block: &Block) -> (Arc<str>, Arc<Translations>) {
        let none = || ("".into(), Arc::default());
        if self.prose.is_empty() {
            return self.enforced.clone().unwrap_or_else(none);
        }
        let translations = self.translations();
        let prose = std::mem::take(&mut self.prose);
        if prose.iter().map(Range::len).sum::<usize>() > PROSE_BYTES_MAX {
            let what = format!("more than {PROSE_BYTES_MAX} bytes of prose stand before a clause");
            let hint = "write a heading, or a clause, in between";
            let wrong = Wrong::new("prose-too-long", what, hint);
            self.found.push(self.source.error(&block.range, wrong));
            return none();
        }
        let text = self.source.text();
        let parts: Vec<&str> =
            prose.iter().map(|range| text.get(range.clone()).unwrap_or_default().trim()).collect();
        let joined: Arc<str> = parts.join("\n\n").into();
        let both = (joined, translations);
        self.enforced = Some(both.clone());
        both
    }

    /// A scenario is for people and `check`: the fold does not read it, so that what is wrong with
    /// one keeps no module from its log.
    pub(super) fn scenario(&mut self, block: &Block) {
        let mut fields = match Fields::parse(self.source, block) {
            Ok(fields) => fields,
            Err(mut found) => return self.astray.append(&mut found),
        };
        self.values += fields.values;
        if self.values > VALUES_MAX {
            return self.stop("too-many-values", &block.range, VALUES_MAX, "values in its blocks");
        }
        if self.scenarios.len() == SCENARIOS_MAX {
            let what = format!("the module has more than {SCENARIOS_MAX} scenarios");
            fields.fail_at("name", Wrong::new("too-many-scenarios", what, "tell fewer cases"));
        } else if let Some(scenario) = scenario::read::read(&mut fields) {
            let line = scenario.span.line;
            match self.stories.entry(scenario.name.clone()) {
                Entry::Occupied(first) => {
                    let what = format!("two scenarios are called `{}`", scenario.name);
                    let hint = format!("choose another name: the first is in line {}", first.get());
                    fields.fail_at("name", Wrong::new("used-twice", what, hint));
                }
                Entry::Vacant(free) => {
                    free.insert(line);
                    self.scenarios.push(scenario);
                }
            }
        }
        self.astray.append(&mut fields.found);
    }

    /// A block's fields, unless there are too many values in it.
    fn fields<'b>(&mut self, block: &'b Block) -> Option<Fields<'b>>
    where
        'a: 'b,
    {
        match Fields::parse(self.source, block) {
            Ok(fields) => {
                self.values += fields.values;
                if self.values > VALUES_MAX {
                    self.stop("too-many-values", &block.range, VALUES_MAX, "values in its blocks");
                    return None;
                }
                Some(fields)
            }
            Err(mut found) => {
                self.found.append(&mut found);
                None
            }
        }
    }
}
