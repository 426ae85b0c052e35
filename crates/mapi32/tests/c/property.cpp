// Property values: finding, comparing, counting, copying, moving.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <mapival.h>
#include <openmapi.h>
#include <vector>

static BYTE some_bytes[] = {1, 2, 3, 4, 5};
static char text[] = "Gr\303\274\303\237e";
static WCHAR wide[] = {'B', 0xE4, 'r', 0};
static LONG longs[] = {1, -2, 3};
static char *texts[] = {text, text};

static std::vector<SPropValue> sample()
{
    std::vector<SPropValue> values(6);
    memset(values.data(), 0, values.size() * sizeof(SPropValue));
    values[0].ulPropTag = PR_MESSAGE_SIZE;
    values[0].Value.l = 42;
    values[1].ulPropTag = PR_SUBJECT_A;
    values[1].Value.lpszA = text;
    values[2].ulPropTag = PR_BODY_W;
    values[2].Value.lpszW = wide;
    values[3].ulPropTag = PR_ENTRYID;
    values[3].Value.bin = SBinary{sizeof(some_bytes), some_bytes};
    values[4].ulPropTag = PROP_TAG(PT_MV_LONG, 0x6001);
    values[4].Value.MVl.cValues = 3;
    values[4].Value.MVl.lpl = longs;
    values[5].ulPropTag = PROP_TAG(PT_MV_STRING8, 0x6002);
    values[5].Value.MVszA.cValues = 2;
    values[5].Value.MVszA.lppszA = texts;
    return values;
}

static void same_as_sample(const SPropValue *values)
{
    CHECK(values[0].Value.l == 42);
    CHECK(values[1].Value.lpszA != text && strcmp(values[1].Value.lpszA, text) == 0);
    CHECK(memcmp(values[2].Value.lpszW, wide, sizeof(wide)) == 0);
    CHECK(values[3].Value.bin.cb == 5 && memcmp(values[3].Value.bin.lpb, some_bytes, 5) == 0);
    CHECK(memcmp(values[4].Value.MVl.lpl, longs, sizeof(longs)) == 0);
    CHECK(strcmp(values[5].Value.MVszA.lppszA[1], text) == 0);
}

static void found()
{
    auto values = sample();
    values[0].ulPropTag = CHANGE_PROP_TYPE(PR_MESSAGE_SIZE, PT_ERROR);
    CHECK(PpropFindProp(values.data(), 6, PR_SUBJECT_A) == &values[1]);
    CHECK(PpropFindProp(values.data(), 6, PR_SUBJECT_W) == nullptr);
    CHECK(PpropFindProp(values.data(), 6, CHANGE_PROP_TYPE(PR_SUBJECT_W, PT_UNSPECIFIED)) == &values[1]);
    CHECK(PpropFindProp(nullptr, 6, PR_SUBJECT_A) == nullptr);
    CHECK(PpropFindProp(values.data(), 0, PR_SUBJECT_A) == nullptr);
    CHECK(LpValFindProp(PR_MESSAGE_SIZE, 6, values.data()) == &values[0]);
    CHECK(LpValFindProp(PR_SENDER_NAME_W, 6, values.data()) == nullptr);
}

static void copied_and_moved()
{
    auto values = sample();
    ULONG counted = 0, copied = 0, moved = 0;
    CHECK_CODE(ScCountProps(6, values.data(), &counted), S_OK);
    std::vector<BYTE> block(counted), elsewhere(counted);
    CHECK_CODE(ScCopyProps(6, values.data(), block.data(), &copied), S_OK);
    CHECK(counted == copied);
    same_as_sample((SPropValue *)block.data());
    elsewhere = block;
    CHECK_CODE(ScRelocProps(6, (SPropValue *)elsewhere.data(), block.data(), elsewhere.data(), &moved), S_OK);
    CHECK(moved == counted);
    memset(block.data(), 0xFF, block.size());
    same_as_sample((SPropValue *)elsewhere.data());

    CHECK_CODE(ScCountProps(6, values.data(), nullptr), S_OK);
    CHECK_CODE(ScCountProps(-1, values.data(), &counted), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(ScCountProps(1, nullptr, &counted), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(ScCopyProps(6, values.data(), nullptr, &counted), MAPI_E_INVALID_PARAMETER);
    values[4].Value.MVl.cValues = 0;
    CHECK_CODE(ScCountProps(6, values.data(), &counted), MAPI_E_INVALID_PARAMETER);
    values = sample();
    values[0].ulPropTag = PROP_TAG(PT_LONG, PROP_ID_INVALID);
    CHECK_CODE(ScCountProps(6, values.data(), &counted), MAPI_E_INVALID_PARAMETER);
}

static int allocations;
static SCODE counting_allocate(ULONG bytes, LPVOID *buffer)
{
    allocations++;
    return MAPIAllocateBuffer(bytes, buffer);
}
static SCODE failing_allocate(ULONG, LPVOID *)
{
    return MAPI_E_NOT_ENOUGH_MEMORY;
}

static void duplicated()
{
    auto values = sample();
    LPSPropValue copy = nullptr;
    CHECK_CODE(ScDupPropset(6, values.data(), counting_allocate, &copy), S_OK);
    CHECK(allocations == 1);
    same_as_sample(copy);
    CHECK_CODE(ScDupPropset(6, values.data(), failing_allocate, &copy), MAPI_E_NOT_ENOUGH_MEMORY);
    CHECK_CODE(ScDupPropset(6, values.data(), nullptr, &copy), MAPI_E_INVALID_PARAMETER);
    SPropValue one;
    CHECK_CODE(PropCopyMore(&one, &values[5], MAPIAllocateMore, copy), S_OK);
    CHECK(strcmp(one.Value.MVszA.lppszA[0], text) == 0);
    CHECK_CODE(PropCopyMore(&one, &values[0], nullptr, nullptr), S_OK);
    CHECK(one.Value.l == 42);
    values[0].ulPropTag = PROP_TAG(0x00FD, 1);
    CHECK_CODE(PropCopyMore(&one, &values[0], MAPIAllocateMore, copy), MAPI_E_NO_SUPPORT);
    CHECK_CODE(MAPIFreeBuffer(copy), S_OK);
}

static void compared()
{
    SPropValue one, other;
    memset(&one, 0, sizeof(one));
    memset(&other, 0, sizeof(other));
    one.ulPropTag = other.ulPropTag = PR_MESSAGE_SIZE;
    one.Value.l = -5;
    other.Value.l = 7;
    CHECK(FPropCompareProp(&one, RELOP_LT, &other) && !FPropCompareProp(&one, RELOP_GE, &other));
    CHECK(LPropCompareProp(&one, &other) < 0 && LPropCompareProp(&other, &one) > 0 && LPropCompareProp(&one, &one) == 0);
    CHECK(!FPropCompareProp(&one, 77, &other) && !FPropCompareProp(nullptr, RELOP_EQ, &other));
    one.ulPropTag = other.ulPropTag = PR_SUBJECT_A;
    char whole[] = "Hello World", part[] = "WORLD";
    one.Value.lpszA = whole;
    other.Value.lpszA = part;
    CHECK(FPropContainsProp(&one, &other, FL_SUBSTRING | FL_IGNORECASE));
    CHECK(!FPropContainsProp(&one, &other, FL_SUBSTRING));
    CHECK(!FPropContainsProp(&one, &other, FL_PREFIX | FL_IGNORECASE));
    CHECK(UlPropSize(&one) == sizeof(whole));
    one.ulPropTag = PR_ENTRYID;
    one.Value.bin = SBinary{5, some_bytes};
    CHECK(UlPropSize(&one) == 5);
    one.ulPropTag = PR_MESSAGE_SIZE;
    CHECK(UlPropSize(&one) == 4);
}

static void names()
{
    GUID set = PS_PUBLIC_STRINGS;
    MAPINAMEID one, other;
    one.lpguid = other.lpguid = &set;
    one.ulKind = other.ulKind = MNID_ID;
    one.Kind.lID_Reserved = 0x7777777700000005;
    other.Kind.lID_Reserved = 5;
    CHECK(FEqualNames(&one, &other));
    other.Kind.lID = 6;
    CHECK(!FEqualNames(&one, &other));
    other.ulKind = MNID_STRING;
    other.Kind.lpwstrName = wide;
    CHECK(!FEqualNames(&one, &other));
    one = other;
    CHECK(FEqualNames(&one, &other) && !FEqualNames(&one, nullptr));
    LPMAPINAMEID all[] = {&one, nullptr};
    CHECK(!FBadRglpNameID(all, 1) && FBadRglpNameID(all, 2));
}

static void checked()
{
    auto values = sample();
    CHECK(!FBadPropTag(PR_SUBJECT_A) && FBadPropTag(PROP_TAG(0x00FD, 1)));
    CHECK(!FBadProp(&values[5]) && FBadProp(nullptr));
    SizedSPropTagArray(2, columns) = {2, {PR_SUBJECT_A, PR_ENTRYID}};
    CHECK(!FBadColumnSet((LPSPropTagArray)&columns));
    columns.aulPropTag[1] = PROP_TAG(PT_ERROR, 1);
    CHECK(FBadColumnSet((LPSPropTagArray)&columns) && FBadColumnSet(nullptr));
    SRestriction loop;
    loop.rt = RES_NOT;
    loop.res.resNot.lpRes = &loop;
    CHECK(FBadRestriction(&loop));
    loop.rt = RES_EXIST;
    loop.res.resExist.ulPropTag = PR_SUBJECT_A;
    CHECK(!FBadRestriction(&loop));
    SSortOrderSet order = {1, 2, 0, {{PR_SUBJECT_A, TABLE_SORT_ASCEND}}};
    CHECK(FBadSortOrderSet(&order));
    order.cCategories = 0;
    CHECK(!FBadSortOrderSet(&order));
    SRow row = {0, 6, values.data()};
    CHECK(!FBadRow(&row));
    row.lpProps = nullptr;
    CHECK(FBadRow(&row));
}

static void row_sets()
{
    ULONGLONG before = 0, after = 0;
    OpenMAPILiveBuffers(&before, nullptr);
    LPSRowSet rows = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(CbNewSRowSet(2), (LPVOID *)&rows), S_OK);
    rows->cRows = 2;
    auto values = sample();
    for (SRow *row = rows->aRow; row != rows->aRow + 2; row++) {
        row->cValues = 6;
        CHECK_CODE(ScDupPropset(6, values.data(), MAPIAllocateBuffer, &row->lpProps), S_OK);
    }
    CHECK(!FBadRowSet(rows));
    FreeProws(rows);
    FreeProws(nullptr);
    FreePadrlist(nullptr);
    OpenMAPILiveBuffers(&after, nullptr);
    CHECK(before == after);
}

int main()
{
    found();
    copied_and_moved();
    duplicated();
    compared();
    names();
    checked();
    row_sets();
    return failures != 0;
}
