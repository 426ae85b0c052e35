/*
 * openmapi.h: what this library has beside MAPI
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef OPENMAPI_H_OPENMAPI
#define OPENMAPI_H_OPENMAPI

#include "mapi_platform.h"

/* Counts the live buffers of the process, linked ones included, and their bytes. Either may be NULL. */
EXTERN_C void OpenMAPILiveBuffers(ULONGLONG *lpcBuffers, ULONGLONG *lpcBytes);

#endif
