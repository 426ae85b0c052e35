"""Writes every RTF body of the .msg files in a folder to files of its own, decompressed by another hand.

Usage: bodies.py MSG_FOLDER OUT_FOLDER

OUT_FOLDER/NNNN.lzfu holds PR_RTF_COMPRESSED as stored, OUT_FOLDER/NNNN.rtf what the PyPI package compressed-rtf
makes of it, OUT_FOLDER/NNNN.body the PR_BODY beside it if that is Unicode, OUT_FOLDER/bodies.json the list. Embedded messages are walked too. Files that are not compound
files are listed with the reason.
"""

import json
import pathlib
import sys

import compressed_rtf
import olefile

STREAM = "__substg1.0_10090102"
TEXT = "__substg1.0_1000001F"
NAMES = "__nameid_version1.0"


def bodies_of(path):
    with olefile.OleFileIO(str(path), raise_defects=olefile.DEFECT_FATAL) as container:
        for entry in container.listdir(streams=True, storages=False):
            # The name mapping has streams of any name; none of them is a property.
            if entry[-1].upper() == STREAM.upper() and not entry[-2:-1] == [NAMES]:
                text = [*entry[:-1], TEXT]
                text = container.openstream(text).read().decode("utf-16-le", "replace") if container.exists(text) else None
                yield "/".join(entry[:-1]), container.openstream(entry).read(), text


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    listed, refused = [], []
    for path in sorted(source.glob("*.msg")):
        try:
            for place, packed, text in bodies_of(path):
                name = f"{len(listed):04}"
                (out / f"{name}.lzfu").write_bytes(packed)
                if text is not None:
                    (out / f"{name}.body").write_text(text, encoding="utf-8", newline="")
                entry = {"name": name, "file": path.name, "place": place, "form": packed[8:12].decode("latin-1")}
                try:
                    rtf = compressed_rtf.decompress(packed)
                    (out / f"{name}.rtf").write_bytes(rtf)
                    head = rtf[:400]
                    entry["kind"] = "html" if b"\\fromhtml" in head else "text" if b"\\fromtext" in head else "native"
                except Exception as error:  # the outside package raises whatever it likes
                    entry["refused"] = f"{type(error).__name__}: {error}"
                listed.append(entry)
        except OSError as error:
            refused.append({"file": path.name, "reason": str(error)})
    (out / "bodies.json").write_text(json.dumps({"bodies": listed, "refused": refused}, indent=1))


main()
