"""The scores of all pairs of queries and rows, in double precision, as numpy computes them.

Usage: scores.py FOLDER DIM QUERY_DTYPE DTYPE METRIC: reads FOLDER/queries and FOLDER/rows, raw elements, and
writes FOLDER/scores, float64 of queries x rows. numpy 2.4.6, ml_dtypes 0.5.4.
"""

import sys
from pathlib import Path

import ml_dtypes
import numpy as np

TYPES = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "int8": np.int8}


def vectors(file: Path, dtype: str, dim: int) -> np.ndarray:
    if dtype == "binary":
        packed = np.fromfile(file, np.uint8).reshape(-1, (dim + 7) // 8)
        return np.unpackbits(packed, axis=-1, count=dim).astype(np.float64)
    return np.fromfile(file, TYPES[dtype]).reshape(-1, dim).astype(np.float64)


folder, dim, query_dtype, dtype, metric = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
queries, rows = vectors(folder / "queries", query_dtype, dim), vectors(folder / "rows", dtype, dim)
if metric in ("euclidean", "hamming"):
    differences = queries[:, None, :] - rows[None, :, :]
    scores = np.abs(differences).sum(-1) if metric == "hamming" else np.sqrt((differences**2).sum(-1))
else:
    scores = queries @ rows.T
    if metric == "cosine":
        scores /= np.linalg.norm(queries, axis=-1)[:, None] * np.linalg.norm(rows, axis=-1)[None, :]
scores.tofile(folder / "scores")
