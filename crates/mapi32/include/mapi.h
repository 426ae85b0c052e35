/*
 * mapi.h: Simple MAPI: its structures
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPI_H_OPENMAPI
#define MAPI_H_OPENMAPI

#include "mapi_platform.h"

typedef struct MapiFileDesc MapiFileDesc, *lpMapiFileDesc;
typedef struct MapiFileTagExt MapiFileTagExt, *lpMapiFileTagExt;
typedef struct MapiRecipDesc MapiRecipDesc, *lpMapiRecipDesc;
typedef struct MapiMessage MapiMessage, *lpMapiMessage;

/* A file of a Simple MAPI message. */
struct MapiFileDesc {
    ULONG ulReserved;
    ULONG flFlags;
    ULONG nPosition;
    LPSTR lpszPathName;
    LPSTR lpszFileName;
    LPVOID lpFileType;
};

/* The type of such a file. */
struct MapiFileTagExt {
    ULONG ulReserved;
    ULONG cbTag;
    LPBYTE lpTag;
    ULONG cbEncoding;
    LPBYTE lpEncoding;
};

/* A recipient or sender of a Simple MAPI message. */
struct MapiRecipDesc {
    ULONG ulReserved;
    ULONG ulRecipClass;
    LPSTR lpszName;
    LPSTR lpszAddress;
    ULONG ulEIDSize;
    LPVOID lpEntryID;
};

/* A Simple MAPI message. */
struct MapiMessage {
    ULONG ulReserved;
    LPSTR lpszSubject;
    LPSTR lpszNoteText;
    LPSTR lpszMessageType;
    LPSTR lpszDateReceived;
    LPSTR lpszConversationID;
    ULONG flFlags;
    MapiRecipDesc *lpOriginator;
    ULONG nRecipCount;
    MapiRecipDesc *lpRecips;
    ULONG nFileCount;
    MapiFileDesc *lpFiles;
};

EXTERN_C ULONG MAPIFreeBuffer(LPVOID pv);

#endif
