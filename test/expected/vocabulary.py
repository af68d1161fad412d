"""Writes vocabulary.json: of every committed model, what Python model2vec 0.10.0 says of its tokens, rows, and truncated texts.

Usage: python test/expected/vocabulary.py   (with model2vec==0.10.0, after scripts/unpack-fixtures.mjs)
"""
import json
import zlib
from pathlib import Path

import numpy as np
from model2vec import StaticModel

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "unpacked"
MAX_LENGTH = 16
# The row of every id that this divides.
STEP = 97

texts = [json.loads(line)["text"] for line in (FIXTURES / "corpora" / "edge.jsonl").read_text().splitlines()]


def references(folder: Path) -> dict[str, int | list[int]]:
    subfolder = "sub" if folder.name == "m8k-subfolder" else None
    model = StaticModel.from_pretrained(folder, subfolder=subfolder, force_download=False)
    vocabulary = {id: token for token, id in model.tokenizer.get_vocab().items()}
    # The token of each id; ids may have holes, which `tokens` leaves out.
    tokens = [vocabulary.get(id, "") for id in range(max(vocabulary) + 1)]
    assert [tokens[id] for id in sorted(vocabulary)] == list(model.tokens)
    rows = model._encode_helper([id for id in range(0, len(tokens), STEP) if id in vocabulary]).astype("<f4")
    model.tokenizer.no_truncation()
    units = MAX_LENGTH * model.median_token_length
    cut = [len(text) > units or len(model.tokenizer.encode(text[:units], add_special_tokens=False)) > MAX_LENGTH for text in texts]
    return {
        "tokens": len(tokens),
        "tokens_crc32": zlib.crc32("\n".join(tokens).encode()),
        "rows_crc32": zlib.crc32(np.ascontiguousarray(rows).tobytes()),
        "truncated": sum(cut),
        "truncated_crc32": zlib.crc32(bytes(cut)),
    }


result = {folder.name: references(folder) for folder in sorted((FIXTURES / "models").iterdir())}
(HERE / "vocabulary.json").write_text(json.dumps(result, indent=2) + "\n")
