/*
 * objbase.h: the functions of COM that MAPI programs call: its beginning and end, memory, compound files
 *
 * For C and C++ on 64-bit Linux. WCHAR has 16 bits: it is wchar_t with -fshort-wchar and char16_t otherwise.
 */
#ifndef OBJBASE_H_OPENMAPI
#define OBJBASE_H_OPENMAPI

#include "mapi_platform.h"

#define STGFMT_STORAGE 0
#define STGFMT_ANY 4
#define STGFMT_DOCFILE 5
#define STGM_DELETEONRELEASE 0x04000000
#define MEMCTX_TASK 1

EXTERN_C HRESULT CoInitialize(LPVOID pvReserved);
EXTERN_C HRESULT CoInitializeEx(LPVOID pvReserved, DWORD dwCoInit);
EXTERN_C void CoUninitialize(void);
EXTERN_C HRESULT OleInitialize(LPVOID pvReserved);
EXTERN_C void OleUninitialize(void);
EXTERN_C HRESULT CoGetMalloc(DWORD dwMemContext, LPMALLOC *ppMalloc);
EXTERN_C LPVOID CoTaskMemAlloc(SIZE_T cb);
EXTERN_C LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
EXTERN_C void CoTaskMemFree(LPVOID pv);
EXTERN_C HRESULT StgCreateDocfile(const WCHAR *pwcsName, DWORD grfMode, DWORD reserved, IStorage **ppstgOpen);
EXTERN_C HRESULT StgCreateStorageEx(const WCHAR *pwcsName, DWORD grfMode, DWORD stgfmt, DWORD grfAttrs, LPVOID pStgOptions, LPVOID pSecurityDescriptor, const GUID *riid, LPVOID *ppObjectOpen);
EXTERN_C HRESULT StgOpenStorage(const WCHAR *pwcsName, IStorage *pstgPriority, DWORD grfMode, WCHAR **snbExclude, DWORD reserved, IStorage **ppstgOpen);
EXTERN_C HRESULT StgOpenStorageEx(const WCHAR *pwcsName, DWORD grfMode, DWORD stgfmt, DWORD grfAttrs, LPVOID pStgOptions, LPVOID pSecurityDescriptor, const GUID *riid, LPVOID *ppObjectOpen);
EXTERN_C HRESULT StgIsStorageFile(const WCHAR *pwcsName);
EXTERN_C HRESULT WriteClassStg(IStorage *pStg, const GUID *rclsid);
EXTERN_C HRESULT ReadClassStg(IStorage *pStg, GUID *pclsid);

#endif
