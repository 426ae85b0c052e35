"""Sends and reads mail by Simple MAPI, as many programs on Windows do: the library by its name, structures of
ctypes, no header and nothing of this project.

usage: simple_sender.py layout | send ADDRESS SUBJECT FILE | read SUBJECT
"""

import os
import sys
from ctypes import (CDLL, POINTER, Structure, alignment, byref, c_char_p, c_size_t, c_uint32, c_void_p,
                    create_string_buffer, pointer, sizeof)

MAPI_NEW_SESSION, MAPI_UNREAD_ONLY, MAPI_GUARANTEE_FIFO, MAPI_LONG_MSGID = 0x2, 0x20, 0x100, 0x4000
MAPI_TO, MAPI_UNREAD = 1, 0x1
SUCCESS_SUCCESS, MAPI_E_NO_MESSAGES, MAPI_E_INVALID_SESSION = 0, 16, 19


class MapiRecipDesc(Structure):
    _fields_ = [("ulReserved", c_uint32), ("ulRecipClass", c_uint32), ("lpszName", c_char_p),
                ("lpszAddress", c_char_p), ("ulEIDSize", c_uint32), ("lpEntryID", c_void_p)]


class MapiFileDesc(Structure):
    _fields_ = [("ulReserved", c_uint32), ("flFlags", c_uint32), ("nPosition", c_uint32),
                ("lpszPathName", c_char_p), ("lpszFileName", c_char_p), ("lpFileType", c_void_p)]


class MapiMessage(Structure):
    _fields_ = [("ulReserved", c_uint32), ("lpszSubject", c_char_p), ("lpszNoteText", c_char_p),
                ("lpszMessageType", c_char_p), ("lpszDateReceived", c_char_p), ("lpszConversationID", c_char_p),
                ("flFlags", c_uint32), ("lpOriginator", POINTER(MapiRecipDesc)), ("nRecipCount", c_uint32),
                ("lpRecips", POINTER(MapiRecipDesc)), ("nFileCount", c_uint32), ("lpFiles", POINTER(MapiFileDesc))]


MAPI = CDLL("libmapi32.so")
LHANDLE = ULONG_PTR = c_size_t
SIGNATURES = {
    "MAPILogon": [ULONG_PTR, c_char_p, c_char_p, c_uint32, c_uint32, POINTER(LHANDLE)],
    "MAPILogoff": [LHANDLE, ULONG_PTR, c_uint32, c_uint32],
    "MAPISendMail": [LHANDLE, ULONG_PTR, POINTER(MapiMessage), c_uint32, c_uint32],
    "MAPIFindNext": [LHANDLE, ULONG_PTR, c_char_p, c_char_p, c_uint32, c_uint32, c_char_p],
    "MAPIReadMail": [LHANDLE, ULONG_PTR, c_char_p, c_uint32, c_uint32, POINTER(POINTER(MapiMessage))],
    "MAPIFreeBuffer": [c_void_p],
    "MAPIInitialize": [c_void_p],
    "MAPIUninitialize": [],
}
for name, arguments in SIGNATURES.items():
    getattr(MAPI, name).argtypes, getattr(MAPI, name).restype = arguments, c_uint32
MAPI.MAPIUninitialize.restype = None


def expect(what, answer, expected=SUCCESS_SUCCESS):
    if answer != expected:
        sys.exit(f"{what}: {answer:#x}, expected {expected:#x}")


def layout():
    """Says where the members are, in the form of data/layout.tsv."""
    for kind in (MapiRecipDesc, MapiFileDesc, MapiMessage):
        print(kind.__name__, "-", alignment(kind), sizeof(kind), sep="\t")
        for name, _ in kind._fields_:
            member = getattr(kind, name)
            print(kind.__name__, name, member.offset, member.size, sep="\t")


def send(address, subject, path):
    """Without a session: the default profile is logged on to for the call."""
    to = MapiRecipDesc(ulRecipClass=MAPI_TO, lpszName=b"Reader", lpszAddress=address.encode())
    file = MapiFileDesc(nPosition=0xFFFFFFFF, lpszPathName=path.encode(), lpszFileName=b"Report.bin")
    mail = MapiMessage(lpszSubject=subject.encode(), lpszNoteText=b"Sent by ctypes.\r\n", nRecipCount=1,
                       nFileCount=1)
    mail.lpRecips, mail.lpFiles = pointer(to), pointer(file)
    expect("MAPISendMail", MAPI.MAPISendMail(0, 0, byref(mail), 0, 0))
    print("sent")


def read(subject):
    """Logs on, reads the one unread message, and logs off. MAPIUninitialize is where what is left is looked for."""
    expect("MAPIInitialize", MAPI.MAPIInitialize(None))
    session = LHANDLE()
    expect("MAPILogon", MAPI.MAPILogon(0, None, None, MAPI_NEW_SESSION, 0, byref(session)))
    flags = MAPI_UNREAD_ONLY | MAPI_GUARANTEE_FIFO | MAPI_LONG_MSGID
    found = create_string_buffer(512)
    expect("MAPIFindNext", MAPI.MAPIFindNext(session, 0, None, None, flags, 0, found))
    mail = POINTER(MapiMessage)()
    expect("MAPIReadMail", MAPI.MAPIReadMail(session, 0, found.value, 0, 0, byref(mail)))
    show(mail.contents, subject)
    expect("MAPIFreeBuffer", MAPI.MAPIFreeBuffer(mail))
    # It is read now, and there was only this one.
    expect("MAPIFindNext", MAPI.MAPIFindNext(session, 0, None, None, flags, 0, found), MAPI_E_NO_MESSAGES)
    expect("MAPILogoff", MAPI.MAPILogoff(session, 0, 0, 0))
    expect("MAPILogoff", MAPI.MAPILogoff(session, 0, 0, 0), MAPI_E_INVALID_SESSION)
    MAPI.MAPIUninitialize()


def show(mail, subject):
    if mail.lpszSubject != subject.encode() or not mail.flFlags & MAPI_UNREAD:
        sys.exit(f"another message: {mail.lpszSubject!r}, {mail.flFlags:#x}")
    print("text", mail.lpszNoteText.decode().strip(), sep="\t")
    for to in mail.lpRecips[:mail.nRecipCount]:
        print("to", to.ulRecipClass, to.lpszName.decode(), to.lpszAddress.decode(), sep="\t")
    for file in mail.lpFiles[:mail.nFileCount]:
        with open(file.lpszPathName, "rb") as opened:
            print("file", file.lpszFileName.decode(), opened.read().hex(), sep="\t")
        os.unlink(file.lpszPathName)
        os.rmdir(os.path.dirname(file.lpszPathName))


if __name__ == "__main__":
    {"layout": layout, "send": send, "read": read}[sys.argv[1]](*sys.argv[2:])
