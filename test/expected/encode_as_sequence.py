"""Writes encode_as_sequence.json: what Python model2vec 0.10.0 gives for every fifth text of the edge corpus.

Usage: python test/expected/encode_as_sequence.py   (with model2vec==0.10.0, after scripts/unpack-fixtures.mjs)
"""
import json
import zlib
from pathlib import Path

import numpy as np
from model2vec import StaticModel

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "unpacked"
MODELS = ["potion-base-8M", "m8k-f32", "m8k-f64", "m8k-f16", "m8k-int8", "m8k-vq", "m8k-vq-int8", "m8k-vq-wf64-mi64", "m8k-vq-f16-wf16", "m8k-weights-only", "m8k-st"]

lines = (FIXTURES / "corpora" / "edge.jsonl").read_text().splitlines()
texts = [json.loads(line)["text"] for line in lines][::5]


def digests(model: StaticModel, max_length: int | None) -> dict[str, list[int]]:
    rows = [np.asarray(row, dtype="<f4") for row in model.encode_as_sequence(texts, max_length=max_length)]
    return {"rows": [len(row) for row in rows], "crc32": [zlib.crc32(row.tobytes()) for row in rows]}


result = {}
for name in MODELS:
    model = StaticModel.from_pretrained(FIXTURES / "models" / name, force_download=False)
    result[name] = {"none": digests(model, None), "max16": digests(model, 16)}
(HERE / "encode_as_sequence.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
