"""Parquet files of somebody else's writer, for the tests of `crates/data`. Invented rows.

    pip install pyarrow && python3 tests/reference/parquet.py crates/data/tests/parquet

Written with pyarrow 26.0.1. `rows.csv` beside them says what the reader is to find.
"""

import csv
import datetime as dt
import decimal
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

DIR = pathlib.Path(sys.argv[1])
COUNT = 8
BORN = dt.date(1950, 2, 28)
SEEN = dt.datetime(2026, 3, 1, 12, 30, 15)

person = [f"p-{n}" for n in range(COUNT)]
age = [30 + n for n in range(COUNT)]
chol = [None if n == 3 else 4.1 + n / 10 for n in range(COUNT)]
ratio = [n + 0.1 for n in range(COUNT)]
dose = [decimal.Decimal(n * 125) / 1000 for n in range(COUNT)]
born = [BORN + dt.timedelta(days=365 * n) for n in range(COUNT)]
seen = [SEEN + dt.timedelta(days=n) for n in range(COUNT)]
smokes = [n % 2 == 0 for n in range(COUNT)]
ward = ["north" if n < 5 else "south, upper" for n in range(COUNT)]
count = [2**40 + n for n in range(COUNT)]

columns = {
    "person": pa.array(person, pa.string()),
    "age": pa.array(age, pa.int32()),
    "chol": pa.array(chol, pa.float64()),
    "ratio": pa.array(ratio, pa.float32()),
    "dose": pa.array(dose, pa.decimal128(10, 3)),
    "born": pa.array(born, pa.date32()),
    "seen": pa.array(seen, pa.timestamp("ns")),
    "stamped": pa.array(seen, pa.timestamp("us", tz="UTC")),
    "noted": pa.array(seen, pa.timestamp("ms")),
    "smokes": pa.array(smokes, pa.bool_()),
    "ward": pa.array(ward, pa.string()).dictionary_encode(),
    "count": pa.array(count, pa.uint64()),
    # What no mapping asks for may be of any type.
    "image": pa.array([bytes([n, 255]) for n in range(COUNT)], pa.binary()),
    "visits": pa.array([[n, n + 1] for n in range(COUNT)], pa.list_(pa.int64())),
}
table = pa.table(columns)
# Three rows a group: the last one is shorter.
for name, codec in [("snappy", "snappy"), ("gzip", "gzip"), ("plain", "none"), ("zstd", "zstd")]:
    pq.write_table(table, DIR / f"{name}.parquet", compression=codec, row_group_size=3)
pq.write_table(
    table, DIR / "pages.parquet", compression="snappy", data_page_version="2.0", use_dictionary=False
)
pq.write_table(
    table, DIR / "spark.parquet", compression="snappy", use_deprecated_int96_timestamps=True
)
pq.write_table(table.slice(0, 0), DIR / "empty.parquet")

with open(DIR / "rows.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    names = [name for name in columns if name not in ("image", "visits")]
    out.writerow(names)
    for n in range(COUNT):
        moment = seen[n].strftime("%Y-%m-%dT%H:%M:%SZ")
        # The shortest text that gives the same float back, of 32 and of 64 bits.
        shortest = {"chol": "" if chol[n] is None else repr(chol[n]), "ratio": f"{ratio[n]:.1f}"}
        row = {
            "person": person[n], "age": age[n], "dose": f"{dose[n]:.3f}", "born": born[n],
            "seen": moment, "stamped": moment, "noted": moment,
            "smokes": str(smokes[n]).lower(), "ward": ward[n], "count": count[n], **shortest,
        }
        out.writerow([row[name] for name in names])

# The flattened extract of `examples/mappings`, as texts, like most tools write it.
with open(pathlib.Path(__file__).parents[2] / "examples/mappings/fhir.csv", newline="") as file:
    lines = list(csv.DictReader(file))
flat = {name: pa.array([line[name] or None for line in lines], pa.string()) for name in lines[0]}
pq.write_table(pa.table(flat), DIR / "fhir.parquet", compression="snappy")
