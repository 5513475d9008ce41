//! Who has to have cosigned (C2SP tlog-policy): "two of the public, one of the private".

mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use concordat_terms::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::note::COSIGNATURES_MAX;
use crate::vkey::{Kind, Vkey};

pub use parse::{NotAPolicy, PolicyProblem};

/// The name that a quorum of nobody has.
const NOBODY: &str = "none";

/// Known logs, known witnesses, and which sets of witnesses suffice.
///
/// Names mean something within the policy only: a witness's key has its own name for its
/// signature lines. Written and read as C2SP's text; [`fmt::Display`] gives one spelling of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    /// Each refers to witnesses and earlier groups only.
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A log that the policy knows; may be left out where the log is known from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its key, whose name is the origin.
    pub vkey: Vkey,
    /// Where it is served.
    pub url: Option<String>,
}

/// A witness by the name that groups use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name in this policy.
    pub name: String,
    /// Its key, of kind [`Kind::Witness`] or [`Kind::PqWitness`].
    pub vkey: Vkey,
    /// Where it is asked.
    pub url: Option<String>,
}

/// At least `threshold` of the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in this policy.
    pub name: String,
    /// From 1 to the number of members.
    pub threshold: usize,
    /// Witnesses or earlier groups.
    pub members: Vec<String>,
}

/// What makes a checkpoint count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// The log's own signature is enough.
    Nobody,
    /// This witness, or this group.
    Of(String),
}

/// Why a policy makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPolicy {
    /// A name that is empty, is `none`, or has white space or control characters.
    #[error("`{0}` cannot name a witness or group")]
    Name(String),
    /// A URL that is empty or has white space or control characters.
    #[error("`{0}` is not a URL")]
    Url(String),
    /// Two things with one name.
    #[error("`{0}` is defined twice")]
    Redefined(String),
    /// Two logs, or two witnesses, with one public key.
    #[error("the key of `{0}` is listed twice")]
    RepeatedKey(String),
    /// A log with a witness's key, or the other way round.
    #[error("key `{0}` has the wrong signature type for its place")]
    Kind(String),
    /// A group or quorum of something not defined before it.
    #[error("`{0}` is not defined before it is used")]
    Undefined(String),
    /// A witness or group in two groups, or twice in one: it would count twice.
    #[error("`{0}` is a member twice")]
    RepeatedMember(String),
    /// A threshold below 1 or above the number of members.
    #[error("group `{name}` asks for {threshold} of {members}")]
    Threshold {
        /// The group.
        name: String,
        /// What it asks for.
        threshold: usize,
        /// How many there are.
        members: usize,
    },
    /// A quorum of more witnesses than a checkpoint has room for, beside the log's own signature.
    #[error("the quorum takes {0} cosignatures, and a checkpoint has room for {most}", most = COSIGNATURES_MAX)]
    TooMany(usize),
}

impl Policy {
    /// Puts a policy together; groups may refer to witnesses and to groups before them.
    ///
    /// # Errors
    /// [`BadPolicy`].
    pub fn new(
        logs: Vec<Log>,
        witnesses: Vec<Witness>,
        groups: Vec<Group>,
        quorum: Quorum,
    ) -> Result<Self, BadPolicy> {
        check_keys(logs.iter().map(|log| &log.vkey), &[Kind::Log])?;
        let cosigns = &[Kind::Witness, Kind::PqWitness];
        check_keys(witnesses.iter().map(|witness| &witness.vkey), cosigns)?;
        let urls = logs.iter().map(|l| &l.url).chain(witnesses.iter().map(|w| &w.url));
        for url in urls.flatten() {
            if !is_word(url) {
                return Err(BadPolicy::Url(url.clone()));
            }
        }
        let mut defined = BTreeSet::new();
        // By how few witnesses each can be satisfied. Nobody is in two groups, so that this adds up.
        let mut least = BTreeMap::new();
        for witness in &witnesses {
            define(&witness.name, &mut defined)?;
            least.insert(witness.name.as_str(), 1);
        }
        let mut grouped = BTreeSet::new();
        for group in &groups {
            for member in &group.members {
                if !defined.contains(member.as_str()) {
                    return Err(BadPolicy::Undefined(member.clone()));
                }
                if !grouped.insert(member) {
                    return Err(BadPolicy::RepeatedMember(member.clone()));
                }
            }
            if !(1..=group.members.len()).contains(&group.threshold) {
                return Err(BadPolicy::Threshold {
                    name: group.name.clone(),
                    threshold: group.threshold,
                    members: group.members.len(),
                });
            }
            define(&group.name, &mut defined)?;
            let of = |member: &String| least.get(member.as_str()).copied();
            let mut few: Vec<usize> = group.members.iter().filter_map(of).collect();
            few.sort_unstable();
            least.insert(group.name.as_str(), few.iter().take(group.threshold).sum());
        }
        if let Quorum::Of(name) = &quorum {
            match least.get(name.as_str()) {
                None => return Err(BadPolicy::Undefined(name.clone())),
                Some(least) if *least > COSIGNATURES_MAX => return Err(BadPolicy::TooMany(*least)),
                Some(_) => {}
            }
        }
        Ok(Self { logs, witnesses, groups, quorum })
    }

    /// Any `threshold` of these witnesses; nobody if there is none and `threshold` is 0.
    ///
    /// # Errors
    /// [`BadPolicy`].
    pub fn any_of(
        threshold: usize,
        witnesses: impl IntoIterator<Item = (String, Vkey)>,
    ) -> Result<Self, BadPolicy> {
        let witnesses: Vec<_> =
            witnesses.into_iter().map(|(name, vkey)| Witness { name, vkey, url: None }).collect();
        if threshold == 0 && witnesses.is_empty() {
            return Self::new(vec![], witnesses, vec![], Quorum::Nobody);
        }
        let members: Vec<_> = witnesses.iter().map(|w| w.name.clone()).collect();
        // A witness may be called anything; the group's name gives way.
        let mut name = "quorum".to_owned();
        while members.contains(&name) {
            name.push('-');
        }
        let group = Group { name: name.clone(), threshold, members };
        Self::new(vec![], witnesses, vec![group], Quorum::Of(name))
    }

    /// The same, with further witnesses: their lines are checked, and count for nothing.
    ///
    /// # Errors
    /// [`BadPolicy`].
    pub fn beside(
        self,
        further: impl IntoIterator<Item = (String, Vkey)>,
    ) -> Result<Self, BadPolicy> {
        let Self { logs, mut witnesses, groups, quorum } = self;
        witnesses.extend(further.into_iter().map(|(name, vkey)| Witness { name, vkey, url: None }));
        Self::new(logs, witnesses, groups, quorum)
    }

    /// Nobody has to cosign: the log's own signature is enough.
    pub fn nobody() -> Self {
        let (logs, witnesses, groups) = (Vec::new(), Vec::new(), Vec::new());
        Self { logs, witnesses, groups, quorum: Quorum::Nobody }
    }

    /// Whether these witnesses, by their names in this policy, suffice; unknown names count for
    /// nothing.
    ///
    /// Also answers what an agreement's check asks: whether one party's silence stops the log
    /// (all witnesses but its own do not suffice), or one side can go alone (its own do).
    pub fn satisfied(&self, by: &BTreeSet<String>) -> bool {
        let Quorum::Of(quorum) = &self.quorum else { return true };
        let mut signed: BTreeSet<&str> = self
            .witnesses
            .iter()
            .filter(|witness| by.contains(&witness.name))
            .map(|witness| witness.name.as_str())
            .collect();
        for group in &self.groups {
            let count = group.members.iter().filter(|m| signed.contains(m.as_str())).count();
            if count >= group.threshold {
                signed.insert(&group.name);
            }
        }
        signed.contains(quorum.as_str())
    }

    /// When the witnesses that cosigned came to suffice, each by its own clock; none where they do not, or
    /// where nobody has to.
    ///
    /// Whoever relies on the policy takes it that among any witnesses that suffice one is honest: so by
    /// this time what they cosigned was there. A single one that puts its clock back moves nothing.
    pub fn satisfied_at(&self, cosigned: &BTreeMap<String, Timestamp>) -> Option<Timestamp> {
        if self.satisfied(&BTreeSet::new()) {
            return None;
        }
        let mut in_order: Vec<_> = cosigned.iter().map(|(name, at)| (*at, name)).collect();
        in_order.sort();
        let mut so_far = BTreeSet::new();
        in_order.into_iter().find_map(|(at, name)| {
            so_far.insert(name.clone());
            self.satisfied(&so_far).then_some(at)
        })
    }

    /// Whether the cosignature of a witness can make a checkpoint count: it is in a group, or is the
    /// quorum by itself.
    pub fn counts(&self, name: &str) -> bool {
        let grouped = self.groups.iter().any(|group| group.members.iter().any(|own| own == name));
        grouped || matches!(&self.quorum, Quorum::Of(own) if own == name)
    }

    /// The logs listed; may be none.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The groups, each after what it refers to.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// What makes a checkpoint count.
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }
}

fn define<'a>(name: &'a str, defined: &mut BTreeSet<&'a str>) -> Result<(), BadPolicy> {
    if name == NOBODY || name.starts_with('#') || !is_word(name) {
        return Err(BadPolicy::Name(name.to_owned()));
    }
    if defined.insert(name) { Ok(()) } else { Err(BadPolicy::Redefined(name.to_owned())) }
}

fn check_keys<'a>(vkeys: impl Iterator<Item = &'a Vkey>, kinds: &[Kind]) -> Result<(), BadPolicy> {
    let mut seen = BTreeSet::new();
    for vkey in vkeys {
        if !kinds.contains(&vkey.kind()) {
            return Err(BadPolicy::Kind(vkey.name().to_owned()));
        }
        if !seen.insert(vkey.key().as_bytes()) {
            return Err(BadPolicy::RepeatedKey(vkey.name().to_owned()));
        }
    }
    Ok(())
}

/// Can stand between the blanks of a policy line.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b > 0x20 && b != 0x7f)
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |url: &Option<String>| match url {
            Some(url) => format!(" {url}\n"),
            None => "\n".to_owned(),
        };
        for log in &self.logs {
            write!(f, "log {}{}", log.vkey, end(&log.url))?;
        }
        for witness in &self.witnesses {
            write!(f, "witness {} {}{}", witness.name, witness.vkey, end(&witness.url))?;
        }
        for group in &self.groups {
            writeln!(f, "group {} {} {}", group.name, group.threshold, group.members.join(" "))?;
        }
        match &self.quorum {
            Quorum::Nobody => writeln!(f, "quorum {NOBODY}"),
            Quorum::Of(name) => writeln!(f, "quorum {name}"),
        }
    }
}

impl FromStr for Policy {
    type Err = NotAPolicy;

    fn from_str(text: &str) -> Result<Self, NotAPolicy> {
        parse::parse(text)
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
