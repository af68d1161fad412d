"""Writes the files that the targets of test/fuzz start from, in fuzz/seeds: small ones, one for each way in
which a format can hold a value. Needs pyarrow and numpy (test/cli/columns-requirements.txt).

    python test/fuzz/write_seeds.py
"""

import decimal
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

SEEDS = Path(__file__).parents[2] / "fuzz" / "seeds"
TEXTS = ["hello the world", "", "żółw 日本 \U0001f600", None, "a longer text, which is in no view itself"]


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def columns(texts):
    return pa.table(
        {
            "text": texts,
            "id": pa.array(range(len(TEXTS)), pa.int64()),
            "kept": pa.array([1.5, None, 2.5, 3.5, -0.0]),
        }
    )


def many_columns():
    """A column of each type that can be kept."""
    days = [0, 1, None, 20_000, -1]
    plain = columns(TEXTS)
    more = {
        "bool": pa.array([True, None, False, True, True]),
        "i8": pa.array([1, 2, None, 3, 4], pa.int8()),
        "u64": pa.array([2**64 - 1, 0, 1, 2, None], pa.uint64()),
        "f16": pa.array(np.array([0.5, 1, 2, 3, 4], np.float16)),
        "day": pa.array(days, pa.date32()),
        "time": pa.array([1, None, 3, 4, 5], pa.timestamp("us", "UTC")),
        "clock": pa.array([1, 2, 3, None, 5], pa.time32("ms")),
        "money": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.50"), 0, 1], pa.decimal128(9, 2)),
        "bytes": pa.array([b"\x00\xff", None, b"", b"a", b"b"]),
        "list": pa.array([[1, 2], None, [], [3], [4, None]], pa.list_(pa.int32())),
        "struct": pa.array([{"x": 1, "y": "a"}, None, {"x": 2, "y": None}, {}, {"x": 3, "y": "b"}]),
        "map": pa.array([[("k", 1)], None, [], [("a", 2), ("b", 3)], []], pa.map_(pa.string(), pa.int32())),
    }
    for name, values in more.items():
        plain = plain.append_column(name, values)
    return plain


def parquet_seed(name, table, **options):
    sink = io.BytesIO()
    parquet.write_table(table, sink, store_schema=False, **options)
    content = sink.getvalue()
    # The target adds the end itself, of a footer's length in two bytes.
    write("parquet", name, content[:-8] + content[-8:-6])


def parquet_seeds():
    table = columns(TEXTS)
    for codec in ["snappy", "gzip", "brotli", "zstd", "lz4", "none"]:
        parquet_seed(f"{codec}-v1", table, compression=codec)
    parquet_seed("plain-v1", columns(["a"] * 5), compression="none", use_dictionary=False)
    parquet_seed("plain-v2", table, compression="none", use_dictionary=False, data_page_version="2.0")
    for encoding in ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]:
        kinds = {"text": encoding, "id": "DELTA_BINARY_PACKED", "kept": "BYTE_STREAM_SPLIT"}
        options = {"use_dictionary": False, "column_encoding": kinds, "data_page_version": "2.0"}
        parquet_seed(encoding.lower(), table, compression="none", **options)
    parquet_seed("groups", pa.concat_tables([table] * 3), compression="snappy", row_group_size=4)
    parquet_seed("many", many_columns(), compression="none")
    parquet_seed("many-v2", many_columns(), compression="snappy", use_dictionary=False, data_page_version="2.0")


def arrow_seeds():
    tables = {
        "plain": columns(TEXTS),
        "large": columns(pa.array(TEXTS, pa.large_string())),
        "view": columns(pa.array(TEXTS, pa.string_view())),
        "dictionary": columns(pa.array(TEXTS).dictionary_encode()),
        "many": many_columns(),
    }
    for name, table in tables.items():
        for codec in ["uncompressed", "lz4", "zstd"]:
            if codec != "uncompressed" and name not in ("plain", "dictionary"):
                continue
            sink = io.BytesIO()
            feather.write_feather(table, sink, compression=codec)
            write("arrow", f"{name}-{codec}", sink.getvalue())
    for name in ["plain", "dictionary"]:
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, tables[name].schema) as stream:
            stream.write_table(tables[name], max_chunksize=2)
        write("arrow", f"{name}-stream", sink.getvalue())


def npy_seeds():
    for name, array in {
        "f4": np.arange(6, dtype=np.float32).reshape(2, 3),
        "f2": np.arange(6, dtype=np.float16).reshape(2, 3),
        "i1": np.arange(6, dtype=np.int8).reshape(3, 2),
        "u1": np.arange(6, dtype=np.uint8).reshape(3, 2),
        "v2": np.zeros((2, 2), "V2"),
        "none": np.zeros((0, 4), np.float32),
        "fortran": np.asfortranarray(np.zeros((2, 3), np.float32)),
        "vector": np.zeros(3, np.float32),
    }.items():
        sink = io.BytesIO()
        np.save(sink, array)
        write("npy", name, sink.getvalue())
    sink = io.BytesIO()
    np.lib.format.write_array(sink, np.zeros((2, 2), np.float32), version=(2, 0))
    write("npy", "version-2", sink.getvalue())


def line_seeds():
    lines = '{"text":"hello the world","id":1,"more":[1,{"a":2}]}\n{"text":"\\u00e9\\ud83d\\ude00 \\"x\\"","id":2}\n'
    write("json-lines", "plain", b"\x01" + lines.encode())
    write("json-lines", "strings", b'\x01{"id":"a","text":"\xc3\xa9"}\n\n {"id": "b" , "text" : "x"}\r\n')
    write("json-lines", "mixed", b'\x05{"id":"a","text":"b"}\n{"id":1,"text":"b"}\n{"id":1.5,"text":"c"}\n{"text":0}\n')
    write("json-lines", "nested", b'\x02{"a":{"text":"x"},"a.text":"y"}\n{"a.text":"z","a.text":"w"}\n')
    write("json-lines", "numbers", b'\x01{"text":"a","id":9007199254740993}\n{"text":"a","id":-0}\n{"text":"","id":1e3}')
    write("json-lines", "gzip", b"\x00" + gzip.compress(lines.encode(), mtime=0))
    write("json-lines", "utf-16", b"\x00" + lines.encode("utf-16"))
    write("json-lines", "mark", b"\x00\xef\xbb\xbf" + lines.encode())
    table = 'text,id,more\r\nhello the world,1,a\n"two ""quoted""\nlines",2,\n\n,3,"x"\n'
    write("csv", "plain", b"\x06" + table.encode())
    write("csv", "semicolons", b"\x02" + table.replace(",", ";").encode())
    write("csv", "tabs", b"\x07" + table.replace(",", "\t").encode())
    write("csv", "without-quotes", b"\x46" + table.encode())
    write("csv", "unclosed", b'\x00text\n"a\nb\n"c"d\n"e"\n')
    write("csv", "mark", b"\x00\xef\xbb\xbf" + table.encode())
    write("csv", "gzip", b"\x00" + gzip.compress(table.encode(), mtime=0))


def body_seeds():
    texts = ["a", "żółw", "two words"]
    bodies = [
        {"input": texts, "model": "small", "dimensions": 4, "encoding_format": "base64", "user": "x"},
        {"inputs": texts, "truncate": True, "normalize": False, "prompt_name": None, "dimensions": 8},
        {"inputs": "a"},
        {"inputs": {"source_sentence": "a", "sentences": texts}, "parameters": {"truncate": True}},
        {"inputs": [["a"], ["b", "c"]], "raw_scores": True},
        {"inputs": texts, "add_special_tokens": True},
        {"input": texts, "model": "small", "truncate": False, "options": {}, "keep_alive": "5m"},
        {"model": "small", "prompt": "a", "options": {"num_ctx": 1}},
    ]
    for path, body in enumerate(bodies):
        write("http-body", str(path), bytes([path, 0]) + json.dumps(body, ensure_ascii=False).encode())
    body = json.dumps(bodies[1]).encode()
    write("http-body", "gzip", bytes([1, 1]) + body)
    write("http-body", "gzip-raw", bytes([1, 3]) + gzip.compress(body, mtime=0))


def hub_seeds():
    commit = "0123456789abcdef0123456789abcdef01234567"
    tiny = SEEDS.parents[1] / "crates/engine/tests/loader_mutants/tiny"
    table = (SEEDS / "table" / "weights-and-mapping").read_bytes()
    table = (table.rindex(b"}") + 1).to_bytes(8, "little") + table
    # 0xff ends an answer; the mapping and the rows of this table have none, its weights have.
    table = table.replace(b"\xff", b"\x7f")
    files = {
        "config.json": b'{"model_type":"model2vec","normalize":true}',
        "tokenizer.json": (tiny / "word-level.json").read_bytes(),
        "model.safetensors": table,
    }
    revision = json.dumps({"sha": commit, "siblings": [{"rfilename": name} for name in files]}).encode()
    heads = [b"\x00ETag: \"%s\"\nContent-Length: %d\n\n" % (name.replace(".", "-").encode(), len(b)) for name, b in files.items()]
    bodies = [b"\x00Content-Length: %d\n\n" % len(content) + content for content in files.values()]
    write("hub-answers", "model", b"\xff".join([b"\x00\n\n" + revision, *heads, *bodies]))
    linked = [b"\x05Location: http://cdn.test/x\nX-Linked-Size: 3\nX-Linked-ETag: \"abc\"\n\n"]
    write("hub-answers", "redirects", b"\xff".join([b"\x00\n\n" + revision, *linked * 3, b"\x06Location: /x\n\n", b"\x00\n\nabc"]))
    write("hub-answers", "missing", b"\x0aX-Error-Code: RepoNotFound\n\n{}")


def manifest_seeds():
    model = {"name": "org/name", "isDirectory": False, "subfolder": None, "revision": "0" * 40, "sha256": None}
    options = {"dtype": "float32", "max-length": "512", "normalize": True}
    header = {"version": 1, "madeBy": "0.1.0", "model": model, "options": options, "outDir": "out", "ending": ".npy"}
    pin = {"size": 10, "modified": 1, "etag": None}
    whole = {"path": "a.jsonl", "format": "jsonl", "bytes": 10, "range": None, "pin": pin}
    names = {"names": ["text"], "delimiter": ","}
    part = {**whole, "path": "b.csv", "format": "csv", "range": {"from": 5, "to": 9, "line": None, "header": names}}
    shards = [
        {"index": index, "output": f"shard-{index:06}.npy", "inputs": inputs}
        for index, inputs in enumerate([[whole], [part, {**whole, "path": "http://x.test/c"}]])
    ]
    lines = [json.dumps(each, separators=(",", ":")) for each in [header, *shards]]
    write("manifest", "two-shards", "\n".join(lines))
    directory = {**model, "name": "./model", "isDirectory": True, "revision": None, "sha256": "0" * 64}
    write("manifest", "directory", "\n".join([json.dumps({**header, "model": directory}), lines[1]]))


parquet_seeds()
arrow_seeds()
npy_seeds()
line_seeds()
body_seeds()
hub_seeds()
manifest_seeds()
