"""Writes output_types.json: what numpy and ml_dtypes make of Python model2vec 0.10.0's vectors, and of floats around every tie.

Usage: python test/expected/output_types.py   (with model2vec==0.10.0, numpy==2.4.6, ml_dtypes==0.6.0, after scripts/unpack-fixtures.mjs)

Digests are the CRC-32 of rows as little-endian memory.
"""
import json
import zlib
from pathlib import Path

import ml_dtypes
import numpy as np
from model2vec import StaticModel

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "unpacked"
MODELS = ["potion-base-8M", "m8k-f32", "m8k-f64", "m8k-f16", "m8k-f16-nonorm", "m8k-int8", "m8k-vq", "m8k-vq-int8", "m8k-vq-f16-wf16", "m8k-vq-wf64-mi64", "m8k-dim3"]
# All edge texts, a digest for each run of that many.
BLOCK = 187

texts = [json.loads(line)["text"] for line in (FIXTURES / "corpora" / "edge.jsonl").read_text().splitlines()]


def int8(vectors: np.ndarray) -> np.ndarray:
    # numpy's cast of NaN to an integer is undefined: this package says 0.
    return np.rint(np.float32(127) * np.clip(np.nan_to_num(vectors, nan=0.0, posinf=np.inf, neginf=-np.inf), -1, 1)).astype(np.int8)


DTYPES = {
    "float32": lambda vectors: vectors,
    "float16": lambda vectors: vectors.astype(np.float16),
    "bfloat16": lambda vectors: vectors.astype(ml_dtypes.bfloat16),
    "int8": int8,
    "binary": lambda vectors: np.packbits(vectors > 0, axis=-1),
}


def crc32(rows: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(rows).tobytes())


def conversions() -> dict[str, list[int]]:
    """The blocks that crates/engine/src/pooling/kernel/convert/tests.rs makes, too: it says what they are. NaN halves are all 0x7fff."""
    low = np.array([0, 1, 0x0FFF, 0x1000, 0x1001, 0x1FFF], dtype=np.uint32)
    upper = np.arange(1 << 19, dtype=np.uint32).reshape(-1, 1 << 13, 1)
    blocks = [block.view(np.float32) for block in (upper << 13 | low).reshape(64, -1)]
    middles = (np.arange(-129, 129) * 2 + 1).astype(np.float32) / np.float32(254)
    blocks.append((middles.view(np.int32)[:, None] + np.arange(-3, 4, dtype=np.int32)).ravel().view(np.float32))

    def halves(rows: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(rows), np.uint16(0x7FFF), rows.view(np.uint16))

    def row(dtype: str, block: np.ndarray) -> np.ndarray:
        made = DTYPES[dtype](block)
        return halves(made) if dtype.endswith("float16") else made

    with np.errstate(all="ignore"):
        return {dtype: [crc32(row(dtype, block)) for block in blocks] for dtype in DTYPES if dtype != "float32"}


def widened() -> dict[str, int]:
    """All halves as float32, with one NaN."""
    def digest(dtype) -> int:
        values = np.arange(1 << 16, dtype=np.uint16).view(dtype).astype("<f4")
        return crc32(np.where(np.isnan(values), np.float32(np.nan), values))

    return {"float16": digest(np.float16), "bfloat16": digest(ml_dtypes.bfloat16)}


def digests(vectors: np.ndarray, dtypes: list[str]) -> dict[str, list[int]]:
    starts = range(0, len(vectors), BLOCK)
    return {dtype: [crc32(DTYPES[dtype](vectors[start : start + BLOCK])) for start in starts] for dtype in dtypes}


def encode(model: StaticModel, normalize: bool, dtypes: list[str]) -> dict[str, list[int]]:
    vectors = model.encode(texts, normalize=normalize)
    made = digests(vectors.astype("<f4"), dtypes)
    if vectors.dtype == np.float16:
        assert made["float16"] == digests(vectors, ["float16"])["float16"], "Python's own float16 output"
    return made


def sequence(model: StaticModel, normalize: bool, dtypes: list[str]) -> dict[str, int]:
    """All tokens' rows of every fifth text, one after the other."""
    rows = np.concatenate([np.asarray(row, dtype="<f4") for row in model.encode_as_sequence(texts[::5])])
    if normalize:
        # As `_encode_batch` does it, for encode_as_sequence has no `normalize`.
        rows = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-32)
        if model.embedding.dtype == np.float16:
            rows = rows.astype(np.float16).astype(np.float32)
    return {dtype: crc32(DTYPES[dtype](rows)) for dtype in dtypes}


def references(name: str) -> dict:
    def load(dimensionality: int | None) -> StaticModel:
        return StaticModel.from_pretrained(FIXTURES / "models" / name, dimensionality=dimensionality, force_download=False)

    every, unscaled = list(DTYPES), [dtype for dtype in DTYPES if dtype != "int8"]
    full = load(None)
    result = {}
    for dimensionality in sorted({None, 1, 2, 7, 8, 20, 31, 100, 129}, key=lambda n: n or 0):
        if (dimensionality or 0) > full.dim:
            continue
        model = load(dimensionality)
        result[str(dimensionality or "full")] = {
            "normalized": encode(model, True, every),
            "plain": encode(model, False, unscaled),
            "sequence_normalized": sequence(model, True, every),
            "sequence": sequence(model, False, unscaled),
        }
    return result


result = {"conversions": conversions(), "widened": widened(), "block": BLOCK, "models": {name: references(name) for name in MODELS}}
(HERE / "output_types.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
