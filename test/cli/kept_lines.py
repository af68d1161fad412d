"""Fields that --keep carries from lines, as Python's json and csv modules and pyarrow read them.

`write <folder>` writes documents.jsonl, of random values. `compare <input> <output> [<types>]` checks that
the output has the fields of the input: of each line the same, or, in Parquet and Arrow, columns of these
types, a JSON object.
"""

import csv
import json
import random
import sys

import pyarrow.feather
import pyarrow.parquet

DELIMITERS = {"csv": ",", "tsv": "\t"}
NAMES = ["a", "b.c", "", '"', "\\", "\\\"", "é", "[", "}", ",:", "\n", "0"]
TEXTS = ["", "plain", 'quotes "" and \\" more', "\\\\", "braces {}[],:", "\n\t\u2028", "é😀", "\\ud800", "null"]
NUMBERS = ["0", "-0", "1.0", "-1.50", "1e400", "1E-5", "12345678901234567890123", "0.1000000000000000055511"]


class Number(float):
    """Written with just these digits."""

    def __new__(cls, digits):
        number = super().__new__(cls, 0)
        number.digits = digits
        return number


def value_of(rng, depth):
    kind = rng.randrange(7 if depth < 4 else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind <= 2:
        return Number(rng.choice(NUMBERS))
    if kind <= 4:
        return "".join(rng.choices(TEXTS, k=rng.randrange(3)))
    if kind == 5:
        return [value_of(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {name: value_of(rng, depth + 1) for name in rng.sample(NAMES, rng.randrange(4))}


def written(rng, value):
    """JSON with white space here and there, and with and without escapes."""
    space = rng.choice(["", "", " ", "\t"])
    if isinstance(value, Number):
        return value.digits
    if isinstance(value, list):
        return f"[{space}{f'{space},'.join(written(rng, each) for each in value)}{space}]"
    if isinstance(value, dict):
        members = (f"{written(rng, name)}{space}:{space}{written(rng, each)}" for name, each in value.items())
        return f"{{{space}{f'{space},'.join(members)}{space}}}"
    return json.dumps(value, ensure_ascii=rng.random() < 0.5)


def write(folder):
    rng = random.Random(0)
    with open(f"{folder}/documents.jsonl", "w", encoding="utf-8", newline="\n") as file:
        for row in range(3000):
            document = {"text": f"text {row}"}
            for name in rng.sample(NAMES, rng.randrange(len(NAMES))):
                document[name] = value_of(rng, 0)
            space = rng.choice(["", " "])
            file.write(f"{space}{written(rng, document)}{space}\n")


def lines_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        # Numbers by their digits: 1.0 is not 1.
        return [json.loads(line, parse_float=lambda digits: ["a float", digits], parse_int=lambda digits: ["an integer", digits]) for line in file]


def records_of(path):
    ending = path.rsplit(".", 1)[1]
    if ending == "jsonl":
        with open(path, encoding="utf-8", newline="\n") as file:
            return [json.loads(line) for line in file]
    with open(path, encoding="utf-8", newline="") as file:
        quoting = csv.QUOTE_MINIMAL if ending == "csv" else csv.QUOTE_NONE
        return list(csv.DictReader(file, delimiter=DELIMITERS[ending], quoting=quoting, strict=True))


def compare(source, output, types=None):
    if output.endswith(".jsonl"):
        found = lines_of(output)
        for row in found:
            row.pop("embedding")
        assert found == (lines_of(source) if source.endswith(".jsonl") else records_of(source))
        return
    table = pyarrow.parquet.read_table(output) if output.endswith(".parquet") else pyarrow.feather.read_table(output)
    types = json.loads(types)
    records = records_of(source)
    assert table.column_names == [*types, "embedding"], table.column_names
    for name, kind in types.items():
        expected = [record.get(name) for record in records]
        found = table[name].to_pylist()
        if kind == "json":
            found = [None if value is None else json.loads(value) for value in found]
            kind = "string"
        assert table[name].type == kind, (name, table[name].type)
        assert found == expected, name


{"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
