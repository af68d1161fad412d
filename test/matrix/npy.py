"""Reads and writes `.npy` files with numpy: test/matrix-files.test.ts runs this.

`npy.py read FILE…` prints a line of JSON per file: its element type, its shape, the CRC-32 of its bytes.
`npy.py write FOLDER` writes files that numpy makes, of matrices with the numbers 0 to 11 / 8.
`npy.py round FILE` prints the bits of the float32 numbers in FILE as float16 and as bfloat16, CRC-32 each.
"""

import json
import sys
import zlib

import ml_dtypes
import numpy as np

TYPES = {
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "int8": np.int8,
    "uint8": np.uint8,
    "float64": np.float64,
    "big-endian": np.dtype(">f4"),
}


def read(files):
    for file in files:
        array = np.load(file)
        print(json.dumps({"descr": array.dtype.str, "shape": array.shape, "crc": zlib.crc32(array.tobytes())}))


def write(folder):
    numbers = (np.arange(12) / 8).reshape(3, 4)
    for name, dtype in TYPES.items():
        np.save(f"{folder}/{name}.npy", numbers.astype(dtype))
    np.save(f"{folder}/fortran.npy", np.asfortranarray(numbers.astype(np.float32)))
    np.save(f"{folder}/vector.npy", numbers.astype(np.float32)[0])
    np.save(f"{folder}/empty.npy", np.zeros((0, 4), np.float32))
    for version in [(2, 0), (3, 0)]:
        with open(f"{folder}/version-{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, numbers.astype(np.float32), version=version)


def rounded(file):
    numbers = np.fromfile(file, np.float32)
    numbers = numbers[~np.isnan(numbers)]
    with np.errstate(over="ignore"):
        for dtype in [np.float16, ml_dtypes.bfloat16]:
            print(zlib.crc32(numbers.astype(dtype).tobytes()))


if __name__ == "__main__":
    {"read": read, "write": lambda files: write(files[0]), "round": lambda files: rounded(files[0])}[sys.argv[1]](
        sys.argv[2:]
    )
