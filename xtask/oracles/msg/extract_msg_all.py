"""Reads message files with extract-msg and prints what it found, one JSON object a line.

Usage: extract_msg_all.py FILE...   (no file: the names come from standard input, one a line)
"""

import hashlib
import json
import logging
import os
import sys
import warnings

import extract_msg
from extract_msg.enums import AttachmentType

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def digest(data):
    return hashlib.sha1(data).hexdigest()[:16]


def value(owner, name, prop):
    """A value as it can be compared: of text and bytes the digest, without terminators."""
    kind = name[-4:].upper()
    if kind in ("001E", "001F", "0102", "0048"):
        data = owner.getStream("__substg1.0_" + name)
        if data is None:
            return None
        if kind == "001E":
            data = data.rstrip(b"\0")
        if kind == "001F":
            while data.endswith(b"\0\0") and len(data) % 2 == 0:
                data = data[:-2]
        return digest(data) if data else None
    if kind in ("101E", "101F", "1102"):
        parts = []
        while (part := owner.getStream(f"__substg1.0_{name}-{len(parts):08X}")) is not None:
            parts.append(digest(part))
        return parts
    if kind[0] == "1":
        data = owner.getStream("__substg1.0_" + name)
        return digest(data) if data is not None else None
    if kind == "000D":
        return "object"
    found = getattr(prop, "value", None)
    return None if found is None else repr(found)


def properties(owner, names):
    """Every property by its tag; a named one by its set and name, since files number names as they like."""
    found = {}
    for name, prop in owner.props.items():
        key = name
        number = int(name[:4], 16)
        if number >= 0x8000:
            known = names.get(number)
            key = f"{known}:{name[4:]}" if known else f"nameless:{name[4:]}"
        one = value(owner, name, prop)
        if one is not None and one != []:
            found[key] = one
    return dict(sorted(found.items()))


def names_of(message):
    """The set and name of each identifier of named properties in this file."""
    return {
        int(prop.propertyStreamID[:4], 16): f"{prop.guid}:{prop.identifier}"
        for prop in message.named.values()
    }


def whole(message, names):
    attachments = []
    for attachment in message.attachments:
        # Of a signed message the parts are shown as attachments, which have no properties.
        held = properties(attachment, names) if hasattr(attachment, "props") else {}
        one = {"type": attachment.type.name, "properties": held}
        if attachment.type == AttachmentType.MSG:
            one["message"] = whole(attachment.data, names)
        elif isinstance(attachment.data, bytes):
            one["data"] = digest(attachment.data)
        attachments.append(one)
    recipients = [
        {
            "name": (row.name or "").rstrip("\0"),
            "email": (row.email or "").rstrip("\0"),
            "type": str(row.type),
            "properties": properties(row, names),
        }
        for row in getattr(message, "recipients", [])
    ]
    return {
        "class": (message.classType or "").rstrip("\0"),
        "subject": subject(message),
        "body": digest((getattr(message, "body", None) or "").rstrip("\0").encode("utf-8", "surrogatepass")),
        "rtf": digest(getattr(message, "rtfBody", None) or b""),
        "properties": properties(message, names),
        "recipients": recipients,
        "attachments": attachments,
    }


def subject(message):
    return (getattr(message, "subject", None) or "").rstrip("\0")


def has_body(message):
    return bool(
        getattr(message, "body", None)
        or getattr(message, "compressedRtf", None)
        or message.exists("__substg1.0_10130102")
    )


def one(path):
    answer = {"file": os.path.basename(path)}
    try:
        with extract_msg.openMsg(path) as message:
            tree = whole(message, names_of(message))
            answer["subject"] = tree["subject"]
            answer["recipients"] = len(tree["recipients"])
            answer["attachments"] = [one["data"] for one in tree["attachments"] if "data" in one]
            answer["body"] = has_body(message)
            answer["all"] = tree
    except Exception as error:  # Whatever it raises is its answer.
        answer["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:120]
    return answer


def main():
    for path in sys.argv[1:] or (line.rstrip("\n") for line in sys.stdin):
        print(json.dumps(one(path)), flush=True)


main()
