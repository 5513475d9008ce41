//! What a party knows of persons, apart from the log: the log has salted commitments, the values lie
//! here, sealed under a key for each person, and are destroyed with it.
//!
//! ```text
//! people/<member>/<commitment>   a sealed opening: in backups, with everything else
//! keys/people/<member>.key       opens what is sealed for that member: in no backup
//! keys/erased.jsonl              who was erased, on which ground: kept with the keys
//! ```
//!
//! Nothing of a person is in a store, an archive or a backup but sealed bytes; once the key is
//! destroyed, every copy of them is dead. What was handed to others in plain text is out of reach.

mod opening;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use concordat_partnership::act::ErasureGround;
use concordat_terms::{Digest, MemberId, Problem, jcs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::home::{make_dir, read_secret, sync_name, unreadable, unwritable, write_secret};
use crate::plain::{self, Kind};
use crate::problems::problem;
use crate::random;

pub use opening::Opening;

/// That a person was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// The commitments whose openings are gone.
    pub commitments: Vec<Digest>,
    /// Why.
    pub ground: ErasureGround,
    /// Whose, by the pseudonym.
    pub member: MemberId,
}

/// What there is behind a commitment.
#[derive(Debug)]
pub enum Behind {
    /// The value.
    Opening(Opening),
    /// Nothing any more.
    Erased(Erased),
}

/// The persons of a party's folder.
#[derive(Clone, Debug)]
pub struct People {
    dir: PathBuf,
}

impl People {
    /// Those of the folder `home`. What a restored backup brought back of persons who were erased is
    /// destroyed first, and what was interrupted is finished.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn open(home: &Path) -> Result<Self, Problem> {
        let people = Self { dir: home.to_owned() };
        for erased in people.register()?.into_values() {
            people.destroy(&erased.member)?;
        }
        Ok(people)
    }

    /// Seals a value and gives the commitment to be put into a statement.
    ///
    /// # Errors
    /// A [`Problem`]: a member who was erased; the disk; no randomness.
    pub fn commit(&self, member: &MemberId, label: &str, value: Value) -> Result<Digest, Problem> {
        if self.register()?.contains_key(member) {
            let what = format!("`{member}` was erased, and nothing is kept of whoever that was");
            return Err(problem("member-erased", what, "give the person a new pseudonym"));
        }
        let opening = Opening::new(label, random::bytes()?, value)?;
        let commitment = opening.commitment();
        make_dir(&self.dir.join("keys/people"))?;
        let key = self.key(member);
        if !key.exists() {
            write_secret(&key, &*random::bytes::<32>()?)?;
        }
        let sealed = opening.seal(&*read_secret(&key)?, &*random::bytes::<12>()?)?;
        let folder = self.folder(member);
        make_dir(&folder)?;
        let path = folder.join(commitment.to_string());
        written(&path, &sealed).map_err(|e| unwritable(&path, &e))?;
        Ok(commitment)
    }

    /// What is behind a commitment.
    ///
    /// # Errors
    /// A [`Problem`]: nothing here has it, or it does not open.
    pub fn behind(&self, commitment: &Digest) -> Result<Behind, Problem> {
        for erased in self.register()?.into_values() {
            if erased.commitments.contains(commitment) {
                return Ok(Behind::Erased(erased));
            }
        }
        for member in self.members()? {
            let path = self.folder(&member).join(commitment.to_string());
            if path.exists() {
                let sealed = plain::read(&path, Kind::Blob).map_err(|e| unreadable(&path, &e))?;
                let key = read_secret(&self.key(&member))?;
                let opening = Opening::unseal(&sealed, &key, commitment)?;
                return Ok(Behind::Opening(opening));
            }
        }
        let what = format!("nothing in this folder opens `{commitment}`");
        Err(problem("no-opening", what, "ask the party that made the statement"))
    }

    /// Destroys a member's key and everything that it opens, for good.
    ///
    /// # Errors
    /// A [`Problem`]: nothing is kept of that member, or the disk fails; doing it again goes on.
    pub fn erase(&self, member: &MemberId, ground: ErasureGround) -> Result<Erased, Problem> {
        if let Some(erased) = self.register()?.remove(member) {
            self.destroy(member)?;
            return Ok(erased);
        }
        let folder = self.folder(member);
        if !self.key(member).exists() && !folder.exists() {
            let what = format!("nothing is kept of `{member}`");
            return Err(problem("no-opening", what, "check the pseudonym"));
        }
        let commitments = self.commitments(member)?;
        let erased = Erased { commitments, ground, member: member.clone() };
        // Once this is on the disk, whatever else happens ends in their being gone.
        self.record(&erased)?;
        self.destroy(member)?;
        Ok(erased)
    }

    /// The commitments whose openings are kept of a member.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn commitments(&self, member: &MemberId) -> Result<Vec<Digest>, Problem> {
        let names = names(&self.folder(member))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Destroys what the log says was erased, on these grounds. A key opens everything of its person and
    /// is destroyed with the first of it; where something else of that person is held, what was erased
    /// goes alone.
    ///
    /// # Errors
    /// A [`Problem`]: the disk; asked again, it goes on.
    pub fn obey(
        &self,
        erased: impl Fn(&Digest) -> Option<ErasureGround>,
        held: impl Fn(&Digest) -> bool,
    ) -> Result<(), Problem> {
        for member in self.members()? {
            let commitments = self.commitments(&member)?;
            let gone = commitments.iter().filter_map(|own| Some((*own, erased(own)?)));
            let gone: BTreeMap<Digest, ErasureGround> = gone.collect();
            let Some(ground) = gone.values().next() else { continue };
            if commitments.iter().any(|own| !gone.contains_key(own) && held(own)) {
                let folder = self.folder(&member);
                gone.keys().try_for_each(|own| overwritten(&folder.join(own.to_string())))?;
            } else {
                self.erase(&member, *ground)?;
            }
        }
        Ok(())
    }

    fn record(&self, erased: &Erased) -> Result<(), Problem> {
        make_dir(&self.dir.join("keys"))?;
        let path = self.dir.join(REGISTER);
        let mut line = jcs::to_bytes(erased)
            .map_err(|e| problem("no-opening", e.to_string(), "check the pseudonym"))?;
        line.push(b'\n');
        let there = self.read_register()?;
        let (whole, torn) = recorded(&there);
        let mut options = OpenOptions::new();
        let appended = options.append(true).create(true).open(&path).and_then(|mut file| {
            if !torn.is_empty() {
                file.set_len(whole.len() as u64)?;
            }
            file.write_all(&line)?;
            file.sync_all()
        });
        appended.and_then(|()| sync_name(&path)).map_err(|e| unwritable(&path, &e))
    }

    fn register(&self) -> Result<BTreeMap<MemberId, Erased>, Problem> {
        let bytes = self.read_register()?;
        let (whole, _) = recorded(&bytes);
        let mut register = BTreeMap::new();
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let erased: Erased = jcs::from_bytes(line).map_err(|e| {
                let what = format!("`{}`: {e}", self.dir.join(REGISTER).display());
                problem("bad-register", what, "restore the file from a copy of the keys")
            })?;
            register.insert(erased.member.clone(), erased);
        }
        Ok(register)
    }

    fn read_register(&self) -> Result<Vec<u8>, Problem> {
        let path = self.dir.join(REGISTER);
        if !path.exists() {
            return Ok(Vec::new());
        }
        plain::read(&path, Kind::Blob).map_err(|e| unreadable(&path, &e))
    }

    /// Overwrites and removes; what is not there is done.
    fn destroy(&self, member: &MemberId) -> Result<(), Problem> {
        overwritten(&self.key(member))?;
        let folder = self.folder(member);
        for name in names(&folder)? {
            overwritten(&folder.join(name))?;
        }
        match fs::remove_dir(&folder) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(unwritable(&folder, &e)),
            _ => Ok(()),
        }
    }

    fn members(&self) -> Result<Vec<MemberId>, Problem> {
        let names = names(&self.dir.join(PEOPLE))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    fn folder(&self, member: &MemberId) -> PathBuf {
        self.dir.join(PEOPLE).join(member.as_str())
    }

    fn key(&self, member: &MemberId) -> PathBuf {
        self.dir.join("keys/people").join(format!("{member}.key"))
    }
}

const PEOPLE: &str = "people";
const REGISTER: &str = "keys/erased.jsonl";

/// The lines of the register that were written to their ends, and what is left of one that was not:
/// whoever wrote it died first, so that it was never recorded, and nothing was destroyed for it.
fn recorded(register: &[u8]) -> (&[u8], &[u8]) {
    let end = register.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    register.split_at_checked(end).unwrap_or((register, &[]))
}

/// What a folder holds; nothing, where there is none.
fn names(dir: &Path) -> Result<Vec<String>, Problem> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(dir).and_then(|items| {
        items.map(|item| Ok(item?.file_name().to_string_lossy().into_owned())).collect()
    });
    let mut names: Vec<String> = listed.map_err(|e| unwritable(dir, &e))?;
    names.sort();
    Ok(names)
}

fn written(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_name(path)
}

/// What a file system or a disk keeps of older states is out of reach: but for that, nothing stays.
/// What is not there is done: a node and a command may be at it at once.
pub(crate) fn overwritten(path: &Path) -> Result<(), Problem> {
    let gone = OpenOptions::new().write(true).open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.write_all(&vec![0; usize::try_from(length).unwrap_or_default()])?;
        file.sync_all()?;
        fs::remove_file(path)
    });
    match gone {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(unwritable(path, &e)),
        _ => Ok(()),
    }
}
