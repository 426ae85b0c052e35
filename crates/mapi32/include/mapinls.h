/*
 * mapinls.h: text functions
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPINLS_H_OPENMAPI
#define MAPINLS_H_OPENMAPI

#include "mapi_platform.h"

EXTERN_C int MNLS_CompareStringW(LCID Locale, DWORD dwCmpFlags, LPCWSTR lpString1, int cchCount1, LPCWSTR lpString2, int cchCount2);
EXTERN_C BOOL MNLS_IsBadStringPtrW(LPCWSTR lpsz, UINT ucchMax);
EXTERN_C int MNLS_lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
EXTERN_C LPWSTR MNLS_lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
EXTERN_C int MNLS_lstrlenW(LPCWSTR lpString);
EXTERN_C int MNLS_MultiByteToWideChar(UINT uCodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cchMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
EXTERN_C int MNLS_WideCharToMultiByte(UINT uCodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr, int cchMultiByte, LPCSTR lpDefaultChar, BOOL *lpfUsedDefaultChar);

#endif
