/*
 * actmgmt.h: the Account Management API
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef ACTMGMT_H_OPENMAPI
#define ACTMGMT_H_OPENMAPI

#include "mapidefs.h"

typedef struct IOlkAccountHelper IOlkAccountHelper, *LPOLKACCOUNTHELPER;
typedef struct IOlkEnum IOlkEnum, *LPOLKENUM;
typedef struct IOlkErrorUnknown IOlkErrorUnknown, *LPOLKERRORUNKNOWN;
typedef struct IOlkAccount IOlkAccount, *LPOLKACCOUNT;
typedef struct IOlkAccountManager IOlkAccountManager, *LPOLKACCOUNTMANAGER;
typedef struct IOlkAccountNotify IOlkAccountNotify, *LPOLKACCOUNTNOTIFY;
typedef struct _ACCT_BIN ACCT_BIN, *LPACCT_BIN;
typedef struct _ACCT_VARIANT ACCT_VARIANT, *LPACCT_VARIANT;

/* Counted bytes of an account property. */
struct _ACCT_BIN {
    DWORD cb;
    LPBYTE pb;
};

/* An account property. */
struct _ACCT_VARIANT {
    DWORD dwType;
    union {
        DWORD dw;
        LPWSTR pwsz;
        ACCT_BIN bin;
    } Val;
};

#define MAPI_IOLKACCOUNTHELPER_METHODS(IPURE) \
    MAPIMETHOD(PlaceHolder1)(THIS_ LPVOID reserved0) IPURE; \
    MAPIMETHOD(GetIdentity)(THIS_ LPWSTR pwszIdentity, DWORD *pcch) IPURE; \
    MAPIMETHOD(GetMapiSession)(THIS_ LPUNKNOWN *ppmsess) IPURE; \
    MAPIMETHOD(HandsOffSession)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IOlkAccountHelper
DECLARE_MAPI_INTERFACE_(IOlkAccountHelper, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKACCOUNTHELPER_METHODS(PURE)
};

#define MAPI_IOLKENUM_METHODS(IPURE) \
    MAPIMETHOD(GetCount)(THIS_ DWORD *pulCount) IPURE; \
    MAPIMETHOD(Reset)(THIS) IPURE; \
    MAPIMETHOD(GetNext)(THIS_ LPUNKNOWN *ppunk) IPURE; \
    MAPIMETHOD(Skip)(THIS_ DWORD cSkip) IPURE;

#undef INTERFACE
#define INTERFACE IOlkEnum
DECLARE_MAPI_INTERFACE_(IOlkEnum, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKENUM_METHODS(PURE)
};

#define MAPI_IOLKERRORUNKNOWN_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hr, LPWSTR *ppwszError) IPURE;

#undef INTERFACE
#define INTERFACE IOlkErrorUnknown
DECLARE_MAPI_INTERFACE_(IOlkErrorUnknown, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKERRORUNKNOWN_METHODS(PURE)
};

#define MAPI_IOLKACCOUNT_METHODS(IPURE) \
    MAPIMETHOD(PlaceHolder1)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder2)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder3)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder4)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder5)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder6)(THIS) IPURE; \
    MAPIMETHOD(GetAccountInfo)(THIS_ CLSID *pclsidType, DWORD *pcCategories, CLSID **prgclsidCategory) IPURE; \
    MAPIMETHOD(GetProp)(THIS_ DWORD dwProp, ACCT_VARIANT *pVar) IPURE; \
    MAPIMETHOD(SetProp)(THIS_ DWORD dwProp, ACCT_VARIANT *pVar) IPURE; \
    MAPIMETHOD(PlaceHolder7)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder8)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder9)(THIS) IPURE; \
    MAPIMETHOD(FreeMemory)(THIS_ BYTE *pv) IPURE; \
    MAPIMETHOD(PlaceHolder10)(THIS) IPURE; \
    MAPIMETHOD(SaveChanges)(THIS_ DWORD dwFlags) IPURE;

#undef INTERFACE
#define INTERFACE IOlkAccount
DECLARE_MAPI_INTERFACE_(IOlkAccount, IOlkErrorUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKERRORUNKNOWN_METHODS(PURE)
    MAPI_IOLKACCOUNT_METHODS(PURE)
};

#define MAPI_IOLKACCOUNTMANAGER_METHODS(IPURE) \
    MAPIMETHOD(Init)(THIS_ IOlkAccountHelper *pAcctHelper, DWORD dwFlags) IPURE; \
    MAPIMETHOD(DisplayAccountList)(THIS_ HWND hwnd, DWORD dwFlags, LPCWSTR wszTitle, DWORD cCategories, const CLSID *rgclsidCategories, const CLSID *pclsidType) IPURE; \
    MAPIMETHOD(PlaceHolder1)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder2)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder3)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder4)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder5)(THIS) IPURE; \
    MAPIMETHOD(FindAccount)(THIS_ DWORD dwProp, ACCT_VARIANT *pVar, IOlkAccount **ppAccount) IPURE; \
    MAPIMETHOD(PlaceHolder6)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder7)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder8)(THIS) IPURE; \
    MAPIMETHOD(DeleteAccount)(THIS_ DWORD dwAcctID) IPURE; \
    MAPIMETHOD(PlaceHolder9)(THIS) IPURE; \
    MAPIMETHOD(SaveChanges)(THIS_ DWORD dwAcctID, DWORD dwFlags) IPURE; \
    MAPIMETHOD(GetOrder)(THIS_ const CLSID *pclsidCategory, DWORD *pcAccts, DWORD **prgAccts) IPURE; \
    MAPIMETHOD(SetOrder)(THIS_ const CLSID *pclsidCategory, DWORD *pcAccts, DWORD **prgAccts) IPURE; \
    MAPIMETHOD(EnumerateAccounts)(THIS_ const CLSID *pclsidCategory, const CLSID *pclsidType, DWORD dwFlags, IOlkEnum **ppEnum) IPURE; \
    MAPIMETHOD(PlaceHolder10)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder11)(THIS) IPURE; \
    MAPIMETHOD(FreeMemory)(THIS_ BYTE *pv) IPURE; \
    MAPIMETHOD(Advise)(THIS_ IOlkAccountNotify *pNotify, DWORD *pdwCookie) IPURE; \
    MAPIMETHOD(Unadvise)(THIS_ DWORD *pdwCookie) IPURE; \
    MAPIMETHOD(PlaceHolder12)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder13)(THIS) IPURE; \
    MAPIMETHOD(PlaceHolder14)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IOlkAccountManager
DECLARE_MAPI_INTERFACE_(IOlkAccountManager, IOlkErrorUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKERRORUNKNOWN_METHODS(PURE)
    MAPI_IOLKACCOUNTMANAGER_METHODS(PURE)
};

#define MAPI_IOLKACCOUNTNOTIFY_METHODS(IPURE) \
    MAPIMETHOD(Notify)(THIS_ DWORD dwNotify, DWORD dwAcctID, DWORD dwFlags) IPURE;

#undef INTERFACE
#define INTERFACE IOlkAccountNotify
DECLARE_MAPI_INTERFACE_(IOlkAccountNotify, IOlkErrorUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IOLKERRORUNKNOWN_METHODS(PURE)
    MAPI_IOLKACCOUNTNOTIFY_METHODS(PURE)
};

#endif
