//! A log as any web server serves it: the files of an archive, or of C2SP tlog-tiles alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use concordat_node::plain::Kind;
use concordat_terms::Digest;
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::tile::{self, Level, TilePath, WIDTH};
use concordat_tlog::{Checkpoint, Note};
use ureq::{Agent, Error};

use crate::archive::{BLOBS, OLDER_SIZES, act_in, listed, older_file};
use crate::failure::Failure;
use crate::verify::{Broken, Promise};

/// How long one file may take.
const CALL: Duration = Duration::from_secs(60);
/// How many bytes all files together may have: they are put on this machine's disk.
const BYTES_MOST: u64 = 64 << 30;

/// Whether somebody named an address rather than a file.
pub(crate) fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Where the files come from, and how many more bytes may.
struct Server {
    agent: Agent,
    base: String,
    left: u64,
}

/// What was fetched, in a folder of this user's that goes with it.
pub(crate) struct Fetched(PathBuf);

impl Fetched {
    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn empty() -> Result<Self, Failure> {
        let wish = std::env::temp_dir().join(format!("concordat-verify-{}", std::process::id()));
        let make = |dir: &Path| {
            let mut builder = fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(dir)
        };
        let made = crate::files::draft(&wish, make);
        let (dir, ()) = made.map_err(|e| Failure::io("create the folder", &wish, &e))?;
        Ok(Self(dir))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.0.join(name);
        let dir = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(dir).map_err(|e| Failure::io("create the folder", dir, &e))?;
        fs::write(&path, bytes).map_err(|e| Failure::io("write", &path, &e))
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        crate::drafts::end(&self.0, || fs::remove_dir_all(&self.0)).ok();
    }
}

/// The files of a log: its checkpoint, the older ones that it lists, its tiles, and the blobs that its
/// entries name, as far as they are served or `spare` has them. Nothing is believed: it is for verifying.
///
/// # Errors
/// A server that does not answer, or has no such log; what the disk says.
pub(crate) fn fetch(
    address: &str,
    progress: impl Fn(u64, u64),
    spare: impl Fn(&Digest) -> Option<Vec<u8>>,
) -> Result<Fetched, Failure> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent("concordat-verify")
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_global(Some(CALL));
    let base = address.trim_end_matches('/').to_owned();
    let mut server = Server { agent: config.build().new_agent(), base, left: BYTES_MOST };
    let missing = |name: &str| {
        Failure::not_verified(Broken::of(
            Promise::Layout,
            name,
            "the server does not have the file",
        ))
    };
    let checkpoint =
        server.file(CHECKPOINT, Kind::Checkpoint.most())?.ok_or_else(|| missing(CHECKPOINT))?;
    let size = size(&checkpoint)?;
    let fetched = Fetched::empty()?;
    fetched.put(CHECKPOINT, &checkpoint)?;
    if let Some(list) = server.file(OLDER_SIZES, Kind::Checkpoint.most())? {
        let unlisted = || {
            let what = "it lists no older checkpoints of such a log, or too many";
            Failure::not_verified(Broken::of(Promise::Layout, OLDER_SIZES, what))
        };
        for older in listed(&list, size).ok_or_else(unlisted)? {
            let name = older_file(older);
            let bytes = server.file(&name, Kind::Checkpoint.most())?;
            fetched.put(&name, &bytes.ok_or_else(|| missing(&name))?)?;
        }
        fetched.put(OLDER_SIZES, &list)?;
    }
    let mut named = BTreeSet::new();
    for path in tile::paths(size) {
        let name = path.to_string();
        let bytes = server.tile(&path)?.ok_or_else(|| missing(&name))?;
        if path.level() == Level::Entries {
            progress(path.start(), size);
            let entries = tile::decode_entries(&bytes, path.width()).unwrap_or_default();
            let acts = entries.into_iter().filter_map(act_in);
            named.extend(acts.flat_map(|signed| signed.blobs()));
        }
        fetched.put(&name, &bytes)?;
    }
    for digest in named {
        let name = format!("{BLOBS}{digest}");
        let bytes = server.file(&name, Kind::Blob.most())?.or_else(|| spare(&digest));
        if let Some(bytes) = bytes.filter(|bytes| Digest::of(bytes) == digest) {
            fetched.put(&name, &bytes)?;
        }
    }
    Ok(fetched)
}

/// The size that a checkpoint states; its signatures are looked at later.
fn size(checkpoint: &[u8]) -> Result<u64, Failure> {
    let broken =
        |what: String| Failure::not_verified(Broken::of(Promise::Witnessed, CHECKPOINT, what));
    let note = Note::parse(checkpoint).map_err(|e| broken(e.to_string()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|e| broken(e.to_string()))?;
    Ok(checkpoint.size)
}

impl Server {
    /// A tile; where the part that a size needs is no longer served, it is cut from the whole.
    fn tile(&mut self, path: &TilePath) -> Result<Option<Vec<u8>>, Failure> {
        let found = self.file(&path.to_string(), path.bytes_max() as u64)?;
        if found.is_some() || path.width() == WIDTH {
            return Ok(found);
        }
        let Some(whole) = TilePath::new(path.level(), path.start() / u64::from(WIDTH), WIDTH)
        else {
            return Ok(None);
        };
        let bytes = self.file(&whole.to_string(), whole.bytes_max() as u64)?;
        Ok(bytes.and_then(|bytes| cut(path, &bytes)))
    }

    /// A file, if it is there.
    fn file(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>, Failure> {
        let Self { agent, base, .. } = &*self;
        let hint = "check the address and the network";
        let offline = |e: Error| {
            Failure::fault("unreachable-log", format!("cannot get `{base}/{name}`: {e}"), hint)
        };
        let mut answer = agent.get(format!("{base}/{name}")).call().map_err(offline)?;
        match answer.status().as_u16() {
            200 => {}
            404 | 410 => return Ok(None),
            other => {
                let what = format!("`{base}/{name}` is answered with status {other}");
                return Err(Failure::fault("unreachable-log", what, hint));
            }
        }
        let most = most.min(self.left);
        let bytes = match answer.body_mut().with_config().limit(most + 1).read_to_vec() {
            Ok(bytes) if bytes.len() as u64 <= most => bytes,
            Ok(_) | Err(Error::BodyExceedsLimit(_)) => {
                let what = format!("it has more than {most} bytes");
                return Err(Failure::not_verified(Broken::of(Promise::Layout, name, what)));
            }
            Err(e) => return Err(offline(e)),
        };
        self.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }
}

/// The beginning of a whole tile, as the partial one has it.
fn cut(path: &TilePath, whole: &[u8]) -> Option<Vec<u8>> {
    let wide = usize::from(path.width());
    if path.level() != Level::Entries {
        return whole.get(..wide * 32).map(<[u8]>::to_vec);
    }
    let entries = tile::decode_entries(whole, WIDTH).ok()?;
    tile::encode_entries(entries.get(..wide)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_tile_is_the_beginning_of_the_whole_one() {
        let entries: Vec<Vec<u8>> = (0..=255_u8).map(|n| vec![n; 3]).collect();
        let files = concordat_tlog::archive::write(&entries, b"").unwrap();
        let part = concordat_tlog::archive::write(&entries[..70], b"").unwrap();
        for (level, name) in
            [(Level::Entries, "tile/entries/000"), (Level::Hashes(0), "tile/0/000")]
        {
            let path = TilePath::new(level, 0, 70).unwrap();
            assert_eq!(cut(&path, &files[name]), part.get(&path.to_string()).cloned(), "{name}");
        }
    }
}
