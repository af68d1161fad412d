"""Writes save_pretrained.json: CRC-32 and size of each file that Python model2vec 0.10.0 saves.

Usage: python test/expected/save_pretrained.py   (with model2vec==0.10.0, after scripts/unpack-fixtures.mjs)
"""
import json
import logging
import tempfile
import zlib
from pathlib import Path

from model2vec import StaticModel

HERE = Path(__file__).parent
MODELS = HERE.parent / "fixtures" / "unpacked" / "models"
OPTIONS = [
    {},
    {"normalize": True, "max_length": 7},
    {"normalize": False, "max_length": None, "quantize_to": "float16"},
    {"quantize_to": "int8", "dimensionality": 5},
]
FILES = ["model.safetensors", "tokenizer.json", "config.json", "modules.json"]

logging.disable(logging.WARNING)
result = {}
for directory in sorted(MODELS.iterdir()):
    few = not directory.name.startswith(("m8k-", "potion-"))
    runs = []
    for options in OPTIONS[: 1 if few else None]:
        if directory.name.endswith(("dim1", "dim3")) and "dimensionality" in options:
            continue
        subfolder = "sub" if directory.name == "m8k-subfolder" else None
        model = StaticModel.from_pretrained(directory, subfolder=subfolder, **options)
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            files = {name: (Path(folder) / name).read_bytes() for name in FILES}
        runs.append({"options": options, "crc32": {name: zlib.crc32(content) for name, content in files.items()}})
    result[directory.name] = runs
(HERE / "save_pretrained.json").write_text(json.dumps(result, indent=1) + "\n")
