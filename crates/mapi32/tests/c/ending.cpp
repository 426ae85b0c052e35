// Ending a session: the eight steps in order, steps 6 and 7 the other way round, each step forgotten, and the
// session released before its children. argv[1] chooses; without it, the profile is made.
#include "session.h"

struct Objects {
    LPMAPISESSION session;
    LPMDB store;
    LPMAPIFOLDER folder;
    LPMAPITABLE status;
    LPADRBOOK book;
    ULONG_PTR connection;
    Sink *sink;
    SBinary cached;
};

static Objects everything_open()
{
    Objects all = {};
    all.session = logged_on(PROFILE, 0);
    all.sink = new Sink;
    CHECK_CODE(all.session->Advise(0, nullptr, fnevExtended, all.sink, &all.connection), S_OK);
    CHECK(all.connection != 0);
    all.cached = default_store_id(all.session);
    all.store = default_store(all.session);
    all.folder = root_of(all.store);
    CHECK_CODE(all.session->GetStatusTable(0, &all.status), S_OK);
    CHECK_CODE(all.session->OpenAddressBook(0, nullptr, AB_NO_DIALOG, &all.book), S_OK);
    return all;
}

static void used(Objects &all, HRESULT expected)
{
    ULONG count = 0;
    LPSPropValue values = nullptr;
    SizedSPropTagArray(1, tags) = {1, {PR_DISPLAY_NAME}};
    CHECK_CODE(all.store->GetProps((LPSPropTagArray)&tags, 0, &count, &values), expected);
    MAPIFreeBuffer(values);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(all.folder->GetContentsTable(0, &table), expected);
    if (table != nullptr) {
        table->Release();
    }
    CHECK_CODE(all.status->GetRowCount(0, &count), expected);
    LPSRowSet path = nullptr;
    CHECK_CODE(all.book->GetSearchPath(0, &path), expected);
    FreeProws(path);
    LPMAPIERROR error = nullptr;
    CHECK_CODE(all.folder->GetLastError(S_OK, 0, &error), expected);
    CHECK(error == nullptr);
}

static void session_is_dead(LPMAPISESSION session)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetMsgStoresTable(0, &table), MAPI_E_INVALID_OBJECT);
    LPADRBOOK book = nullptr;
    CHECK_CODE(session->OpenAddressBook(0, nullptr, 0, &book), MAPI_E_INVALID_OBJECT);
    ULONG bytes = 7;
    LPENTRYID id = nullptr;
    CHECK_CODE(session->QueryIdentity(&bytes, &id), MAPI_E_INVALID_OBJECT);
    Sink sink;
    ULONG_PTR connection = 0;
    CHECK_CODE(session->Advise(0, nullptr, fnevNewMail, &sink, &connection), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(session->Logoff(0, 0, 0), MAPI_E_INVALID_OBJECT);
    CHECK(table == nullptr && book == nullptr && bytes == 7 && id == nullptr && connection == 0);
    CHECK(sink.references == 1);
}

// Which steps are done: 1 the advise, 2 store and folder, 3 the cached identifiers, 4 the tables, 5 the address
// book, 6 the logoff, 7 the session, 8 MAPI.
static void ended(int forgotten, bool seven_first)
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    Objects all = everything_open();
    used(all, S_OK);
    if (forgotten != 1) {
        CHECK_CODE(all.session->Unadvise(all.connection), S_OK);
        CHECK(all.sink->references == 1);
    }
    if (forgotten != 2) {
        CHECK(all.folder->Release() == 0);
        CHECK(all.store->Release() == 0);
    }
    if (forgotten != 3) {
        MAPIFreeBuffer(all.cached.lpb);
    }
    if (forgotten != 4) {
        CHECK(all.status->Release() == 0);
    }
    if (forgotten != 5) {
        CHECK(all.book->Release() == 0);
    }
    if (seven_first) {
        // A reference of its own takes the place of the first: releasing one is not the end.
        all.session->AddRef();
        CHECK(all.session->Release() == 1);
    }
    if (forgotten != 6) {
        CHECK_CODE(all.session->Logoff(0, MAPI_LOGOFF_UI, 0), S_OK);
        session_is_dead(all.session);
    }
    if (forgotten != 7) {
        CHECK(all.session->Release() == 0);
    }
    if (forgotten != 8) {
        MAPIUninitialize();
        LPMAPISESSION again = nullptr;
        CHECK_CODE(MAPILogonEx(0, text(PROFILE), nullptr, MAPI_EXTENDED | MAPI_NEW_SESSION, &again), MAPI_E_NOT_INITIALIZED);
        CHECK(again == nullptr);
    }
    // What was forgotten can be made up for, in whatever state it is.
    if (forgotten == 2) {
        ULONG count = 0;
        LPSPropValue values = nullptr;
        CHECK_CODE(all.store->GetProps(nullptr, 0, &count, &values), MAPI_E_INVALID_OBJECT);
        CHECK(all.folder->Release() == 0);
        CHECK(all.store->Release() == 0);
    }
    if (forgotten == 3) {
        MAPIFreeBuffer(all.cached.lpb);
    }
    if (forgotten == 4) {
        CHECK(all.status->Release() == 0);
    }
    if (forgotten == 5) {
        CHECK(all.book->Release() == 0);
    }
    if (forgotten == 7) {
        session_is_dead(all.session);
        CHECK(all.session->Release() == 0);
    }
    if (forgotten == 8) {
        MAPIUninitialize();
    }
    CHECK(all.sink->references == 1);
    delete all.sink;
}

// Real programs release the session first and go on with what they opened.
static void session_before_children()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    Objects all = everything_open();
    all.session->Release();
    used(all, S_OK);
    CHECK(all.folder->Release() == 0);
    CHECK(all.book->Release() == 0);
    CHECK(all.status->Release() == 0);
    // The last object of the session ends it, as a logoff would.
    CHECK(all.store->Release() == 0);
    CHECK(all.sink->extended == 1 && all.sink->references == 1);
    LPMAPISESSION next = logged_on(PROFILE, 0);
    CHECK(next->Release() == 0);
    MAPIFreeBuffer(all.cached.lpb);
    MAPIUninitialize();
    delete all.sink;
}

// Everything but the logoff and the releases: the last MAPIUninitialize ends what is alive.
static void nothing_released()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    Objects all = everything_open();
    MAPIUninitialize();
    used(all, MAPI_E_INVALID_OBJECT);
    CHECK(all.sink->extended == 1);
    all.folder->Release();
    all.store->Release();
    all.status->Release();
    all.book->Release();
    session_is_dead(all.session);
    CHECK(all.session->Release() == 0);
    MAPIFreeBuffer(all.cached.lpb);
    delete all.sink;
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, true);
    MAPIUninitialize();
    for (int forgotten = 0; forgotten <= 8; forgotten++) {
        ended(forgotten, false);
    }
    ended(0, true);
    session_before_children();
    nothing_released();
    return failures;
}
