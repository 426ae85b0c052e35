// Display tables.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <openmapi.h>

struct TitledPage {
    DTBLPAGE page;
    char title[8];
};
struct TitledBox {
    DTBLCHECKBOX box;
    char title[8];
};

static SPropValue *value(SRow &row, ULONG tag)
{
    LPSPropValue found = PpropFindProp(row.lpProps, row.cValues, tag);
    CHECK(found != nullptr);
    return found;
}

int main()
{
    TitledPage page = {{offsetof(TitledPage, title), 0, 0, 7}, "General"};
    TitledBox box = {{offsetof(TitledBox, title), 0, PROP_TAG(PT_BOOLEAN, 0x6601)}, "Use it"};
    DTBLEDIT edit = {0, 0, 30, PROP_TAG(PT_STRING8, 0x6602)};
    char filter[] = "0-9", component[] = "help";
    BYTE id[] = {1, 2};
    DTCTL controls[3];
    memset(controls, 0, sizeof(controls));
    controls[0].ulCtlType = DTCT_PAGE;
    controls[0].ctl.lppage = &page.page;
    controls[1].ulCtlType = DTCT_CHECKBOX;
    controls[1].ulCtlFlags = 2;
    controls[1].lpbNotif = id;
    controls[1].cbNotif = 2;
    controls[1].ctl.lpcheckbox = &box.box;
    controls[2].ulCtlType = DTCT_EDIT;
    controls[2].lpszFilter = (LPTSTR)filter;
    controls[2].ctl.lpedit = &edit;
    DTPAGE pages[1];
    memset(pages, 0, sizeof(pages));
    pages[0].cctl = 3;
    pages[0].lpszComponent = (LPTSTR)component;
    pages[0].lpctl = controls;

    LPMAPITABLE table = nullptr;
    LPTABLEDATA data = nullptr;
    auto build = [&](ULONG flags) {
        return BuildDisplayTable(MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, nullptr, 1, pages, flags, &table, &data);
    };
    CHECK_CODE(build(1), MAPI_E_UNKNOWN_FLAGS);
    controls[1].ulCtlType = 10;
    CHECK_CODE(build(0), MAPI_E_INVALID_PARAMETER);
    controls[1].ulCtlType = DTCT_CHECKBOX;
    controls[2].ctl.lpedit = nullptr;
    CHECK_CODE(build(0), MAPI_E_INVALID_PARAMETER);
    controls[2].ctl.lpedit = &edit;
    CHECK(table == nullptr && data == nullptr);
    CHECK_CODE(build(0), S_OK);
    LPSRowSet rows = nullptr;
    CHECK_CODE(HrQueryAllRows(table, nullptr, nullptr, nullptr, 0, &rows), S_OK);
    CHECK(rows->cRows == 3);
    CHECK(value(rows->aRow[0], PR_CONTROL_TYPE)->Value.l == DTCT_PAGE);
    SBinary made = value(rows->aRow[0], PR_CONTROL_STRUCTURE)->Value.bin;
    DTBLPAGE *made_page = (DTBLPAGE *)made.lpb;
    CHECK(made_page->ulContext == 7 && strcmp((char *)made.lpb + made_page->ulbLpszLabel, "General") == 0);
    CHECK(strcmp((char *)made.lpb + made_page->ulbLpszComponent, "help") == 0);
    made = value(rows->aRow[1], PR_CONTROL_STRUCTURE)->Value.bin;
    CHECK(made.cb == sizeof(DTBLCHECKBOX) + 7 && strcmp((char *)made.lpb + ((DTBLCHECKBOX *)made.lpb)->ulbLpszLabel, "Use it") == 0);
    CHECK(value(rows->aRow[1], PR_CONTROL_FLAGS)->Value.l == 2 && value(rows->aRow[1], PR_CONTROL_ID)->Value.bin.cb == 2);
    made = value(rows->aRow[2], PR_CONTROL_STRUCTURE)->Value.bin;
    CHECK(strcmp((char *)made.lpb + ((DTBLEDIT *)made.lpb)->ulbLpszCharsAllowed, "0-9") == 0);
    CHECK(value(rows->aRow[2], PR_YPOS)->Value.l > value(rows->aRow[1], PR_YPOS)->Value.l);
    FreeProws(rows);
    CHECK(table->Release() == 0 && data->Release() == 0);
    CHECK_CODE(BuildDisplayTable(MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, nullptr, 1, pages, 0, &table, nullptr), S_OK);
    CHECK(table->Release() == 0);
    ULONGLONG left = 0;
    OpenMAPILiveBuffers(&left, nullptr);
    CHECK(left == 0);
    return failures != 0;
}
