/*
 * imessage.h: messages in files, on a program's own storage
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef IMESSAGE_H_OPENMAPI
#define IMESSAGE_H_OPENMAPI

#include "mapix.h"

#define IMSG_NO_ISTG_COMMIT ((ULONG)0x00000001)
#define PROPATTR_MANDATORY ((ULONG)0x00000001)
#define PROPATTR_READABLE ((ULONG)0x00000002)
#define PROPATTR_WRITEABLE ((ULONG)0x00000004)
#define PROPATTR_NOT_PRESENT ((ULONG)0x00000008)

typedef struct _MSGSESS *LPMSGSESS;
typedef void(MSGCALLRELEASE)(ULONG ulCallerData, LPMESSAGE lpMessage);

EXTERN_C SCODE OpenIMsgSession(LPMALLOC lpMalloc, ULONG ulFlags, LPMSGSESS *lppMsgSess);
EXTERN_C void CloseIMsgSession(LPMSGSESS lpMsgSess);
EXTERN_C SCODE OpenIMsgOnIStg(LPMSGSESS lpMsgSess, LPALLOCATEBUFFER lpAllocateBuffer, LPALLOCATEMORE lpAllocateMore, LPFREEBUFFER lpFreeBuffer, LPMALLOC lpMalloc, LPVOID lpMapiSup, LPSTORAGE lpStg, MSGCALLRELEASE *lpfMsgCallRelease, ULONG ulCallerData, ULONG ulFlags, LPMESSAGE *lppMsg);
EXTERN_C HRESULT GetAttribIMsgOnIStg(LPVOID lpObject, LPSPropTagArray lpPropTagArray, LPSPropAttrArray *lppPropAttrArray);
EXTERN_C HRESULT SetAttribIMsgOnIStg(LPVOID lpObject, LPSPropTagArray lpPropTags, LPSPropAttrArray lpPropAttrs, LPSPropProblemArray *lppPropProblems);
EXTERN_C SCODE MapStorageSCode(SCODE StgSCode);

#endif
