"""What `model2vec embed` does, as Python's users do it: texts of a file to a file with a column of vectors, by model2vec and a library for
files. `command-line.mjs` starts it as a whole process, and measures it from outside.

files.py LIBRARY INPUT OUTPUT MODEL   the formats go by the endings; `.npy` has the vectors alone, other outputs all columns of the input
files.py make FOLDER                  makes the inputs in columns, as pyarrow writes them, from FOLDER/texts.jsonl
files.py same OURS THEIRS             fails unless both files have the same rows, their vectors bit for bit

Each way is the library's own for whole columns or batches, with the options that were the fastest here. model2vec takes all cores (`encode`
runs batches on threads from 10,000 texts on), as do pyarrow, polars and DuckDB. Imports are within the ways: none pays for another's.
"""

import os
import sys
import tempfile
from pathlib import Path

COLUMN = "embedding"


def load(model):
    from model2vec import StaticModel

    return StaticModel.from_pretrained(model)


def fixed_size_lists(vectors):
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(vectors.reshape(-1), vectors.shape[1])


def plain(source, target, model):
    """The standard library and numpy."""
    import gzip
    import json

    import numpy as np

    open_text = gzip.open if source.suffix == ".gz" else open
    with open_text(source, "rt", encoding="utf-8", newline="\n" if source.suffix == ".txt" else None) as file:
        if source.suffix == ".txt":
            rows, texts = None, file.read().removesuffix("\n").split("\n")
        else:
            rows = [json.loads(line) for line in file]
            texts = [row["text"] for row in rows]
    vectors = load(model).encode(texts)
    if target.suffix == ".npy":
        np.save(target, vectors)
        return
    with open(target, "w", encoding="utf-8") as file:
        for row, vector in zip(rows, vectors):
            # A new object: lists of all vectors at once would be gigabytes.
            file.write(json.dumps({**row, COLUMN: vector.tolist()}, ensure_ascii=False) + "\n")


def pyarrow(source, target, model):
    import numpy as np
    import pyarrow as pa

    if source.suffix == ".parquet":
        import pyarrow.parquet

        table = pa.parquet.read_table(source)
    elif source.suffix == ".csv":
        import pyarrow.csv

        table = pa.csv.read_csv(source)
    else:
        import pyarrow.feather

        table = pa.feather.read_table(source)
    vectors = load(model).encode(table["text"].to_pylist())
    if target.suffix == ".npy":
        np.save(target, vectors)
        return
    table = table.append_column(COLUMN, fixed_size_lists(vectors))
    if target.suffix == ".parquet":
        import pyarrow.parquet

        # A dictionary of numbers that don't repeat would be tried in vain.
        pa.parquet.write_table(table, target, use_dictionary=["text"])
    else:
        with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def polars(source, target, model):
    import numpy as np
    import polars as pl

    read = {".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson}.get(source.suffix, pl.read_ipc)
    frame = read(source)
    vectors = load(model).encode(frame["text"].to_list())
    if target.suffix == ".npy":
        np.save(target, vectors)
        return
    frame = frame.with_columns(pl.Series(COLUMN, vectors))
    write = {".parquet": frame.write_parquet, ".arrow": frame.write_ipc, ".jsonl": frame.write_ndjson}[target.suffix]
    write(target)


def datasets(source, target, model):
    """`map` in batches, a process for each core. What it caches is new in each run: else it would do nothing the second time."""
    import datasets

    datasets.disable_progress_bars()
    loaded = load(model)
    kind = {".parquet": "parquet", ".jsonl": "json"}.get(source.suffix, "arrow")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with tempfile.TemporaryDirectory() as cache:
        rows = datasets.load_dataset(kind, data_files=str(source), split="train", cache_dir=cache)
        rows = rows.map(
            lambda batch: {COLUMN: loaded.encode(batch["text"])}, batched=True, num_proc=cores if cores > 1 else None
        )
        if target.suffix == ".arrow":
            rows.save_to_disk(target)
        else:
            {".parquet": rows.to_parquet, ".jsonl": rows.to_json}[target.suffix](target)


def duckdb(source, target, model):
    """A function for vectors of rows, within SQL."""
    import duckdb

    loaded = load(model)
    with duckdb.connect() as connection:
        connection.create_function(
            "embed",
            lambda texts: fixed_size_lists(loaded.encode(texts.to_pylist())),
            ["VARCHAR"],
            f"FLOAT[{loaded.dim}]",
            type="arrow",
        )
        kind = {".parquet": "parquet", ".jsonl": "json"}[target.suffix]
        reader = {".parquet": "read_parquet", ".csv": "read_csv", ".jsonl": "read_json"}[source.suffix]
        rows = f"SELECT *, embed(text) AS {COLUMN} FROM {reader}('{source}')"
        connection.execute(f"COPY ({rows}) TO '{target}' (FORMAT {kind})")


def make(folder):
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.json
    import pyarrow.parquet

    table = pa.json.read_json(folder / "texts.jsonl", pa.json.ReadOptions(block_size=1 << 26))
    pa.parquet.write_table(table, folder / "snappy.parquet")
    pa.parquet.write_table(table, folder / "zstd.parquet", compression="zstd")
    pa.feather.write_feather(table, folder / "plain.arrow", compression="uncompressed")
    pa.feather.write_feather(table, folder / "lz4.feather", compression="lz4")


def columns(file):
    """Ids, texts (None where there are none) and vectors of an output."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    if file.suffix == ".npy":
        return None, None, np.load(file)
    if file.suffix == ".jsonl":
        import json

        ids, texts, vectors = [], [], []
        with open(file, encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                ids.append(int(row["id"]))
                texts.append(row["text"])
                vectors.append(np.array(row[COLUMN], np.float32))
        return ids, texts, np.array(vectors)
    if file.is_dir():
        import datasets

        table = datasets.load_from_disk(file).data.table
    else:
        table = (pa.parquet if file.suffix == ".parquet" else pa.feather).read_table(file)
    chunks = [chunk.flatten().to_numpy() for chunk in table[COLUMN].chunks]
    vectors = np.concatenate(chunks).reshape(table.num_rows, -1)
    return [int(each) for each in table["id"].to_pylist()], table["text"].to_pylist(), vectors


def same(ours, theirs):
    for name, mine, other in zip(("ids", "texts", "vectors"), columns(ours), columns(theirs)):
        if name != "vectors":
            equal = mine == other
        else:
            equal = mine.dtype == other.dtype and mine.shape == other.shape and mine.tobytes() == other.tobytes()
        if not equal:
            sys.exit(f"{name} of {ours.name} and {theirs.name} differ")


if __name__ == "__main__":
    _, way, *arguments = sys.argv
    if way == "make":
        make(Path(arguments[0]))
    elif way == "same":
        same(*map(Path, arguments))
    else:
        source, target, model = arguments
        ways = {"numpy": plain, "pyarrow": pyarrow, "polars": polars, "datasets": datasets, "duckdb": duckdb}
        ways[way](Path(source), Path(target), model)
