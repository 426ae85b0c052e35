/*
 * mapiutil.h: the utility functions
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIUTIL_H_OPENMAPI
#define MAPIUTIL_H_OPENMAPI

#include "mapix.h"

#define STORE_UNCOMPRESSED_RTF ((ULONG)0x00008000)
#define RTF_SYNC_RTF_CHANGED ((ULONG)0x00000001)
#define RTF_SYNC_BODY_CHANGED ((ULONG)0x00000002)
#define SOF_UNIQUEFILENAME ((ULONG)0x80000000)
#define TAD_ALL_ROWS ((ULONG)1)
#define IPROP_READONLY ((ULONG)0x00000001)
#define IPROP_READWRITE ((ULONG)0x00000002)
#define IPROP_CLEAN ((ULONG)0x00010000)
#define IPROP_DIRTY ((ULONG)0x00020000)
#define MAPI_NATIVE_BODY ((ULONG)0x00010000)
#define MAPI_NATIVE_BODY_TYPE_RTF ((ULONG)0x00000001)
#define MAPI_NATIVE_BODY_TYPE_HTML ((ULONG)0x00000002)
#define MAPI_NATIVE_BODY_TYPE_PLAINTEXT ((ULONG)0x00000004)

typedef struct _DTCTL DTCTL, *LPDTCTL;
typedef struct _DTPAGE DTPAGE, *LPDTPAGE;
typedef struct _RTF_WCSINFO RTF_WCSINFO, *LPRTF_WCSINFO;
typedef struct _RTF_WCSRETINFO RTF_WCSRETINFO, *LPRTF_WCSRETINFO;

/* A control, as BuildDisplayTable takes it. */
struct _DTCTL {
    ULONG ulCtlType;
    ULONG ulCtlFlags;
    LPBYTE lpbNotif;
    ULONG cbNotif;
    LPTSTR lpszFilter;
    ULONG ulItemID;
    union {
        LPVOID lpv;
        LPDTBLLABEL lplabel;
        LPDTBLEDIT lpedit;
        LPDTBLLBX lplbx;
        LPDTBLCOMBOBOX lpcombobox;
        LPDTBLDDLBX lpddlbx;
        LPDTBLCHECKBOX lpcheckbox;
        LPDTBLGROUPBOX lpgroupbox;
        LPDTBLBUTTON lpbutton;
        LPDTBLRADIOBUTTON lpradiobutton;
        LPDTBLMVLISTBOX lpmvlbx;
        LPDTBLMVDDLBX lpmvddlbx;
        LPDTBLPAGE lppage;
    } ctl;
};

/* A page, as BuildDisplayTable takes it. */
struct _DTPAGE {
    ULONG cctl;
    LPTSTR lpszResourceName;
    union {
        LPTSTR lpszComponent;
        ULONG ulItemID;
    };
    LPDTCTL lpctl;
};

/* What WrapCompressedRTFStreamEx takes. */
struct _RTF_WCSINFO {
    ULONG size;
    ULONG ulFlags;
    ULONG ulInCodePage;
    ULONG ulOutCodePage;
};

/* What WrapCompressedRTFStreamEx answers. */
struct _RTF_WCSRETINFO {
    ULONG size;
    ULONG ulStreamFlags;
};

#define MAPI_IPROPDATA_METHODS(IPURE) \
    MAPIMETHOD(HrSetObjAccess)(THIS_ ULONG ulAccess) IPURE; \
    MAPIMETHOD(HrSetPropAccess)(THIS_ LPSPropTagArray lpPropTagArray, ULONG *rgulAccess) IPURE; \
    MAPIMETHOD(HrGetPropAccess)(THIS_ LPSPropTagArray *lppPropTagArray, ULONG **lprgulAccess) IPURE; \
    MAPIMETHOD(HrAddObjProps)(THIS_ LPSPropTagArray lppPropTagArray, LPSPropProblemArray *lprgulAccess) IPURE;

#undef INTERFACE
#define INTERFACE IPropData
DECLARE_MAPI_INTERFACE_(IPropData, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IPROPDATA_METHODS(PURE)
};

#define MAPI_ITABLEDATA_METHODS(IPURE) \
    MAPIMETHOD(HrGetView)(THIS_ LPSSortOrderSet lpSSortOrderSet, CALLERRELEASE *lpfCallerRelease, ULONG_PTR ulCallerData, LPMAPITABLE *lppMAPITable) IPURE; \
    MAPIMETHOD(HrModifyRow)(THIS_ LPSRow reserved0) IPURE; \
    MAPIMETHOD(HrDeleteRow)(THIS_ LPSPropValue lpSPropValue) IPURE; \
    MAPIMETHOD(HrQueryRow)(THIS_ LPSPropValue lpsPropValue, LPSRow *lppSRow, ULONG *lpuliRow) IPURE; \
    MAPIMETHOD(HrEnumRow)(THIS_ ULONG ulRowNumber, LPSRow *lppSRow) IPURE; \
    MAPIMETHOD(HrNotify)(THIS_ ULONG ulFlags, ULONG cValues, LPSPropValue lpSPropValue) IPURE; \
    MAPIMETHOD(HrInsertRow)(THIS_ ULONG uliRow, LPSRow lpSRow) IPURE; \
    MAPIMETHOD(HrModifyRows)(THIS_ ULONG ulFlags, LPSRowSet lpSRowSet) IPURE; \
    MAPIMETHOD(HrDeleteRows)(THIS_ ULONG ulFlags, LPSRowSet lprowsetToDelete, ULONG *cRowsDeleted) IPURE;

#undef INTERFACE
#define INTERFACE ITableData
DECLARE_MAPI_INTERFACE_(ITableData, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_ITABLEDATA_METHODS(PURE)
};

EXTERN_C void FreePadrlist(LPADRLIST lpAdrlist);
EXTERN_C BOOL FBinFromHex(LPSTR lpsz, LPBYTE lpb);
EXTERN_C FILETIME FtAdcFt(FILETIME ft1, FILETIME ft2, WORD *pwCarry);
EXTERN_C FILETIME FtAddFt(FILETIME ftAddend1, FILETIME ftAddend2);
EXTERN_C FILETIME FtMulDw(DWORD ftMultiplier, FILETIME ftMultiplicand);
EXTERN_C FILETIME FtMulDwDw(DWORD ftMultiplicand, DWORD ftMultiplier);
EXTERN_C FILETIME FtNegFt(FILETIME ft);
EXTERN_C FILETIME FtSubFt(FILETIME ftMinuend, FILETIME ftSubtrahend);
EXTERN_C void HexFromBin(LPBYTE lpb, int cb, LPSTR lpsz);
EXTERN_C HRESULT HrEntryIDFromSz(LPSTR lpsz, ULONG *lpcb, LPENTRYID *lppEntryID);
EXTERN_C HRESULT HrSzFromEntryID(ULONG cb, LPENTRYID lpEntryID, LPSTR *lpsz);
EXTERN_C SCODE ScBinFromHexBounded(LPSTR lpsz, LPBYTE lpb, ULONG cb);
EXTERN_C SCODE ScGenerateMuid(LPMAPIUID lpMuid);
EXTERN_C void SwapPlong(LPVOID lpData, ULONG ulLen);
EXTERN_C void SwapPword(LPVOID lpData, ULONG ulLen);
EXTERN_C LPSTR SzFindCh(LPCSTR lpsz, USHORT ch);
EXTERN_C LPSTR SzFindLastCh(LPCSTR lpsz, USHORT ch);
EXTERN_C LPSTR SzFindSz(LPCSTR lpsz, LPCSTR lpszKey);
EXTERN_C unsigned int UFromSz(LPCSTR lpsz);
EXTERN_C ULONG UlAddRef(LPVOID lpunk);
EXTERN_C ULONG UlFromSzHex(LPCSTR lpsz);
EXTERN_C ULONG UlRelease(LPVOID lpunk);
EXTERN_C void DeinitMapiUtil(void);
EXTERN_C SCODE ScInitMapiUtil(ULONG ulFlags);
EXTERN_C HRESULT OpenStreamOnFile(LPALLOCATEBUFFER lpAllocateBuffer, LPFREEBUFFER lpFreeBuffer, ULONG ulFlags, LPTSTR lpszFileName, LPTSTR lpszPrefix, LPSTREAM *lppStream);
EXTERN_C HRESULT OpenStreamOnFileW(LPALLOCATEBUFFER lpAllocateBuffer, LPFREEBUFFER lpFreeBuffer, ULONG ulFlags, LPWSTR lpszFileName, LPWSTR lpszPrefix, LPSTREAM *lppStream);
EXTERN_C HRESULT HrIStorageFromStream(LPUNKNOWN lpUnkIn, LPCIID lpInterface, ULONG ulFlags, LPSTORAGE *lppStorageOut);
EXTERN_C SCODE ScCreateConversationIndex(ULONG cbParent, LPBYTE lpbParent, ULONG *lpcbConvIndex, LPBYTE *lppbConvIndex);
EXTERN_C HRESULT WrapStoreEntryID(ULONG ulFlags, LPTSTR lpszDLLName, ULONG cbOrigEntry, LPENTRYID lpOrigEntry, ULONG *lpcbWrappedEntry, LPENTRYID *lppWrappedEntry);
EXTERN_C LPMALLOC MAPIGetDefaultMalloc(void);
EXTERN_C SCODE MAPIReallocateBuffer(LPVOID lpv, ULONG ulSize, LPVOID *lppv);
EXTERN_C HRESULT HrAllocAdviseSink(LPNOTIFCALLBACK lpfnCallback, LPVOID lpvContext, LPMAPIADVISESINK *lppAdviseSink);
EXTERN_C HRESULT HrDispatchNotifications(ULONG ulFlags);
EXTERN_C HRESULT HrThisThreadAdviseSink(LPMAPIADVISESINK lpAdviseSink, LPMAPIADVISESINK *lppAdviseSink);
EXTERN_C SCODE ScCopyNotifications(int cNotification, LPNOTIFICATION lpNotifications, LPVOID lpvDst, ULONG *lpcb);
EXTERN_C SCODE ScCountNotifications(int cNotifications, LPNOTIFICATION lpNotifications, ULONG *lpcb);
EXTERN_C SCODE ScRelocNotifications(int cNotification, LPNOTIFICATION lpNotifications, LPVOID lpvBaseOld, LPVOID lpvBaseNew, ULONG *lpcb);
EXTERN_C SCODE CreateIProp(LPCIID lpInterface, ALLOCATEBUFFER *lpAllocateBuffer, ALLOCATEMORE *lpAllocateMore, FREEBUFFER *lpFreeBuffer, LPVOID lpvReserved, LPPROPDATA *lppPropData);
EXTERN_C BOOL FEqualNames(LPMAPINAMEID lpName1, LPMAPINAMEID lpName2);
EXTERN_C BOOL FPropCompareProp(LPSPropValue lpSPropValue1, ULONG ulRelOp, LPSPropValue lpSPropValue2);
EXTERN_C BOOL FPropContainsProp(LPSPropValue lpSPropValueDst, LPSPropValue lpSPropValueSrc, ULONG ulFuzzyLevel);
EXTERN_C BOOL FPropExists(LPMAPIPROP lpMapiProp, ULONG ulPropTag);
EXTERN_C HRESULT HrGetOneProp(LPMAPIPROP lpMapiProp, ULONG ulPropTag, LPSPropValue *lppProp);
EXTERN_C HRESULT HrSetOneProp(LPMAPIPROP lpMapiProp, LPSPropValue lpProp);
EXTERN_C LONG LPropCompareProp(LPSPropValue lpSPropValueA, LPSPropValue lpSPropValueB);
EXTERN_C LPSPropValue LpValFindProp(ULONG ulPropTag, ULONG cValues, LPSPropValue lpPropArray);
EXTERN_C LPSPropValue PpropFindProp(LPSPropValue lpPropArray, ULONG cValues, ULONG ulPropTag);
EXTERN_C SCODE PropCopyMore(LPSPropValue lpSPropValueDest, LPSPropValue lpSPropValueSrc, ALLOCATEMORE *lpfAllocMore, LPVOID lpvObject);
EXTERN_C SCODE ScCopyProps(int cValues, LPSPropValue lpPropArray, LPVOID lpvDst, ULONG *lpcb);
EXTERN_C SCODE ScCountProps(int cValues, LPSPropValue lpPropArray, ULONG *lpcb);
EXTERN_C SCODE ScDupPropset(int cValues, LPSPropValue lpPropArray, LPALLOCATEBUFFER lpAllocateBuffer, LPSPropValue *lppPropArray);
EXTERN_C SCODE ScRelocProps(int cValues, LPSPropValue lpPropArray, LPVOID lpvBaseOld, LPVOID lpvBaseNew, ULONG *lpcb);
EXTERN_C ULONG UlPropSize(LPSPropValue lpSPropValue);
EXTERN_C HRESULT RTFSync(LPMESSAGE lpMessage, ULONG ulFlags, BOOL *lpfMessageUpdated);
EXTERN_C HRESULT WrapCompressedRTFStream(LPSTREAM lpCompressedRTFStream, ULONG ulFlags, LPSTREAM *lpUncompressedRTFStream);
EXTERN_C HRESULT WrapCompressedRTFStreamEx(LPSTREAM pCompressedRTFStream, const RTF_WCSINFO *pWCSInfo, LPSTREAM *ppUncompressedRTFStream, RTF_WCSRETINFO *pRetInfo);
EXTERN_C HRESULT BuildDisplayTable(LPALLOCATEBUFFER lpAllocateBuffer, LPALLOCATEMORE lpAllocateMore, LPFREEBUFFER lpFreeBuffer, LPMALLOC lpMalloc, HINSTANCE hInstance, UINT cPages, LPDTPAGE lpPage, ULONG ulFlags, LPMAPITABLE *lppTable, LPTABLEDATA *lppTblData);
EXTERN_C SCODE CreateTable(LPCIID lpInterface, ALLOCATEBUFFER *lpAllocateBuffer, ALLOCATEMORE *lpAllocateMore, FREEBUFFER *lpFreeBuffer, LPVOID lpvReserved, ULONG ulTableType, ULONG ulPropTagIndexColumn, LPSPropTagArray lpSPropTagArrayColumns, LPTABLEDATA *lppTableData);
EXTERN_C void FreeProws(LPSRowSet lpRows);
EXTERN_C HRESULT HrAddColumns(LPMAPITABLE lptbl, LPSPropTagArray lpproptagColumnsNew, LPALLOCATEBUFFER lpAllocateBuffer, LPFREEBUFFER lpFreeBuffer);
EXTERN_C HRESULT HrAddColumnsEx(LPMAPITABLE lptbl, LPSPropTagArray lpproptagColumnsNew, LPALLOCATEBUFFER lpAllocateBuffer, LPFREEBUFFER lpFreeBuffer, void (*lpfnFilterColumns)(LPSPropTagArray));
EXTERN_C HRESULT HrComposeEID(LPMAPISESSION lpSession, ULONG cbStoreRecordKey, LPBYTE lpStoreRecordKey, ULONG cbMsgEntryID, LPENTRYID lpMsgEntryID, ULONG *lpcbEID, LPENTRYID *lppEntryID);
EXTERN_C HRESULT HrComposeMsgID(LPMAPISESSION lpSession, ULONG cbStoreSearchKey, LPBYTE pStoreSearchKey, ULONG cbMsgEntryID, LPENTRYID lpMsgEntryID, LPTSTR *lpszMsgID);
EXTERN_C HRESULT HrDecomposeEID(LPMAPISESSION lpSession, ULONG cbEntryID, LPENTRYID lpEntryID, ULONG *lpcbStoreEntryID, LPENTRYID *lppStoreEntryID, ULONG *lpcbMsgEntryID, LPENTRYID *lppMsgEntryID);
EXTERN_C HRESULT HrDecomposeMsgID(LPMAPISESSION lpSession, LPTSTR lpszMsgID, ULONG *lpcbStoreEntryID, LPENTRYID *lppStoreEntryID, ULONG *lpcbMsgEntryID, LPENTRYID *lppMsgEntryID);

/* What HrValidateIPMSubtree does. */
#define MAPI_FORCE_CREATE 1
#define MAPI_FULL_IPM_TREE 2
EXTERN_C HRESULT HrValidateIPMSubtree(LPMDB lpMDB, ULONG ulFlags, ULONG *lpcValues, LPSPropValue *lppValues, LPMAPIERROR *lpperr);
EXTERN_C HRESULT HrQueryAllRows(LPMAPITABLE lpTable, LPSPropTagArray lpPropTags, LPSRestriction lpRestriction, LPSSortOrderSet lpSortOrderSet, LONG crowsMax, LPSRowSet *lppRows);

#endif
