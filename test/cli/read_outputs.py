"""Reads files that `model2vec embed` wrote, with numpy, pyarrow, DuckDB and polars: prints what is in them, and the CRC-32 of the vectors' bytes, as JSON."""

import base64
import gzip
import json
import sys
import zlib

import duckdb
import numpy
import polars
import pyarrow
import pyarrow.ipc
import pyarrow.json
import pyarrow.parquet


# With --lengths, texts are told by how long they are.
LENGTHS = "--lengths" in sys.argv
# With --others, DuckDB and polars read too.
OTHERS = "--others" in sys.argv


def values(column):
    return [len(text) for text in column.to_pylist()] if LENGTHS else column.to_pylist()


def read(path):
    if path.endswith(".npy"):
        matrix = numpy.load(path)
        mapped = numpy.load(path, mmap_mode="r")
        assert mapped.shape == matrix.shape and matrix.flags.c_contiguous
        return {"type": str(matrix.dtype), "shape": matrix.shape, "crc": zlib.crc32(matrix.tobytes())}
    if ".jsonl" in path:
        return read_lines(path)
    table = pyarrow.ipc.open_file(path).read_all() if path.endswith(".arrow") else pyarrow.parquet.read_table(path)
    table.validate(full=True)
    crc = zlib.crc32(bytes_of(table["embedding"]))
    columns = {name: values(table[name]) for name in table.column_names if name != "embedding"}
    found = {"type": str(table["embedding"].type), "rows": table.num_rows, "crc": crc, "columns": columns}
    return {**found, "others": others(path)} if OTHERS else found


def bytes_of(column):
    """The bytes of all vectors."""
    vectors = column.combine_chunks()
    lists = (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
    if any(is_list(vectors.type) for is_list in lists):
        return vectors.flatten().to_numpy(zero_copy_only=False).tobytes()
    return b"".join(vectors.to_pylist())


def others(path):
    """The types and the CRCs that other readers find."""
    found = {}
    if path.endswith(".parquet"):
        found["duckdb"] = found_by(duckdb.sql(f"from '{path}'"), lambda relation: relation.to_arrow_table())
        found["polars"] = found_by(polars.read_parquet(path), lambda frame: frame.to_arrow())
    else:
        found["polars"] = found_by(polars.read_ipc(path), lambda frame: frame.to_arrow())
    return found


def found_by(frame, to_arrow):
    types = dict(zip(frame.columns, map(str, frame.dtypes)))
    return {"types": types, "crc": zlib.crc32(bytes_of(to_arrow(frame)["embedding"]))}


def read_lines(path):
    """Numbers as float32; base64 as the bytes that it is of."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    data = [row.pop("embedding") for row in rows]
    both = [base64.b64decode(each) if isinstance(each, str) else numpy.float32(each).tobytes() for each in data]
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
    columns = {name: [len(text) for text in column] if LENGTHS else column for name, column in columns.items()}
    return {"type": "jsonl", "rows": len(rows), "crc": zlib.crc32(b"".join(both)), "columns": columns}


print(json.dumps([read(path) for path in sys.argv[1:] if not path.startswith("--")]))
