"""Writes rows with pymilvus' LocalBulkWriter, and compares its file with one of `model2vec embed --milvus`: prints what differs, as JSON.

bulk_writer.py DTYPE VECTORS.npy DOCUMENTS.jsonl FILE: the vectors as numpy has them, the ids and texts, and the file to compare.
"""

import json
import pathlib
import sys
import tempfile

import ml_dtypes
import numpy
import pyarrow.parquet
from pymilvus import CollectionSchema, DataType, FieldSchema
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter

dtype, vectors, documents, ours = sys.argv[1:]
TYPES = {
    "float32": DataType.FLOAT_VECTOR,
    "float16": DataType.FLOAT16_VECTOR,
    "bfloat16": DataType.BFLOAT16_VECTOR,
    "int8": DataType.INT8_VECTOR,
    "binary": DataType.BINARY_VECTOR,
}
FORMATS = {".parquet": BulkFileType.PARQUET, ".json": BulkFileType.JSON, ".npy": BulkFileType.NUMPY}
ending = pathlib.Path(ours).suffix
matrix = numpy.load(vectors)
if dtype == "bfloat16":
    matrix = matrix.view(ml_dtypes.bfloat16)
rows = [json.loads(line) for line in open(documents, encoding="utf-8")]
dim = matrix.shape[1] * (8 if dtype == "binary" else 1)
fields = [FieldSchema("vector", TYPES[dtype], dim=dim)]
id_type = DataType.INT64 if isinstance(rows[0]["id"], int) else DataType.VARCHAR
fields.insert(0, FieldSchema("id", id_type, is_primary=True, max_length=100))
if ending != ".npy":
    fields.insert(1, FieldSchema("text", DataType.VARCHAR, max_length=65535))


def vector_of(row):
    """As each validator of pymilvus takes it."""
    if dtype in ("float32", "int8"):
        return row.tolist()
    return row.tobytes() if dtype == "binary" else row


with tempfile.TemporaryDirectory() as folder:
    writer = LocalBulkWriter(CollectionSchema(fields), folder, file_type=FORMATS[ending])
    for row, vector in zip(rows, matrix, strict=True):
        texts = {"text": row["text"]} if ending != ".npy" else {}
        writer.append_row({"id": row["id"], **texts, "vector": vector_of(vector)})
    writer.commit()
    [files] = writer.batch_files
    differences = []

    def compare(what, expected, found):
        if expected != found:
            differences.append(f"{what}: expected {str(expected)[:200]}, found {str(found)[:200]}")

    if ending == ".parquet":
        expected, found = pyarrow.parquet.read_table(files[0]), pyarrow.parquet.read_table(ours)
        # Not whether a list or an element may be null: none is.
        types = [[str(type).replace(" not null", "") for type in table.schema.types] for table in (expected, found)]
        compare("names", expected.column_names, found.column_names)
        compare("types", *types)
        for name in expected.column_names:
            compare(name, expected[name].to_pylist(), found[name].to_pylist())
        groups = pyarrow.parquet.ParquetFile(ours).metadata
        sizes = [groups.row_group(i).total_byte_size for i in range(groups.num_row_groups)]
        if max(sizes) > 2**27:
            differences.append(f"row groups of {sizes}")
    elif ending == ".json":
        expected, found = (json.load(open(file, encoding="utf-8")) for file in (files[0], ours))
        compare("keys", list(expected), list(found))
        # Numbers that a server makes the same elements of, by way of float32.
        element = {"float16": numpy.float16, "bfloat16": ml_dtypes.bfloat16}.get(dtype, numpy.float32)
        for content in (expected, found):
            for row in content["rows"]:
                if isinstance(row["vector"], list) and dtype in ("float32", "float16", "bfloat16"):
                    row["vector"] = numpy.float32(row["vector"]).astype(element).tobytes().hex()
                elif dtype == "binary" and isinstance(row["vector"], str):
                    row["vector"] = list(row["vector"].encode("latin-1"))
        compare("rows", expected["rows"], found["rows"])
    else:
        [file] = [file for file in files if file.endswith("vector.npy")]
        expected, found = numpy.load(file), numpy.load(ours)
        compare("dtype", str(expected.dtype), str(found.dtype))
        compare("shape", expected.shape, found.shape)
        compare("bytes", expected.tobytes(), found.tobytes())
    print(json.dumps(differences))
