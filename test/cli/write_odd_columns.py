"""Writes small Parquet and Feather files with columns that readers get wrong, into a folder."""

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
