"""Serves Milvus Lite until standard input ends, so that no server outlives the test that started it.

Usage: python lite.py <2.5|3.2> <folder> <port>
"""
import subprocess
import sys
from pathlib import Path

version, folder, port = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if version == "2.5":
    from milvus_lite.server import Server

    server = Server(str(folder / "lite.db"), f"127.0.0.1:{port}")
    if not (server.init() and server.start()):
        sys.exit("milvus-lite 2.5 did not start")
    sys.stdin.read()
    server.stop()
else:
    command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1", "--port", port]
    process = subprocess.Popen([*command, "--data-dir", str(folder / "data")], stdin=subprocess.DEVNULL)
    sys.stdin.read()
    process.kill()
    process.wait()
