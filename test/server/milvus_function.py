"""A collection of Milvus whose function embeds its texts with our server.

Usage: milvus_function.py <address of Milvus> <url of the server> <key> <model> <dimensions>, with the
texts as JSON on standard input. Prints the vectors that Milvus has stored, and the lines that it finds
for the first text.
"""
import json
import sys

from pymilvus import DataType, Function, FunctionType, MilvusClient

address, url, key, model, dim = sys.argv[1:]
texts = json.load(sys.stdin)
client = MilvusClient(f"http://{address}")
schema = MilvusClient.create_schema()
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("text", DataType.VARCHAR, max_length=65_535)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=int(dim))
schema.add_function(
    Function(
        name="embed",
        function_type=FunctionType.TEXTEMBEDDING,
        input_field_names=["text"],
        output_field_names=["vector"],
        params={"provider": "openai", "model_name": model, "api_key": key, "base_url": f"{url}/v1"},
    )
)
index = client.prepare_index_params()
index.add_index("vector", index_type="FLAT", metric_type="COSINE")
client.create_collection("documents", schema=schema, index_params=index)
client.insert("documents", [{"id": i, "text": text} for i, text in enumerate(texts)])
client.load_collection("documents")
stored = client.query("documents", filter="id >= 0", output_fields=["id", "vector"], limit=len(texts))
stored.sort(key=lambda row: row["id"])
(found,) = client.search("documents", data=[texts[0]], anns_field="vector", limit=3)
print(
    json.dumps(
        {
            "vectors": [[float(value) for value in row["vector"]] for row in stored],
            "found": [hit["id"] for hit in found],
        }
    )
)
