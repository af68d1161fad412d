"""Embeds with a client for Python: `clients.py <name>`, with the input of test/server/programs on
standard input, and a result of the same shape on standard output."""

import base64
import json
import sys

import numpy as np


def bits(rows):
    """The float32 of rows, one after the other, in base64."""
    return base64.b64encode(np.asarray(rows, dtype=np.float64).astype("<f4").tobytes()).decode()


def fault(call):
    try:
        call()
    except Exception as error:
        response = getattr(error, "response", None)
        status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
        code = getattr(error, "code", None)
        return {"name": type(error).__name__, "status": status, "code": code, "message": str(error)}
    return {"name": "none", "status": None, "code": None, "message": "returned"}


def openai(url, key, model, texts):
    from openai import OpenAI

    client = OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
    stranger = OpenAI(base_url=f"{url}/v1", api_key="another", max_retries=0)

    def rows(**options):
        answer = client.embeddings.create(**{"model": model, "input": texts, **options})
        return bits([each.embedding for each in answer.data])

    answer = client.embeddings.create(model=model, input=texts)
    return {
        "plain": rows(),
        "floats": rows(encoding_format="float"),
        "shorter": rows(dimensions=8, user="somebody"),
        "one": rows(input=texts[0]),
        "usage": answer.usage.model_dump(include={"prompt_tokens", "total_tokens"}),
        "models": [each.id for each in client.models.list()],
        "faults": {
            "tokens": fault(lambda: client.embeddings.create(model=model, input=[[1, 2, 3]])),
            "empty": fault(lambda: client.embeddings.create(model=model, input="")),
            "model": fault(lambda: client.embeddings.create(model="other", input="a")),
            "key": fault(lambda: stranger.embeddings.create(model=model, input="a")),
        },
    }


def huggingface_hub(url, key, model, texts):
    from huggingface_hub import InferenceClient

    client = InferenceClient(model=f"{url}/embed", token=key)
    root = InferenceClient(model=url, token=key)
    similarity = InferenceClient(model=f"{url}/similarity", token=key)
    return {
        "plain": bits(client.feature_extraction(texts, truncate=True)),
        "root": bits(root.feature_extraction(texts, truncate=True)),
        "raw": bits(client.feature_extraction(texts, truncate=True, normalize=False)),
        "shorter": bits(client.feature_extraction(texts, truncate=True, dimensions=8)),
        "one": bits(client.feature_extraction(texts[0])),
        "similarity": similarity.sentence_similarity(texts[1], texts[2:8]),
        "faults": {
            "long": fault(lambda: client.feature_extraction("word " * 2000)),
            "key": fault(lambda: InferenceClient(model=f"{url}/embed", token="another").feature_extraction("a")),
        },
    }


def litellm(url, key, model, texts):
    from litellm import embedding

    def call(input, name=model, **options):
        return embedding(
            model=f"openai/{name}", input=input, api_base=f"{url}/v1", api_key=key, max_retries=0, **options
        )

    def rows(answer):
        return bits([each["embedding"] for each in answer.data])

    answer = call(texts)
    return {
        "plain": rows(answer),
        "floats": rows(call(texts, encoding_format="float")),
        "shorter": rows(call(texts, dimensions=8)),
        "one": rows(call([texts[0]])),
        "tokens": answer.usage.prompt_tokens,
        "faults": {"model": fault(lambda: call(["a"], name="other"))},
    }


given = json.load(sys.stdin)
result = {"openai": openai, "huggingface_hub": huggingface_hub, "litellm": litellm}[sys.argv[1]](
    given["url"], given["key"], given["model"], given["texts"]
)
# LiteLLM prints notes on errors: the result is the last line.
print("\n" + json.dumps(result))
