"""Calls the library through win32more, which was made from Microsoft's metadata of Windows.

usage: win32more_client.py layout STRUCTURE... | props
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_void_p, cast


class Slot:
    """A method of a COM object by its place in the table: ctypes has these on Windows alone."""

    def __init__(self, result, arguments, place):
        self.kind, self.place = ctypes.CFUNCTYPE(result, c_void_p, *arguments), place

    def __call__(self, this, *arguments):
        table = cast(this, POINTER(POINTER(c_void_p))).contents
        return self.kind(table[self.place])(this, *arguments)


def winfunctype(result, *arguments, **flags):
    kind = ctypes.CFUNCTYPE(result, *arguments)

    class Function(kind):
        _flags_, _restype_, _argtypes_ = kind._flags_, kind._restype_, kind._argtypes_

        def __new__(cls, *given):
            if len(given) > 1 and isinstance(given[0], int):
                return Slot(result, arguments, given[0])
            if given and isinstance(given[0], tuple) and given[0][0] == "CoIncrementMTAUsage":
                # The one call of COM that is made by the import itself.
                return kind.__new__(cls, lambda cookie: 0)
            return kind.__new__(cls, *given)

    return Function


MAPI = ctypes.CDLL("libmapi32.so")


class Libraries:
    def __getitem__(self, name):
        return {"mapi32.dll": MAPI, "ole32.dll": MAPI}[name.lower()]


ctypes.WINFUNCTYPE, ctypes.windll = winfunctype, Libraries()
ctypes.GetLastError, ctypes.FormatError, ctypes.WinError = (lambda: 0), str, OSError
sys.version += " (AMD64)"  # where win32more looks for the machine

import win32more.Windows.Win32.System.AddressBook as ab  # noqa: E402

PR_SUBJECT_W, PR_IMPORTANCE, PR_BODY_W = 0x0037001F, 0x00170003, 0x1000001F
MAPI_W_ERRORS_RETURNED = 0x00040380


def expect(what, answer, expected=0):
    if answer & 0xFFFFFFFF != expected:
        sys.exit(f"{what}: {answer & 0xFFFFFFFF:#x}, expected {expected:#x}")


def layout(*names):
    """Says where the members of structures are, in the form of data/layout.tsv."""
    for name in names:
        kind = getattr(ab, name, None)
        if kind is None or not hasattr(kind, "_fields_"):
            continue
        print(name, "-", ctypes.alignment(kind), ctypes.sizeof(kind), sep="\t")
        for member, of, *_ in kind._fields_:
            print(name, member, getattr(kind, member).offset, ctypes.sizeof(of), sep="\t")


def props():
    """An object of properties, through its COM class: set, read, list, delete."""
    MAPI.MAPIUninitialize.restype = None
    expect("MAPIInitialize", MAPI.MAPIInitialize(None))
    memory = [cast(getattr(MAPI, name), kind) for name, kind in (("MAPIAllocateBuffer", ab.LPALLOCATEBUFFER), (
        "MAPIAllocateMore", ab.LPALLOCATEMORE), ("MAPIFreeBuffer", ab.LPFREEBUFFER))]
    free = memory[2]
    made = ab.IPropData()
    iid = ab.Guid("{0002031a-0000-0000-c000-000000000046}")
    expect("CreateIProp", ab.CreateIProp(byref(iid), *memory, None, byref(made)))

    value = ab.SPropValue(ulPropTag=PR_IMPORTANCE)
    value.Value.l = 2
    expect("SetProps", made.SetProps(1, byref(value), None))
    text = ctypes.create_string_buffer("Figures of May\0".encode("utf-16-le"))
    value = ab.SPropValue(ulPropTag=PR_SUBJECT_W)
    c_void_p.from_buffer(value, ab.SPropValue.Value.offset).value = ctypes.addressof(text)
    expect("HrSetOneProp", ab.HrSetOneProp(made, byref(value)))

    wanted = (ctypes.c_uint32 * 4)(3, PR_SUBJECT_W, PR_IMPORTANCE, PR_BODY_W)
    count, values = ctypes.c_uint32(), POINTER(ab.SPropValue)()
    tags = cast(wanted, POINTER(ab.SPropTagArray))
    expect("GetProps", made.GetProps(tags, 0, byref(count), byref(values)), MAPI_W_ERRORS_RETURNED)
    where = c_void_p.from_buffer(values[0], ab.SPropValue.Value.offset).value
    print("values", count.value)
    print(ctypes.string_at(where, 28).decode("utf-16-le"), values[1].Value.l, sep="\t")
    print(hex(values[2].ulPropTag), hex(values[2].Value.err & 0xFFFFFFFF), sep="\t")
    expect("MAPIFreeBuffer", free(values))
    expect("DeleteProps", made.DeleteProps(tags, None))
    print("left", ab.FPropExists(made, PR_SUBJECT_W))
    print("references", made.Release())
    made.value = None
    MAPI.MAPIUninitialize()


if __name__ == "__main__":
    {"layout": layout, "props": props}[sys.argv[1]](*sys.argv[2:])
