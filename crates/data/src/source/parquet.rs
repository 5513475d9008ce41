//! Parquet files with flat columns, row group by row group.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::Date;
use parquet::basic::{
    Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::{Gather, SourceFault, Take, check_wanted, delimited};
use crate::fault::Fault;

/// What a column's values are, where they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What [`Field`] says.
    Plain,
    /// Nanoseconds since the epoch, which [`Field`] takes for a number.
    Nanoseconds,
}

pub(super) fn read(path: &Path, wanted: &BTreeSet<String>, take: Take<'_>) -> Result<(), Fault> {
    let damaged = |why: String| SourceFault::Damaged {
        file: path.display().to_string(),
        kind: "Parquet file",
        why,
    };
    let file = delimited::open(path)?;
    let reader =
        contained(|| SerializedFileReader::new(file)).map_err(|why| damaged(why.in_file()))?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let all: Vec<String> =
        schema.root_schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    check_wanted(&all, wanted)?;

    let mut kinds = Vec::new();
    let (mut header, mut fields) = (Vec::new(), Vec::new());
    for field in
        schema.root_schema().get_fields().iter().filter(|field| wanted.contains(field.name()))
    {
        let column = schema.columns().iter().find(|column| column.path().parts() == [field.name()]);
        kinds.push(column.and_then(kind).ok_or_else(|| SourceFault::Kind {
            column: field.name().to_owned(),
            kind: column.map_or_else(|| "nested".to_owned(), named),
        })?);
        header.push(field.name().to_owned());
        fields.push(field.clone());
    }
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let asked = chunks
        .filter(|chunk| matches!(chunk.column_path().parts(), [name] if wanted.contains(name)));
    for codec in asked.map(|chunk| chunk.compression()) {
        if !matches!(codec, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_))
        {
            let codec = codec.to_string();
            let codec = codec.split('(').next().unwrap_or_default().to_owned();
            return Err(SourceFault::Codec { file: path.display().to_string(), codec }.into());
        }
    }

    let projected =
        Type::group_type_builder(schema.root_schema().name()).with_fields(fields).build();
    let projected = projected.map_err(|e| damaged(e.to_string()))?;
    let rows = contained(|| RowIter::from_file(Some(projected), &reader));
    let mut rows = rows.map_err(|why| damaged(why.in_rows()))?;
    let mut gather = Gather::new(header, take);
    while let Some(row) =
        contained(|| rows.next().transpose()).map_err(|why| damaged(why.in_rows()))?
    {
        let cells = row.into_columns().into_iter().zip(&kinds);
        let cells = cells.map(|((name, value), kind)| text(&name, &value, *kind));
        gather.push(Ok(cells.collect::<Result<_, Fault>>()?))?;
    }
    gather.end()
}

/// What the reader did not read.
enum Unread {
    Told(String),
    Panicked,
}

impl Unread {
    /// Of the footer: nothing in it is about a row.
    fn in_file(self) -> String {
        match self {
            Self::Told(why) => why.lines().next().unwrap_or_default().to_owned(),
            Self::Panicked => "its footer is malformed".to_owned(),
        }
    }

    /// Of pages: what the reader says may quote a cell.
    fn in_rows(self) -> String {
        "a page of rows is malformed".to_owned()
    }
}

/// A malformed file makes the reader panic in places where it could answer. Nothing of ours is
/// changed within, so that nothing is left half done.
fn contained<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Unread> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Unread::Told(error.to_string())),
        Err(_) => Err(Unread::Panicked),
    }
}

/// How a column is read; none where it is not. What is not listed here the reader panics on.
fn kind(column: &ColumnDescPtr) -> Option<Kind> {
    use ConvertedType as Converted;
    if column.self_type().get_basic_info().repetition() == Repetition::REPEATED {
        return None;
    }
    let plain = match (column.physical_type(), column.converted_type()) {
        (Physical::INT64, Converted::NONE) => match column.logical_type_ref() {
            Some(LogicalType::Timestamp(stamp)) if stamp.unit == TimeUnit::NANOS => {
                return Some(Kind::Nanoseconds);
            }
            Some(LogicalType::Time(_)) => false,
            _ => true,
        },
        (Physical::BOOLEAN | Physical::INT96 | Physical::FLOAT | Physical::DOUBLE, _) => true,
        (
            Physical::INT32,
            Converted::NONE
            | Converted::INT_8
            | Converted::INT_16
            | Converted::INT_32
            | Converted::UINT_8
            | Converted::UINT_16
            | Converted::UINT_32
            | Converted::DATE
            | Converted::DECIMAL,
        ) => true,
        (
            Physical::INT64,
            Converted::INT_64
            | Converted::UINT_64
            | Converted::TIMESTAMP_MILLIS
            | Converted::TIMESTAMP_MICROS
            | Converted::DECIMAL,
        ) => true,
        (
            Physical::BYTE_ARRAY,
            Converted::NONE | Converted::UTF8 | Converted::ENUM | Converted::DECIMAL,
        ) => true,
        (Physical::FIXED_LEN_BYTE_ARRAY, Converted::DECIMAL) => true,
        (Physical::FIXED_LEN_BYTE_ARRAY, Converted::NONE) => {
            column.logical_type_ref() == Some(&LogicalType::Float16)
        }
        _ => false,
    };
    plain.then_some(Kind::Plain)
}

fn named(column: &ColumnDescPtr) -> String {
    match column.converted_type() {
        ConvertedType::NONE => column.physical_type().to_string(),
        converted => converted.to_string(),
    }
}

fn text(column: &str, value: &Field, kind: Kind) -> Result<String, Fault> {
    let unread = || SourceFault::Kind { column: column.to_owned(), kind: "bytes".to_owned() };
    Ok(match value {
        Field::Null => String::new(),
        Field::Long(ns) if kind == Kind::Nanoseconds => moment(ns.div_euclid(1_000_000_000)),
        Field::TimestampMillis(ms) => moment(ms.div_euclid(1_000)),
        Field::TimestampMicros(us) => moment(us.div_euclid(1_000_000)),
        Field::Date(days) => {
            let day = Date::constant(1970, 1, 1).checked_add(days.days());
            day.map_or_else(|_| String::new(), |day| day.to_string())
        }
        Field::Float(float) => float.to_string(),
        Field::Double(float) => float.to_string(),
        Field::Str(text) => text.trim_ascii().to_owned(),
        Field::Bytes(bytes) => {
            let text = std::str::from_utf8(bytes.data()).map_err(|_| unread())?;
            text.trim_ascii().to_owned()
        }
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => {
            return Err(unread().into());
        }
        number => number.to_string(),
    })
}

/// A moment in whole seconds, in UTC; nothing where no calendar has it.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| String::new(), |moment| moment.to_string())
}
