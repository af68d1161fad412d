"""Writes pymilvus_example.json: what pymilvus's own Model2VecEmbeddingFunction gives for the example of its documentation.

Usage: PYTHONPATH=<a checkout of github.com/milvus-io/milvus-model>/src python test/expected/pymilvus_example.py
       (with model2vec==0.10.0 and what that package imports: requests, pymilvus, scipy, transformers, onnxruntime;
       after scripts/unpack-fixtures.mjs. The checkout was 2fe97ac8, as no release on PyPI has the class.)
"""
import json
import os
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
MODEL = HERE.parent / "fixtures" / "unpacked" / "models" / "potion-base-8M"

# The class loads a directory with StaticModel.load_local, which model2vec 0.10.0 no longer has: a Hub cache it is.
cache = Path(tempfile.mkdtemp())
repository = cache / "models--minishlab--potion-base-8M"
(repository / "refs").mkdir(parents=True)
(repository / "refs" / "main").write_text("0" * 40)
(repository / "snapshots").mkdir()
(repository / "snapshots" / ("0" * 40)).symlink_to(MODEL.resolve())
os.environ["HF_HUB_CACHE"] = str(cache)
os.environ["HF_HUB_OFFLINE"] = "1"

from pymilvus.model.dense import Model2VecEmbeddingFunction  # noqa: E402  the environment is read on import

DOCUMENTS = [
    "Artificial intelligence was founded as an academic discipline in 1956.",
    "Alan Turing was the first person to conduct substantial research in AI.",
    "Born in Maida Vale, London, Turing was raised in southern England.",
]
QUERIES = [
    "When was artificial intelligence founded",
    "Where was Alan Turing born?",
]

ef = Model2VecEmbeddingFunction("minishlab/potion-base-8M", force_download=False)
result = {
    "dim": ef.dim,
    "documents": {text: row.tolist() for text, row in zip(DOCUMENTS, ef.encode_documents(DOCUMENTS), strict=True)},
    "queries": {text: row.tolist() for text, row in zip(QUERIES, ef.encode_queries(QUERIES), strict=True)},
}
(HERE / "pymilvus_example.json").write_text(json.dumps(result) + "\n")
