/*
 * mapihook.h: the spooler hook
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIHOOK_H_OPENMAPI
#define MAPIHOOK_H_OPENMAPI

#include "mapispi.h"

typedef struct ISpoolerHook ISpoolerHook, *LPSPOOLERHOOK;

#define HOOK_DELETE ((ULONG)0x00000001)
#define HOOK_CANCEL ((ULONG)0x00000002)

#define MAPI_ISPOOLERHOOK_METHODS(IPURE) \
    MAPIMETHOD(InboundMsgHook)(THIS_ LPMESSAGE lpMessage, LPMAPIFOLDER lpFolder, LPMDB lpMDB, ULONG *lpulFlags, ULONG *lpcbEntryID, LPBYTE *lppEntryID) IPURE; \
    MAPIMETHOD(OutboundMsgHook)(THIS_ LPMESSAGE lpMessage, LPMAPIFOLDER lpFolder, LPMDB lpMDB, ULONG *lpulFlags, ULONG *lpcbEntryID, LPBYTE *lppEntryID) IPURE;

#undef INTERFACE
#define INTERFACE ISpoolerHook
DECLARE_MAPI_INTERFACE_(ISpoolerHook, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_ISPOOLERHOOK_METHODS(PURE)
};

#endif
