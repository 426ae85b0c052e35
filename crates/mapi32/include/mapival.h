/*
 * mapival.h: checks of arguments
 *
 * For C and C++ on 64-bit Linux. ULONG, LONG, BOOL and HRESULT have 32 bits, WCHAR has 16: it is wchar_t
 * with -fshort-wchar and char16_t otherwise.
 */
#ifndef MAPIVAL_H_OPENMAPI
#define MAPIVAL_H_OPENMAPI

#include "mapix.h"

EXTERN_C ULONG FBadColumnSet(LPSPropTagArray lpptaCols);
EXTERN_C BOOL FBadEntryList(LPENTRYLIST lpEntryList);
EXTERN_C ULONG FBadProp(LPSPropValue lpprop);
EXTERN_C ULONG FBadPropTag(ULONG ulPropTag);
EXTERN_C ULONG FBadRestriction(LPSRestriction lpres);
EXTERN_C BOOL FBadRglpNameID(LPMAPINAMEID *lppNameId, ULONG cNames);
EXTERN_C BOOL FBadRglpszA(LPSTR *lppszT, ULONG cStrings);
EXTERN_C BOOL FBadRglpszW(LPWSTR *lppszW, ULONG cStrings);
EXTERN_C ULONG FBadRow(LPSRow lprow);
EXTERN_C BOOL FBadRowSet(LPSRowSet lpRowSet);
EXTERN_C ULONG FBadSortOrderSet(LPSSortOrderSet lpsos);

#endif
