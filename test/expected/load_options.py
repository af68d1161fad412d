"""Writes load_options.json: what Python model2vec 0.10.0 makes of tables with `quantize_to` and `dimensionality`.

`models`: each model and option set, with CRC-32 of the table's bytes and of the vectors (as float32) of the edge corpus, as the
model is and with the other normalization. `values`: small tables of unusual numbers, as hex of their bytes.

Usage: python test/expected/load_options.py   (with model2vec==0.10.0, after scripts/unpack-fixtures.mjs)
"""
import json
import logging
import warnings
import zlib
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from model2vec.quantization import quantize_and_reduce_dim

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "unpacked"
DTYPES = [None, "float64", "float32", "float16", "int8"]
MODELS = {
    "potion-base-8M": [None, 64, 255, 256],
    "m8k-f32": [None, 1, 7, 32],
    "m8k-f16": [None, 1, 7],
    "m8k-f64": [None, 1, 7],
    "m8k-int8": [None, 1, 7],
    "m8k-dim1": [None],
    "m8k-dim100": [None, 33],
    "m8k-st-nested": [None, 16],
    "m8k-weights-only": [None, 1, 7],
    "m8k-mapping-only-f16": [None, 7],
    "m8k-vq": [None, 1, 7],
    "m8k-vq-f16-wf16": [None, 1, 7],
    "m8k-vq-int8": [None, 7],
    "m8k-vq-wf64-mi64": [None, 1, 7],
}
TEXTS = [json.loads(line)["text"] for line in (FIXTURES / "corpora" / "edge.jsonl").read_text().splitlines()]


def vectors_crc32(model: StaticModel, normalize: bool) -> int:
    return zlib.crc32(model.encode(TEXTS, normalize=normalize).astype("<f4").tobytes())


def runs(name: str, dimensionalities: list[int | None]) -> list[dict]:
    found = []
    for quantize_to in DTYPES:
        for dimensionality in dimensionalities:
            model = StaticModel.from_pretrained(
                FIXTURES / "models" / name, quantize_to=quantize_to, dimensionality=dimensionality
            )
            found.append(
                {
                    "quantize_to": quantize_to,
                    "dimensionality": dimensionality,
                    "dtype": model.embedding_dtype,
                    "shape": list(model.embedding.shape),
                    "table_crc32": zlib.crc32(np.ascontiguousarray(model.embedding).tobytes()),
                    "vectors_crc32": vectors_crc32(model, model.normalize),
                    "flipnorm_crc32": vectors_crc32(model, not model.normalize),
                }
            )
    return found


def value_tables() -> list[np.ndarray]:
    """Tables of 3 columns: all exponents, numbers between two halves, infinities, NaN, nothing but zeros."""
    random = np.random.default_rng(1)
    bits16 = random.integers(0, 1 << 16, 600, dtype=np.uint16)
    halves = bits16.view(np.float16)
    halves = halves[np.isfinite(halves)][:150]
    singles = random.integers(0, 1 << 32, 600, dtype=np.uint32).view(np.float32)
    singles = singles[np.isfinite(singles)][:150]
    near = (halves.astype(np.float32) + np.nextafter(halves, np.float16(0)).astype(np.float32)) / 2
    near64 = near.astype(np.float64)
    near64[::3] = np.nextafter(near64[::3], np.inf)
    near64[1::3] = np.nextafter(near64[1::3], -np.inf)
    small = random.standard_normal(150)
    steps = np.arange(-75, 75) / 2.0  # halfway between integers once divided by the scale
    tables = [halves, singles, near, near64, singles.astype(np.float64) * 1e30]
    tables += [small.astype(dtype) for dtype in (np.float64, np.float32, np.float16)]
    tables += [(np.append(steps[3:], [127, -127, 0]) * k).astype(d) for k in (1, 0.25) for d in (np.float64, np.float32, np.float16)]
    tables += [np.zeros(6, dtype) for dtype in (np.float64, np.float32, np.float16)]
    tables += [np.array([1, -2, 3, np.inf, 0, 5], dtype) for dtype in (np.float64, np.float32, np.float16)]
    tables += [np.array([1, -2, 3, np.nan, 0, 5], dtype) for dtype in (np.float64, np.float32, np.float16)]
    tables += [np.array([7e4, 1e5, -3e9, 1, 2, 3], dtype) for dtype in (np.float64, np.float32)]
    tables += [np.array([1e-7, 3e-8, -6e-8, 5e-324, 0, 1e-9]), np.arange(-128, 127).astype(np.int8)]
    return [table.reshape(-1, 3) for table in tables]


def value_runs() -> list[dict]:
    found = []
    for table in value_tables():
        made = {}
        for quantize_to in DTYPES[1:]:
            quantized = quantize_and_reduce_dim(table, quantize_to, 2)
            made[quantize_to] = np.ascontiguousarray(quantized).tobytes().hex()
        found.append({"dtype": table.dtype.name, "rows": len(table), "bytes": table.tobytes().hex(), "made": made})
    return found


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")  # numpy on overflows and NaN, which are meant
    result = {"models": {name: runs(name, dims) for name, dims in MODELS.items()}, "values": value_runs()}
    (HERE / "load_options.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
