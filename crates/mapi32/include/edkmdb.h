/*
 * edkmdb.h: Exchange's interfaces
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef EDKMDB_H_OPENMAPI
#define EDKMDB_H_OPENMAPI

#include "mapix.h"

typedef struct IExchangeBadItemCallback IExchangeBadItemCallback, *LPEXCHANGEBADITEMCALLBACK;
typedef struct IExchangeFavorites IExchangeFavorites, *LPEXCHANGEFAVORITES;
typedef struct IExchangeManageStore IExchangeManageStore, *LPEXCHANGEMANAGESTORE;
typedef struct IExchangeManageStore2 IExchangeManageStore2, *LPEXCHANGEMANAGESTORE2;
typedef struct IExchangeManageStore3 IExchangeManageStore3, *LPEXCHANGEMANAGESTORE3;
typedef struct IExchangeManageStore4 IExchangeManageStore4, *LPEXCHANGEMANAGESTORE4;
typedef struct IExchangeMessageConversion IExchangeMessageConversion, *LPEXCHANGEMESSAGECONVERSION;
typedef struct IExchangeModifyTable IExchangeModifyTable, *LPEXCHANGEMODIFYTABLE;
typedef struct IExchangeMoveUserProgress IExchangeMoveUserProgress, *LPEXCHANGEMOVEUSERPROGRESS;
typedef struct IExchangeNntpNewsfeed IExchangeNntpNewsfeed, *LPEXCHANGENNTPNEWSFEED;
typedef struct IExchangeRuleAction IExchangeRuleAction, *LPEXCHANGERULEACTION;
typedef struct IExchangeChangeAdviseSink IExchangeChangeAdviseSink, *LPEXCHANGECHANGEADVISESINK;
typedef struct IExchangeChangeAdvisor IExchangeChangeAdvisor, *LPEXCHANGECHANGEADVISOR;
typedef struct IExchangeExportChanges IExchangeExportChanges, *LPEXCHANGEEXPORTCHANGES;
typedef struct IExchangeExportChanges2 IExchangeExportChanges2, *LPEXCHANGEEXPORTCHANGES2;
typedef struct IExchangeExportChanges3 IExchangeExportChanges3, *LPEXCHANGEEXPORTCHANGES3;
typedef struct IExchangeFastTransfer IExchangeFastTransfer, *LPEXCHANGEFASTTRANSFER;
typedef struct IExchangeImportContentsChanges IExchangeImportContentsChanges, *LPEXCHANGEIMPORTCONTENTSCHANGES;
typedef struct IExchangeImportContentsChanges2 IExchangeImportContentsChanges2, *LPEXCHANGEIMPORTCONTENTSCHANGES2;
typedef struct IExchangeImportHierarchyChanges IExchangeImportHierarchyChanges, *LPEXCHANGEIMPORTHIERARCHYCHANGES;
typedef struct _ACTION ACTION, *LPACTION;
typedef struct _ACTIONS ACTIONS, *LPACTIONS;
typedef struct _READSTATE READSTATE, *LPREADSTATE;
typedef struct _TRACEENTRY TRACEENTRY, *LPTRACEENTRY;
typedef struct _TRACEINFO TRACEINFO, *LPTRACEINFO;
typedef struct _INTTRACEENTRY INTTRACEENTRY, *LPINTTRACEENTRY;
typedef struct _INTTRACEINFO INTTRACEINFO, *LPINTTRACEINFO;
typedef struct _ROWENTRY ROWENTRY, *LPROWENTRY;
typedef struct _ROWLIST ROWLIST, *LPROWLIST;

/* What a rule does. The union in its middle is carried as bytes. */
struct _ACTION {
    ULONG acttype;
    ULONG ulActionFlavor;
    LPSRestriction lpRes;
    LPSPropTagArray lpPropTagArray;
    ULONG ulFlags;
    ULONG dwAlignPad;
    ULONGLONG value[4];
};

/* Counted actions. */
struct _ACTIONS {
    ULONG ulVersion;
    ULONG cActions;
    ACTION *lpAction;
};

/* The read state of a message. */
struct _READSTATE {
    ULONG cbSourceKey;
    LPBYTE pbSourceKey;
    ULONG ulFlags;
};

/* A step of a message's way. */
struct _TRACEENTRY {
    LONG lAction;
    FILETIME ftArrivalTime;
    FILETIME ftDeferredTime;
    CHAR rgchADMDName[20];
    CHAR rgchCountryName[4];
    CHAR rgchPRMDId[20];
    CHAR rgchAttADMDName[20];
    CHAR rgchAttCountryName[4];
    CHAR rgchAttPRMDId[19];
    BYTE bAdditionalActions;
};

/* Counted steps. */
struct _TRACEINFO {
    ULONG cEntries;
    TRACEENTRY rgtraceentry[MAPI_DIM];
};

/* A step within one system. */
struct _INTTRACEENTRY {
    LONG lAction;
    FILETIME ftArrivalTime;
    FILETIME ftDeferredTime;
    CHAR rgchADMDName[20];
    CHAR rgchCountryName[4];
    CHAR rgchPRMDId[20];
    CHAR rgchAttADMDName[20];
    CHAR rgchAttCountryName[4];
    CHAR rgchAttPRMDId[20];
    CHAR rgchMTAName[36];
    CHAR rgchAttMTAName[35];
    BYTE bAdditionalActions;
};

/* Counted steps within one system. */
struct _INTTRACEINFO {
    ULONG cEntries;
    INTTRACEENTRY rgIntTraceEntry[MAPI_DIM];
};

/* A row to be added, changed or removed. */
struct _ROWENTRY {
    ULONG ulRowFlags;
    ULONG cValues;
    LPSPropValue rgPropVals;
};

/* Counted row entries. */
struct _ROWLIST {
    ULONG cEntries;
    ROWENTRY aEntries[MAPI_DIM];
};

#define MAPI_IEXCHANGEBADITEMCALLBACK_METHODS(IPURE) \
    MAPIMETHOD(BadItem)(THIS_ HRESULT hResult, ULONG ulFlags, LPWSTR lpwszFolderName, LPSBinary lpsbFolderEid, ULONG cValues, LPSPropValue lpPropArray) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeBadItemCallback
DECLARE_MAPI_INTERFACE_(IExchangeBadItemCallback, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEBADITEMCALLBACK_METHODS(PURE)
};

#define MAPI_IEXCHANGEFAVORITES_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(AddFavorites)(THIS_ LPENTRYLIST lpEntryList) IPURE; \
    MAPIMETHOD(DelFavorites)(THIS_ LPENTRYLIST lpEntryList) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeFavorites
DECLARE_MAPI_INTERFACE_(IExchangeFavorites, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEFAVORITES_METHODS(PURE)
};

#define MAPI_IEXCHANGEMANAGESTORE_METHODS(IPURE) \
    MAPIMETHOD(CreateStoreEntryID)(THIS_ LPCSTR lpszMsgStoreDN, LPCSTR lpszMailboxDN, ULONG ulFlags, ULONG *lpcbEntryID, LPENTRYID *lppEntryID) IPURE; \
    MAPIMETHOD(EntryIDFromSourceKey)(THIS_ ULONG cFolderKeySize, BYTE *lpFolderSourceKey, ULONG cMessageKeySize, BYTE *lpMessageSourceKey, ULONG *lpcbEntryID, LPENTRYID *lppEntryID) IPURE; \
    MAPIMETHOD(GetRights)(THIS_ ULONG cbUserEntryID, LPENTRYID lpUserEntryID, ULONG cbEntryID, LPENTRYID lpEntryID, ULONG *lpulRights) IPURE; \
    MAPIMETHOD(GetMailboxTable)(THIS_ LPSTR lpszServerName, LPMAPITABLE *lppTable, ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetPublicFolderTable)(THIS_ LPSTR lpszServerName, LPMAPITABLE *lppTable, ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeManageStore
DECLARE_MAPI_INTERFACE_(IExchangeManageStore, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE_METHODS(PURE)
};

#define MAPI_IEXCHANGEMANAGESTORE2_METHODS(IPURE) \
    MAPIMETHOD(CreateNewsgroupNameEntryID)(THIS_ LPSTR lpszNewsgroupName, ULONG *lpcbEntryID, LPENTRYID *lppEntryID) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeManageStore2
DECLARE_MAPI_INTERFACE_(IExchangeManageStore2, IExchangeManageStore)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE2_METHODS(PURE)
};

#define MAPI_IEXCHANGEMANAGESTORE3_METHODS(IPURE) \
    MAPIMETHOD(GetMailboxTableOffset)(THIS_ LPSTR lpszServerName, LPMAPITABLE *lppTable, ULONG ulFlags, UINT uOffset) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeManageStore3
DECLARE_MAPI_INTERFACE_(IExchangeManageStore3, IExchangeManageStore2)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE2_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE3_METHODS(PURE)
};

#define MAPI_IEXCHANGEMANAGESTORE4_METHODS(IPURE) \
    MAPIMETHOD(GetPublicFolderTableOffset)(THIS_ LPSTR lpszServerName, LPMAPITABLE *lppTable, ULONG ulFlags, UINT uOffset) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeManageStore4
DECLARE_MAPI_INTERFACE_(IExchangeManageStore4, IExchangeManageStore3)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE2_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE3_METHODS(PURE)
    MAPI_IEXCHANGEMANAGESTORE4_METHODS(PURE)
};

#define MAPI_IEXCHANGEMESSAGECONVERSION_METHODS(IPURE) \
    MAPIMETHOD(OpenStream)(THIS_ ULONG cValues, LPSPropValue lpPropArray, LPSTREAM *lppStream) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeMessageConversion
DECLARE_MAPI_INTERFACE_(IExchangeMessageConversion, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMESSAGECONVERSION_METHODS(PURE)
};

#define MAPI_IEXCHANGEMODIFYTABLE_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(GetTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(ModifyTable)(THIS_ ULONG ulFlags, LPROWLIST lpMods) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeModifyTable
DECLARE_MAPI_INTERFACE_(IExchangeModifyTable, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMODIFYTABLE_METHODS(PURE)
};

#define MAPI_IEXCHANGEMOVEUSERPROGRESS_METHODS(IPURE) \
    MAPIMETHOD(NextFolder)(THIS_ ULONG ulFlags, LPWSTR lpwszFolderName) IPURE; \
    MAPIMETHOD(Progress)(THIS_ ULONG ulFlags, ULONG ulCount, ULONG ulTotal) IPURE; \
    MAPIMETHOD(Restart)(THIS_ ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeMoveUserProgress
DECLARE_MAPI_INTERFACE_(IExchangeMoveUserProgress, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEMOVEUSERPROGRESS_METHODS(PURE)
};

#define MAPI_IEXCHANGENNTPNEWSFEED_METHODS(IPURE) \
    MAPIMETHOD(Configure)(THIS_ LPSTR lpszNewsfeedDN, ULONG cValues, LPSPropValue lpIMailPropArray) IPURE; \
    MAPIMETHOD(CheckMsgIds)(THIS_ LPSTR lpszMsgIds, ULONG *lpcfWanted, BYTE **lppfWanted) IPURE; \
    MAPIMETHOD(OpenArticleStream)(THIS_ LPSTREAM *lppStream) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeNntpNewsfeed
DECLARE_MAPI_INTERFACE_(IExchangeNntpNewsfeed, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGENNTPNEWSFEED_METHODS(PURE)
};

#define MAPI_IEXCHANGERULEACTION_METHODS(IPURE) \
    MAPIMETHOD(ActionCount)(THIS_ ULONG *lpcActions) IPURE; \
    MAPIMETHOD(GetAction)(THIS_ ULONG ulActionNumber, LARGE_INTEGER *lpruleid, LPACTION *lppAction) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeRuleAction
DECLARE_MAPI_INTERFACE_(IExchangeRuleAction, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGERULEACTION_METHODS(PURE)
};

#define MAPI_IEXCHANGECHANGEADVISESINK_METHODS(IPURE) \
    MAPIMETHOD_(ULONG, OnNotify)(THIS_ ULONG ulFlags, LPENTRYLIST lpEntryList) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeChangeAdviseSink
DECLARE_MAPI_INTERFACE_(IExchangeChangeAdviseSink, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGECHANGEADVISESINK_METHODS(PURE)
};

#define MAPI_IEXCHANGECHANGEADVISOR_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Config)(THIS_ LPSTREAM lpStream, LPGUID lpGUID, LPEXCHANGECHANGEADVISESINK lpAdviseSink, ULONG ulFlags) IPURE; \
    MAPIMETHOD(UpdateState)(THIS_ LPSTREAM lpStream) IPURE; \
    MAPIMETHOD(AddKeys)(THIS_ LPENTRYLIST lpEntryList) IPURE; \
    MAPIMETHOD(RemoveKeys)(THIS_ LPENTRYLIST lpEntryList) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeChangeAdvisor
DECLARE_MAPI_INTERFACE_(IExchangeChangeAdvisor, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGECHANGEADVISOR_METHODS(PURE)
};

#define MAPI_IEXCHANGEEXPORTCHANGES_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Config)(THIS_ LPSTREAM lpStream, ULONG ulFlags, LPUNKNOWN lpUnk, LPSRestriction lpRestriction, LPSPropTagArray lpIncludeProps, LPSPropTagArray lpExcludeProps, ULONG ulBufferSize) IPURE; \
    MAPIMETHOD(Synchronize)(THIS_ ULONG *lpulSteps, ULONG *lpulProgress) IPURE; \
    MAPIMETHOD(UpdateState)(THIS_ LPSTREAM lpStream) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeExportChanges
DECLARE_MAPI_INTERFACE_(IExchangeExportChanges, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES_METHODS(PURE)
};

#define MAPI_IEXCHANGEEXPORTCHANGES2_METHODS(IPURE) \
    MAPIMETHOD(ConfigForConversionStream)(THIS_ LPSTREAM lpStream, ULONG ulFlags, LPUNKNOWN lpUnk, LPSRestriction lpRestriction, ULONG cValuesConversion, LPSPropValue lpPropArrayConversion, ULONG ulBufferSize) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeExportChanges2
DECLARE_MAPI_INTERFACE_(IExchangeExportChanges2, IExchangeExportChanges)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES2_METHODS(PURE)
};

#define MAPI_IEXCHANGEEXPORTCHANGES3_METHODS(IPURE) \
    MAPIMETHOD(ConfigForSelectiveSync)(THIS_ LPSTREAM lpStream, ULONG ulFlags, LPUNKNOWN lpUnk, LPENTRYLIST lpMsgList, LPSRestriction lpRestriction, LPSPropTagArray lpIncludeProps, LPSPropTagArray lpExcludeProps, ULONG ulBufferSize) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeExportChanges3
DECLARE_MAPI_INTERFACE_(IExchangeExportChanges3, IExchangeExportChanges2)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES2_METHODS(PURE)
    MAPI_IEXCHANGEEXPORTCHANGES3_METHODS(PURE)
};

#define MAPI_IEXCHANGEFASTTRANSFER_METHODS(IPURE) \
    MAPIMETHOD(Config)(THIS_ ULONG ulFlags, ULONG ulTransferMethod) IPURE; \
    MAPIMETHOD(TransferBuffer)(THIS_ ULONG cb, LPBYTE lpb, ULONG *lpcbProcessed) IPURE; \
    MAPIMETHOD_(BOOL, IsInterfaceOk)(THIS_ ULONG ulTransferMethod, REFIID refiid, LPSPropTagArray lpptagList, ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeFastTransfer
DECLARE_MAPI_INTERFACE_(IExchangeFastTransfer, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEFASTTRANSFER_METHODS(PURE)
};

#define MAPI_IEXCHANGEIMPORTCONTENTSCHANGES_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Config)(THIS_ LPSTREAM lpStream, ULONG ulFlags) IPURE; \
    MAPIMETHOD(UpdateState)(THIS_ LPSTREAM lpStream) IPURE; \
    MAPIMETHOD(ImportMessageChange)(THIS_ ULONG cpvalChanges, LPSPropValue ppvalChanges, ULONG ulFlags, LPMESSAGE *lppmessage) IPURE; \
    MAPIMETHOD(ImportMessageDeletion)(THIS_ ULONG ulFlags, LPENTRYLIST lpSrcEntryList) IPURE; \
    MAPIMETHOD(ImportPerUserReadStateChange)(THIS_ ULONG cElements, LPREADSTATE lpReadState) IPURE; \
    MAPIMETHOD(ImportMessageMove)(THIS_ ULONG cbSourceKeySrcFolder, BYTE *pbSourceKeySrcFolder, ULONG cbSourceKeySrcMessage, BYTE *pbSourceKeySrcMessage, ULONG cbPCLMessage, BYTE *pbPCLMessage, ULONG cbSourceKeyDestMessage, BYTE *pbSourceKeyDestMessage, ULONG cbChangeNumDestMessage, BYTE *pbChangeNumDestMessage) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeImportContentsChanges
DECLARE_MAPI_INTERFACE_(IExchangeImportContentsChanges, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEIMPORTCONTENTSCHANGES_METHODS(PURE)
};

#define MAPI_IEXCHANGEIMPORTCONTENTSCHANGES2_METHODS(IPURE) \
    MAPIMETHOD(ConfigForConversionStream)(THIS_ LPSTREAM lpStream, ULONG ulFlags, ULONG cValuesConversion, LPSPropValue lpPropArrayConversion) IPURE; \
    MAPIMETHOD(ImportMessageChangeAsAStream)(THIS_ ULONG cpvalChanges, LPSPropValue ppvalChanges, ULONG ulFlags, LPSTREAM *lppstream) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeImportContentsChanges2
DECLARE_MAPI_INTERFACE_(IExchangeImportContentsChanges2, IExchangeImportContentsChanges)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEIMPORTCONTENTSCHANGES_METHODS(PURE)
    MAPI_IEXCHANGEIMPORTCONTENTSCHANGES2_METHODS(PURE)
};

#define MAPI_IEXCHANGEIMPORTHIERARCHYCHANGES_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Config)(THIS_ LPSTREAM lpStream, ULONG ulFlags) IPURE; \
    MAPIMETHOD(UpdateState)(THIS_ LPSTREAM lpStream) IPURE; \
    MAPIMETHOD(ImportFolderChange)(THIS_ ULONG cpvalChanges, LPSPropValue ppvalChanges) IPURE; \
    MAPIMETHOD(ImportFolderDeletion)(THIS_ ULONG ulFlags, LPENTRYLIST lpSrcEntryList) IPURE;

#undef INTERFACE
#define INTERFACE IExchangeImportHierarchyChanges
DECLARE_MAPI_INTERFACE_(IExchangeImportHierarchyChanges, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IEXCHANGEIMPORTHIERARCHYCHANGES_METHODS(PURE)
};

#endif
