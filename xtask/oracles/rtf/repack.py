"""Decompresses with PyPI compressed-rtf what our compressor wrote: FOLDER/NNNN.repacked to NNNN.unpacked.

Usage: repack.py BODIES_FOLDER
"""

import pathlib
import sys

import compressed_rtf

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.repacked")):
    try:
        path.with_suffix(".unpacked").write_bytes(compressed_rtf.decompress(path.read_bytes()))
    except Exception as error:  # the outside package raises whatever it likes
        path.with_suffix(".unpacked.error").write_text(f"{type(error).__name__}: {error}")
