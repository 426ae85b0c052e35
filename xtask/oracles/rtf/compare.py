"""Compares HTML and text taken out of RTF with npm rtf-stream-parser and PyPI RTFDE, and writes the score.

Usage: MAPI_CORPUS=... compare.py WORK_FOLDER [SCORE.md]

WORK_FOLDER gets a Python environment, the npm packages and every body; give one outside the project. The
corpus needs a folder msg/. SCORE.md is docs/rtf-score.md of the project unless named.

The rule: where both answer and agree, our result must be theirs; where one answers, it must be that one's;
white space and no-break spaces aside. Where both answer and differ, our result must be one of theirs. Every
other body is unexplained, and listed. The exit code is 1 when more than 2 % of the bodies are unexplained.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import venv
from collections import Counter

sys.dont_write_bytecode = True  # nothing is left beside the scripts

import codepages  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
LIMIT = 0.02


def install(work):
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    node = work / "node"
    node.mkdir(exist_ok=True)
    for name in ("package.json", "parser.mjs"):
        shutil.copy(HERE / name, node / name)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=node, check=True)
    return python, node


def example(name):
    """Builds one of the crate's examples and answers its path."""
    cargo = ["cargo", "build", "--release", "-p", "mapi-rtf", "--example", name, "--message-format", "json"]
    built = subprocess.run(cargo, cwd=PROJECT, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    return next(line["executable"] for line in map(json.loads, built) if line.get("executable"))


def run_all(work, corpus):
    python, node = install(work)
    bodies = work / "bodies"
    shutil.rmtree(bodies, ignore_errors=True)
    subprocess.run([python, HERE / "bodies.py", corpus / "msg", bodies], check=True)
    subprocess.run(["node", "parser.mjs", bodies], cwd=node, check=True)
    subprocess.run([python, HERE / "rtfde.py", bodies], check=True)
    ours = example("extract")
    listed = json.loads((bodies / "bodies.json").read_text())
    for body in listed["bodies"]:
        answer_ours(ours, bodies / body["name"], body)
    write_back(python, node, ours, bodies, listed)
    return bodies, listed


def write_back(python, node, ours, bodies, listed):
    """The way back: what we compress and encapsulate, read by the others."""
    back = bodies / "back"
    back.mkdir()
    for body in listed["bodies"]:
        stem = bodies / body["name"]
        packed = subprocess.run([ours, "--compress", stem.with_suffix(".rtf")], capture_output=True, check=True)
        stem.with_suffix(".repacked").write_bytes(packed.stdout)
        if body["ours_kind"] in ("html", "text"):
            option = f"--from-{body['ours_kind']}"
            rtf = subprocess.run([ours, option, stem.with_suffix(".ours")], capture_output=True, check=True).stdout
            (back / f"{body['name']}.rtf").write_bytes(rtf)
            shutil.copy(stem.with_suffix(".ours"), back / f"{body['name']}.ours")
            again = subprocess.run([ours, back / f"{body['name']}.rtf"], capture_output=True, check=True).stdout
            body["back_equal"] = again == stem.with_suffix(".ours").read_bytes()
    subprocess.run([python, HERE / "repack.py", bodies], check=True)
    subprocess.run(["node", "parser.mjs", back], cwd=node, check=True)
    subprocess.run([python, HERE / "rtfde.py", back], check=True)
    for body in listed["bodies"]:
        stem = bodies / body["name"]
        unpacked = stem.with_suffix(".unpacked")
        body["repacked_equal"] = unpacked.exists() and unpacked.read_bytes() == stem.with_suffix(".rtf").read_bytes()


def answer_ours(program, stem, body):
    packed = stem.with_suffix(".lzfu")
    rtf = subprocess.run([program, "--rtf", packed], capture_output=True, check=False).stdout
    theirs = stem.with_suffix(".rtf")
    body["rtf_equal"] = rtf == theirs.read_bytes() if theirs.exists() else None
    done = subprocess.run([program, packed], capture_output=True, check=False)
    notes = done.stderr.decode("utf-8", "replace").splitlines()
    kinds = [note.removeprefix("kind: ").split(",")[0] for note in notes if note.startswith("kind: ")]
    body["ours_kind"] = kinds[0] if kinds else "refused"
    body["defects"] = [note.removeprefix("defect: ") for note in notes if note.startswith("defect: ")]
    if done.returncode == 0:
        stem.with_suffix(".ours").write_bytes(done.stdout)
    else:
        body["ours_error"] = notes[-1] if notes else f"exit code {done.returncode}"


def reduced(path):
    """The answer in a file without white space and no-break spaces, however those are written; or None."""
    if not path.exists():
        return None
    text = path.read_bytes().decode("utf-8", "replace")
    text = re.sub(r"&nbsp;|&#160;|&#x0*a0;", "", text, flags=re.IGNORECASE)
    return re.sub(r"[\s\u00a0\x00]+", "", text)


def exact(path):
    """The answer in a file, every character of it; only no-break spaces are written one way."""
    return path.read_bytes().decode("utf-8", "replace").replace("&nbsp;", "\u00a0") if path.exists() else None


def judge(stem):
    """Answers verdict and the two answers that differ, if any."""
    ours, npm, rtfde = (reduced(stem.with_suffix(it)) for it in (".ours", ".npm", ".rtfde"))
    if ours is None:
        return "we refuse", npm or rtfde or "", ""
    if npm is None and rtfde is None:
        return "neither answers", "", ""
    if npm is not None and rtfde is not None and npm != rtfde:
        if ours == npm:
            return "they differ, equal to npm", ours, rtfde
        if ours == rtfde:
            return "they differ, equal to RTFDE", ours, npm
        return "they differ, equal to neither", ours, npm
    theirs = npm if npm is not None else rtfde
    names = {(True, True): "both", (True, False): "npm alone", (False, True): "RTFDE alone"}
    name = names[(npm is not None, rtfde is not None)]
    return (f"equal to {name}", "", "") if ours == theirs else (f"differs from {name}", ours, theirs)


def context(ours, theirs):
    """The first place where two answers part, as ASCII."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))

    def shown(text):
        return ascii(text[max(0, at - 12) : at + 24])[1:-1].replace("|", "\\|").replace("`", "'")

    return f"`{shown(ours)}` against `{shown(theirs)}`"


def reason(stem, name):
    error = stem.with_suffix(f".{name}.error")
    return error.read_text().split(":")[0].split(".")[-1][:60] if error.exists() else "answers"


EXPLAINED = ("equal", "they differ, equal to npm", "they differ, equal to RTFDE", "neither answers")


def table(rows, head):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def report(bodies, listed):
    verdicts = [(body, *judge(bodies / body["name"])) for body in listed["bodies"]]
    lines = [
        "# HTML and text out of RTF: the score",
        "",
        "Written by `xtask/oracles/rtf/compare.py`; not edited by hand. Compared with npm rtf-stream-parser 3.8.1 and",
        "PyPI RTFDE 0.1.2 over every `PR_RTF_COMPRESSED` of the corpus, embedded messages included; the outside",
        "readers get the RTF from PyPI compressed-rtf 1.0.7. White space and no-break spaces are left out of account.",
        "",
    ]
    counts = Counter((body["ours_kind"], verdict) for body, verdict, *_ in verdicts)
    order = sorted({verdict for _, verdict in counts}, key=lambda it: (not it.startswith("equal"), it))
    kinds = [kind for kind in ("html", "text", "native", "refused") if any(k == kind for k, _ in counts)]
    rows = [[verdict] + [counts[(kind, verdict)] for kind in kinds] for verdict in order]
    rows.append(["all"] + [sum(n for (k, _), n in counts.items() if k == kind) for kind in kinds])
    lines += table(rows, ["verdict"] + kinds) + [""]
    equal = sum(body["rtf_equal"] is True for body in listed["bodies"])
    forms = Counter(body["form"] for body in listed["bodies"])
    lines += [
        f"Decompressed RTF byte-identical with compressed-rtf: {equal} of {len(verdicts)}"
        f" ({', '.join(f'{form} {n}' for form, n in sorted(forms.items()))}).",
        f"Bodies in which our reader notes a defect of the compressed form: "
        f"{sum(bool(body['defects']) for body in listed['bodies'])}.",
        f"Files that are no compound file and so have no body: {len(listed['refused'])}.",
        "",
    ]
    answered = [bodies / body["name"] for body in listed["bodies"] if (bodies / f"{body['name']}.npm").exists()]
    same = sum(exact(stem.with_suffix(".ours")) == exact(stem.with_suffix(".npm")) for stem in answered)
    lines += [
        f"White space and all, equal to npm character for character (but for how a no-break space is written): "
        f"{same} of the {len(answered)} it answers.",
        "",
    ]
    unexplained = [it for it in verdicts if not it[1].startswith(EXPLAINED)]
    share = len(unexplained) / max(1, len(verdicts))
    of_html = [it for it in unexplained if it[0]["ours_kind"] == "html"]
    lines += [
        f"Unexplained: {len(unexplained)} of {len(verdicts)} bodies ({share:.1%}; allowed {LIMIT:.0%}), "
        f"{len(of_html)} of them HTML.",
        "",
    ]
    lines += listing("Unexplained bodies", unexplained)
    differing = [it for it in verdicts if it[1].startswith("they differ, equal")]
    lines += listing("Bodies on which the two outside readers differ", [it for it in differing if it not in unexplained])
    silent = [it for it in verdicts if it[1] == "neither answers" and it[0]["ours_kind"] != "native"]
    lines += ["## Bodies with HTML or text that neither outside reader answers", ""]
    rows = [
        [f"`{b['file']}`", b["place"] or "-", reason(bodies / b["name"], "npm"), reason(bodies / b["name"], "rtfde")]
        for b, *_ in silent
    ]
    lines += table(rows, ["file", "inside", "npm", "RTFDE"]) if rows else ["None."]
    lines += [""] + way_back(bodies, listed) + plain_text(bodies, listed) + codepages.section(example("codepage"))
    return "\n".join(lines).rstrip() + "\n", share


def plain_text(bodies, listed):
    """The section on text, which the writers of the files kept beside the RTF."""
    kept = [body for body in listed["bodies"] if body["ours_kind"] in ("text", "native")]
    kept = [body for body in kept if (bodies / f"{body['name']}.body").exists()]
    pairs = [(body, *(reduced(bodies / f"{body['name']}.{it}") for it in ("ours", "body"))) for body in kept]
    counts = Counter((body["ours_kind"], ours == theirs) for body, ours, theirs in pairs)
    return [
        "## Text against PR_BODY",
        "",
        "Most writers keep the text of a message beside its RTF. Where that is Unicode, our text of RTF without HTML is",
        "compared with it, white space aside; a difference may be the writer's.",
        "",
        *table([[kind, counts[kind, True], counts[kind, False]] for kind in ("text", "native")], ["kind", "equal", "other"]),
        "",
        *listing("Text that differs", [(b, "differs", ours, theirs) for b, ours, theirs in pairs if ours != theirs]),
    ]


def way_back(bodies, listed):
    """The section on what we write."""
    repacked = sum(body["repacked_equal"] for body in listed["bodies"])
    written = [body for body in listed["bodies"] if "back_equal" in body]
    verdicts = [(body, *judge(bodies / "back" / body["name"])) for body in written]
    lines = [
        "## The way back",
        "",
        "Every RTF is compressed by us and decompressed by compressed-rtf; every HTML and text above is put into RTF by",
        "us and taken out again by us and by the two outside readers.",
        "",
        f"Compressed by us, byte-identical after compressed-rtf: {repacked} of {len(listed['bodies'])}.",
        f"Put into RTF and taken out by us, equal character for character: "
        f"{sum(body['back_equal'] for body in written)} of {len(written)}.",
        "",
    ]
    counts = Counter((body["ours_kind"], verdict) for body, verdict, *_ in verdicts)
    order = sorted({verdict for _, verdict in counts}, key=lambda it: (not it.startswith("equal"), it))
    rows = [[verdict] + [counts[(kind, verdict)] for kind in ("html", "text")] for verdict in order]
    lines += table(rows, ["what the outside readers take out", "html", "text"]) + [""]
    other = [it for it in verdicts if not it[1].startswith("equal")]
    return lines + listing("Bodies that come back otherwise", other)


def listing(title, verdicts):
    lines = [f"## {title}", ""]
    rows = [
        [f"`{body['file']}`", body["place"] or "-", body["ours_kind"], verdict, context(ours, theirs)]
        for body, verdict, ours, theirs in verdicts
    ]
    head = ["file", "inside", "kind", "verdict", "first difference (ours against theirs)"]
    return lines + (table(rows, head) if rows else ["None."]) + [""]


def main():
    if "MAPI_CORPUS" not in os.environ or len(sys.argv) < 2:
        sys.exit(__doc__)
    work = pathlib.Path(sys.argv[1]).resolve()
    work.mkdir(parents=True, exist_ok=True)
    score = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else PROJECT / "docs" / "rtf-score.md"
    text, share = report(*run_all(work, pathlib.Path(os.environ["MAPI_CORPUS"])))
    score.write_text(text)
    print(text)
    sys.exit(share > LIMIT)


main()
