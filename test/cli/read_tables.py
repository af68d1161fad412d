"""Reads tables with Python's csv module, pandas and polars: for each table the rows that each has read.

Standard input is a JSON list of objects with "path", "delimiter", "quotes" (whether they enclose
fields) and "encoding".
"""

import csv
import json
import sys

import pandas
import polars


def read(path, delimiter, quotes, encoding):
    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    with open(path, encoding=encoding, newline="") as file:
        by_csv = [row for row in csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True) if row]
    by_pandas = pandas.read_csv(
        path, sep=delimiter, quoting=quoting, encoding=encoding, dtype=str, keep_default_na=False, index_col=False
    )
    # Of other encodings, polars itself would turn the \r of quoted fields into \n.
    with open(path, "rb") as file:
        as_utf8 = file.read().decode(encoding).encode()
    by_polars = polars.read_csv(
        as_utf8 if encoding == "utf-16" else path,
        separator=delimiter,
        quote_char='"' if quotes else None,
        infer_schema=False,
        empty_string_is_null=False,
    )
    return {
        "csv": by_csv[1:],
        "pandas": by_pandas.values.tolist(),
        "polars": [list(row) for row in by_polars.rows()],
    }


json.dump([read(**table) for table in json.load(sys.stdin)], sys.stdout)
