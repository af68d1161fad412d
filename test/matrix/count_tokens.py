"""Prints how many ids the `tokenizers` package finds in each text, a line of JSON per model.

`count_tokens.py TEXTS.json TOKENIZER.json…`: test/count-tokens.test.ts runs this.
"""

import json
import sys

from tokenizers import Tokenizer

with open(sys.argv[1], encoding="utf-8") as file:
    texts = json.load(file)
for path in sys.argv[2:]:
    tokenizer = Tokenizer.from_file(path)
    # As model2vec 0.10.0 does, whatever the file says.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    print(json.dumps([len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]))
