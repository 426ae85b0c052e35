// Hex, numbers and places in text, 16-bit text, times, byte order.
#define INITGUID
#include "check.h"
#include <mapinls.h>
#include <mapiutil.h>
#include <mapival.h>

static void hex()
{
    BYTE bytes[4] = {0x0A, 0xFF, 0x00, 0x1b};
    char digits[9];
    HexFromBin(bytes, 4, digits);
    CHECK(strcmp(digits, "0AFF001B") == 0);
    HexFromBin(bytes, -1, digits);
    HexFromBin(bytes, 4, nullptr);
    BYTE back[4] = {0};
    char lower[] = "0aff001B", odd[] = "0aff0", wrong[] = "0aXX";
    CHECK(FBinFromHex(lower, back) && memcmp(bytes, back, 4) == 0);
    memset(back, 9, 4);
    CHECK(!FBinFromHex(odd, back) && !FBinFromHex(wrong, back) && !FBinFromHex(nullptr, back) && back[0] == 9);
    CHECK_CODE(ScBinFromHexBounded(lower, back, 4), S_OK);
    CHECK_CODE(ScBinFromHexBounded(lower, back, 3), MAPI_E_CALL_FAILED);
    CHECK_CODE(ScBinFromHexBounded(wrong, back, 4), MAPI_E_CALL_FAILED);

    LPSTR text = nullptr;
    ULONG count = 0;
    LPENTRYID id = nullptr;
    CHECK_CODE(HrSzFromEntryID(4, (LPENTRYID)bytes, &text), S_OK);
    CHECK_CODE(HrEntryIDFromSz(text, &count, &id), S_OK);
    CHECK(count == 4 && memcmp(id, bytes, 4) == 0);
    CHECK_CODE(HrEntryIDFromSz(wrong, &count, &id), MAPI_E_INVALID_ENTRYID);
    CHECK_CODE(HrEntryIDFromSz(text, &count, nullptr), MAPI_E_INVALID_PARAMETER);
    MAPIFreeBuffer(text);
    MAPIFreeBuffer(id);
}

static void places()
{
    const char *text = "the message store";
    CHECK(SzFindCh(text, 'e') == text + 2 && SzFindLastCh(text, 'e') == text + 16);
    CHECK(SzFindCh(text, 'x') == nullptr && SzFindCh(nullptr, 'x') == nullptr && SzFindCh(text, 0x165) == nullptr);
    CHECK(SzFindSz(text, "mess") == text + 4 && SzFindSz(text, "Mess") == nullptr && SzFindSz(text, "") == text);
    CHECK(SzFindSz("ab", "abc") == nullptr && SzFindSz(text, nullptr) == nullptr);
    CHECK(UFromSz("55") == 55 && UFromSz("5a5b") == 5 && UFromSz("a5b5") == 0 && UFromSz(nullptr) == 0);
    CHECK(UlFromSzHex("5a") == 90 && UlFromSzHex("5g5h") == 5 && UlFromSzHex("g5h5") == 0);
}

static void sixteen_bit()
{
    const WCHAR one[] = {'a', 0xE4, 0}, other[] = {'A', 0xC4, 0}, less[] = {'a', 'a', 0};
    WCHAR copy[3] = {0};
    CHECK(MNLS_lstrlenW(one) == 2 && MNLS_lstrlenW(nullptr) == 0);
    CHECK(MNLS_lstrcpyW(copy, one) == copy && MNLS_lstrcmpW(copy, one) == 0);
    CHECK(MNLS_lstrcmpW(one, other) != 0 && MNLS_lstrcmpW(less, one) < 0);
    CHECK(MNLS_CompareStringW(0, 1, one, -1, other, -1) == 2 && MNLS_CompareStringW(0, 0, less, 2, one, 2) == 1);
    CHECK(MNLS_CompareStringW(0, 0, nullptr, -1, one, -1) == 0);
    CHECK(MNLS_IsBadStringPtrW(one, 2) && !MNLS_IsBadStringPtrW(one, 3) && MNLS_IsBadStringPtrW(nullptr, 3));
    WCHAR out[4];
    CHECK(MNLS_MultiByteToWideChar(1252, 0, "a\xE4", -1, nullptr, 0) == 3);
    CHECK(MNLS_MultiByteToWideChar(1252, 0, "a\xE4", -1, out, 4) == 3 && MNLS_lstrcmpW(out, one) == 0);
    CHECK(MNLS_MultiByteToWideChar(1252, 0, "a\xE4", -1, out, 2) == 0);
    CHECK(MNLS_MultiByteToWideChar(4711, 0, "a", -1, out, 4) == 0);
    char bytes[4];
    BOOL replaced = 7;
    CHECK(MNLS_WideCharToMultiByte(65001, 0, one, 2, bytes, 4, nullptr, &replaced) == 3);
    CHECK(memcmp(bytes, "a\xC3\xA4", 3) == 0 && !replaced);
    const WCHAR japanese[] = {0x65E5, 0};
    CHECK(MNLS_WideCharToMultiByte(1252, 0, japanese, -1, bytes, 4, nullptr, &replaced) == 2 && replaced);
}

static FILETIME time_of(ULONGLONG ticks)
{
    return FILETIME{(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static ULONGLONG ticks_of(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void times()
{
    FILETIME a = time_of(0x1FFFFFFFF), b = time_of(1);
    CHECK(ticks_of(FtAddFt(a, b)) == 0x200000000);
    CHECK(ticks_of(FtSubFt(b, a)) == 1 - 0x1FFFFFFFFull);
    CHECK(ticks_of(FtMulDw(3, a)) == 3 * 0x1FFFFFFFFull);
    CHECK(ticks_of(FtMulDwDw(0xFFFFFFFF, 0xFFFFFFFF)) == 0xFFFFFFFE00000001);
    CHECK(ticks_of(FtNegFt(b)) == 0xFFFFFFFFFFFFFFFF);
    WORD carry = 1;
    CHECK(ticks_of(FtAdcFt(time_of(~0ull), b, &carry)) == 1 && carry == 1);
    CHECK(ticks_of(FtAdcFt(a, b, &carry)) == 0x200000001 && carry == 0);
    CHECK(ticks_of(FtAdcFt(a, b, nullptr)) == 0x200000000);
}

static void small_things()
{
    BYTE data[7] = {1, 2, 3, 4, 5, 6, 7};
    SwapPlong(data, 7);
    CHECK(memcmp(data, "\4\3\2\1\5\6\7", 7) == 0);
    SwapPword(data, 7);
    CHECK(memcmp(data, "\3\4\1\2\6\5\7", 7) == 0);
    SwapPlong(nullptr, 4);
    MAPIUID one, other;
    CHECK_CODE(ScGenerateMuid(&one), S_OK);
    CHECK_CODE(ScGenerateMuid(&other), S_OK);
    CHECK(!IsEqualMAPIUID(&one, &other));
    CHECK_CODE(ScGenerateMuid(nullptr), MAPI_E_INVALID_PARAMETER);
    char text[] = "x";
    LPSTR texts[] = {text, nullptr};
    CHECK(!FBadRglpszA(texts, 1) && FBadRglpszA(texts, 2) && FBadRglpszA(nullptr, 1));
}

int main()
{
    hex();
    places();
    sixteen_bit();
    times();
    small_things();
    return failures != 0;
}
