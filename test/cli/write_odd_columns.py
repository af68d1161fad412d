"""Writes small Parquet and Feather files with columns that readers get wrong, into a folder."""

import base64
import datetime
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

folder = Path(sys.argv[1])


def write(name: str, table: pa.Table) -> None:
    parquet.write_table(table, folder / f"{name}.parquet")
    feather.write_feather(table, folder / f"{name}.feather", compression="uncompressed")


write("twice", pa.Table.from_arrays([["cat"], ["dog"], [7]], names=["text", "text", "id"]))
write("joined", pa.table({"title": ["a"], "body": ["b"], "text": ["original"]}))
write("lines", pa.table({"text": ["a", "b", "c"], "j": pa.array(['{\n "n": 12345678901234567890\r\n}', "no\njson", None], pa.json_())}))
values = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1]), pa.array(["cat", None, "dog"]))
feather.write_feather(pa.table({"text": values}), folder / "null.feather", compression="uncompressed")


def plain(value: object) -> object:
    """A value of Arrow as JSON has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    raise TypeError(type(value))


moment = datetime.datetime(2024, 1, 31, 12, 30, 15, 123456)
struct = pa.struct({"a b": pa.int64(), "day": pa.date32(), "raw": pa.binary(), "inner": pa.list_(pa.float32())})
columns = {
    "text": pa.array(["a", "b", "c"]),
    "numbers": pa.array([[1, None, 2**62 + 1], [], None], pa.list_(pa.int64())),
    "words": pa.array([["é😀", '"'], None, [None]], pa.list_(pa.string())),
    "lists": pa.array([[[1.5], []], [None], []], pa.list_(pa.list_(pa.float64()))),
    "struct": pa.array([{"a b": 2**60 + 1, "day": moment.date(), "raw": b"\xff", "inner": [0.5]}, None, {}], struct),
    "structs": pa.array([[{"at": moment}, {"at": None}], [], None], pa.list_(pa.struct({"at": pa.timestamp("us")}))),
    "map": pa.array([[("x", 1), ("y", None)], [], None], pa.map_(pa.string(), pa.int32())),
    "time": pa.array([moment.time(), None, moment.time()], pa.time64("us")),
    "nothing": pa.nulls(3),
}
table = pa.table(columns)
write("nested", table)
large = pa.array([["a"], None, []], pa.large_list(pa.string()))
fixed = pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.uint8(), 2))
wide = table.append_column("large", large).append_column("fixed", fixed)
feather.write_feather(wide, folder / "nested.feather", compression="uncompressed", chunksize=2)
for name, each in (("nested.parquet", table), ("nested.feather", wide)):
    rows = each.to_pylist()
    for row in rows:
        # Pairs in Python, an object in JSON.
        row["map"] = None if row["map"] is None else dict(row["map"])
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row, default=plain) + "\n" for row in rows))
write("far", pa.table({"text": ["a", "b"], "at": pa.array([0, 2**62], pa.timestamp("ms"))}))
for name, type, first in (("ids32", pa.int32(), 0), ("ids64", pa.int64(), 2**53), ("idsu64", pa.uint64(), 2**53 + 2), ("large", pa.uint64(), 2**63)):
    write(name, pa.table({"text": ["a", "b"], "id": pa.array([first, first + 1], type)}))
times = {"day": pa.array([moment.date()]), "at": pa.array([moment], pa.timestamp("us")), "raw": pa.array([b"x"]), "hash": pa.array([7], pa.uint64())}
write("times", pa.table({"text": ["a"], **times}))
