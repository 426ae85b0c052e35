/*
 * windows.h: what Microsoft's MAPI headers expect of Windows, for 64-bit Linux
 *
 * They find it under this name where -I names this folder, before the folder of theirs. Compile with
 * -fshort-wchar -D_WIN64 -D_AMD64_ (on aarch64 -D_ARM64_ instead), and with links to their headers in lower case:
 * docs/guides/programs-in-c.md says how.
 */
#ifndef WINDOWS_H_OPENMAPI
#define WINDOWS_H_OPENMAPI

#if __SIZEOF_WCHAR_T__ != 2
#error "Microsoft's headers take wchar_t for 16 bits: compile with -fshort-wchar"
#endif

#include "../mapi_platform.h"
#include "../objbase.h"
#include <string.h>

/* Of these they make definitions of their own. */
#undef MAPIMETHOD
#undef MAPIMETHOD_
#undef MAPI_IUNKNOWN_METHODS
#undef MAPI_IENUMSTATSTG_METHODS
#undef MAPI_ISTORAGE_METHODS
#undef MAPI_IMALLOC_METHODS
#undef MAPI_ISEQUENTIALSTREAM_METHODS
#undef MAPI_ISTREAM_METHODS
#undef DECLARE_MAPI_INTERFACE_
#undef IMPL
#undef HR_SUCCEEDED
#undef HR_FAILED

/* What is there already, by the names that they ask for. */
#define _FILETIME_
#define _LPULONG_DEFINED
#define _WINBASE_
#define _OBJBASE_H_
#define _OLEERROR_H_
#define _INC_STDDEF

#define DEFINE_OLEGUID(name, a, b, c) DEFINE_GUID(name, a, b, c, 0xC0, 0, 0, 0, 0, 0, 0, 0x46)
#define interface struct
#ifdef __cplusplus
#define DECLARE_INTERFACE(name) struct name
#define DECLARE_INTERFACE_(name, base) struct name : public base
#else
#define DECLARE_INTERFACE(name) \
    typedef struct name##Vtbl name##Vtbl; \
    typedef struct name { \
        const name##Vtbl *lpVtbl; \
    } name; \
    struct name##Vtbl
#define DECLARE_INTERFACE_(name, base) DECLARE_INTERFACE(name)
#endif
#undef STDMETHOD_
#ifdef __cplusplus
#define STDMETHOD_(type, name) virtual type STDMETHODCALLTYPE name
#else
#define STDMETHOD_(type, name) type (STDMETHODCALLTYPE *name)
#endif
#ifndef __cplusplus
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#endif
#define STDAPI EXTERN_C HRESULT
#define STDAPI_(type) EXTERN_C type

#ifndef __cdecl
#define __cdecl
#define __stdcall
#define __fastcall
#endif
#define APIENTRY
#define PASCAL
#define NEAR
#define CONST const
#define UNALIGNED
#define VOID void
#define UNREFERENCED_PARAMETER(name) ((void)(name))

/* Annotations of arguments, which say nothing to other compilers. */
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Outptr_
#define _Null_terminated_
#define _Check_return_
#define _In_z_
#define _In_opt_z_
#define _Outptr_result_buffer_(size)
#define _Pre_writable_size_(size)
#define _Post_writable_byte_size_(size)
#define _Post_invalid_
#define _Pre_maybenull_
#define _Ret_maybenull_

typedef unsigned char UCHAR, BOOLEAN;
typedef int INT;
typedef int *LPINT;
typedef float FLOAT;
typedef double DOUBLE;
typedef int32_t *LPLONG, *LPBOOL;
typedef WORD *LPWORD;
typedef uint64_t DWORD64, ULONG64;
typedef DWORD *PDWORD;
typedef LONG *PLONG;
typedef ULONG *PULONG;
typedef void *PVOID;
typedef char *PSTR;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;
typedef DWORD COLORREF;
typedef intptr_t (*FARPROC)(void);
typedef INT_PTR (*DLGPROC)(HWND, UINT, WPARAM, LPARAM);
typedef struct IClassFactory IClassFactory, *LPCLASSFACTORY;
typedef HANDLE HICON, HMODULE, HKEY, HACCEL, HMENU, HGLOBAL, HDC, HFONT, HBITMAP, HCURSOR, HBRUSH;

/* Used by its tag alone in a header that C reads too. */
typedef struct RTF_WCSINFO RTF_WCSINFO;
typedef struct RTF_WCSRETINFO RTF_WCSRETINFO;

DEFINE_GUID(IID_ISequentialStream, 0x0C733A30, 0x2A1C, 0x11CE, 0xAD, 0xE5, 0x00, 0xAA, 0x00, 0x44, 0x77, 0x3D);
DEFINE_OLEGUID(IID_IMalloc, 0x00000002, 0, 0);
DEFINE_OLEGUID(IID_ILockBytes, 0x0000000A, 0, 0);
DEFINE_OLEGUID(IID_IStorage, 0x0000000B, 0, 0);
DEFINE_OLEGUID(IID_IStream, 0x0000000C, 0, 0);
DEFINE_OLEGUID(IID_IEnumSTATSTG, 0x0000000D, 0, 0);

/* Words of mingw-w64's MAPI headers, which do as well as Microsoft's. */
#define __LONG32 int
#define WINBOOL BOOL
#define __MSABI_LONG(number) number
#define __C89_NAMELESS
#define STDAPIV EXTERN_C HRESULT
#define STDAPIV_(type) EXTERN_C type

typedef double DATE;
typedef SHORT VARIANT_BOOL;

typedef struct tagRECT {
    LONG left, top, right, bottom;
} RECT, *LPRECT;
typedef const RECT *LPCRECT;
typedef struct tagPOINT {
    LONG x, y;
} POINT, *LPPOINT;
typedef struct tagSIZE {
    LONG cx, cy;
} SIZE, *LPSIZE;
typedef struct tagMSG {
    HWND hwnd;
    UINT message;
    WPARAM wParam;
    LPARAM lParam;
    DWORD time;
    POINT pt;
} MSG, *LPMSG;
typedef struct _SYSTEMTIME {
    WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond, wMilliseconds;
} SYSTEMTIME, *LPSYSTEMTIME;

#define NOERROR S_OK
#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR 1
#define FACILITY_NULL 0
#define FACILITY_RPC 1
#define FACILITY_DISPATCH 2
#define FACILITY_STORAGE 3
#define FACILITY_ITF 4
#define MAKE_SCODE(severity, facility, code) \
    ((SCODE)(((uint32_t)(severity) << 31) | ((uint32_t)(facility) << 16) | ((uint32_t)(code))))
#define MAKE_HRESULT(severity, facility, code) MAKE_SCODE(severity, facility, code)
#define E_UNEXPECTED ((HRESULT)0x8000FFFF)
#define E_HANDLE ((HRESULT)0x80070006)
#define E_ABORT ((HRESULT)0x80004004)

#endif
