"""Python's pipelines beside ours, on one thread: pipeline_peer.py TEXTS LANGUAGE... answers each line "<index of the pipeline>" with the milliseconds that
`predict` took for all texts. The first line that it prints is the kernel of OpenBLAS.
"""

import json
import sys
import time
from pathlib import Path

from model2vec.inference import StaticModelPipeline
from threadpoolctl import threadpool_info

texts = json.loads(Path(sys.argv[1]).read_text())
pipelines = [StaticModelPipeline.from_pretrained(folder) for folder in sys.argv[2:]]
kernels = [info.get("architecture") for info in threadpool_info() if info.get("internal_api") == "openblas"]
print(json.dumps({"kernel": ", ".join(filter(None, kernels))}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    labels = pipelines[int(line)].predict(texts, use_multiprocessing=False)
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000, "labels": labels.tolist()}), flush=True)
