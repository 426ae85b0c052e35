/*
 * mapidefs.h: properties, tables, notifications and the interfaces of objects
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIDEFS_H_OPENMAPI
#define MAPIDEFS_H_OPENMAPI

#include "mapi_platform.h"
#include "mapicode.h"

#ifndef MAPI_DIM
#define MAPI_DIM 1
#endif

#define fMapiUnicode 0
#define MAPI_UNICODE ((ULONG)0x80000000)
#define MAPI_MODIFY ((ULONG)0x00000001)
#define MAPI_DEFERRED_ERRORS ((ULONG)0x00000008)
#define MAPI_BEST_ACCESS ((ULONG)0x00000010)
#define MAPI_CREATE ((ULONG)0x00000002)
#define MAPI_ASSOCIATED ((ULONG)0x00000040)
#define MAPI_NO_IDS ((ULONG)0x00000002)
#define MAPI_NO_STRINGS ((ULONG)0x00000001)
#define MAPI_DIALOG ((ULONG)0x00000008)
#define MAPI_MOVE ((ULONG)0x00000001)
#define MAPI_NOREPLACE ((ULONG)0x00000002)
#define MAPI_ACCESS_MODIFY ((ULONG)0x00000001)
#define MAPI_ACCESS_READ ((ULONG)0x00000002)
#define MAPI_ACCESS_DELETE ((ULONG)0x00000004)
#define KEEP_OPEN_READONLY ((ULONG)0x00000001)
#define KEEP_OPEN_READWRITE ((ULONG)0x00000002)
#define FORCE_SAVE ((ULONG)0x00000004)

/* Kinds of objects. */
#define MAPI_STORE ((ULONG)1)
#define MAPI_ADDRBOOK ((ULONG)2)
#define MAPI_FOLDER ((ULONG)3)
#define MAPI_ABCONT ((ULONG)4)
#define MAPI_MESSAGE ((ULONG)5)
#define MAPI_MAILUSER ((ULONG)6)
#define MAPI_ATTACH ((ULONG)7)
#define MAPI_DISTLIST ((ULONG)8)
#define MAPI_PROFSECT ((ULONG)9)
#define MAPI_STATUS ((ULONG)10)
#define MAPI_SESSION ((ULONG)11)
#define MAPI_FORMINFO ((ULONG)12)

/* How stores are opened. */
#define MDB_NO_DIALOG ((ULONG)0x00000001)
#define MDB_WRITE ((ULONG)0x00000004)
#define MDB_TEMPORARY ((ULONG)0x00000020)
#define MDB_NO_MAIL ((ULONG)0x00000080)
#define MDB_ONLINE ((ULONG)0x00000100)

/* How folders are changed. */
#define FOLDER_ROOT ((ULONG)0x00000000)
#define FOLDER_GENERIC ((ULONG)0x00000001)
#define FOLDER_SEARCH ((ULONG)0x00000002)
#define OPEN_IF_EXISTS ((ULONG)0x00000001)
#define FOLDER_MOVE ((ULONG)0x00000001)
#define FOLDER_DIALOG ((ULONG)0x00000002)
#define COPY_SUBFOLDERS ((ULONG)0x00000010)
#define DEL_MESSAGES ((ULONG)0x00000001)
#define DEL_FOLDERS ((ULONG)0x00000004)
#define DEL_ASSOCIATED ((ULONG)0x00000008)
#define MESSAGE_MOVE ((ULONG)0x00000001)
#define MESSAGE_DIALOG ((ULONG)0x00000002)
#define DELETE_HARD_DELETE ((ULONG)0x00000010)
#define SUPPRESS_RECEIPT ((ULONG)0x00000001)
#define CLEAR_READ_FLAG ((ULONG)0x00000004)
#define GENERATE_RECEIPT_ONLY ((ULONG)0x00000010)
#define CLEAR_RN_PENDING ((ULONG)0x00000020)
#define CLEAR_NRN_PENDING ((ULONG)0x00000040)
#define CONVENIENT_DEPTH ((ULONG)0x00000001)
#define SHOW_SOFT_DELETES ((ULONG)0x00000002)

/* Searches. */
#define STOP_SEARCH ((ULONG)0x00000001)
#define RESTART_SEARCH ((ULONG)0x00000002)
#define RECURSIVE_SEARCH ((ULONG)0x00000004)
#define SHALLOW_SEARCH ((ULONG)0x00000008)
#define FOREGROUND_SEARCH ((ULONG)0x00000010)
#define BACKGROUND_SEARCH ((ULONG)0x00000020)
#define SEARCH_RUNNING ((ULONG)0x00000001)
#define SEARCH_REBUILD ((ULONG)0x00000002)
#define SEARCH_RECURSIVE ((ULONG)0x00000004)
#define SEARCH_FOREGROUND ((ULONG)0x00000008)

/* Messages and their recipients. */
#define FORCE_SUBMIT ((ULONG)0x00000001)
#define ATTACH_DIALOG ((ULONG)0x00000001)
#define MODRECIP_ADD ((ULONG)0x00000002)
#define MODRECIP_MODIFY ((ULONG)0x00000004)
#define MODRECIP_REMOVE ((ULONG)0x00000008)
#define MSGFLAG_READ ((ULONG)0x00000001)
#define MSGFLAG_UNMODIFIED ((ULONG)0x00000002)
#define MSGFLAG_SUBMIT ((ULONG)0x00000004)
#define MSGFLAG_UNSENT ((ULONG)0x00000008)
#define MSGFLAG_HASATTACH ((ULONG)0x00000010)
#define MSGFLAG_FROMME ((ULONG)0x00000020)
#define MSGFLAG_ASSOCIATED ((ULONG)0x00000040)
#define MSGFLAG_RESEND ((ULONG)0x00000080)

/* The end of the use of a store. */
/* PR_STORE_SUPPORT_MASK. */
#define STORE_ENTRYID_UNIQUE ((ULONG)0x00000001)
#define STORE_READONLY ((ULONG)0x00000002)
#define STORE_SEARCH_OK ((ULONG)0x00000004)
#define STORE_MODIFY_OK ((ULONG)0x00000008)
#define STORE_CREATE_OK ((ULONG)0x00000010)
#define STORE_ATTACH_OK ((ULONG)0x00000020)
#define STORE_OLE_OK ((ULONG)0x00000040)
#define STORE_SUBMIT_OK ((ULONG)0x00000080)
#define STORE_NOTIFY_OK ((ULONG)0x00000100)
#define STORE_UNICODE_OK ((ULONG)0x00040000)

#define LOGOFF_NO_WAIT ((ULONG)0x00000001)
#define LOGOFF_ORDERLY ((ULONG)0x00000002)
#define LOGOFF_PURGE ((ULONG)0x00000004)
#define LOGOFF_ABORT ((ULONG)0x00000008)
#define LOGOFF_QUIET ((ULONG)0x00000010)
#define LOGOFF_COMPLETE ((ULONG)0x00010000)
#define LOGOFF_INBOUND ((ULONG)0x00020000)
#define LOGOFF_OUTBOUND ((ULONG)0x00040000)
#define LOGOFF_OUTBOUND_QUEUE ((ULONG)0x00080000)

/* The address book. */
#define AB_NO_DIALOG ((ULONG)0x00000001)
#define CREATE_CHECK_DUP_STRICT ((ULONG)0x00000001)
#define CREATE_CHECK_DUP_LOOSE ((ULONG)0x00000002)
#define CREATE_REPLACE ((ULONG)0x00000004)
#define MAPI_UNRESOLVED ((ULONG)0x00000000)
#define MAPI_AMBIGUOUS ((ULONG)0x00000001)
#define MAPI_RESOLVED ((ULONG)0x00000002)

/* Status objects. */
#define FLUSH_UPLOAD ((ULONG)0x00000002)
#define FLUSH_DOWNLOAD ((ULONG)0x00000004)
#define FLUSH_FORCE ((ULONG)0x00000008)
#define FLUSH_NO_UI ((ULONG)0x00000010)
#define FLUSH_ASYNC_OK ((ULONG)0x00000020)
#define SUPPRESS_UI ((ULONG)0x00000001)
#define UI_READONLY ((ULONG)0x00000001)

/* Attachments. */
#define NO_ATTACHMENT ((ULONG)0x00000000)
#define ATTACH_BY_VALUE ((ULONG)0x00000001)
#define ATTACH_BY_REFERENCE ((ULONG)0x00000002)
#define ATTACH_EMBEDDED_MSG ((ULONG)0x00000005)
#define ATTACH_OLE ((ULONG)0x00000006)

/* Property types. */
#define MV_FLAG 0x1000
#define MV_INSTANCE 0x2000
#define MVI_FLAG (MV_FLAG | MV_INSTANCE)
#define PT_UNSPECIFIED ((ULONG)0)
#define PT_NULL ((ULONG)1)
#define PT_I2 ((ULONG)2)
#define PT_SHORT PT_I2
#define PT_LONG ((ULONG)3)
#define PT_I4 PT_LONG
#define PT_R4 ((ULONG)4)
#define PT_FLOAT PT_R4
#define PT_DOUBLE ((ULONG)5)
#define PT_R8 PT_DOUBLE
#define PT_CURRENCY ((ULONG)6)
#define PT_APPTIME ((ULONG)7)
#define PT_ERROR ((ULONG)10)
#define PT_BOOLEAN ((ULONG)11)
#define PT_OBJECT ((ULONG)13)
#define PT_I8 ((ULONG)20)
#define PT_LONGLONG PT_I8
#define PT_STRING8 ((ULONG)30)
#define PT_UNICODE ((ULONG)31)
#define PT_SYSTIME ((ULONG)64)
#define PT_CLSID ((ULONG)72)
#define PT_BINARY ((ULONG)258)
#define PT_MV_I2 (MV_FLAG | PT_I2)
#define PT_MV_SHORT PT_MV_I2
#define PT_MV_LONG (MV_FLAG | PT_LONG)
#define PT_MV_R4 (MV_FLAG | PT_R4)
#define PT_MV_DOUBLE (MV_FLAG | PT_DOUBLE)
#define PT_MV_CURRENCY (MV_FLAG | PT_CURRENCY)
#define PT_MV_APPTIME (MV_FLAG | PT_APPTIME)
#define PT_MV_SYSTIME (MV_FLAG | PT_SYSTIME)
#define PT_MV_STRING8 (MV_FLAG | PT_STRING8)
#define PT_MV_BINARY (MV_FLAG | PT_BINARY)
#define PT_MV_UNICODE (MV_FLAG | PT_UNICODE)
#define PT_MV_CLSID (MV_FLAG | PT_CLSID)
#define PT_MV_I8 (MV_FLAG | PT_I8)
#ifdef UNICODE
#define PT_TSTRING PT_UNICODE
#define PT_MV_TSTRING PT_MV_UNICODE
#else
#define PT_TSTRING PT_STRING8
#define PT_MV_TSTRING PT_MV_STRING8
#endif
#define PROP_TYPE_MASK ((ULONG)0x0000FFFF)
#define PROP_TYPE(tag) (((ULONG)(tag)) & PROP_TYPE_MASK)
#define PROP_ID(tag) (((ULONG)(tag)) >> 16)
#define PROP_TAG(type, id) ((((ULONG)(id)) << 16) | ((ULONG)(type)))
#define CHANGE_PROP_TYPE(tag, type) ((0xFFFF0000 & (ULONG)(tag)) | (ULONG)(type))
#define PROP_ID_NULL 0
#define PROP_ID_INVALID 0xFFFF
#define MNID_ID 0
#define MNID_STRING 1

/* Restrictions. */
#define RES_AND ((ULONG)0)
#define RES_OR ((ULONG)1)
#define RES_NOT ((ULONG)2)
#define RES_CONTENT ((ULONG)3)
#define RES_PROPERTY ((ULONG)4)
#define RES_COMPAREPROPS ((ULONG)5)
#define RES_BITMASK ((ULONG)6)
#define RES_SIZE ((ULONG)7)
#define RES_EXIST ((ULONG)8)
#define RES_SUBRESTRICTION ((ULONG)9)
#define RES_COMMENT ((ULONG)10)
#define RES_COUNT ((ULONG)11)
#define RES_ANNOTATION ((ULONG)12)
#define RELOP_LT ((ULONG)0)
#define RELOP_LE ((ULONG)1)
#define RELOP_GT ((ULONG)2)
#define RELOP_GE ((ULONG)3)
#define RELOP_EQ ((ULONG)4)
#define RELOP_NE ((ULONG)5)
#define RELOP_RE ((ULONG)6)
#define BMR_EQZ ((ULONG)0)
#define BMR_NEZ ((ULONG)1)
#define FL_FULLSTRING ((ULONG)0x00000000)
#define FL_SUBSTRING ((ULONG)0x00000001)
#define FL_PREFIX ((ULONG)0x00000002)
#define FL_IGNORECASE ((ULONG)0x00010000)
#define FL_IGNORENONSPACE ((ULONG)0x00020000)
#define FL_LOOSE ((ULONG)0x00040000)

/* Tables. */
#define TABLE_SORT_ASCEND ((ULONG)0)
#define TABLE_SORT_DESCEND ((ULONG)1)
#define TABLE_SORT_COMBINE ((ULONG)2)
#define BOOKMARK_BEGINNING ((BOOKMARK)0)
#define BOOKMARK_CURRENT ((BOOKMARK)1)
#define BOOKMARK_END ((BOOKMARK)2)
#define DIR_BACKWARD ((ULONG)1)
#define TBL_ALL_COLUMNS ((ULONG)1)
#define TBL_LEAF_ROW ((ULONG)1)
#define TBL_EMPTY_CATEGORY ((ULONG)2)
#define TBL_EXPANDED_CATEGORY ((ULONG)3)
#define TBL_COLLAPSED_CATEGORY ((ULONG)4)
#define TBL_BATCH ((ULONG)2)
#define TBL_ASYNC ((ULONG)1)
#define TBL_NOADVANCE ((ULONG)1)
#define TBLTYPE_SNAPSHOT ((ULONG)0)
#define TBLTYPE_KEYSET ((ULONG)1)
#define TBLTYPE_DYNAMIC ((ULONG)2)
#define TBLSTAT_COMPLETE ((ULONG)0)
#define TABLE_CHANGED ((ULONG)1)
#define TABLE_ERROR ((ULONG)2)
#define TABLE_ROW_ADDED ((ULONG)3)
#define TABLE_ROW_DELETED ((ULONG)4)
#define TABLE_ROW_MODIFIED ((ULONG)5)
#define TABLE_SORT_DONE ((ULONG)6)
#define TABLE_RESTRICT_DONE ((ULONG)7)
#define TABLE_SETCOL_DONE ((ULONG)8)
#define TABLE_RELOAD ((ULONG)9)

/* Events. */
#define fnevCriticalError ((ULONG)0x00000001)
#define fnevNewMail ((ULONG)0x00000002)
#define fnevObjectCreated ((ULONG)0x00000004)
#define fnevObjectDeleted ((ULONG)0x00000008)
#define fnevObjectModified ((ULONG)0x00000010)
#define fnevObjectMoved ((ULONG)0x00000020)
#define fnevObjectCopied ((ULONG)0x00000040)
#define fnevSearchComplete ((ULONG)0x00000080)
#define fnevTableModified ((ULONG)0x00000100)
#define fnevStatusObjectModified ((ULONG)0x00000200)
#define fnevReservedForMapi ((ULONG)0x40000000)
#define fnevExtended ((ULONG)0x80000000)

/* Recipients. */
#define MAPI_ORIG 0
#define MAPI_TO 1
#define MAPI_CC 2
#define MAPI_BCC 3

/* Controls of display tables. */
#define DTCT_LABEL ((ULONG)0)
#define DTCT_EDIT ((ULONG)1)
#define DTCT_LBX ((ULONG)2)
#define DTCT_COMBOBOX ((ULONG)3)
#define DTCT_DDLBX ((ULONG)4)
#define DTCT_CHECKBOX ((ULONG)5)
#define DTCT_GROUPBOX ((ULONG)6)
#define DTCT_BUTTON ((ULONG)7)
#define DTCT_PAGE ((ULONG)8)
#define DTCT_RADIOBUTTON ((ULONG)9)
#define DTCT_MVLISTBOX ((ULONG)11)
#define DTCT_MVDDLBX ((ULONG)12)

/* PR_PRIORITY, PR_SENSITIVITY, PR_IMPORTANCE. */
#define PRIO_URGENT ((LONG)1)
#define PRIO_NORMAL ((LONG)0)
#define PRIO_NONURGENT ((LONG)-1)
#define SENSITIVITY_NONE ((ULONG)0)
#define SENSITIVITY_PERSONAL ((ULONG)1)
#define SENSITIVITY_PRIVATE ((ULONG)2)
#define SENSITIVITY_COMPANY_CONFIDENTIAL ((ULONG)3)
#define IMPORTANCE_LOW ((LONG)0)
#define IMPORTANCE_NORMAL ((LONG)1)
#define IMPORTANCE_HIGH ((LONG)2)

typedef struct IMAPIControl IMAPIControl, *LPMAPICONTROL;
typedef struct IMAPIAdviseSink IMAPIAdviseSink, *LPMAPIADVISESINK;
typedef struct IMAPIProgress IMAPIProgress, *LPMAPIPROGRESS;
typedef struct IMAPIProp IMAPIProp, *LPMAPIPROP;
typedef struct IProviderAdmin IProviderAdmin, *LPPROVIDERADMIN;
typedef struct IMAPIClientShutdown IMAPIClientShutdown, *LPMAPICLIENTSHUTDOWN;
typedef struct IMAPIProviderShutdown IMAPIProviderShutdown, *LPMAPIPROVIDERSHUTDOWN;
typedef struct IMAPIStatus IMAPIStatus, *LPMAPISTATUS;
typedef struct IMAPITable IMAPITable, *LPMAPITABLE;
typedef struct IAttach IAttach, *LPATTACH;
typedef struct IMailUser IMailUser, *LPMAILUSER;
typedef struct IProfSect IProfSect, *LPPROFSECT;
typedef struct IMSCapabilities IMSCapabilities, *LPMSCAPABILITIES;
typedef struct IAddrBook IAddrBook, *LPADRBOOK, *LPADDRBOOK;
typedef struct IProfAdmin IProfAdmin, *LPPROFADMIN;
typedef struct IMsgServiceAdmin IMsgServiceAdmin, *LPSERVICEADMIN, *LPMSGSERVICEADMIN;
typedef struct IMAPISession IMAPISession, *LPMAPISESSION;
typedef struct IMAPISupport IMAPISupport, *LPMAPISUP, *LPMAPISUPPORT;
typedef struct IPropData IPropData, *LPPROPDATA;
typedef struct ITableData ITableData, *LPTABLEDATA;
typedef struct IMAPIContainer IMAPIContainer, *LPMAPICONTAINER;
typedef struct IMAPIFolder IMAPIFolder, *LPMAPIFOLDER;
typedef struct IMessage IMessage, *LPMESSAGE;
typedef struct IMsgStore IMsgStore, *LPMDB, *LPMSGSTORE;
typedef struct IABContainer IABContainer, *LPABCONT, *LPABCONTAINER;
typedef struct IDistList IDistList, *LPDISTLIST;

typedef union _CY CY, CURRENCY;
typedef struct _SBinary SBinary, *LPSBinary;
typedef struct _SShortArray SShortArray, *LPSShortArray;
typedef struct _SGuidArray SGuidArray, *LPSGuidArray;
typedef struct _SRealArray SRealArray, *LPSRealArray;
typedef struct _SLongArray SLongArray, *LPSLongArray;
typedef struct _SLargeIntegerArray SLargeIntegerArray, *LPSLargeIntegerArray;
typedef struct _SDateTimeArray SDateTimeArray, *LPSDateTimeArray;
typedef struct _SAppTimeArray SAppTimeArray, *LPSAppTimeArray;
typedef struct _SCurrencyArray SCurrencyArray, *LPSCurrencyArray;
typedef struct _SBinaryArray SBinaryArray, ENTRYLIST, *LPSBinaryArray, *LPENTRYLIST;
typedef struct _SDoubleArray SDoubleArray, *LPSDoubleArray;
typedef struct _SWStringArray SWStringArray, *LPSWStringArray;
typedef struct _SLPSTRArray SLPSTRArray, *LPSLPSTRArray;
typedef union _PV __UPV;
typedef struct _SPropValue SPropValue, *LPSPropValue;
typedef struct _SPropTagArray SPropTagArray, *LPSPropTagArray;
typedef struct _SPropProblem SPropProblem, *LPSPropProblem;
typedef struct _SPropProblemArray SPropProblemArray, *LPSPropProblemArray;
typedef struct _MAPINAMEID MAPINAMEID, *LPMAPINAMEID;
typedef struct _ENTRYID ENTRYID, *LPENTRYID;
typedef struct _MAPIUID MAPIUID, *LPMAPIUID;
typedef struct _FLATENTRY FLATENTRY, *LPFLATENTRY;
typedef struct _FLATENTRYLIST FLATENTRYLIST, *LPFLATENTRYLIST;
typedef struct _MTSID MTSID, *LPMTSID;
typedef struct _FLATMTSIDLIST FLATMTSIDLIST, *LPFLATMTSIDLIST;
typedef struct _FlagList FlagList, *LPFlagList;
typedef struct _SRow SRow, *LPSRow;
typedef struct _SRowSet SRowSet, *LPSRowSet;
typedef struct _ADRENTRY ADRENTRY, *LPADRENTRY;
typedef struct _ADRLIST ADRLIST, *LPADRLIST;
typedef struct _SSortOrder SSortOrder, *LPSSortOrder;
typedef struct _SSortOrderSet SSortOrderSet, *LPSSortOrderSet;
typedef struct _SAndRestriction SAndRestriction, *LPSAndRestriction;
typedef struct _SOrRestriction SOrRestriction, *LPSOrRestriction;
typedef struct _SNotRestriction SNotRestriction, *LPSNotRestriction;
typedef struct _SContentRestriction SContentRestriction, *LPSContentRestriction;
typedef struct _SBitMaskRestriction SBitMaskRestriction, *LPSBitMaskRestriction;
typedef struct _SPropertyRestriction SPropertyRestriction, *LPSPropertyRestriction;
typedef struct _SComparePropsRestriction SComparePropsRestriction, *LPSComparePropsRestriction;
typedef struct _SSizeRestriction SSizeRestriction, *LPSSizeRestriction;
typedef struct _SExistRestriction SExistRestriction, *LPSExistRestriction;
typedef struct _SSubRestriction SSubRestriction, *LPSSubRestriction;
typedef struct _SCommentRestriction SCommentRestriction, *LPSCommentRestriction;
typedef struct _SAnnotationRestriction SAnnotationRestriction, *LPSAnnotationRestriction;
typedef struct _SCountRestriction SCountRestriction, *LPSCountRestriction;
typedef struct _SRestriction SRestriction, *LPSRestriction;
typedef struct _MAPIERROR MAPIERROR, *LPMAPIERROR;
typedef struct _ERROR_NOTIFICATION ERROR_NOTIFICATION, *LPERROR_NOTIFICATION;
typedef struct _NEWMAIL_NOTIFICATION NEWMAIL_NOTIFICATION, *LPNEWMAIL_NOTIFICATION;
typedef struct _OBJECT_NOTIFICATION OBJECT_NOTIFICATION, *LPOBJECT_NOTIFICATION;
typedef struct _TABLE_NOTIFICATION TABLE_NOTIFICATION, *LPTABLE_NOTIFICATION;
typedef struct _EXTENDED_NOTIFICATION EXTENDED_NOTIFICATION, *LPEXTENDED_NOTIFICATION;
typedef struct _STATUS_OBJECT_NOTIFICATION STATUS_OBJECT_NOTIFICATION, *LPSTATUS_OBJECT_NOTIFICATION;
typedef struct _NOTIFICATION NOTIFICATION, *LPNOTIFICATION;
typedef struct _DTBLLABEL DTBLLABEL, *LPDTBLLABEL;
typedef struct _DTBLEDIT DTBLEDIT, *LPDTBLEDIT;
typedef struct _DTBLLBX DTBLLBX, *LPDTBLLBX;
typedef struct _DTBLCOMBOBOX DTBLCOMBOBOX, *LPDTBLCOMBOBOX;
typedef struct _DTBLDDLBX DTBLDDLBX, *LPDTBLDDLBX;
typedef struct _DTBLCHECKBOX DTBLCHECKBOX, *LPDTBLCHECKBOX;
typedef struct _DTBLGROUPBOX DTBLGROUPBOX, *LPDTBLGROUPBOX;
typedef struct _DTBLBUTTON DTBLBUTTON, *LPDTBLBUTTON;
typedef struct _DTBLPAGE DTBLPAGE, *LPDTBLPAGE;
typedef struct _DTBLRADIOBUTTON DTBLRADIOBUTTON, *LPDTBLRADIOBUTTON;
typedef struct _DTBLMVLISTBOX DTBLMVLISTBOX, *LPDTBLMVLISTBOX;
typedef struct _DTBLMVDDLBX DTBLMVDDLBX, *LPDTBLMVDDLBX;
typedef struct _ADRPARM ADRPARM, *LPADRPARM;
typedef struct _SPropAttrArray SPropAttrArray, *LPSPropAttrArray;

/* Functions that programs hand in. */
typedef SCODE (ALLOCATEBUFFER)(ULONG cbSize, LPVOID *lppBuffer);
typedef SCODE (ALLOCATEMORE)(ULONG cbSize, LPVOID lpObject, LPVOID *lppBuffer);
typedef ULONG (FREEBUFFER)(LPVOID lpBuffer);
typedef ALLOCATEBUFFER *LPALLOCATEBUFFER;
typedef ALLOCATEMORE *LPALLOCATEMORE;
typedef FREEBUFFER *LPFREEBUFFER;
typedef LONG (NOTIFCALLBACK)(LPVOID lpvContext, ULONG cNotification, LPNOTIFICATION lpNotifications);
typedef NOTIFCALLBACK *LPNOTIFCALLBACK;
typedef void (CALLERRELEASE)(ULONG_PTR ulCallerData, LPTABLEDATA lpTblData, LPMAPITABLE lpVue);
typedef BOOL (ACCELERATEABSDI)(ULONG_PTR ulUIParam, LPVOID lpvmsg);
typedef ACCELERATEABSDI *LPFNABSDI;
typedef void (DISMISSMODELESS)(ULONG_PTR ulUIParam, LPVOID lpvContext);
typedef DISMISSMODELESS *LPFNDISMISS;
typedef SCODE (*LPFNBUTTON)(ULONG_PTR ulUIParam, LPVOID lpvContext, ULONG cbEntryID, LPENTRYID lpSelection, ULONG ulFlags);
typedef BOOL (FNIDLE)(LPVOID);
typedef FNIDLE *PFNIDLE;
typedef void *FTG;
typedef ULONG_PTR BOOKMARK;
typedef int32_t MSCAP_SELECTOR;

/* A currency amount in ten-thousandths. */
union _CY {
    struct {
        ULONG Lo;
        LONG Hi;
    };
    LONGLONG int64;
};

/* Counted bytes. */
struct _SBinary {
    ULONG cb;
    LPBYTE lpb;
};

/* Counted values of a multi-valued property. */
struct _SShortArray {
    ULONG cValues;
    SHORT *lpi;
};

/* Counted values of a multi-valued property. */
struct _SGuidArray {
    ULONG cValues;
    GUID *lpguid;
};

/* Counted values of a multi-valued property. */
struct _SRealArray {
    ULONG cValues;
    float *lpflt;
};

/* Counted values of a multi-valued property. */
struct _SLongArray {
    ULONG cValues;
    LONG *lpl;
};

/* Counted values of a multi-valued property. */
struct _SLargeIntegerArray {
    ULONG cValues;
    LARGE_INTEGER *lpli;
};

/* Counted values of a multi-valued property. */
struct _SDateTimeArray {
    ULONG cValues;
    FILETIME *lpft;
};

/* Counted values of a multi-valued property. */
struct _SAppTimeArray {
    ULONG cValues;
    double *lpat;
};

/* Counted values of a multi-valued property. */
struct _SCurrencyArray {
    ULONG cValues;
    CY *lpcur;
};

/* Counted values of a multi-valued property. */
struct _SBinaryArray {
    ULONG cValues;
    SBinary *lpbin;
};

/* Counted values of a multi-valued property. */
struct _SDoubleArray {
    ULONG cValues;
    double *lpdbl;
};

/* Counted values of a multi-valued property. */
struct _SWStringArray {
    ULONG cValues;
    LPWSTR *lppszW;
};

/* Counted 8-bit texts. */
struct _SLPSTRArray {
    ULONG cValues;
    LPSTR *lppszA;
};

/* The union of a property value; the tag says which member counts. */
union _PV {
    SHORT i;
    LONG l;
    ULONG ul;
    LPVOID lpv;
    float flt;
    double dbl;
    USHORT b;
    CY cur;
    double at;
    FILETIME ft;
    LPSTR lpszA;
    SBinary bin;
    LPWSTR lpszW;
    LPGUID lpguid;
    LARGE_INTEGER li;
    SShortArray MVi;
    SLongArray MVl;
    SRealArray MVflt;
    SDoubleArray MVdbl;
    SCurrencyArray MVcur;
    SAppTimeArray MVat;
    SDateTimeArray MVft;
    SBinaryArray MVbin;
    SLPSTRArray MVszA;
    SWStringArray MVszW;
    SGuidArray MVguid;
    SLargeIntegerArray MVli;
    SCODE err;
    LONG x;
};

/* A property: tag and value. */
struct _SPropValue {
    ULONG ulPropTag;
    ULONG dwAlignPad;
    __UPV Value;
};

/* Counted property tags; the array goes on behind its first element. */
struct _SPropTagArray {
    ULONG cValues;
    ULONG aulPropTag[MAPI_DIM];
};

/* A property that could not be set, deleted or copied. */
struct _SPropProblem {
    ULONG ulIndex;
    ULONG ulPropTag;
    SCODE scode;
};

/* Counted problems. */
struct _SPropProblemArray {
    ULONG cProblem;
    SPropProblem aProblem[MAPI_DIM];
};

/* The name of a named property. */
struct _MAPINAMEID {
    LPGUID lpguid;
    ULONG ulKind;
    union {
        LONG_PTR lID_Reserved;
        LONG lID;
        LPWSTR lpwstrName;
    } Kind;
};

/* An entry identifier: flag bytes, then the provider's bytes. Alignment 1. */
struct _ENTRYID {
    BYTE abFlags[4];
    BYTE ab[MAPI_DIM];
};

/* A provider's or section's identity. Alignment 1, unlike a GUID. */
struct _MAPIUID {
    BYTE ab[16];
};

/* An entry identifier with its length, in a property. */
struct _FLATENTRY {
    ULONG cb;
    BYTE abEntry[MAPI_DIM];
};

/* Many of them, each padded to four bytes. */
struct _FLATENTRYLIST {
    ULONG cEntries;
    ULONG cbEntries;
    BYTE abEntries[MAPI_DIM];
};

/* A message transfer system identifier. */
struct _MTSID {
    ULONG cb;
    BYTE ab[MAPI_DIM];
};

/* Many of them. */
struct _FLATMTSIDLIST {
    ULONG cMTSIDs;
    ULONG cbMTSIDs;
    BYTE abMTSIDs[MAPI_DIM];
};

/* Counted flags of ResolveNames. */
struct _FlagList {
    ULONG cFlags;
    ULONG ulFlag[MAPI_DIM];
};

/* A row of a table. */
struct _SRow {
    ULONG ulAdrEntryPad;
    ULONG cValues;
    LPSPropValue lpProps;
};

/* Counted rows; each row's properties are a buffer of their own. */
struct _SRowSet {
    ULONG cRows;
    SRow aRow[MAPI_DIM];
};

/* A recipient of an address list. */
struct _ADRENTRY {
    ULONG ulReserved1;
    ULONG cValues;
    LPSPropValue rgPropVals;
};

/* Counted recipients; each entry's properties are a buffer of their own. */
struct _ADRLIST {
    ULONG cEntries;
    ADRENTRY aEntries[MAPI_DIM];
};

/* One column of a sort order. */
struct _SSortOrder {
    ULONG ulPropTag;
    ULONG ulOrder;
};

/* A sort order. */
struct _SSortOrderSet {
    ULONG cSorts;
    ULONG cCategories;
    ULONG cExpanded;
    SSortOrder aSort[MAPI_DIM];
};

/* All of several conditions. */
struct _SAndRestriction {
    ULONG cRes;
    LPSRestriction lpRes;
};

/* Any of several conditions. */
struct _SOrRestriction {
    ULONG cRes;
    LPSRestriction lpRes;
};

/* Not a condition. */
struct _SNotRestriction {
    ULONG ulReserved;
    LPSRestriction lpRes;
};

/* A text or bytes in a property. */
struct _SContentRestriction {
    ULONG ulFuzzyLevel;
    ULONG ulPropTag;
    LPSPropValue lpProp;
};

/* Bits of a property. */
struct _SBitMaskRestriction {
    ULONG relBMR;
    ULONG ulPropTag;
    ULONG ulMask;
};

/* A property compared with a value. */
struct _SPropertyRestriction {
    ULONG relop;
    ULONG ulPropTag;
    LPSPropValue lpProp;
};

/* Two properties compared. */
struct _SComparePropsRestriction {
    ULONG relop;
    ULONG ulPropTag1;
    ULONG ulPropTag2;
};

/* The size of a property. */
struct _SSizeRestriction {
    ULONG relop;
    ULONG ulPropTag;
    ULONG cb;
};

/* A property that exists. */
struct _SExistRestriction {
    ULONG ulReserved1;
    ULONG ulPropTag;
    ULONG ulReserved2;
};

/* A condition on recipients or attachments. */
struct _SSubRestriction {
    ULONG ulSubObject;
    LPSRestriction lpRes;
};

/* A condition with properties attached to it. */
struct _SCommentRestriction {
    ULONG cValues;
    LPSRestriction lpRes;
    LPSPropValue lpProp;
};

/* A condition with properties attached to it. */
struct _SAnnotationRestriction {
    ULONG cValues;
    LPSRestriction lpRes;
    LPSPropValue lpProp;
};

/* A condition met by at most so many rows. */
struct _SCountRestriction {
    ULONG ulCount;
    LPSRestriction lpRes;
};

/* A condition on rows. */
struct _SRestriction {
    ULONG rt;
    union {
        SComparePropsRestriction resCompareProps;
        SAndRestriction resAnd;
        SOrRestriction resOr;
        SNotRestriction resNot;
        SContentRestriction resContent;
        SPropertyRestriction resProperty;
        SBitMaskRestriction resBitMask;
        SSizeRestriction resSize;
        SExistRestriction resExist;
        SSubRestriction resSub;
        SCommentRestriction resComment;
        SAnnotationRestriction resAnnotation;
        SCountRestriction resCount;
    } res;
};

/* What GetLastError answers. */
struct _MAPIERROR {
    ULONG ulVersion;
    LPTSTR lpszError;
    LPTSTR lpszComponent;
    ULONG ulLowLevelError;
    ULONG ulContext;
};

/* A critical error. */
struct _ERROR_NOTIFICATION {
    ULONG cbEntryID;
    LPENTRYID lpEntryID;
    SCODE scode;
    ULONG ulFlags;
    LPMAPIERROR lpMAPIError;
};

/* A message arrived. */
struct _NEWMAIL_NOTIFICATION {
    ULONG cbEntryID;
    LPENTRYID lpEntryID;
    ULONG cbParentID;
    LPENTRYID lpParentID;
    ULONG ulFlags;
    LPTSTR lpszMessageClass;
    ULONG ulMessageFlags;
};

/* An object came, went, changed, moved or was copied. */
struct _OBJECT_NOTIFICATION {
    ULONG cbEntryID;
    LPENTRYID lpEntryID;
    ULONG ulObjType;
    ULONG cbParentID;
    LPENTRYID lpParentID;
    ULONG cbOldID;
    LPENTRYID lpOldID;
    ULONG cbOldParentID;
    LPENTRYID lpOldParentID;
    LPSPropTagArray lpPropTagArray;
};

/* A table changed. */
struct _TABLE_NOTIFICATION {
    ULONG ulTableEvent;
    HRESULT hResult;
    SPropValue propIndex;
    SPropValue propPrior;
    SRow row;
    ULONG ulPad;
};

/* A provider's own event. */
struct _EXTENDED_NOTIFICATION {
    ULONG ulEvent;
    ULONG cb;
    LPBYTE pbEventParameters;
};

/* A status object changed. */
struct _STATUS_OBJECT_NOTIFICATION {
    ULONG cbEntryID;
    LPENTRYID lpEntryID;
    ULONG cValues;
    LPSPropValue lpPropVals;
};

/* One event. */
struct _NOTIFICATION {
    ULONG ulEventType;
    ULONG ulAlignPad;
    union {
        ERROR_NOTIFICATION err;
        NEWMAIL_NOTIFICATION newmail;
        OBJECT_NOTIFICATION obj;
        TABLE_NOTIFICATION tab;
        EXTENDED_NOTIFICATION ext;
        STATUS_OBJECT_NOTIFICATION statobj;
    } info;
};

/* A label. */
struct _DTBLLABEL {
    ULONG ulbLpszLabelName;
    ULONG ulFlags;
};

/* An edit control. */
struct _DTBLEDIT {
    ULONG ulbLpszCharsAllowed;
    ULONG ulFlags;
    ULONG ulNumCharsAllowed;
    ULONG ulPropTag;
};

/* A list box. */
struct _DTBLLBX {
    ULONG ulFlags;
    ULONG ulPRSetProperty;
    ULONG ulPRTableName;
};

/* A combo box. */
struct _DTBLCOMBOBOX {
    ULONG ulbLpszCharsAllowed;
    ULONG ulFlags;
    ULONG ulNumCharsAllowed;
    ULONG ulPRPropertyName;
    ULONG ulPRTableName;
};

/* A drop-down list. */
struct _DTBLDDLBX {
    ULONG ulFlags;
    ULONG ulPRDisplayProperty;
    ULONG ulPRSetProperty;
    ULONG ulPRTableName;
};

/* A check box. */
struct _DTBLCHECKBOX {
    ULONG ulbLpszLabel;
    ULONG ulFlags;
    ULONG ulPRPropertyName;
};

/* A group box. */
struct _DTBLGROUPBOX {
    ULONG ulbLpszLabel;
    ULONG ulFlags;
};

/* A button. */
struct _DTBLBUTTON {
    ULONG ulbLpszLabel;
    ULONG ulFlags;
    ULONG ulPRControl;
};

/* A page. */
struct _DTBLPAGE {
    ULONG ulbLpszLabel;
    ULONG ulFlags;
    ULONG ulbLpszComponent;
    ULONG ulContext;
};

/* A radio button. */
struct _DTBLRADIOBUTTON {
    ULONG ulbLpszLabel;
    ULONG ulFlags;
    ULONG ulcButtons;
    ULONG ulPropTag;
    LONG lReturnValue;
};

/* A list box over a multi-valued property. */
struct _DTBLMVLISTBOX {
    ULONG ulFlags;
    ULONG ulMVPropTag;
};

/* A drop-down list over a multi-valued property. */
struct _DTBLMVDDLBX {
    ULONG ulFlags;
    ULONG ulMVPropTag;
};

/* What IAddrBook::Address shows. */
struct _ADRPARM {
    ULONG cbABContEntryID;
    LPENTRYID lpABContEntryID;
    ULONG ulFlags;
    LPVOID lpReserved;
    ULONG ulHelpContext;
    LPTSTR lpszHelpFileName;
    LPFNABSDI lpfnABSDI;
    LPFNDISMISS lpfnDismiss;
    LPVOID lpvDismissContext;
    LPTSTR lpszCaption;
    LPTSTR lpszNewEntryTitle;
    LPTSTR lpszDestWellsTitle;
    ULONG cDestFields;
    ULONG nDestFieldFocus;
    LPTSTR *lppszDestTitles;
    ULONG *lpulDestComps;
    LPSRestriction lpContRestriction;
    LPSRestriction lpHierRestriction;
};

/* Counted property attributes. */
struct _SPropAttrArray {
    ULONG cValues;
    ULONG aPropAttr[MAPI_DIM];
};

#define CbNewSPropTagArray(n) (offsetof(SPropTagArray, aulPropTag) + (n) * sizeof(ULONG))
#define CbNewSPropProblemArray(n) (offsetof(SPropProblemArray, aProblem) + (n) * sizeof(SPropProblem))
#define CbNewSRowSet(n) (offsetof(SRowSet, aRow) + (n) * sizeof(SRow))
#define CbNewADRLIST(n) (offsetof(ADRLIST, aEntries) + (n) * sizeof(ADRENTRY))
#define CbNewSSortOrderSet(n) (offsetof(SSortOrderSet, aSort) + (n) * sizeof(SSortOrder))
#define CbNewENTRYID(n) (offsetof(ENTRYID, ab) + (n))
#define CbNewFLATENTRY(n) (offsetof(FLATENTRY, abEntry) + (n))
#define CbNewFlagList(n) (offsetof(FlagList, ulFlag) + (n) * sizeof(ULONG))
#define SizedSPropTagArray(n, name) struct { ULONG cValues; ULONG aulPropTag[n]; } name
#define SizedSRowSet(n, name) struct { ULONG cRows; SRow aRow[n]; } name
#define SizedADRLIST(n, name) struct { ULONG cEntries; ADRENTRY aEntries[n]; } name
#define SizedSSortOrderSet(n, name) struct { ULONG cSorts; ULONG cCategories; ULONG cExpanded; SSortOrder aSort[n]; } name
#define IsEqualMAPIUID(a, b) (__builtin_memcmp((a), (b), sizeof(MAPIUID)) == 0)

#define MAPI_IMAPICONTROL_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Activate)(THIS_ ULONG ulFlags, ULONG_PTR ulUIParam) IPURE; \
    MAPIMETHOD(GetState)(THIS_ ULONG ulFlags, ULONG *lpulState) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIControl
DECLARE_MAPI_INTERFACE_(IMAPIControl, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPICONTROL_METHODS(PURE)
};

#define MAPI_IMAPIADVISESINK_METHODS(IPURE) \
    MAPIMETHOD_(ULONG, OnNotify)(THIS_ ULONG cNotif, LPNOTIFICATION lpNotifications) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIAdviseSink
DECLARE_MAPI_INTERFACE_(IMAPIAdviseSink, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIADVISESINK_METHODS(PURE)
};

#define MAPI_IMAPIPROGRESS_METHODS(IPURE) \
    MAPIMETHOD(Progress)(THIS_ ULONG ulValue, ULONG ulCount, ULONG ulTotal) IPURE; \
    MAPIMETHOD(GetFlags)(THIS_ ULONG *lpulFlags) IPURE; \
    MAPIMETHOD(GetMax)(THIS_ ULONG *lpulMax) IPURE; \
    MAPIMETHOD(GetMin)(THIS_ ULONG *lpulMin) IPURE; \
    MAPIMETHOD(SetLimits)(THIS_ LPULONG lpulMin, LPULONG lpulMax, LPULONG lpulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIProgress
DECLARE_MAPI_INTERFACE_(IMAPIProgress, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROGRESS_METHODS(PURE)
};

#define MAPI_IMAPIPROP_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(SaveChanges)(THIS_ ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetProps)(THIS_ LPSPropTagArray lpPropTagArray, ULONG ulFlags, ULONG *lpcValues, LPSPropValue *lppPropArray) IPURE; \
    MAPIMETHOD(GetPropList)(THIS_ ULONG ulFlags, LPSPropTagArray *lppPropTagArray) IPURE; \
    MAPIMETHOD(OpenProperty)(THIS_ ULONG ulPropTag, LPCIID lpiid, ULONG ulInterfaceOptions, ULONG ulFlags, LPUNKNOWN *lppUnk) IPURE; \
    MAPIMETHOD(SetProps)(THIS_ ULONG cValues, LPSPropValue lpPropArray, LPSPropProblemArray *lppProblems) IPURE; \
    MAPIMETHOD(DeleteProps)(THIS_ LPSPropTagArray lpPropTagArray, LPSPropProblemArray *lppProblems) IPURE; \
    MAPIMETHOD(CopyTo)(THIS_ ULONG ciidExclude, LPCIID rgiidExclude, LPSPropTagArray lpExcludeProps, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, LPCIID lpInterface, LPVOID lpDestObj, ULONG ulFlags, LPSPropProblemArray *lppProblems) IPURE; \
    MAPIMETHOD(CopyProps)(THIS_ LPSPropTagArray lpIncludeProps, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, LPCIID lpInterface, LPVOID lpDestObj, ULONG ulFlags, LPSPropProblemArray *lppProblems) IPURE; \
    MAPIMETHOD(GetNamesFromIDs)(THIS_ LPSPropTagArray *lppPropTags, LPGUID lpPropSetGuid, ULONG ulFlags, ULONG *lpcPropNames, LPMAPINAMEID **lpppPropNames) IPURE; \
    MAPIMETHOD(GetIDsFromNames)(THIS_ ULONG cPropNames, LPMAPINAMEID *lppPropNames, ULONG ulFlags, LPSPropTagArray *lppPropTags) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIProp
DECLARE_MAPI_INTERFACE_(IMAPIProp, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
};

#define MAPI_IPROVIDERADMIN_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(GetProviderTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(CreateProvider)(THIS_ LPTSTR lpszProvider, ULONG cValues, LPSPropValue lpProps, ULONG_PTR ulUIParam, ULONG ulFlags, MAPIUID *lpUID) IPURE; \
    MAPIMETHOD(DeleteProvider)(THIS_ LPMAPIUID lpUID) IPURE; \
    MAPIMETHOD(OpenProfileSection)(THIS_ LPMAPIUID lpUID, LPCIID lpInterface, ULONG ulFlags, LPPROFSECT *lppProfSect) IPURE;

#undef INTERFACE
#define INTERFACE IProviderAdmin
DECLARE_MAPI_INTERFACE_(IProviderAdmin, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IPROVIDERADMIN_METHODS(PURE)
};

#define MAPI_IMAPICLIENTSHUTDOWN_METHODS(IPURE) \
    MAPIMETHOD(QueryFastShutdown)(THIS) IPURE; \
    MAPIMETHOD(NotifyProcessShutdown)(THIS) IPURE; \
    MAPIMETHOD(DoFastShutdown)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIClientShutdown
DECLARE_MAPI_INTERFACE_(IMAPIClientShutdown, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPICLIENTSHUTDOWN_METHODS(PURE)
};

#define MAPI_IMAPIPROVIDERSHUTDOWN_METHODS(IPURE) \
    MAPIMETHOD(QueryFastShutdown)(THIS) IPURE; \
    MAPIMETHOD(NotifyProcessShutdown)(THIS) IPURE; \
    MAPIMETHOD(DoFastShutdown)(THIS) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIProviderShutdown
DECLARE_MAPI_INTERFACE_(IMAPIProviderShutdown, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROVIDERSHUTDOWN_METHODS(PURE)
};

#define MAPI_IMAPISTATUS_METHODS(IPURE) \
    MAPIMETHOD(ValidateState)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags) IPURE; \
    MAPIMETHOD(SettingsDialog)(THIS_ ULONG_PTR ulUIParam, ULONG ulFlags) IPURE; \
    MAPIMETHOD(ChangePassword)(THIS_ LPTSTR lpOldPass, LPTSTR lpNewPass, ULONG ulFlags) IPURE; \
    MAPIMETHOD(FlushQueues)(THIS_ ULONG_PTR ulUIParam, ULONG cbTargetTransport, LPENTRYID lpTargetTransport, ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIStatus
DECLARE_MAPI_INTERFACE_(IMAPIStatus, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPISTATUS_METHODS(PURE)
};

#define MAPI_IMAPITABLE_METHODS(IPURE) \
    MAPIMETHOD(GetLastError)(THIS_ HRESULT hResult, ULONG ulFlags, LPMAPIERROR *lppMAPIError) IPURE; \
    MAPIMETHOD(Advise)(THIS_ ULONG ulEventMask, LPMAPIADVISESINK lpAdviseSink, ULONG_PTR *lpulConnection) IPURE; \
    MAPIMETHOD(Unadvise)(THIS_ ULONG_PTR ulConnection) IPURE; \
    MAPIMETHOD(GetStatus)(THIS_ ULONG *lpulTableStatus, ULONG *lpulTableType) IPURE; \
    MAPIMETHOD(SetColumns)(THIS_ LPSPropTagArray lpPropTagArray, ULONG ulFlags) IPURE; \
    MAPIMETHOD(QueryColumns)(THIS_ ULONG ulFlags, LPSPropTagArray *lpPropTagArray) IPURE; \
    MAPIMETHOD(GetRowCount)(THIS_ ULONG ulFlags, ULONG *lpulCount) IPURE; \
    MAPIMETHOD(SeekRow)(THIS_ BOOKMARK bkOrigin, LONG lRowCount, LONG *lplRowsSought) IPURE; \
    MAPIMETHOD(SeekRowApprox)(THIS_ ULONG ulNumerator, ULONG ulDenominator) IPURE; \
    MAPIMETHOD(QueryPosition)(THIS_ ULONG *lpulRow, ULONG *lpulNumerator, ULONG *lpulDenominator) IPURE; \
    MAPIMETHOD(FindRow)(THIS_ LPSRestriction lpRestriction, BOOKMARK bkOrigin, ULONG ulFlags) IPURE; \
    MAPIMETHOD(Restrict)(THIS_ LPSRestriction lpRestriction, ULONG ulFlags) IPURE; \
    MAPIMETHOD(CreateBookmark)(THIS_ BOOKMARK *lpbkPosition) IPURE; \
    MAPIMETHOD(FreeBookmark)(THIS_ BOOKMARK bkPosition) IPURE; \
    MAPIMETHOD(SortTable)(THIS_ LPSSortOrderSet lpSortCriteria, ULONG ulFlags) IPURE; \
    MAPIMETHOD(QuerySortOrder)(THIS_ LPSSortOrderSet *lppSortCriteria) IPURE; \
    MAPIMETHOD(QueryRows)(THIS_ LONG lRowCount, ULONG ulFlags, LPSRowSet *lppRows) IPURE; \
    MAPIMETHOD(Abort)(THIS) IPURE; \
    MAPIMETHOD(ExpandRow)(THIS_ ULONG cbInstanceKey, LPBYTE pbInstanceKey, ULONG ulRowCount, ULONG ulFlags, LPSRowSet *lppRows, ULONG *lpulMoreRows) IPURE; \
    MAPIMETHOD(CollapseRow)(THIS_ ULONG cbInstanceKey, LPBYTE pbInstanceKey, ULONG ulFlags, ULONG *lpulRowCount) IPURE; \
    MAPIMETHOD(WaitForCompletion)(THIS_ ULONG ulFlags, ULONG ulTimeout, ULONG *lpulTableStatus) IPURE; \
    MAPIMETHOD(GetCollapseState)(THIS_ ULONG ulFlags, ULONG cbInstanceKey, LPBYTE lpbInstanceKey, ULONG *lpcbCollapseState, LPBYTE *lppbCollapseState) IPURE; \
    MAPIMETHOD(SetCollapseState)(THIS_ ULONG ulFlags, ULONG cbCollapseState, LPBYTE pbCollapseState, BOOKMARK *lpbkLocation) IPURE;

#undef INTERFACE
#define INTERFACE IMAPITable
DECLARE_MAPI_INTERFACE_(IMAPITable, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPITABLE_METHODS(PURE)
};

#undef INTERFACE
#define INTERFACE IAttach
DECLARE_MAPI_INTERFACE_(IAttach, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
};

#undef INTERFACE
#define INTERFACE IMailUser
DECLARE_MAPI_INTERFACE_(IMailUser, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
};

#undef INTERFACE
#define INTERFACE IProfSect
DECLARE_MAPI_INTERFACE_(IProfSect, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
};

#define MAPI_IMSCAPABILITIES_METHODS(IPURE) \
    MAPIMETHOD_(ULONG, GetCapabilities)(THIS_ MSCAP_SELECTOR mscapSelector) IPURE;

#undef INTERFACE
#define INTERFACE IMSCapabilities
DECLARE_MAPI_INTERFACE_(IMSCapabilities, IUnknown)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMSCAPABILITIES_METHODS(PURE)
};

#define MAPI_IMAPICONTAINER_METHODS(IPURE) \
    MAPIMETHOD(GetContentsTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(GetHierarchyTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(OpenEntry)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, LPCIID lpInterface, ULONG ulFlags, ULONG *lpulObjType, LPUNKNOWN *lppUnk) IPURE; \
    MAPIMETHOD(SetSearchCriteria)(THIS_ LPSRestriction lpRestriction, LPENTRYLIST lpContainerList, ULONG ulSearchFlags) IPURE; \
    MAPIMETHOD(GetSearchCriteria)(THIS_ ULONG ulFlags, LPSRestriction *lppRestriction, LPENTRYLIST *lppContainerList, ULONG *lpulSearchState) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIContainer
DECLARE_MAPI_INTERFACE_(IMAPIContainer, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPICONTAINER_METHODS(PURE)
};

#define MAPI_IMAPIFOLDER_METHODS(IPURE) \
    MAPIMETHOD(CreateMessage)(THIS_ LPCIID lpInterface, ULONG ulFlags, LPMESSAGE *lppMessage) IPURE; \
    MAPIMETHOD(CopyMessages)(THIS_ LPENTRYLIST lpMsgList, LPCIID lpInterface, LPVOID lpDestFolder, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(DeleteMessages)(THIS_ LPENTRYLIST lpMsgList, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(CreateFolder)(THIS_ ULONG ulFolderType, LPTSTR lpszFolderName, LPTSTR lpszFolderComment, LPCIID lpInterface, ULONG ulFlags, LPMAPIFOLDER *lppFolder) IPURE; \
    MAPIMETHOD(CopyFolder)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, LPCIID lpInterface, LPVOID lpDestFolder, LPTSTR lpszNewFolderName, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(DeleteFolder)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(SetReadFlags)(THIS_ LPENTRYLIST lpMsgList, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetMessageStatus)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulFlags, ULONG *lpulMessageStatus) IPURE; \
    MAPIMETHOD(SetMessageStatus)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulNewStatus, ULONG ulNewStatusMask, ULONG *lpulOldStatus) IPURE; \
    MAPIMETHOD(SaveContentsSort)(THIS_ LPSSortOrderSet lpSortCriteria, ULONG ulFlags) IPURE; \
    MAPIMETHOD(EmptyFolder)(THIS_ ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IMAPIFolder
DECLARE_MAPI_INTERFACE_(IMAPIFolder, IMAPIContainer)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPICONTAINER_METHODS(PURE)
    MAPI_IMAPIFOLDER_METHODS(PURE)
};

#define MAPI_IMESSAGE_METHODS(IPURE) \
    MAPIMETHOD(GetAttachmentTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(OpenAttach)(THIS_ ULONG ulAttachmentNum, LPCIID lpInterface, ULONG ulFlags, LPATTACH *lppAttach) IPURE; \
    MAPIMETHOD(CreateAttach)(THIS_ LPCIID lpInterface, ULONG ulFlags, ULONG *lpulAttachmentNum, LPATTACH *lppAttach) IPURE; \
    MAPIMETHOD(DeleteAttach)(THIS_ ULONG ulAttachmentNum, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetRecipientTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(ModifyRecipients)(THIS_ ULONG ulFlags, LPADRLIST lpMods) IPURE; \
    MAPIMETHOD(SubmitMessage)(THIS_ ULONG ulFlags) IPURE; \
    MAPIMETHOD(SetReadFlag)(THIS_ ULONG ulFlags) IPURE;

#undef INTERFACE
#define INTERFACE IMessage
DECLARE_MAPI_INTERFACE_(IMessage, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMESSAGE_METHODS(PURE)
};

#define MAPI_IMSGSTORE_METHODS(IPURE) \
    MAPIMETHOD(Advise)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulEventMask, LPMAPIADVISESINK lpAdviseSink, ULONG_PTR *lpulConnection) IPURE; \
    MAPIMETHOD(Unadvise)(THIS_ ULONG_PTR ulConnection) IPURE; \
    MAPIMETHOD(CompareEntryIDs)(THIS_ ULONG cbEntryID1, LPENTRYID lpEntryID1, ULONG cbEntryID2, LPENTRYID lpEntryID2, ULONG ulFlags, ULONG *lpulResult) IPURE; \
    MAPIMETHOD(OpenEntry)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, LPCIID lpInterface, ULONG ulFlags, ULONG *lpulObjType, LPUNKNOWN *lppUnk) IPURE; \
    MAPIMETHOD(SetReceiveFolder)(THIS_ LPTSTR lpszMessageClass, ULONG ulFlags, ULONG cbEntryID, LPENTRYID lpEntryID) IPURE; \
    MAPIMETHOD(GetReceiveFolder)(THIS_ LPTSTR lpszMessageClass, ULONG ulFlags, ULONG *lpcbEntryID, LPENTRYID *lppEntryID, LPTSTR *lppszExplicitClass) IPURE; \
    MAPIMETHOD(GetReceiveFolderTable)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(StoreLogoff)(THIS_ ULONG *lpulFlags) IPURE; \
    MAPIMETHOD(AbortSubmit)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulFlags) IPURE; \
    MAPIMETHOD(GetOutgoingQueue)(THIS_ ULONG ulFlags, LPMAPITABLE *lppTable) IPURE; \
    MAPIMETHOD(SetLockState)(THIS_ LPMESSAGE lpMessage, ULONG ulLockState) IPURE; \
    MAPIMETHOD(FinishedMsg)(THIS_ ULONG ulFlags, ULONG cbEntryID, LPENTRYID lpEntryID) IPURE; \
    MAPIMETHOD(NotifyNewMail)(THIS_ LPNOTIFICATION lpNotification) IPURE;

#undef INTERFACE
#define INTERFACE IMsgStore
DECLARE_MAPI_INTERFACE_(IMsgStore, IMAPIProp)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMSGSTORE_METHODS(PURE)
};

#define MAPI_IABCONTAINER_METHODS(IPURE) \
    MAPIMETHOD(CreateEntry)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulCreateFlags, LPMAPIPROP *lppMAPIPropEntry) IPURE; \
    MAPIMETHOD(CopyEntries)(THIS_ LPENTRYLIST lpEntries, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(DeleteEntries)(THIS_ LPENTRYLIST lpEntries, ULONG ulFlags) IPURE; \
    MAPIMETHOD(ResolveNames)(THIS_ LPSPropTagArray lpPropTagArray, ULONG ulFlags, LPADRLIST lpAdrList, LPFlagList lpFlagList) IPURE;

#undef INTERFACE
#define INTERFACE IABContainer
DECLARE_MAPI_INTERFACE_(IABContainer, IMAPIContainer)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPICONTAINER_METHODS(PURE)
    MAPI_IABCONTAINER_METHODS(PURE)
};

#define MAPI_IDISTLIST_METHODS(IPURE) \
    MAPIMETHOD(CreateEntry)(THIS_ ULONG cbEntryID, LPENTRYID lpEntryID, ULONG ulCreateFlags, LPMAPIPROP *lppMAPIPropEntry) IPURE; \
    MAPIMETHOD(CopyEntries)(THIS_ LPENTRYLIST lpEntries, ULONG_PTR ulUIParam, LPMAPIPROGRESS lpProgress, ULONG ulFlags) IPURE; \
    MAPIMETHOD(DeleteEntries)(THIS_ LPENTRYLIST lpEntries, ULONG ulFlags) IPURE; \
    MAPIMETHOD(ResolveNames)(THIS_ LPSPropTagArray lpPropTagArray, ULONG ulFlags, LPADRLIST lpAdrList, LPFlagList lpFlagList) IPURE;

#undef INTERFACE
#define INTERFACE IDistList
DECLARE_MAPI_INTERFACE_(IDistList, IMAPIContainer)
{
    MAPI_IUNKNOWN_METHODS(PURE)
    MAPI_IMAPIPROP_METHODS(PURE)
    MAPI_IMAPICONTAINER_METHODS(PURE)
    MAPI_IDISTLIST_METHODS(PURE)
};

#endif
