// NULL for every pointer that must be there, one at a time: refused, and nothing is written.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <openmapi.h>

#define REFUSED(call) CHECK_CODE(call, MAPI_E_INVALID_PARAMETER)

static SizedSPropTagArray(1, column) = {1, {PR_ROWID}};
static LPSPropTagArray columns = (LPSPropTagArray)&column;

static void of_props(LPPROPDATA object)
{
    ULONG count = 5, *access = (ULONG *)5;
    LPSPropValue values = (LPSPropValue)5;
    LPSPropTagArray tags = (LPSPropTagArray)5, none = nullptr;
    LPMAPINAMEID *names = (LPMAPINAMEID *)5;
    LPUNKNOWN opened = (LPUNKNOWN)5;
    REFUSED(object->GetLastError(0, 0, nullptr));
    REFUSED(object->GetProps(columns, 0, nullptr, &values));
    REFUSED(object->GetProps(columns, 0, &count, nullptr));
    REFUSED(object->GetPropList(0, nullptr));
    REFUSED(object->OpenProperty(PR_BODY_W, nullptr, 0, 0, &opened));
    REFUSED(object->OpenProperty(PR_BODY_W, &IID_IStream, 0, 0, nullptr));
    REFUSED(object->SetProps(1, nullptr, nullptr));
    REFUSED(object->DeleteProps(nullptr, nullptr));
    REFUSED(object->CopyTo(1, nullptr, nullptr, 0, nullptr, nullptr, object, 0, nullptr));
    REFUSED(object->CopyTo(0, nullptr, nullptr, 0, nullptr, nullptr, nullptr, 0, nullptr));
    REFUSED(object->CopyProps(nullptr, 0, nullptr, nullptr, object, 0, nullptr));
    REFUSED(object->CopyProps(columns, 0, nullptr, nullptr, nullptr, 0, nullptr));
    REFUSED(object->GetNamesFromIDs(nullptr, nullptr, 0, &count, &names));
    REFUSED(object->GetNamesFromIDs(&none, nullptr, 0, nullptr, &names));
    REFUSED(object->GetNamesFromIDs(&none, nullptr, 0, &count, nullptr));
    REFUSED(object->GetIDsFromNames(1, nullptr, 0, &tags));
    REFUSED(object->GetIDsFromNames(0, nullptr, 0, nullptr));
    REFUSED(object->HrSetPropAccess(nullptr, &count));
    REFUSED(object->HrSetPropAccess(columns, nullptr));
    REFUSED(object->HrGetPropAccess(nullptr, &access));
    REFUSED(object->HrGetPropAccess(&none, nullptr));
    REFUSED(object->HrAddObjProps(nullptr, nullptr));
    CHECK_CODE(object->QueryInterface(IID_IMAPIProp, nullptr), E_POINTER);
    CHECK(count == 5 && access == (ULONG *)5 && values == (LPSPropValue)5 && tags == (LPSPropTagArray)5);
    CHECK(names == (LPMAPINAMEID *)5 && opened == (LPUNKNOWN)5 && none == nullptr);
}

static void of_table(LPMAPITABLE table)
{
    ULONG one = 5, two = 5, three = 5;
    ULONG_PTR connection = 5;
    LPSRowSet rows = (LPSRowSet)5;
    BYTE key[] = {1};
    REFUSED(table->GetLastError(0, 0, nullptr));
    REFUSED(table->Advise(fnevTableModified, nullptr, &connection));
    REFUSED(table->GetStatus(nullptr, &one));
    REFUSED(table->GetStatus(&one, nullptr));
    REFUSED(table->SetColumns(nullptr, 0));
    REFUSED(table->QueryColumns(0, nullptr));
    REFUSED(table->GetRowCount(0, nullptr));
    REFUSED(table->SeekRowApprox(1, 0));
    REFUSED(table->QueryPosition(nullptr, &two, &three));
    REFUSED(table->QueryPosition(&one, nullptr, &three));
    REFUSED(table->QueryPosition(&one, &two, nullptr));
    REFUSED(table->FindRow(nullptr, BOOKMARK_BEGINNING, 0));
    REFUSED(table->CreateBookmark(nullptr));
    REFUSED(table->QuerySortOrder(nullptr));
    REFUSED(table->QueryRows(1, 0, nullptr));
    REFUSED(table->QueryRows(0, 0, &rows));
    REFUSED(table->ExpandRow(1, nullptr, 1, 0, &rows, &one));
    REFUSED(table->ExpandRow(1, key, 1, 0, nullptr, &one));
    REFUSED(table->ExpandRow(1, key, 1, 0, &rows, nullptr));
    REFUSED(table->CollapseRow(1, nullptr, 0, &one));
    REFUSED(table->CollapseRow(1, key, 0, nullptr));
    CHECK_CODE(table->GetCollapseState(0, 0, nullptr, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(table->SetCollapseState(0, 0, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(table->GetRowCount(1, &one), MAPI_E_UNKNOWN_FLAGS);
    CHECK_CODE(table->QueryRows(1, 8, &rows), MAPI_E_UNKNOWN_FLAGS);
    CHECK(one == 5 && two == 5 && three == 5 && connection == 5 && rows == (LPSRowSet)5);
    CHECK_CODE(table->Abort(), S_OK);
    CHECK_CODE(table->WaitForCompletion(0, 0, nullptr), S_OK);
}

static void of_table_data(LPTABLEDATA data)
{
    LPSRow row = (LPSRow)5;
    SPropValue index;
    memset(&index, 0, sizeof(index));
    index.ulPropTag = PR_ROWID;
    REFUSED(data->HrGetView(nullptr, nullptr, 0, nullptr));
    REFUSED(data->HrModifyRow(nullptr));
    REFUSED(data->HrDeleteRow(nullptr));
    REFUSED(data->HrQueryRow(nullptr, &row, nullptr));
    REFUSED(data->HrQueryRow(&index, nullptr, nullptr));
    REFUSED(data->HrEnumRow(0, nullptr));
    REFUSED(data->HrNotify(0, 1, nullptr));
    REFUSED(data->HrInsertRow(0, nullptr));
    REFUSED(data->HrModifyRows(0, nullptr));
    REFUSED(data->HrDeleteRows(0, nullptr, nullptr));
    CHECK(row == (LPSRow)5);
}

static void of_functions(LPPROPDATA object, LPMAPITABLE table)
{
    LPSPropValue value = (LPSPropValue)5;
    LPSRowSet rows = (LPSRowSet)5;
    REFUSED(HrGetOneProp(nullptr, PR_ROWID, &value));
    REFUSED(HrGetOneProp(object, PR_ROWID, nullptr));
    REFUSED(HrSetOneProp(nullptr, value));
    REFUSED(HrSetOneProp(object, nullptr));
    REFUSED(HrQueryAllRows(nullptr, columns, nullptr, nullptr, 0, &rows));
    REFUSED(HrQueryAllRows(table, columns, nullptr, nullptr, 0, nullptr));
    REFUSED(HrQueryAllRows(table, columns, nullptr, nullptr, -1, &rows));
    REFUSED(HrAddColumns(nullptr, columns, MAPIAllocateBuffer, MAPIFreeBuffer));
    REFUSED(HrAddColumns(table, nullptr, MAPIAllocateBuffer, MAPIFreeBuffer));
    CHECK(LPropCompareProp(nullptr, nullptr) == 0 && UlPropSize(nullptr) == 0);
    CHECK(value == (LPSPropValue)5 && rows == (LPSRowSet)5);
}

int main()
{
    LPPROPDATA object = nullptr;
    LPTABLEDATA data = nullptr;
    LPMAPITABLE table = nullptr;
    CHECK_CODE(CreateIProp(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &object), S_OK);
    CHECK_CODE(CreateTable(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, TBLTYPE_DYNAMIC, PR_ROWID, columns, &data), S_OK);
    CHECK_CODE(data->HrGetView(nullptr, nullptr, 0, &table), S_OK);
    of_props(object);
    of_table(table);
    of_table_data(data);
    of_functions(object, table);
    CHECK(table->Release() == 0 && data->Release() == 0 && object->Release() == 0);
    ULONGLONG left = 0;
    OpenMAPILiveBuffers(&left, nullptr);
    CHECK(left == 0);
    return failures != 0;
}
