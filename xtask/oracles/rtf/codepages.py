"""Compares every byte and pair of bytes of the code pages with the CPython codecs; compare.py adds the table.

Usage: codepages.py EXAMPLE_CODEPAGE, the path of the built example `codepage` of mapi-rtf.

CPython is no copy of Windows: it leaves undefined what Windows passes through as control or private-use
characters, so those are counted by themselves. What is left are two opinions, and each is listed.
"""

import subprocess
import sys
from collections import Counter

OWN_NAMES = {
    936: "gbk", 10000: "mac_roman", 10006: "mac_greek", 10007: "mac_cyrillic", 10010: "mac_romanian",
    10029: "mac_latin2", 10079: "mac_iceland", 10081: "mac_turkish", 10082: "mac_croatian", 20127: "ascii",
    20273: "cp273", 20424: "cp424", 20866: "koi8_r", 20932: "euc_jp", 21866: "koi8_u", 28591: "latin-1",
    51949: "euc_kr", 54936: "gb18030",
}  # fmt: skip
NAMES = {
    **{page: f"cp{page:03}" for page in (37, 437, 500, 720, 737, 775, 850, 852, 855, 857, 858)},
    **{page: f"cp{page}" for page in (860, 861, 862, 863, 864, 865, 866, 869, 874, 875, 932, 949, 950)},
    **{page: f"cp{page}" for page in (1026, 1140, *range(1250, 1259))},
    **{28590 + part: f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
    **OWN_NAMES,
}


def reference(page, data):
    try:
        return "+".join(f"{ord(c):x}" for c in data.decode(NAMES[page]))
    except UnicodeDecodeError:
        return "-"


def kind(ours, theirs):
    if ours == theirs:
        return "equal"
    if theirs != "-":
        return "undefined here" if ours == "-" else "another character"
    code = int(ours.split("+")[0], 16)
    if code < 0xA0:
        return "control character here"
    return "private use here" if 0xE000 <= code <= 0xF8FF else "defined here alone"


KINDS = [
    "equal", "control character here", "private use here", "defined here alone", "undefined here", "another character",
]  # fmt: skip


def counts(program):
    """Answers, for each page, how many inputs are of each kind, and an example of a true difference."""
    pages = [str(page) for page in sorted(NAMES)]
    listed = subprocess.run([program, *pages], capture_output=True, text=True, check=True).stdout
    found, examples, page = {}, {}, 0
    for line in listed.splitlines():
        if line.startswith("#"):
            page = int(line.split()[1])
            found[page] = Counter()
            continue
        data, ours, _ = line.split()
        theirs = reference(page, bytes.fromhex(data))
        verdict = kind(ours, theirs)
        found[page][verdict] += 1
        if verdict in KINDS[4:]:
            examples.setdefault(page, f"`{data}`: U+{ours.upper()} against U+{theirs.upper()}")
    return found, examples


def section(program):
    """The lines of the section on code pages."""
    found, examples = counts(program)
    equal = [page for page, kinds in found.items() if set(kinds) == {"equal"}]
    agree = [page for page, kinds in found.items() if not any(kinds[it] for it in KINDS[4:])]
    lines = [
        "## Code pages",
        "",
        "Every byte, and in double-byte pages every pair of bytes, against the codecs of CPython "
        f"{sys.version_info.major}.{sys.version_info.minor}, which leave undefined",
        "much that Windows maps to control and private-use characters.",
        "",
        f"Pages compared: {len(found)}. Equal throughout: {len(equal)}. Equal wherever CPython has a character: "
        f"{len(agree)}.",
        "",
        "| page | inputs | " + " | ".join(KINDS) + " | first difference |",
        "|---|---|" + "---|" * len(KINDS) + "---|",
    ]
    for page, kinds in sorted(found.items()):
        if page not in equal:
            cells = [page, sum(kinds.values()), *(kinds[it] for it in KINDS), examples.get(page, "")]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


if __name__ == "__main__":
    print("\n".join(section(sys.argv[1])))
