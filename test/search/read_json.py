"""Reads JSON as Python does: the bits of float32 of all numbers, null as NaN.

Usage: read_json.py FOLDER: reads FOLDER/json, an array of rows, writes FOLDER/bits.
"""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
rows = json.loads((folder / "json").read_bytes())
values = np.array([[np.nan if x is None else x for x in row] for row in rows], np.float64)
values.astype(np.float32).tofile(folder / "bits")
