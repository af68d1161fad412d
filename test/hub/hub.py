"""What Python's huggingface_hub does with a Hub or a cache: one command, its answer as JSON.

Arguments: the command, then its own (see the functions). The endpoint and the cache are those of HF_ENDPOINT and HF_HUB_CACHE.
"""

import json
import sys

import huggingface_hub
from huggingface_hub import constants, errors

# What model2vec 0.10.0 asks for (persistence/persistence.py, _resolve_folder).
PATTERNS = [
    "0_StaticEmbedding/model.safetensors",
    "0_StaticEmbedding/tokenizer.json",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "tokenizer.json",
    "README.md",
]


def download(repo_id: str, revision: str) -> object:
    """Downloads a snapshot, as model2vec does."""
    return huggingface_hub.snapshot_download(repo_id, revision=revision, allow_patterns=PATTERNS)


def find(repo_id: str, revision: str) -> object:
    """Finds a snapshot and its files without a request, and says what the cache holds."""
    snapshot = huggingface_hub.snapshot_download(repo_id, revision=revision, local_files_only=True)
    files = [
        huggingface_hub.hf_hub_download(repo_id, name, revision=revision, local_files_only=True)
        for name in ("config.json", "tokenizer.json", "model.safetensors")
    ]
    cache = huggingface_hub.scan_cache_dir()
    revisions = [
        [repo.repo_id, sorted(found.refs), found.commit_hash, sorted(file.file_name for file in found.files)]
        for repo in cache.repos
        for found in repo.revisions
    ]
    return {"snapshot": snapshot, "files": files, "revisions": revisions, "warnings": [str(w) for w in cache.warnings]}


def error(repo_id: str, revision: str, name: str) -> object:
    """The error of a download."""
    try:
        huggingface_hub.hf_hub_download(repo_id, name, revision=revision)
    except errors.HfHubHTTPError as error:
        return type(error).__name__
    return None


def settings() -> object:
    """What the environment says."""
    return {
        "cache": constants.HF_HUB_CACHE,
        "tokenPath": constants.HF_TOKEN_PATH,
        "token": huggingface_hub.get_token(),
        "endpoint": constants.ENDPOINT,
        "offline": constants.HF_HUB_OFFLINE,
    }


COMMANDS = {"download": download, "find": find, "error": error, "settings": settings}
print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
