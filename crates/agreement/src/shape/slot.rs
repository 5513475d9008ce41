//! How a field is taken from its table: needed, optional, a list, a map, a yes.

use std::collections::BTreeMap;

use crate::fields::Fields;
use crate::source::Wrong;

use super::{Field, Inside, Need, Reference, Scalar};

/// How a field is taken from its table.
pub(crate) trait Slot: Sized {
    const NEED: Need;
    fn written() -> String;
    fn examples() -> Vec<String>;
    fn inside() -> Inside;
    /// `None` after a mistake. `some`: a list must be there and hold something.
    fn take(fields: &mut Fields<'_>, name: &'static str, some: bool) -> Option<Self>;
    /// As TOML; `None` when nothing need be written.
    fn print(&self) -> Option<String>;
    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>);
}

impl<T: Field> Slot for T {
    const NEED: Need = Need::Always;

    fn written() -> String {
        <T as Field>::written()
    }

    fn examples() -> Vec<String> {
        <T as Field>::examples()
    }

    fn inside() -> Inside {
        <T as Field>::inside()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, _: bool) -> Option<Self> {
        match fields.take(name) {
            Some(value) => T::read(fields, name, value),
            None => fields.missing(name),
        }
    }

    fn print(&self) -> Option<String> {
        Some(Field::print(self))
    }

    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        Field::refer(self, place, found);
    }
}

impl<T: Field> Slot for Option<T> {
    const NEED: Need = Need::Maybe;

    fn written() -> String {
        <T as Field>::written()
    }

    fn examples() -> Vec<String> {
        <T as Field>::examples()
    }

    fn inside() -> Inside {
        <T as Field>::inside()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, _: bool) -> Option<Self> {
        match fields.take(name) {
            Some(value) => T::read(fields, name, value).map(Some),
            None => Some(None),
        }
    }

    fn print(&self) -> Option<String> {
        self.as_ref().map(Field::print)
    }

    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        if let Some(value) = self {
            Field::refer(value, place, found);
        }
    }
}

impl<T: Field> Slot for Vec<T> {
    const NEED: Need = Need::Maybe;

    fn written() -> String {
        format!("one or a list, each {}", <T as Field>::written())
    }

    fn examples() -> Vec<String> {
        let each = <T as Field>::examples();
        let one = each.first().map(|only| format!("[{only}]"));
        one.into_iter().chain([format!("[{}]", each.join(", "))]).collect()
    }

    fn inside() -> Inside {
        <T as Field>::inside()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, some: bool) -> Option<Self> {
        let Some(value) = fields.take(name) else {
            return if some { fields.missing(name) } else { Some(Vec::new()) };
        };
        let list = fields.list(name, value, T::read)?;
        if some && list.is_empty() {
            let what = format!("`{name}` is empty");
            fields.fail_at(name, Wrong::new("empty-list", what, "name at least one"));
            return None;
        }
        Some(list)
    }

    fn print(&self) -> Option<String> {
        let items: Vec<String> = self.iter().map(Field::print).collect();
        (!items.is_empty()).then(|| format!("[{}]", items.join(", ")))
    }

    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        for (index, item) in self.iter().enumerate() {
            Field::refer(item, &format!("{place}[{index}]"), found);
        }
    }
}

impl<K: Scalar + Ord, V: Field> Slot for BTreeMap<K, V> {
    const NEED: Need = Need::Maybe;

    fn written() -> String {
        format!("a table from {} to {}", K::WRITTEN, V::written())
    }

    fn examples() -> Vec<String> {
        let key = K::EXAMPLES.first().map_or("a", |key| key.trim_matches('"'));
        V::examples().iter().map(|value| format!("{{ {key} = {value} }}")).collect()
    }

    fn inside() -> Inside {
        <V as Field>::inside()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, some: bool) -> Option<Self> {
        let Some(value) = fields.take(name) else {
            return if some { fields.missing(name) } else { Some(Self::new()) };
        };
        fields.map(name, value, K::parse, V::read)
    }

    fn print(&self) -> Option<String> {
        let pairs: Vec<String> = self
            .iter()
            .map(|(key, value)| format!("{} = {}", key.print(), value.print()))
            .collect();
        (!pairs.is_empty()).then(|| format!("{{ {} }}", pairs.join(", ")))
    }

    fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
        for (key, value) in self {
            let spelt = key.print();
            let at = format!("{place}.{}", spelt.trim_matches('"'));
            if let Some((to, name, module)) = key.refers_to() {
                found.push(Reference { place: at.clone(), to, name, module });
            }
            Field::refer(value, &at, found);
        }
    }
}

/// Absent means no.
impl Slot for bool {
    const NEED: Need = Need::Maybe;

    fn written() -> String {
        "`true`, or nothing".to_owned()
    }

    fn examples() -> Vec<String> {
        vec!["true".to_owned()]
    }

    fn inside() -> Inside {
        Inside::Plain
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, _: bool) -> Option<Self> {
        let Some(value) = fields.take(name) else { return Some(false) };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            let wrong = crate::fields::wrong_type("`true` or `false`", value.get_ref());
            fields.fail_at(name, wrong);
        }
        flag
    }

    fn print(&self) -> Option<String> {
        self.then(|| "true".to_owned())
    }

    fn refer<'s>(&'s self, _: &str, _: &mut Vec<Reference<'s>>) {}
}
