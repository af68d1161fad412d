// Columns beside the vectors in Parquet, whose pages the native module makes: what pyarrow, DuckDB and
// polars read of them is what was in the input.

import { execFileSync } from 'node:child_process'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const pythonTest = python.command === null ? test.skip : test

/** Rows of more than one batch, and of more than one page. */
const WRITE = `
import datetime, sys
import pyarrow as pa, pyarrow.parquet as pq
rows = 5000
def column(of, type, nulls=lambda i: False):
    return pa.array([None if nulls(i) else of(i) for i in range(rows)], type)
some = lambda i: i % 7 == 3 or 2000 < i < 2600
day = datetime.date(1999, 12, 31)
moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 456789)
table = pa.table({
    "text": column(lambda i: f"text {i}", pa.string()),
    "strings": column(lambda i: "" if i % 5 == 0 else f"∑ 漢字 😀 {i * i}", pa.string()),
    "nullable": column(lambda i: f"value {i}", pa.string(), some),
    "empty": column(lambda i: "", pa.string()),
    "nothing": column(lambda i: "", pa.string(), lambda i: True),
    "few": column(lambda i: ["red", "green", "", "blue is longer than the others"][i * i % 4], pa.string(), lambda i: i % 11 == 0),
    "same": column(lambda i: "always the same", pa.string()),
    "many": column(lambda i: f"each of these comes five times {i % 1000}", pa.string()),
    "long": column(lambda i: "ab∑" * (500_000 if i in (10, 11, 4000) else i % 50), pa.string(), lambda i: i == 12),
    "bytes": column(lambda i: bytes([255, i % 256, 0xc3, 0x28]) * (i % 3), pa.binary(), some),
    "boolean": column(lambda i: i * i % 3 == 0, pa.bool_()),
    "maybe": column(lambda i: i % 3 == 0, pa.bool_(), some),
    "int32": column(lambda i: (-1) ** i * (2**31 - 1 - i), pa.int32(), some),
    "int64": column(lambda i: (-1) ** i * (2**63 - 1 - i), pa.int64(), some),
    "uint64": column(lambda i: 2**64 - 1 - i, pa.uint64(), some),
    "small": column(lambda i: i % 3, pa.int64()),
    "float32": column(lambda i: i / 3, pa.float32(), some),
    "float64": column(lambda i: float("inf") if i == 5 else -i / 7, pa.float64(), some),
    "zeros": column(lambda i: -0.0 if i % 2 else 0.0, pa.float64()),
    "day": column(lambda i: day + datetime.timedelta(i), pa.date32(), some),
    "moment": column(lambda i: moment + datetime.timedelta(seconds=i), pa.timestamp("us"), some),
})
pq.write_table(table, sys.argv[1])
`

/** What readers find, as the types that the input has. */
const COMPARE = `
import json, sys
import duckdb, polars, pyarrow as pa, pyarrow.parquet as pq
before, after = sys.argv[1:]
expected = pq.read_table(before)
readers = {
    "pyarrow": pq.read_table(after),
    "duckdb": duckdb.sql(f"from '{after}'").to_arrow_table(),
    "polars": polars.read_parquet(after).to_arrow(),
}
wrong = []
for name, found in readers.items():
    for column in expected.column_names:
        a, b = expected[column].combine_chunks(), found[column].cast(expected[column].type).combine_chunks()
        # As text -0.0 is not 0.0.
        if not a.equals(b) or (column == "zeros" and str(a.to_pylist()) != str(b.to_pylist())):
            wrong.append([name, column])
meta = pq.read_metadata(after)
chunk = lambda name: next(c for c in map(meta.row_group(0).column, range(meta.num_columns)) if c.path_in_schema == name)
print(json.dumps({
    "wrong": wrong,
    "rows": meta.num_rows,
    "dictionaries": [c for c in expected.column_names if chunk(c).has_dictionary_page],
    "codecs": sorted({chunk(c).compression for c in expected.column_names}),
}))
`

pythonTest('values of every type, with nulls, repeated, empty and long, are read as they were', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'in.parquet'), path.join(directory, 'out.parquet')]
  execFileSync(python.command ?? '', ['-c', WRITE, file])
  const { code, err } = await model2vec('embed', file, '-o', out, '--keep', 'all', '--model', SMALL)
  t.deepEqual([code, err], [0, ''])
  t.deepEqual(JSON.parse(execFileSync(python.command ?? '', ['-c', COMPARE, file, out], { encoding: 'utf8' })), {
    wrong: [],
    rows: 5000,
    // Those whose values repeat.
    dictionaries: ['empty', 'few', 'same', 'many', 'bytes', 'small', 'zeros'],
    codecs: ['SNAPPY'],
  })
})
