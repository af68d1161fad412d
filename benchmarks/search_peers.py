"""Times numpy, faiss-cpu and usearch on one thread: search_peers.py FOLDER DIM QUERIES K ROUNDS prints JSON."""

import json
import statistics
import sys
import time
from pathlib import Path

import faiss
import numpy as np
from threadpoolctl import threadpool_info
from usearch.index import MetricKind, search

folder = Path(sys.argv[1])
dim, count, k, rounds = map(int, sys.argv[2:6])
rows = np.fromfile(folder / "rows", np.float32).reshape(-1, dim)
queries = np.fromfile(folder / "queries", np.float32).reshape(count, dim)
faiss.omp_set_num_threads(1)
index = faiss.IndexFlatIP(dim)
index.add(rows)


def best(scores: np.ndarray) -> np.ndarray:
    return np.argpartition(-scores, k, axis=-1)[:, :k]


def milliseconds(work) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


times = {
    "numpy, sum of the rows": milliseconds(lambda: rows.sum()),
    "numpy, one query, sgemv": milliseconds(lambda: rows @ queries[0]),
    f"numpy, {count} queries, sgemm": milliseconds(lambda: queries @ rows.T),
    f"numpy, {count} queries, sgemm and argpartition": milliseconds(lambda: best(queries @ rows.T)),
    f"faiss-cpu IndexFlatIP, {count} queries": milliseconds(lambda: index.search(queries, k)),
    "faiss-cpu IndexFlatIP, one query": milliseconds(lambda: index.search(queries[:1], k)),
    f"usearch exact, {count} queries": milliseconds(
        lambda: search(rows, queries, k, MetricKind.IP, exact=True, threads=1)
    ),
}
kernels = [info.get("architecture") for info in threadpool_info() if info.get("internal_api") == "openblas"]
print(json.dumps({"times": times, "kernel": ", ".join(filter(None, kernels))}))
