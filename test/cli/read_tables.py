"""Reads tables with Python's csv module, pandas and polars: a list of rows for each, as JSON.

Called with a path, a delimiter, whether quotes enclose fields ("yes" or "no"), and an encoding.
"""

import csv
import json
import sys

import pandas
import polars

path, delimiter, quotes, encoding = sys.argv[1:]
quoting = csv.QUOTE_MINIMAL if quotes == "yes" else csv.QUOTE_NONE
with open(path, encoding=encoding, newline="") as file:
    by_csv = [row for row in csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True) if row]
by_pandas = pandas.read_csv(
    path, sep=delimiter, quoting=quoting, encoding=encoding, dtype=str, keep_default_na=False, index_col=False
)
by_polars = polars.read_csv(
    path,
    separator=delimiter,
    quote_char='"' if quotes == "yes" else None,
    encoding="utf8" if encoding == "utf-8-sig" else encoding,
    infer_schema=False,
    missing_utf8_is_empty_string=True,
)
json.dump(
    {"csv": by_csv[1:], "pandas": by_pandas.values.tolist(), "polars": [list(row) for row in by_polars.rows()]},
    sys.stdout,
)
