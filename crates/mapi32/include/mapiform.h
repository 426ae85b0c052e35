/*
 * mapiform.h: forms
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIFORM_H_OPENMAPI
#define MAPIFORM_H_OPENMAPI

#include "mapix.h"

typedef struct IMAPIForm IMAPIForm, *LPMAPIFORM;
typedef struct IMAPIFormAdviseSink IMAPIFormAdviseSink, *LPMAPIFORMADVISESINK;
typedef struct IMAPIFormContainer IMAPIFormContainer, *LPMAPIFORMCONTAINER;
typedef struct IMAPIFormFactory IMAPIFormFactory, *LPMAPIFORMFACTORY;
typedef struct IMAPIFormInfo IMAPIFormInfo, *LPMAPIFORMINFO;
typedef struct IMAPIFormMgr IMAPIFormMgr, *LPMAPIFORMMGR;
typedef struct IMAPIMessageSite IMAPIMessageSite, *LPMAPIMESSAGESITE;
typedef struct IMAPIViewAdviseSink IMAPIViewAdviseSink, *LPMAPIVIEWADVISESINK;
typedef struct IMAPIViewContext IMAPIViewContext, *LPMAPIVIEWCONTEXT;
typedef struct IPersistMessage IPersistMessage, *LPPERSISTMESSAGE;
typedef ULONG HFRMREG;
typedef void *HICON;
typedef struct IClassFactory *LPCLASSFACTORY;
typedef const struct tagRECT *LPCRECT;
typedef struct _FORMPRINTSETUP FORMPRINTSETUP, *LPFORMPRINTSETUP;
typedef struct _SMAPIFormPropEnumVal SMAPIFormPropEnumVal, *LPSMAPIFormPropEnumVal;
typedef struct _SMAPIFormProp SMAPIFormProp, *LPSMAPIFormProp;
typedef struct _SMAPIFormPropArray SMAPIFormPropArray, *LPSMAPIFormPropArray;
typedef struct _SMAPIVerb SMAPIVerb, *LPSMAPIVerb;
typedef struct _SMAPIVerbArray SMAPIVerbArray, *LPSMAPIVerbArray;
typedef struct _SMessageClassArray SMessageClassArray, *LPSMessageClassArray;
typedef struct _SMAPIFormInfoArray SMAPIFormInfoArray, *LPSMAPIFormInfoArray;
typedef SMAPIFormPropArray *LPMAPIFORMPROPARRAY;
typedef SMAPIVerbArray *LPMAPIVERBARRAY;
typedef SMAPIFormInfoArray *LPSMAPIFORMINFOARRAY;
typedef SMessageClassArray *LPSMESSAGECLASSARRAY;

/* How a form is printed. */
struct _FORMPRINTSETUP {
    ULONG ulFlags;
    LPVOID hDevMode;
    LPVOID hDevNames;
    ULONG ulFirstPageNumber;
    ULONG fPrintAttachments;
};

/* A value of an enumerated form property. */
struct _SMAPIFormPropEnumVal {
    LPTSTR pszDisplayName;
    ULONG nVal;
};

/* A property of a form. */
struct _SMAPIFormProp {
    ULONG ulFlags;
    ULONG nPropType;
    MAPINAMEID nmid;
    LPTSTR pszDisplayName;
    ULONG nSpecialType;
    union {
        struct {
            MAPINAMEID nmidIdx;
            ULONG cfpevAvailable;
            SMAPIFormPropEnumVal *pfpevAvailable;
        } s1;
    } u;
};

/* Counted form properties. */
struct _SMAPIFormPropArray {
    ULONG cProps;
    ULONG ulPad;
    SMAPIFormProp aFormProp[MAPI_DIM];
};

/* A verb of a form. */
struct _SMAPIVerb {
    LONG lVerb;
    LPTSTR szVerbname;
    DWORD fuFlags;
    DWORD grfAttribs;
    ULONG ulFlags;
};

/* Counted verbs. */
struct _SMAPIVerbArray {
    ULONG cMAPIVerb;
    SMAPIVerb aMAPIVerb[MAPI_DIM];
};

/* Counted message classes. */
struct _SMessageClassArray {
    ULONG cValues;
    LPCSTR aMessageClass[MAPI_DIM];
};

/* Counted form descriptions. */
struct _SMAPIFormInfoArray {
    ULONG cForms;
    LPMAPIFORMINFO aFormInfo[MAPI_DIM];
};

#define MAPI_IMAPIFORM_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(SetViewContext)(THIS_ LPMAPIVIEWCONTEXT pViewContext) IPURE; \
    MAPIMETHOD(GetViewContext)(THIS_ LPMAPIVIEWCONTEXT *ppViewContext) IPURE; \
    MAPIMETHOD(ShutdownForm)(THIS_ ULONG ulSaveOptions) IPURE; \
    MAPIMETHOD(DoVerb)(THIS_ LONG iVerb, LPMAPIVIEWCONTEXT lpViewContext, ULONG_PTR hwndParent, LPCRECT lprcPosRect) IPURE; \
    MAPIMETHOD(Advise)(THIS_ LPMAPIVIEWADVISESINK pAdvise, ULONG_PTR *pdwStatus) IPURE; \
    MAPIMETHOD(Unadvise)(THIS_ ULONG_PTR ulConnection) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIForm
DECLARE_MAPI_INTERFACE_(IMAPIForm, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIFORM_METHODS(PURE)
};

#define MAPI_IMAPIFORMADVISESINK_METHODS(IPURE) \
    MAPIMETHOD(OnChange)(THIS_ ULONG ulDir) IPURE; \
    MAPIMETHOD(OnActivateNext)(THIS_ LPCSTR lpszMessageClass, ULONG ulMessageStatus, ULONG ulMessageFlags, LPPERSISTMESSAGE *ppPersistMessage) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFormAdviseSink
DECLARE_MAPI_INTERFACE_(IMAPIFormAdviseSink, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIFORMADVISESINK_METHODS(PURE)
};

#define MAPI_IMAPIFORMCONTAINER_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(InstallForm)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPCTSTR szCfgPathName) IPURE; \
    MAPIMETHOD(RemoveForm)(THIS_ LPCSTR szMessageClass) IPURE; \
    MAPIMETHOD(ResolveMessageClass)(THIS_ LPCSTR szMessageClass, ULONG ulFlags, LPMAPIFORMINFO *pforminfo) IPURE; \
    MAPIMETHOD(ResolveMultipleMessageClasses)(THIS_ LPSMESSAGECLASSARRAY pMsgClassArray, ULONG ulFlags, LPSMAPIFORMINFOARRAY *ppfrminfoarray) IPURE; \
    MAPIMETHOD(CalcFormPropSet)(THIS_ ULONG ulFlags, LPMAPIFORMPROPARRAY *ppResults) IPURE; \
    MAPIMETHOD(GetDisplay)(THIS_ ULONG ulFlags, LPTSTR *pszDisplayName) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFormContainer
DECLARE_MAPI_INTERFACE_(IMAPIFormContainer, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIFORMCONTAINER_METHODS(PURE)
};

#define MAPI_IMAPIFORMFACTORY_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(CreateClassFactory)(THIS_ REFCLSID clsidForm, ULONG ulFlags, LPCLASSFACTORY *lppClassFactory) IPURE; \
    MAPIMETHOD(LockServer)(THIS_ ULONG ulFlags, ULONG fLockServer) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFormFactory
DECLARE_MAPI_INTERFACE_(IMAPIFormFactory, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIFORMFACTORY_METHODS(PURE)
};

#define MAPI_IMAPIFORMINFO_METHODS(IPURE) \
    MAPIMETHOD(CalcFormPropSet)(THIS_ ULONG ulFlags, LPMAPIFORMPROPARRAY *ppFormPropArray) IPURE; \
    MAPIMETHOD(CalcVerbSet)(THIS_ ULONG ulFlags, LPMAPIVERBARRAY *ppMAPIVerbArray) IPURE; \
    MAPIMETHOD(MakeIconFromBinary)(THIS_ ULONG nPropID, HICON *phicon) IPURE; \
    MAPIMETHOD(SaveForm)(THIS_ LPCTSTR szFileName) IPURE; \
    MAPIMETHOD(OpenFormContainer)(THIS_ LPMAPIFORMCONTAINER *ppformcontainer) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFormInfo
DECLARE_MAPI_INTERFACE_(IMAPIFormInfo, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPIFORMINFO_METHODS(PURE)
};

#define MAPI_IMAPIFORMMGR_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(LoadForm)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPCSTR lpszMessageClass, ULONG ulMessageStatus, ULONG ulMessageFlags, LPMAPIFOLDER pFolderFocus, LPMAPIMESSAGESITE pMessageSite, LPMESSAGE pmsg, LPMAPIVIEWCONTEXT pViewContext, REFIID riid, LPVOID *ppvObj) IPURE; \
    MAPIMETHOD(ResolveMessageClass)(THIS_ LPCSTR szMsgClass, ULONG ulFlags, LPMAPIFOLDER pFolderFocus, LPMAPIFORMINFO *ppResult) IPURE; \
    MAPIMETHOD(ResolveMultipleMessageClasses)(THIS_ LPSMESSAGECLASSARRAY pMsgClasses, ULONG ulFlags, LPMAPIFOLDER pFolderFocus, LPSMAPIFORMINFOARRAY *pfrminfoarray) IPURE; \
    MAPIMETHOD(CalcFormPropSet)(THIS_ LPSMAPIFORMINFOARRAY pfrminfoarray, ULONG ulFlags, LPMAPIFORMPROPARRAY *ppResults) IPURE; \
    MAPIMETHOD(CreateForm)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPMAPIFORMINFO pfrminfoToActivate, REFIID refiidToAsk, LPVOID *ppvObj) IPURE; \
    MAPIMETHOD(SelectForm)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPCTSTR pszTitle, LPMAPIFOLDER pfld, LPMAPIFORMINFO *ppfrminfoReturned) IPURE; \
    MAPIMETHOD(SelectMultipleForms)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPCTSTR pszTitle, LPMAPIFOLDER pfld, LPSMAPIFORMINFOARRAY pfrminfoarray, LPSMAPIFORMINFOARRAY *ppfrminfoarray) IPURE; \
    MAPIMETHOD(SelectFormContainer)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPMAPIFORMCONTAINER *lppfcnt) IPURE; \
    MAPIMETHOD(OpenFormContainer)(THIS_ HFRMREG hfrmreg, LPUNKNOWN lpunk, LPMAPIFORMCONTAINER *lppfcnt) IPURE; \
    MAPIMETHOD(PrepareForm)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags, LPMAPIFORMINFO pfrminfo) IPURE; \
    MAPIMETHOD(IsInConflict)(THIS_ ULONG ulMessageFlags, ULONG ulMessageStatus, LPCSTR szMessageClass, LPMAPIFOLDER pFolderFocus) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFormMgr
DECLARE_MAPI_INTERFACE_(IMAPIFormMgr, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIFORMMGR_METHODS(PURE)
};

#define MAPI_IMAPIMESSAGESITE_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(GetSession)(THIS_ LPMAPISESSION *ppSession) IPURE; \
    MAPIMETHOD(GetStore)(THIS_ LPMDB *ppStore) IPURE; \
    MAPIMETHOD(GetFolder)(THIS_ LPMAPIFOLDER *ppFolder) IPURE; \
    MAPIMETHOD(GetMessage)(THIS_ LPMESSAGE *ppmsg) IPURE; \
    MAPIMETHOD(GetFormManager)(THIS_ LPMAPIFORMMGR *ppFormMgr) IPURE; \
    MAPIMETHOD(NewMessage)(THIS_ ULONG fComposeInFolder, LPMAPIFOLDER pFolderFocus, LPPERSISTMESSAGE pPersistMessage, LPMESSAGE *ppMessage, LPMAPIMESSAGESITE *ppMessageSite, LPMAPIVIEWCONTEXT *ppViewContext) IPURE; \
    MAPIMETHOD(CopyMessage)(THIS_ LPMAPIFOLDER pFolderDestination) IPURE; \
    MAPIMETHOD(MoveMessage)(THIS_ LPMAPIFOLDER pFolderDestination, LPMAPIVIEWCONTEXT pViewContext, LPCRECT prcPosRect) IPURE; \
    MAPIMETHOD(DeleteMessage)(THIS_ LPMAPIVIEWCONTEXT pViewContext, LPCRECT prcPosRect) IPURE; \
    MAPIMETHOD(SaveMessage)(THIS) IPURE; \
    MAPIMETHOD(SubmitMessage)(THIS_ ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetSiteStatus)(THIS_ LPULONG lpulStatus) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIMessageSite
DECLARE_MAPI_INTERFACE_(IMAPIMessageSite, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIMESSAGESITE_METHODS(PURE)
};

#define MAPI_IMAPIVIEWADVISESINK_METHODS(IPURE) \
    MAPIMETHOD(OnShutdown)(THIS) IPURE; \
    MAPIMETHOD(OnNewMessage)(THIS) IPURE; \
    MAPIMETHOD(OnPrint)(THIS_ ULONG dwPageNumber, HRESULT hrStatus) IPURE; \
    MAPIMETHOD(OnSubmitted)(THIS) IPURE; \
    MAPIMETHOD(OnSaved)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIViewAdviseSink
DECLARE_MAPI_INTERFACE_(IMAPIViewAdviseSink, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIVIEWADVISESINK_METHODS(PURE)
};

#define MAPI_IMAPIVIEWCONTEXT_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(SetAdviseSink)(THIS_ LPMAPIFORMADVISESINK pmvns) IPURE; \
    MAPIMETHOD(ActivateNext)(THIS_ ULONG ulDir, LPCRECT prcPosRect) IPURE; \
    MAPIMETHOD(GetPrintSetup)(THIS_ ULONG ulFlags, LPFORMPRINTSETUP *lppFormPrintSetup) IPURE; \
    MAPIMETHOD(GetSaveStream)(THIS_ ULONG *pulFlags, ULONG *pulFormat, LPSTREAM *ppstm) IPURE; \
    MAPIMETHOD(GetViewStatus)(THIS_ LPULONG lpulStatus) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIViewContext
DECLARE_MAPI_INTERFACE_(IMAPIViewContext, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIVIEWCONTEXT_METHODS(PURE)
};

#define MAPI_IPERSISTMESSAGE_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(GetClassID)(THIS_ LPCLSID lpClassID) IPURE; \
    MAPIMETHOD(IsDirty)(THIS) IPURE; \
    MAPIMETHOD(InitNew)(THIS_ LPMAPIMESSAGESITE pMessageSite, LPMESSAGE pMessage) IPURE; \
    MAPIMETHOD(Load)(THIS_ LPMAPIMESSAGESITE pMessageSite, LPMESSAGE pMessage, ULONG ulMessageStatus, ULONG ulMessageFlags) IPURE; \
    MAPIMETHOD(Save)(THIS_ LPMESSAGE pMessage, ULONG fSameAsLoad) IPURE; \
    MAPIMETHOD(SaveCompleted)(THIS_ LPMESSAGE pMessage) IPURE; \
    MAPIMETHOD(HandsOffMessage)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IPersistMessage
DECLARE_MAPI_INTERFACE_(IPersistMessage, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IPERSISTMESSAGE_METHODS(PURE)
};

#endif
