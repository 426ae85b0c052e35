// Tables in memory: ITableData and the IMAPITable of its views.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <openmapi.h>
#include <stdlib.h>
#include <vector>

static SizedSPropTagArray(2, columns) = {2, {PR_ROWID, PR_SUBJECT_A}};

static LPTABLEDATA made()
{
    LPTABLEDATA data = nullptr;
    IID wrong = IID_IMAPITable, right = IID_IMAPITableData;
    LPSPropTagArray tags = (LPSPropTagArray)&columns;
    CHECK_CODE(CreateTable(&wrong, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, TBLTYPE_DYNAMIC, PR_ROWID, tags, &data), MAPI_E_INTERFACE_NOT_SUPPORTED);
    CHECK_CODE(CreateTable(&right, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, 3, PR_ROWID, tags, &data), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(CreateTable(&right, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, TBLTYPE_DYNAMIC, PR_ROWID, nullptr, &data), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(CreateTable(&right, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, TBLTYPE_DYNAMIC, PR_ROWID, tags, &data), S_OK);
    return data;
}

static void put(LPTABLEDATA data, LONG number, const char *subject)
{
    SPropValue values[2];
    memset(values, 0, sizeof(values));
    values[0].ulPropTag = PR_ROWID;
    values[0].Value.l = number;
    values[1].ulPropTag = PR_SUBJECT_A;
    values[1].Value.lpszA = (char *)subject;
    SRow row = {0, 2, values};
    CHECK_CODE(data->HrModifyRow(&row), S_OK);
}

static ULONG_PTR released;
static LPTABLEDATA released_data;
static LPMAPITABLE released_view;
static void view_released(ULONG_PTR caller_data, LPTABLEDATA data, LPMAPITABLE view)
{
    released = caller_data;
    released_data = data;
    released_view = view;
}

static std::vector<ULONG> events;
static LONG tell(LPVOID, ULONG count, LPNOTIFICATION notifications)
{
    for (ULONG index = 0; index < count; index++) {
        CHECK(notifications[index].ulEventType == fnevTableModified);
        events.push_back(notifications[index].info.tab.ulTableEvent);
    }
    return 0;
}

static std::vector<LONG> numbers(LPSRowSet rows)
{
    std::vector<LONG> found;
    for (ULONG index = 0; index < rows->cRows; index++) {
        found.push_back(rows->aRow[index].lpProps[0].Value.l);
    }
    return found;
}

static void viewed()
{
    LPTABLEDATA data = made();
    put(data, 1, "banana");
    put(data, 2, "apple");
    put(data, 3, "cherry");
    LPMAPITABLE view = nullptr;
    CHECK_CODE(data->HrGetView(nullptr, view_released, 77, &view), S_OK);
    ULONG count = 0;
    CHECK_CODE(view->GetRowCount(0, &count), S_OK);
    CHECK(count == 3);
    CHECK_CODE(view->SetColumns((LPSPropTagArray)&columns, 0), S_OK);

    LPSRowSet rows = nullptr;
    CHECK_CODE(view->QueryRows(2, TBL_NOADVANCE, &rows), S_OK);
    CHECK((numbers(rows) == std::vector<LONG>{1, 2}));
    CHECK(rows->aRow[0].lpProps[1].ulPropTag == PR_SUBJECT_A && strcmp(rows->aRow[0].lpProps[1].Value.lpszA, "banana") == 0);
    FreeProws(rows);

    SSortOrderSet order = {1, 0, 0, {{PR_SUBJECT_A, TABLE_SORT_ASCEND}}};
    CHECK_CODE(HrQueryAllRows(view, (LPSPropTagArray)&columns, nullptr, &order, 0, &rows), S_OK);
    CHECK((numbers(rows) == std::vector<LONG>{2, 1, 3}));
    FreeProws(rows);
    CHECK_CODE(HrQueryAllRows(view, nullptr, nullptr, nullptr, 2, &rows), MAPI_E_TABLE_TOO_BIG);
    LPSSortOrderSet asked = nullptr;
    CHECK_CODE(view->QuerySortOrder(&asked), S_OK);
    CHECK(asked->cSorts == 1 && asked->aSort[0].ulPropTag == PR_SUBJECT_A);
    MAPIFreeBuffer(asked);

    SPropValue searched;
    searched.ulPropTag = PR_ROWID;
    searched.Value.l = 1;
    SRestriction condition;
    condition.rt = RES_PROPERTY;
    condition.res.resProperty = SPropertyRestriction{RELOP_EQ, PR_ROWID, &searched};
    CHECK_CODE(view->FindRow(&condition, BOOKMARK_BEGINNING, 0), S_OK);
    ULONG row = 9, numerator = 0, denominator = 0;
    CHECK_CODE(view->QueryPosition(&row, &numerator, &denominator), S_OK);
    CHECK(row == 1 && denominator != 0);
    BOOKMARK mark = 0;
    CHECK_CODE(view->CreateBookmark(&mark), S_OK);
    CHECK(mark > BOOKMARK_END && mark < 0x100000000);
    LONG sought = 0;
    CHECK_CODE(view->SeekRow(BOOKMARK_END, -1, &sought), S_OK);
    CHECK(sought == -1);
    CHECK_CODE(view->SeekRow(mark | 0xABCD00000000, 0, nullptr), S_OK);
    CHECK_CODE(view->QueryPosition(&row, &numerator, &denominator), S_OK);
    CHECK(row == 1);
    CHECK_CODE(view->FreeBookmark(mark), S_OK);
    CHECK_CODE(view->SeekRow(4711, 0, nullptr), MAPI_E_INVALID_BOOKMARK);
    CHECK_CODE(view->Restrict(&condition, 0), S_OK);
    CHECK_CODE(view->GetRowCount(0, &count), S_OK);
    CHECK(count == 1);
    searched.Value.l = 99;
    CHECK_CODE(view->Restrict(nullptr, 0), S_OK);
    CHECK_CODE(view->FindRow(&condition, BOOKMARK_BEGINNING, 0), MAPI_E_NOT_FOUND);

    SizedSPropTagArray(1, first) = {1, {PR_SUBJECT_A}};
    CHECK_CODE(HrAddColumns(view, (LPSPropTagArray)&first, MAPIAllocateBuffer, MAPIFreeBuffer), S_OK);
    LPSPropTagArray now = nullptr;
    CHECK_CODE(view->QueryColumns(0, &now), S_OK);
    CHECK(now->cValues == 2 && now->aulPropTag[0] == PR_SUBJECT_A && now->aulPropTag[1] == PR_ROWID);
    MAPIFreeBuffer(now);

    CHECK((data->Release() == 1 || getenv("MAPI_VERIFY") != nullptr));
    LPMAPITABLE was = view;
    CHECK(view->Release() == 0);
    CHECK(released == 77 && released_view == was && released_data == data);
}

static void told()
{
    LPTABLEDATA data = made();
    put(data, 1, "a");
    LPMAPITABLE view = nullptr;
    CHECK_CODE(data->HrGetView(nullptr, nullptr, 0, &view), S_OK);
    LPMAPIADVISESINK sink = nullptr;
    CHECK_CODE(HrAllocAdviseSink(tell, nullptr, &sink), S_OK);
    ULONG_PTR connection = 0;
    CHECK_CODE(view->Advise(fnevTableModified, nullptr, &connection), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(view->Advise(fnevTableModified, sink, &connection), S_OK);
    CHECK(connection != 0 && connection < 0x100000000);
    put(data, 2, "b");
    put(data, 1, "c");
    SPropValue index;
    index.ulPropTag = PR_ROWID;
    index.Value.l = 2;
    CHECK_CODE(data->HrDeleteRow(&index), S_OK);
    CHECK_CODE(data->HrDeleteRow(&index), MAPI_E_NOT_FOUND);
    CHECK((events == std::vector<ULONG>{TABLE_ROW_ADDED, TABLE_ROW_MODIFIED, TABLE_ROW_DELETED}));
    CHECK_CODE(view->Unadvise(connection), S_OK);
    put(data, 3, "d");
    CHECK(events.size() == 3);
    CHECK(sink->Release() == 0);
    view->Release();
    data->Release();
}

static void filled()
{
    LPTABLEDATA data = made();
    put(data, 10, "x");
    put(data, 20, "y");
    SPropValue index;
    index.ulPropTag = PR_ROWID;
    index.Value.l = 20;
    LPSRow row = nullptr;
    ULONG number = 9;
    CHECK_CODE(data->HrQueryRow(&index, &row, &number), S_OK);
    CHECK(number == 1 && strcmp(PpropFindProp(row->lpProps, row->cValues, PR_SUBJECT_A)->Value.lpszA, "y") == 0);
    MAPIFreeBuffer(row);
    CHECK_CODE(data->HrEnumRow(0, &row), S_OK);
    CHECK(PpropFindProp(row->lpProps, row->cValues, PR_ROWID)->Value.l == 10);
    CHECK_CODE(data->HrInsertRow(2, row), MAPI_E_INVALID_PARAMETER);
    PpropFindProp(row->lpProps, row->cValues, PR_ROWID)->Value.l = 30;
    CHECK_CODE(data->HrInsertRow(9, row), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(data->HrInsertRow(0, row), MAPI_E_NO_SUPPORT);
    CHECK_CODE(data->HrInsertRow(2, row), S_OK);
    MAPIFreeBuffer(row);
    CHECK_CODE(data->HrEnumRow(3, &row), S_OK);
    CHECK(row == nullptr);
    CHECK_CODE(data->HrNotify(0, 1, &index), S_OK);
    index.ulPropTag = PR_MESSAGE_SIZE;
    CHECK_CODE(data->HrQueryRow(&index, &row, nullptr), MAPI_E_INVALID_PARAMETER);
    SRowSet set = {1, {{0, 1, &index}}};
    ULONG deleted = 0;
    CHECK_CODE(data->HrModifyRows(0, &set), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(data->HrDeleteRows(0, &set, &deleted), MAPI_E_INVALID_PARAMETER);
    index.ulPropTag = PR_ROWID;
    CHECK_CODE(data->HrDeleteRows(0, &set, &deleted), S_OK);
    CHECK(deleted == 1);
    CHECK_CODE(data->HrDeleteRows(TAD_ALL_ROWS, nullptr, &deleted), S_OK);
    CHECK(deleted == 2);
    CHECK(data->Release() == 0);
}

int main()
{
    viewed();
    told();
    filled();
    ULONGLONG left = 0;
    OpenMAPILiveBuffers(&left, nullptr);
    CHECK(left == 0);
    return failures != 0;
}
