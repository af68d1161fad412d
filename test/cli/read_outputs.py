"""Reads files that `model2vec embed` wrote, with numpy and pyarrow: prints what is in them, and the CRC-32 of the vectors' bytes, as JSON."""

import json
import sys
import zlib

import numpy
import pyarrow
import pyarrow.ipc
import pyarrow.json
import pyarrow.parquet


# With --lengths, texts are told by how long they are.
LENGTHS = "--lengths" in sys.argv


def values(column):
    return [len(text) for text in column.to_pylist()] if LENGTHS else column.to_pylist()


def read(path):
    if path.endswith(".npy"):
        matrix = numpy.load(path)
        mapped = numpy.load(path, mmap_mode="r")
        assert mapped.shape == matrix.shape and matrix.flags.c_contiguous
        return {"type": str(matrix.dtype), "shape": matrix.shape, "crc": zlib.crc32(matrix.tobytes())}
    if path.endswith(".jsonl"):
        table = pyarrow.json.read_json(path)
        columns = {name: values(table[name]) for name in table.column_names if name != "embedding"}
        return {"type": "jsonl", "rows": table.num_rows, "crc": 0, "columns": columns}
    table = pyarrow.ipc.open_file(path).read_all() if path.endswith(".arrow") else pyarrow.parquet.read_table(path)
    table.validate(full=True)
    vectors = table["embedding"].combine_chunks()
    if pyarrow.types.is_fixed_size_list(vectors.type) or pyarrow.types.is_list(vectors.type):
        data = vectors.flatten().to_numpy(zero_copy_only=False).tobytes()
    else:
        data = b"".join(vectors.to_pylist())
    columns = {name: values(table[name]) for name in table.column_names if name != "embedding"}
    return {"type": str(vectors.type), "rows": table.num_rows, "crc": zlib.crc32(data), "columns": columns}


print(json.dumps([read(path) for path in sys.argv[1:] if path != "--lengths"]))
