"""An embeddings server as one writes it with FastAPI, uvicorn and Python model2vec: the peer of
`benchmarks/server.mjs`. `fastapi_server.py <model>` prints its port."""

import base64
import socket
import sys

import uvicorn
from fastapi import FastAPI
from model2vec import StaticModel
from pydantic import BaseModel

model = StaticModel.from_pretrained(sys.argv[1])
app = FastAPI()


class EmbeddingRequest(BaseModel):
    input: str | list[str]
    model: str = "potion"
    encoding_format: str = "float"


@app.post("/v1/embeddings")
async def embeddings(request: EmbeddingRequest):
    texts = [request.input] if isinstance(request.input, str) else request.input
    vectors = model.encode(texts)
    is_base64 = request.encoding_format == "base64"
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": i,
                "embedding": base64.b64encode(row.tobytes()).decode() if is_base64 else row.tolist(),
            }
            for i, row in enumerate(vectors)
        ],
        "model": request.model,
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
