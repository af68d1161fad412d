"""Writes vocabulary_quantization.json: what Python model2vec 0.10.0 makes of models with `vocabulary_quantization`. Minutes.

Usage: python test/expected/vocabulary_quantization.py   (with model2vec[quantization]==0.10.0, scikit-learn 1.9.1, after
scripts/unpack-fixtures.mjs)
"""
import json
import logging
import zlib
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from sklearn.cluster import KMeans

HERE = Path(__file__).parent
MODELS = HERE.parent / "fixtures" / "unpacked" / "models"
RUNS = [
    ("m8k-f32", 256, {}),
    ("m8k-f16", 256, {}),
    ("m8k-f64", 256, {}),
    ("m8k-int8", 256, {}),
    ("m8k-weights-only", 256, {}),
    ("m8k-dim3", 50, {}),
    ("m8k-f32", 64, {"quantize_to": "int8", "dimensionality": 5}),
    ("m8k-int8", 64, {"quantize_to": "float16"}),
    ("potion-base-8M", 1024, {}),
    ("potion-base-8M", 4096, {}),
]

inertia = 0.0
fit = KMeans.fit


def recording_fit(self, *args, **kwargs):
    global inertia
    fitted = fit(self, *args, **kwargs)
    inertia = float(self.inertia_)
    return fitted


KMeans.fit = recording_fit
logging.disable(logging.WARNING)
result = []
for name, clusters, options in RUNS:
    model = StaticModel.from_pretrained(MODELS / name, vocabulary_quantization=clusters, **options)
    result.append(
        {
            "model": name,
            "clusters": clusters,
            "quantize_to": options.get("quantize_to"),
            "dimensionality": options.get("dimensionality"),
            "dtype": model.embedding_dtype,
            "shape": list(model.embedding.shape),
            "weights_dtype": model.weights.dtype.name,
            "weights_crc32": zlib.crc32(model.weights.tobytes()),
            "mapping_len": len(model.token_mapping),
            "inertia": inertia,
        }
    )
    print(result[-1], flush=True)
    (HERE / "vocabulary_quantization.json").write_text(json.dumps(result, indent=1) + "\n")
