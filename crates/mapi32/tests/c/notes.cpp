// A client of the sample store provider in C++: logon, tables, a message made and read, a copy out of it, logoff.
#include "session.h"

static LPMDB notes_store(LPMAPISESSION session)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetMsgStoresTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_DISPLAY_NAME_A, PR_ENTRYID}};
    LPSRowSet rows = nullptr;
    LPMDB store = nullptr;
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    for (ULONG row = 0; rows != nullptr && row < rows->cRows; row++) {
        LPSPropValue values = rows->aRow[row].lpProps;
        if (values[0].ulPropTag == PR_DISPLAY_NAME_A && strcmp(values[0].Value.lpszA, "Sample notes") == 0) {
            CHECK_CODE(session->OpenMsgStore(0, values[1].Value.bin.cb, (LPENTRYID)values[1].Value.bin.lpb, nullptr, MDB_WRITE, &store), S_OK);
        }
    }
    FreeProws(rows);
    table->Release();
    CHECK(store != nullptr);
    if (store == nullptr) {
        exit(1);
    }
    return store;
}

static void message_made(LPMAPIFOLDER folder, const char *subject)
{
    LPMESSAGE message = nullptr;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &message), S_OK);
    SPropValue value = {};
    value.ulPropTag = PR_SUBJECT_A;
    value.Value.lpszA = (LPSTR)subject;
    CHECK_CODE(message->SetProps(1, &value, nullptr), S_OK);
    CHECK_CODE(message->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
    message->Release();
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    LPPROFADMIN profiles = nullptr;
    LPSERVICEADMIN services = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    CHECK_CODE(profiles->CreateProfile(text(PROFILE), nullptr, 0, 0), S_OK);
    CHECK_CODE(profiles->AdminServices(text(PROFILE), nullptr, 0, 0, &services), S_OK);
    CHECK_CODE(services->CreateMsgService(text("NOTES"), text("Notes"), 0, 0), S_OK);
    services->Release();
    profiles->Release();

    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = notes_store(session);
    LPMAPIFOLDER notes = folder_of(store, PR_IPM_SUBTREE_ENTRYID);
    message_made(notes, "one");
    message_made(notes, "two");
    LPMAPITABLE table = nullptr;
    CHECK_CODE(notes->GetContentsTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_SUBJECT_A, PR_ENTRYID}};
    LPSRowSet rows = nullptr;
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    CHECK(rows != nullptr && rows->cRows == 2);
    if (rows != nullptr && rows->cRows == 2) {
        CHECK(strcmp(rows->aRow[1].lpProps[0].Value.lpszA, "two") == 0);
        SBinary id = rows->aRow[1].lpProps[1].Value.bin;
        ULONG kind = 0;
        LPUNKNOWN opened = nullptr;
        CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, nullptr, 0, &kind, &opened), S_OK);
        CHECK(kind == MAPI_MESSAGE);
        LPSPropValue subject = nullptr;
        CHECK_CODE(HrGetOneProp((LPMAPIPROP)opened, PR_SUBJECT_A, &subject), S_OK);
        CHECK(subject != nullptr && strcmp(subject->Value.lpszA, "two") == 0);
        MAPIFreeBuffer(subject);
        opened->Release();
        SBinaryArray gone = {1, &id};
        CHECK_CODE(notes->DeleteMessages(&gone, 0, nullptr, 0), S_OK);
        CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, nullptr, 0, &kind, &opened), MAPI_E_NOT_FOUND);
    }
    FreeProws(rows);
    table->Release();
    notes->Release();
    store->Release();
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    session->Release();
    MAPIUninitialize();
    return failures;
}
