"""Runs PyPI RTFDE over the bodies that bodies.py wrote; each in a process of its own with a time limit.

Usage: rtfde.py BODIES_FOLDER

Writes NNNN.rtfde (UTF-8) or NNNN.rtfde.error beside each NNNN.rtf. Without the folder, as `rtfde.py --one FILE`,
it answers one body on standard output.
"""

import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 120


def one(path):
    from RTFDE.deencapsulate import DeEncapsulator

    reader = DeEncapsulator(pathlib.Path(path).read_bytes())
    reader.deencapsulate()
    content = reader.content
    sys.stdout.buffer.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def answer(path):
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(path)], capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        path.with_suffix(".rtfde.error").write_text(f"no answer within {SECONDS} s")
        return
    if done.returncode == 0:
        path.with_suffix(".rtfde").write_bytes(done.stdout)
    else:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        path.with_suffix(".rtfde.error").write_text(lines[-1][:200] if lines else f"exit code {done.returncode}")


def main():
    if sys.argv[1] == "--one":
        return one(sys.argv[2])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, sorted(pathlib.Path(sys.argv[1]).glob("*.rtf"))))


main()
