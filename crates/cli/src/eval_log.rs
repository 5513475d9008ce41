//! Logs of Inspect AI as it writes them by itself: a ZIP archive (`.eval`), whose members are
//! compressed with Zstandard, those of older versions with Deflate.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use ruzstd::decoding::StreamingDecoder;
use serde_json::Value;
use zip::{CompressionMethod, ZipArchive};

/// How long a member may be when it is unpacked.
const MEMBER_MOST: u64 = 8 << 20;

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotALog {
    /// Damaged, or packed otherwise.
    #[error("the archive is damaged: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// A member is not what it should be.
    #[error("`{0}` in the archive {1}")]
    Member(&'static str, &'static str),
}

/// The same log as JSON, as far as a report is read from it: what it says of the run, and the summary
/// of each sample. Anything but a ZIP archive is given back as it is.
///
/// # Errors
/// [`NotALog`].
pub(crate) fn as_json(bytes: &[u8]) -> Result<Cow<'_, [u8]>, NotALog> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    // A run that was broken off has a journal and no header.
    let mut log = member(&mut archive, "header.json")?;
    if archive.index_for_name("summaries.json").is_some() {
        let samples = member(&mut archive, "summaries.json")?;
        if let Some(log) = log.as_object_mut() {
            log.insert("samples".to_owned(), samples);
        }
    }
    Ok(Cow::Owned(log.to_string().into_bytes()))
}

fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &'static str) -> Result<Value, NotALog> {
    let wrong = |why| NotALog::Member(name, why);
    let Some(index) = archive.index_for_name(name) else { return Err(wrong("is missing")) };
    let packed = archive.by_index_raw(index)?.compression();
    let mut text = Vec::new();
    let read = if packed == CompressionMethod::ZSTD {
        let raw = archive.by_index_raw(index)?;
        let plain = StreamingDecoder::new(raw).map_err(|_| wrong("is damaged"))?;
        plain.take(MEMBER_MOST + 1).read_to_end(&mut text)
    } else {
        archive.by_index(index)?.take(MEMBER_MOST + 1).read_to_end(&mut text)
    };
    if read.map_err(|_| wrong("is damaged"))? as u64 > MEMBER_MOST {
        return Err(wrong("has more than 8 MiB"));
    }
    serde_json::from_slice(&text).map_err(|_| wrong("is no JSON"))
}
