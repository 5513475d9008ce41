//! CSV files, however long.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use super::{Gather, SourceFault, Take, check_wanted};
use crate::fault::Fault;

/// The most bytes of one row: more is no row, but a quote that is never closed.
const ROW_BYTES_MOST: usize = 1 << 20;

/// Opens a plain file; a pipe is not waited for.
///
/// # Errors
/// [`SourceFault::File`].
pub(super) fn open(path: &Path) -> Result<File, Fault> {
    let fault = |why: String| SourceFault::File { file: path.display().to_string(), why };
    let told = |e: &io::Error| match e.kind() {
        io::ErrorKind::NotFound => fault("there is no such file".to_owned()),
        io::ErrorKind::PermissionDenied => fault("no permission to read it".to_owned()),
        _ => fault(e.to_string()),
    };
    let found = path.metadata().map_err(|e| told(&e))?;
    if !found.is_file() {
        return Err(fault("it is not a plain file".to_owned()).into());
    }
    Ok(File::open(path).map_err(|e| told(&e))?)
}

pub(super) fn read(
    path: &Path,
    delimiter: u8,
    wanted: &BTreeSet<String>,
    take: Take<'_>,
) -> Result<(), Fault> {
    let mut file = BufReader::new(open(path)?);
    let mut mark = Vec::new();
    let broken =
        |e: io::Error| SourceFault::File { file: path.display().to_string(), why: e.to_string() };
    // A byte order mark, or the first three bytes of the header.
    file.by_ref().take(3).read_to_end(&mut mark).map_err(broken)?;
    if mark == "\u{feff}".as_bytes() {
        mark.clear();
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(io::Cursor::new(mark).chain(file));
    let mut record = csv::ByteRecord::new();
    let mut next = |record: &mut csv::ByteRecord| match reader.read_byte_record(record) {
        Ok(more) => Ok(more),
        Err(e) => Err(Fault::from(SourceFault::File {
            file: path.display().to_string(),
            why: e.to_string(),
        })),
    };
    if !next(&mut record)? {
        return Err(Fault::Empty);
    }
    let header = cells(&record, 0)?;
    check_wanted(&header, wanted)?;
    let width = header.len();
    let mut gather = Gather::new(header, take);
    while next(&mut record)? {
        let row = gather.next();
        if record.as_slice().len() > ROW_BYTES_MOST {
            let why =
                format!("row {row} has more than {ROW_BYTES_MOST} bytes: a quote is not closed");
            let file = path.display().to_string();
            return Err(SourceFault::Damaged { file, kind: "CSV", why }.into());
        }
        let read = if record.len() == width {
            cells(&record, row)
        } else {
            Err(Fault::Ragged { row, cells: record.len(), header: width })
        };
        gather.push(read)?;
    }
    gather.end()
}

fn cells(record: &csv::ByteRecord, row: usize) -> Result<Vec<String>, Fault> {
    let cells = record.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned));
    cells.collect::<Result<_, _>>().map_err(|_| Fault::NotUtf8 { row })
}
