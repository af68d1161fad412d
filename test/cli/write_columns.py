"""Writes Parquet and Arrow files with pyarrow, pandas, polars and DuckDB into the folder that is its argument, and prints as JSON what each
has: the ids and the texts, and the fields to ask for."""

import datetime
import decimal
import json
import pathlib
import sys
import uuid

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

folder = pathlib.Path(sys.argv[1])
ROWS = 5000
# Rows of several scripts, an empty one, some that come again (dictionaries), and some that are long.
BASE = ["a dog in the park", "кошка спит", "日本語の文章", "naïve café 😀", "", "the same words again", "x" * 40, "tab\tand\nline"]
texts = [BASE[i % 8] if i % 3 else f"text number {i} about {BASE[i % 7]}" for i in range(ROWS)]
ids = list(range(ROWS))
table = pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64()), "text": texts})
written = []


def note(name, ids=ids, texts=texts, **fields):
    written.append({"name": name, "ids": [str(i) for i in ids], "texts": texts, **fields})


def parquet(name, table=table, fields={}, **options):
    pyarrow.parquet.write_table(table, folder / name, **options)
    note(name, **fields)


def feather(name, table=table, fields={}, **options):
    pyarrow.feather.write_feather(table, folder / name, **options)
    note(name, **fields)


for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    for version in ["1.0", "2.0"]:
        small = {"data_page_size": 4096, "row_group_size": 1700}
        parquet(f"{codec}-v{version[0]}.parquet", compression=codec, data_page_version=version, **small)
for encoding in ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]:
    for version in ["1.0", "2.0"]:
        encodings = {"text": encoding, "id": "DELTA_BINARY_PACKED" if encoding != "PLAIN" else "BYTE_STREAM_SPLIT"}
        parquet(f"{encoding.lower()}-v{version[0]}.parquet", use_dictionary=False, column_encoding=encodings, data_page_version=version)
parquet("large-utf8.parquet", table.set_column(1, "text", table["text"].cast(pyarrow.large_string())))
parquet("view.parquet", table.set_column(1, "text", table["text"].cast(pyarrow.string_view())))
parquet("binary.parquet", table.set_column(1, "text", table["text"].cast(pyarrow.binary())), store_schema=False)
parquet("required.parquet", table.cast(pyarrow.schema([pyarrow.field(f.name, f.type, False) for f in table.schema])))
parquet("index.parquet", write_page_index=True, data_page_size=2048)

# Ids of every type: the largest and the least among them.
numbers = {
    **{f"int{b}": [-(2 ** (b - 1)), 2 ** (b - 1) - 1, 0] for b in (8, 16, 32, 64)},
    **{f"uint{b}": [0, 2**b - 1, 2 ** (b - 1)] for b in (8, 16, 32, 64)},
}
few = texts[:3]
for name, values in numbers.items():
    for dictionary in (True, False):
        ids_table = pyarrow.table({"id": pyarrow.array(values, getattr(pyarrow, name)()), "text": few})
        suffix = "dictionary" if dictionary else "plain"
        parquet(f"id-{name}-{suffix}.parquet", ids_table, {"ids": values, "texts": few}, use_dictionary=dictionary)
    feather(f"id-{name}.feather", ids_table, {"ids": values, "texts": few})
strings = {"id": ["a", "0", "ü"], "text": few}
parquet("id-string.parquet", pyarrow.table(strings), {"ids": strings["id"], "texts": few})
feather("id-string.feather", pyarrow.table(strings), {"ids": strings["id"], "texts": few})
uuids = [uuid.UUID(int=i * 7919**9) for i in range(3)]
uuid_table = pyarrow.table({"id": pyarrow.array([u.bytes for u in uuids], pyarrow.uuid()), "text": few})
parquet("id-uuid.parquet", uuid_table, {"ids": [str(u) for u in uuids], "texts": few})
feather("id-uuid.feather", uuid_table, {"ids": [str(u) for u in uuids], "texts": few})

# Nested fields; in the second an exact name comes first.
nested = pyarrow.table({"id": ids, "meta": [{"title": t, "inner": {"n": str(i)}} for i, t in enumerate(texts)]})
parquet("nested.parquet", nested, {"textField": "meta.title"}, row_group_size=700)
feather("nested.feather", nested, {"textField": "meta.title"})
parquet("deep.parquet", nested, {"textField": "meta.title", "idField": "meta.inner.n"})
exact = nested.append_column("meta.title", pyarrow.array([f"exact {i}" for i in ids]))
parquet("exact.parquet", exact, {"textField": "meta.title", "texts": [f"exact {i}" for i in ids]})
feather("exact.feather", exact, {"textField": "meta.title", "texts": [f"exact {i}" for i in ids]})

# Nulls, also of the struct that a text is in.
gaps = [None if i % 5 == 2 else text for i, text in enumerate(texts)]
gap_table = pyarrow.table({"id": ids, "text": gaps})
for name, types in [("utf8", pyarrow.string()), ("large", pyarrow.large_string()), ("view", pyarrow.string_view())]:
    feather(f"null-{name}.feather", gap_table.set_column(1, "text", gap_table["text"].cast(types)), {"texts": gaps})
feather("null-dictionary.feather", gap_table.set_column(1, "text", gap_table["text"].dictionary_encode()), {"texts": gaps})
parquet("null.parquet", gap_table, {"texts": gaps}, data_page_size=4096, row_group_size=1111)
parquet("null-v2.parquet", gap_table, {"texts": gaps}, data_page_version="2.0", use_dictionary=False)
holes = pyarrow.table({"id": ids, "meta": [None if t is None else {"title": t} for t in gaps]})
parquet("null-struct.parquet", holes, {"texts": gaps, "textField": "meta.title"}, row_group_size=900)
feather("null-struct.feather", holes, {"texts": gaps, "textField": "meta.title"})

# Arrow: packings, string types, streams, many batches, dictionaries that change.
for packing in ["uncompressed", "lz4", "zstd"]:
    feather(f"{packing}.feather", compression=packing, chunksize=900)
feather("whole-lz4.feather")
for name, types in [("large", pyarrow.large_string()), ("view", pyarrow.string_view())]:
    column = table.set_column(1, "text", table["text"].cast(types))
    feather(f"{name}.feather", column)
    feather(f"{name}-plain.arrow", column, compression="uncompressed")
for index in (pyarrow.int8(), pyarrow.uint16(), pyarrow.int32(), pyarrow.int64()):
    short = [BASE[i % 8] for i in ids]
    column = pyarrow.array(short).dictionary_encode().cast(pyarrow.dictionary(index, pyarrow.string()))
    feather(f"dictionary-{index}.feather", pyarrow.table({"id": ids, "text": column}), {"texts": short})
for name, options in [("stream", {}), ("stream-lz4", {"compression": "lz4"}), ("stream-zstd", {"compression": "zstd"})]:
    with pyarrow.ipc.new_stream(folder / f"{name}.arrow", table.schema, options=pyarrow.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=800)
    note(f"{name}.arrow")
batches = [pyarrow.record_batch({"id": pyarrow.array(ids[a:b]), "text": pyarrow.array(texts[a:b]).dictionary_encode()}) for a, b in [(0, 9), (9, 40), (40, 41)]]
with pyarrow.ipc.new_stream(folder / "replaced-dictionary.arrow", batches[0].schema) as writer:
    for batch in batches:
        writer.write_batch(batch)
note("replaced-dictionary.arrow", ids[:41], texts[:41])
deltas = pyarrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
words = [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]
parts = [pyarrow.record_batch({"id": pyarrow.array(range(len(w))), "text": pyarrow.DictionaryArray.from_arrays(list(range(len(w))), w)}) for w in words]
with pyarrow.ipc.new_file(folder / "delta-dictionary.arrow", parts[0].schema, options=deltas) as writer:
    for part in parts:
        writer.write_batch(part)
flat = [word for w in words for word in w]
note("delta-dictionary.arrow", [i for w in words for i in range(len(w))], flat)

# Other writers.
frame = pandas.DataFrame({"id": ids, "text": texts})
frame.to_parquet(folder / "pandas.parquet")
note("pandas.parquet")
frame.to_feather(folder / "pandas.feather")
note("pandas.feather")
polar = polars.DataFrame({"id": ids, "text": texts})
for codec in ["snappy", "gzip", "zstd", "brotli", "lz4", "uncompressed"]:
    polar.write_parquet(folder / f"polars-{codec}.parquet", compression=codec, row_group_size=2000)
    note(f"polars-{codec}.parquet")
for codec in ["uncompressed", "lz4", "zstd"]:
    polar.write_ipc(folder / f"polars-{codec}.arrow", compression=codec)
    note(f"polars-{codec}.arrow")
polar.write_ipc_stream(folder / "polars-stream.arrow")
note("polars-stream.arrow")
duck = duckdb.connect()
for codec in ["snappy", "gzip", "zstd", "brotli", "lz4_raw", "uncompressed"]:
    for version in ["V1", "V2"]:
        options = f"FORMAT parquet, CODEC '{codec}', PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048"
        duck.execute(f"COPY (SELECT * FROM polar) TO '{folder}/duckdb-{codec}-{version}.parquet' ({options})")
        note(f"duckdb-{codec}-{version}.parquet")

# All that can be kept.
utc = datetime.timezone.utc
kept = pyarrow.table(
    {
        "id": pyarrow.array([1, 2**53 + 1, -5]),
        "text": few,
        "flag": [True, None, False],
        "small": pyarrow.array([1, None, -1], pyarrow.int8()),
        "wide": pyarrow.array([2**64 - 1, None, 0], pyarrow.uint64()),
        "single": pyarrow.array([0.5, None, -1.25], pyarrow.float32()),
        "double": [0.1, None, 1e300],
        "raw": [b"\x00\xff", None, b""],
        "day": [datetime.date(1969, 12, 31), None, datetime.date(2024, 2, 29)],
        "when": pyarrow.array([datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, utc), None, datetime.datetime(1960, 1, 1, tzinfo=utc)]),
        "clock": pyarrow.array([1, None, -1], pyarrow.timestamp("ns")),
        "price": pyarrow.array([decimal.Decimal("12345678901234567890.123456"), None, decimal.Decimal("-0.000001")], pyarrow.decimal128(38, 6)),
        "kind": pyarrow.array(["a", None, "a"]).dictionary_encode(),
    }
)
pyarrow.parquet.write_table(kept, folder / "kept.parquet")
pyarrow.feather.write_feather(kept, folder / "kept.feather")
prices = pyarrow.array([[decimal.Decimal("1.50")], [], None], pyarrow.list_(pyarrow.decimal128(5, 2)))
lasted = pyarrow.array([1, 2, 3], pyarrow.duration("us"))
lists = pyarrow.table({"text": few, "tags": [["a"], [], None], "prices": prices, "lasted": lasted})
pyarrow.parquet.write_table(lists, folder / "lists.parquet")
pyarrow.feather.write_feather(lists, folder / "lists.feather")
print(json.dumps(written))
