"""Python's peers, `python.py model2vec|laghu`, in the benchmarks' protocol: a line of JSON in, a line of JSON out. `peer-process.mjs` is
the other side and says what each command means."""

import gc
import importlib.metadata
import json
import re
import sys
import time
from pathlib import Path


class Model2Vec:
    """The reference. With one thread its own ones are off; with more, `encode` does as it does by default."""

    def __init__(self, model, threads):
        started = time.perf_counter_ns()
        from model2vec import StaticModel

        self.import_ns = time.perf_counter_ns() - started
        self.model = StaticModel.from_pretrained(model)
        self.options = {"use_multiprocessing": False} if threads == 1 else {}

    def encode(self, texts):
        return self.model.encode(texts, **self.options)

    def ids(self, texts):
        self.model.tokenizer.no_truncation()
        return self.model.tokenize(texts)

    def unknown(self):
        return self.model.unk_token_id


class Laghu:
    """laghu with laghu-rs. What it can't load itself it would leave to model2vec, which is measured already: no fallback."""

    def __init__(self, model, threads):
        started = time.perf_counter_ns()
        import laghu_rs  # noqa: F401, laghu runs without it, slowly
        from laghu import load

        self.import_ns = time.perf_counter_ns() - started
        self.model = load(model, fallback=False)

    def encode(self, texts):
        return self.model.encode(texts)

    def ids(self, texts):
        return self.model.tokenize(texts)

    def unknown(self):
        return self.model.unk_token_id


def installed_bytes(name):
    """The size of a distribution's files and of those that it requires, its extras left out."""
    seen, waiting = set(), [name]
    total = 0
    while waiting:
        normal = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if normal in seen:
            continue
        seen.add(normal)
        try:
            distribution = importlib.metadata.distribution(normal)
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in distribution.files or []:
            path = Path(distribution.locate_file(file))
            if path.suffix != ".pyc" and path.is_file():
                total += path.stat().st_size
        for requirement in distribution.requires or []:
            if "extra ==" not in requirement:
                waiting.append(re.match(r"[\w.-]+", requirement).group())
    return total


class Commands:
    def __init__(self, peer):
        self.make = peer

    def load(self, command):
        started = time.perf_counter_ns()
        self.peer = self.make(command["model"], command["threads"])
        return {"ns": time.perf_counter_ns() - started, "importNs": self.peer.import_ns}

    def texts(self, command):
        with open(command["texts"], encoding="utf-8") as file:
            return json.load(file)

    def do_pass(self, command):
        texts = self.texts(command)
        gc.collect()
        started = time.perf_counter_ns()
        vectors = self.peer.encode(texts)
        return {"ns": time.perf_counter_ns() - started, "rows": len(vectors)}

    def vectors(self, command):
        self.peer.encode(self.texts(command)).astype("<f4").tofile(command["to"])
        return {}

    def ids(self, command):
        import numpy as np

        ids = self.peer.ids(self.texts(command))
        np.array([word for row in ids for word in (len(row), *row)], dtype="<u4").tofile(command["to"])
        return {"unknown": self.peer.unknown()}

    def queries(self, command):
        times = []
        for query in self.texts(command):
            started = time.perf_counter_ns()
            self.peer.encode(query)
            times.append(time.perf_counter_ns() - started)
        return {"ns": times}

    def installed(self, command):
        return {"bytes": sum(installed_bytes(name) for name in command["names"])}


def main():
    commands = Commands({"model2vec": Model2Vec, "laghu": Laghu}[sys.argv[1]])
    print(json.dumps({"started": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(commands, {"pass": "do_pass"}.get(command["do"], command["do"]))(command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
