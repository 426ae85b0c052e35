/*
 * mapi_platform.h: basic types, COM, and the COM interfaces that MAPI uses
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPI_PLATFORM_H_OPENMAPI
#define MAPI_PLATFORM_H_OPENMAPI

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#if __SIZEOF_WCHAR_T__ != 2
#include <uchar.h>
#endif
#endif

typedef uint8_t BYTE, *LPBYTE;
typedef char CHAR;
typedef int16_t SHORT;
typedef uint16_t USHORT, WORD;
typedef int32_t LONG, BOOL, SCODE, HRESULT;
typedef uint32_t ULONG, DWORD, UINT, FLAGS, LCID;
typedef ULONG *LPULONG;
typedef DWORD *LPDWORD;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef intptr_t LONG_PTR, INT_PTR;
typedef uintptr_t ULONG_PTR, UINT_PTR;
typedef size_t SIZE_T;
typedef void *LPVOID, *HANDLE, *HWND, *HINSTANCE;
typedef const void *LPCVOID;

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif
typedef WCHAR OLECHAR, *LPWSTR, *LPOLESTR;
typedef const WCHAR *LPCWSTR, *LPCOLESTR;
typedef char *LPSTR;
typedef const char *LPCSTR;
#ifdef UNICODE
typedef WCHAR TCHAR;
#else
typedef char TCHAR;
#endif
typedef TCHAR *LPTSTR;
typedef const TCHAR *LPCTSTR;
typedef LPOLESTR *SNB;

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif
#ifndef MAX_PATH
#define MAX_PATH 260
#endif

/* Calling conventions and qualifiers of other systems; there is one convention here. */
#define FAR
#define WINAPI
#define STDAPICALLTYPE
#define STDMETHODCALLTYPE
#define CALLBACK

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID, IID, CLSID, *LPGUID, *LPCLSID;
typedef const IID *LPCIID;
typedef const GUID *LPCGUID;
#ifdef __cplusplus
typedef const GUID &REFGUID;
typedef const IID &REFIID;
typedef const CLSID &REFCLSID;
#else
typedef const GUID *REFGUID;
typedef const IID *REFIID;
typedef const CLSID *REFCLSID;
#endif

/* With INITGUID the identifiers are defined, otherwise declared. */
#ifdef INITGUID
#define DEFINE_GUID(name, a, b, c, d0, d1, d2, d3, d4, d5, d6, d7) \
    EXTERN_C const GUID name __attribute__((weak)); \
    const GUID name = {a, b, c, {d0, d1, d2, d3, d4, d5, d6, d7}}
#else
#define DEFINE_GUID(name, a, b, c, d0, d1, d2, d3, d4, d5, d6, d7) EXTERN_C const GUID name
#endif
#ifdef __cplusplus
inline bool IsEqualGUID(REFGUID a, REFGUID b) { return __builtin_memcmp(&a, &b, sizeof(GUID)) == 0; }
inline bool operator==(const GUID &a, const GUID &b) { return IsEqualGUID(a, b); }
inline bool operator!=(const GUID &a, const GUID &b) { return !IsEqualGUID(a, b); }
#else
#define IsEqualGUID(a, b) (__builtin_memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define IsEqualIID(a, b) IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *LPFILETIME;

typedef union _LARGE_INTEGER {
    struct {
        DWORD LowPart;
        LONG HighPart;
    };
    LONGLONG QuadPart;
} LARGE_INTEGER, *LPLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    ULONGLONG QuadPart;
} ULARGE_INTEGER;

#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_NOINTERFACE ((HRESULT)0x80004002)
#define E_POINTER ((HRESULT)0x80004003)
#define E_FAIL ((HRESULT)0x80004005)
#define E_ACCESSDENIED ((HRESULT)0x80070005)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#define HR_SUCCEEDED(hr) SUCCEEDED(hr)
#define HR_FAILED(hr) FAILED(hr)
#define GetScode(hr) ((SCODE)(hr))
#define ResultFromScode(sc) ((HRESULT)(sc))

/* An interface is a class in C++, and a structure with a pointer to its functions in C. */
#ifdef __cplusplus
#define STDMETHOD(name) virtual HRESULT STDMETHODCALLTYPE name
#define STDMETHOD_(type, name) virtual type STDMETHODCALLTYPE name
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#define PURE = 0
#define IMPL
#define THIS
#define THIS_
#define DECLARE_MAPI_INTERFACE_(name, base) struct name : public base
#else
#define STDMETHOD(name) HRESULT (STDMETHODCALLTYPE *name)
#define STDMETHOD_(type, name) type (STDMETHODCALLTYPE *name)
#define PURE
#define IMPL
#define THIS INTERFACE *This
#define THIS_ INTERFACE *This,
#define DECLARE_MAPI_INTERFACE_(name, base) \
    typedef struct name##Vtbl name##Vtbl; \
    struct name { \
        const name##Vtbl *lpVtbl; \
    }; \
    struct name##Vtbl
#endif
#define MAPIMETHOD(name) STDMETHOD(name)
#define MAPIMETHOD_(type, name) STDMETHOD_(type, name)

#define MAPI_IUNKNOWN_METHODS(IPURE) \
    MAPIMETHOD(QueryInterface)(THIS_ REFIID riid, LPVOID *ppvObj) IPURE; \
    MAPIMETHOD_(ULONG, AddRef)(THIS) IPURE; \
    MAPIMETHOD_(ULONG, Release)(THIS) IPURE;

typedef struct IUnknown IUnknown, *LPUNKNOWN;
#ifdef __cplusplus
struct IUnknown {
    MAPI_IUNKNOWN_METHODS(PURE)
};
#else
typedef struct IUnknownVtbl IUnknownVtbl;
struct IUnknown {
    const IUnknownVtbl *lpVtbl;
};
#undef INTERFACE
#define INTERFACE IUnknown
struct IUnknownVtbl {
    MAPI_IUNKNOWN_METHODS(PURE)
};
#endif
DEFINE_GUID(IID_IUnknown, 0x00000000, 0x0000, 0x0000, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);

/* Where IStream::Seek counts from. */
#define STREAM_SEEK_SET 0
#define STREAM_SEEK_CUR 1
#define STREAM_SEEK_END 2
#define STATFLAG_DEFAULT 0
#define STATFLAG_NONAME 1
#define STGTY_STORAGE 1
#define STGTY_STREAM 2
#define STGM_READ 0x00000000
#define STGM_WRITE 0x00000001
#define STGM_READWRITE 0x00000002
#define STGM_SHARE_EXCLUSIVE 0x00000010
#define STGM_CREATE 0x00001000
#define STGM_TRANSACTED 0x00010000
#define STGC_DEFAULT 0

typedef struct IEnumSTATSTG IEnumSTATSTG, *LPENUMSTATSTG;
typedef struct IStorage IStorage, *LPSTORAGE;
typedef struct IMalloc IMalloc, *LPMALLOC;
typedef struct ISequentialStream ISequentialStream, *LPSEQUENTIALSTREAM;
typedef struct IStream IStream, *LPSTREAM;
typedef struct _STATSTG STATSTG, *LPSTATSTG;

/* A description of a stream or storage. */
struct _STATSTG {
    LPWSTR pwcsName;
    DWORD type;
    ULONGLONG cbSize;
    FILETIME mtime;
    FILETIME ctime;
    FILETIME atime;
    DWORD grfMode;
    DWORD grfLocksSupported;
    GUID clsid;
    DWORD grfStateBits;
    DWORD reserved;
};

#define MAPI_IENUMSTATSTG_METHODS(IPURE) \
    MAPIMETHOD(Next)(THIS_ ULONG celt, STATSTG *rgelt, ULONG *pceltFetched) IPURE; \
    MAPIMETHOD(Skip)(THIS_ ULONG celt) IPURE; \
    MAPIMETHOD(Reset)(THIS) IPURE; \
    MAPIMETHOD(Clone)(THIS_ IEnumSTATSTG **ppenum) IPURE;

#undef INTERFACE
#define INTERFACE IEnumSTATSTG
DECLARE_MAPI_INTERFACE_(IEnumSTATSTG, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IENUMSTATSTG_METHODS(PURE)
};

#define MAPI_ISTORAGE_METHODS(IPURE) \
    MAPIMETHOD(CreateStream)(THIS_ const OLECHAR *pwcsName, DWORD grfMode, DWORD reserved1, DWORD reserved2, IStream **ppstm) IPURE; \
    MAPIMETHOD(OpenStream)(THIS_ const OLECHAR *pwcsName, void *reserved1, DWORD grfMode, DWORD reserved2, IStream **ppstm) IPURE; \
    MAPIMETHOD(CreateStorage)(THIS_ const OLECHAR *pwcsName, DWORD grfMode, DWORD reserved1, DWORD reserved2, IStorage **ppstg) IPURE; \
    MAPIMETHOD(OpenStorage)(THIS_ const OLECHAR *pwcsName, IStorage *pstgPriority, DWORD grfMode, SNB snbExclude, DWORD reserved, IStorage **ppstg) IPURE; \
    MAPIMETHOD(CopyTo)(THIS_ DWORD ciidExclude, const IID *rgiidExclude, SNB snbExclude, IStorage *pstgDest) IPURE; \
    MAPIMETHOD(MoveElementTo)(THIS_ const OLECHAR *pwcsName, IStorage *pstgDest, const OLECHAR *pwcsNewName, DWORD grfFlags) IPURE; \
    MAPIMETHOD(Commit)(THIS_ DWORD grfCommitFlags) IPURE; \
    MAPIMETHOD(Revert)(THIS) IPURE; \
    MAPIMETHOD(EnumElements)(THIS_ DWORD reserved1, void *reserved2, DWORD reserved3, IEnumSTATSTG **ppenum) IPURE; \
    MAPIMETHOD(DestroyElement)(THIS_ const OLECHAR *pwcsName) IPURE; \
    MAPIMETHOD(RenameElement)(THIS_ const OLECHAR *pwcsOldName, const OLECHAR *pwcsNewName) IPURE; \
    MAPIMETHOD(SetElementTimes)(THIS_ const OLECHAR *pwcsName, const FILETIME *pctime, const FILETIME *patime, const FILETIME *pmtime) IPURE; \
    MAPIMETHOD(SetClass)(THIS_ REFCLSID clsid) IPURE; \
    MAPIMETHOD(SetStateBits)(THIS_ DWORD grfStateBits, DWORD grfMask) IPURE; \
    MAPIMETHOD(Stat)(THIS_ STATSTG *pstatstg, DWORD grfStatFlag) IPURE;

#undef INTERFACE
#define INTERFACE IStorage
DECLARE_MAPI_INTERFACE_(IStorage, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_ISTORAGE_METHODS(PURE)
};

#define MAPI_IMALLOC_METHODS(IPURE) \
    MAPIMETHOD_(void *, Alloc)(THIS_ SIZE_T cb) IPURE; \
    MAPIMETHOD_(void *, Realloc)(THIS_ void *pv, SIZE_T cb) IPURE; \
    MAPIMETHOD_(void, Free)(THIS_ void *pv) IPURE; \
    MAPIMETHOD_(SIZE_T, GetSize)(THIS_ void *pv) IPURE; \
    MAPIMETHOD_(int, DidAlloc)(THIS_ void *pv) IPURE; \
    MAPIMETHOD_(void, HeapMinimize)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IMalloc
DECLARE_MAPI_INTERFACE_(IMalloc, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMALLOC_METHODS(PURE)
};

#define MAPI_ISEQUENTIALSTREAM_METHODS(IPURE) \
    MAPIMETHOD(Read)(THIS_ void *pv, ULONG cb, ULONG *pcbRead) IPURE; \
    MAPIMETHOD(Write)(THIS_ const void *pv, ULONG cb, ULONG *pcbWritten) IPURE;

#undef INTERFACE
#define INTERFACE ISequentialStream
DECLARE_MAPI_INTERFACE_(ISequentialStream, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_ISEQUENTIALSTREAM_METHODS(PURE)
};

#define MAPI_ISTREAM_METHODS(IPURE) \
    MAPIMETHOD(Seek)(THIS_ LARGE_INTEGER dlibMove, DWORD dwOrigin, ULARGE_INTEGER *plibNewPosition) IPURE; \
    MAPIMETHOD(SetSize)(THIS_ ULARGE_INTEGER libNewSize) IPURE; \
    MAPIMETHOD(CopyTo)(THIS_ IStream *pstm, ULARGE_INTEGER cb, ULARGE_INTEGER *pcbRead, ULARGE_INTEGER *pcbWritten) IPURE; \
    MAPIMETHOD(Commit)(THIS_ DWORD grfCommitFlags) IPURE; \
    MAPIMETHOD(Revert)(THIS) IPURE; \
    MAPIMETHOD(LockRegion)(THIS_ ULARGE_INTEGER libOffset, ULARGE_INTEGER cb, DWORD dwLockType) IPURE; \
    MAPIMETHOD(UnlockRegion)(THIS_ ULARGE_INTEGER libOffset, ULARGE_INTEGER cb, DWORD dwLockType) IPURE; \
    MAPIMETHOD(Stat)(THIS_ STATSTG *pstatstg, DWORD grfStatFlag) IPURE; \
    MAPIMETHOD(Clone)(THIS_ IStream **ppstm) IPURE;

#undef INTERFACE
#define INTERFACE IStream
DECLARE_MAPI_INTERFACE_(IStream, ISequentialStream)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_ISEQUENTIALSTREAM_METHODS(PURE)
    MAPI_ISTREAM_METHODS(PURE)
};

#endif
