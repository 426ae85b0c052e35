/*
 * mapiaux.h: additions of later versions: MAPIINIT flags, CreateMsgServiceEx
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIAUX_H_OPENMAPI
#define MAPIAUX_H_OPENMAPI

#include "mapix.h"

#define MAPI_NO_COINIT ((ULONG)0x00000008)
#define MAPI_BG_SESSION ((ULONG)0x00200000)

typedef struct IMsgServiceAdmin2 IMsgServiceAdmin2, *LPMSGSERVICEADMIN2;

#define MAPI_IMSGSERVICEADMIN2_METHODS(IPURE) \
    MAPIMETHOD(CreateMsgServiceEx)(THIS_ LPTSTR lpszService, LPTSTR lpszDisplayName, ULONG_PTR ulUIParam, ULONG ulFlags, LPMAPIUID lpuidService) IPURE;

#undef INTERFACE
#define INTERFACE IMsgServiceAdmin2
DECLARE_MAPI_INTERFACE_(IMsgServiceAdmin2, IMsgServiceAdmin)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMSGSERVICEADMIN_METHODS(PURE)
    MAPI_IMSGSERVICEADMIN2_METHODS(PURE)
};

#endif
