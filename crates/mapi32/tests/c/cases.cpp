// The cases of a session's life in C, by their numbers.
#include "session.h"
#include <thread>

static const ULONG NEW = MAPI_EXTENDED | MAPI_NEW_SESSION;

static HRESULT tried(const char *profile, ULONG flags)
{
    LPMAPISESSION session = (LPMAPISESSION)1;
    HRESULT answer = MAPILogonEx(0, text(profile), nullptr, flags, &session);
    if (answer == S_OK) {
        CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
        CHECK(session->Release() == 0);
    } else {
        CHECK(session == (LPMAPISESSION)1);
    }
    return answer;
}

static void lc_02_logon_before_init() { CHECK_CODE(tried(PROFILE, NEW), MAPI_E_NOT_INITIALIZED); }

static void lc_07_utilities_without_core()
{
    CHECK_CODE(ScInitMapiUtil(0), S_OK);
    LPVOID block = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(8, &block), S_OK);
    CHECK(MAPIFreeBuffer(block) == 0);
    DeinitMapiUtil();
}

static void lc_01_plain_init()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    LPPROFADMIN profiles = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    CHECK(profiles != nullptr && profiles->Release() == 0);
    profile_made(PROFILE, false);
    MAPIUninitialize();
}

static void lc_03_reference_count()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    MAPIUninitialize();
    CHECK_CODE(tried(PROFILE, NEW), S_OK);
    MAPIUninitialize();
    CHECK_CODE(tried(PROFILE, NEW), MAPI_E_NOT_INITIALIZED);
}

static void lc_04_unknown_init_flag()
{
    MAPIINIT_0 init = {0, 0x00000400};
    CHECK_CODE(MAPIInitialize(&init), MAPI_E_UNKNOWN_FLAGS);
    CHECK_CODE(tried(PROFILE, NEW), MAPI_E_NOT_INITIALIZED);
}

static void lc_05_free_null()
{
    CHECK(MAPIFreeBuffer(nullptr) == 0);
    CHECK(MAPIFreeBuffer(nullptr) == 0);
}

static void lc_06_linked_blocks()
{
    uint64_t before = 0, after = 0;
    OpenMAPILiveBuffers(&before, nullptr);
    char *root = nullptr, *one = nullptr, *other = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(64, (LPVOID *)&root), S_OK);
    CHECK_CODE(MAPIAllocateMore(32, root, (LPVOID *)&one), S_OK);
    CHECK_CODE(MAPIAllocateMore(5000, root, (LPVOID *)&other), S_OK);
    memset(root, 1, 64);
    memset(one, 2, 32);
    memset(other, 3, 5000);
    CHECK(root[63] == 1 && one[0] == 2 && one[31] == 2 && other[0] == 3 && other[4999] == 3);
    CHECK(MAPIFreeBuffer(root) == 0);
    OpenMAPILiveBuffers(&after, nullptr);
    CHECK(before == after);
}

static void lc_08_deinit_after_uninit()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    CHECK_CODE(ScInitMapiUtil(0), S_OK);
    CHECK_CODE(tried(PROFILE, NEW), S_OK);
    MAPIUninitialize();
    DeinitMapiUtil();
}

static LPSRowSet status_rows(LPMAPISESSION session)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetStatusTable(0, &table), S_OK);
    SizedSPropTagArray(4, columns) = {4, {PR_RESOURCE_TYPE, PR_DISPLAY_NAME_A, PR_STATUS_CODE, PR_OBJECT_TYPE}};
    LPSRowSet rows = nullptr;
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    table->Release();
    return rows;
}

static LPSPropValue row_of(LPSRowSet rows, LONG type)
{
    for (ULONG at = 0; at < rows->cRows; at++) {
        if (rows->aRow[at].lpProps[0].Value.l == type) {
            return rows->aRow[at].lpProps;
        }
    }
    return nullptr;
}

static void lc_09_lc_77_status_rows(LPMAPISESSION session)
{
    LPSRowSet rows = status_rows(session);
    LPSPropValue subsystem = row_of(rows, 39);
    CHECK(subsystem != nullptr && strcmp(subsystem[1].Value.lpszA, PROFILE) == 0);
    for (ULONG at = 0; at < rows->cRows; at++) {
        CHECK(rows->aRow[at].lpProps[3].Value.l == MAPI_STATUS);
    }
    FreeProws(rows);
}

static void lc_10_to_lc_16_names()
{
    CHECK_CODE(tried(nullptr, NEW), MAPI_E_LOGON_FAILED);
    CHECK_CODE(tried("NOPE", NEW), MAPI_E_LOGON_FAILED);
    char longer[66];
    memset(longer, 'x', 65);
    longer[65] = 0;
    CHECK_CODE(tried(longer, NEW), MAPI_E_LOGON_FAILED);
    CHECK_CODE(tried(PROFILE, NEW | MAPI_TIMEOUT_SHORT), S_OK);
    CHECK_CODE(tried(PROFILE, NEW | 0x04000000), MAPI_E_UNKNOWN_FLAGS);
}

static void lc_12_lc_13_shared_sessions()
{
    LPMAPISESSION first = nullptr, joined = nullptr;
    CHECK_CODE(MAPILogonEx(0, text(PROFILE), nullptr, MAPI_EXTENDED | MAPI_ALLOW_OTHERS, &first), S_OK);
    CHECK_CODE(MAPILogonEx(0, nullptr, nullptr, MAPI_EXTENDED, &joined), S_OK);
    CHECK(joined != nullptr && joined != first);
    lc_09_lc_77_status_rows(joined);
    CHECK_CODE(joined->Logoff(0, 0, 0), S_OK);
    lc_09_lc_77_status_rows(first);
    joined->Release();
    CHECK_CODE(first->Logoff(0, 0, 0), S_OK);
    first->Release();
    CHECK_CODE(tried(nullptr, MAPI_EXTENDED), MAPI_E_LOGON_FAILED);
}

static void lc_14_no_mail()
{
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPSRowSet rows = status_rows(session);
    CHECK(row_of(rows, 36) == nullptr && row_of(rows, 39) != nullptr);
    LPSPropValue spooler = row_of(rows, 37);
    CHECK(spooler != nullptr && (spooler[2].Value.l & 4) != 0);
    FreeProws(rows);
    session->Logoff(0, 0, 0);
    session->Release();
}

static void lc_20_stores_table(LPMAPISESSION session)
{
    // What a store says of itself is in the table from its first opening on.
    default_store(session)->Release();
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetMsgStoresTable(MAPI_UNICODE, &table), S_OK);
    LPSRowSet rows = nullptr;
    CHECK_CODE(table->QueryRows(10, 0, &rows), S_OK);
    CHECK(rows->cRows == 1);
    const ULONG tags[] = {PR_DEFAULT_STORE, PR_DISPLAY_NAME_W, PR_ENTRYID, PR_INSTANCE_KEY, PR_MDB_PROVIDER, PR_OBJECT_TYPE, PR_PROVIDER_DISPLAY_W, PR_RECORD_KEY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE};
    for (ULONG tag : tags) {
        if (PpropFindProp(rows->aRow[0].lpProps, rows->aRow[0].cValues, tag) == nullptr) {
            fprintf(stderr, "no column 0x%08X\n", tag);
            failures++;
        }
    }
    FreeProws(rows);
    CHECK_CODE(session->GetMsgStoresTable(4, &table), MAPI_E_UNKNOWN_FLAGS);
    table->Release();
}

static void lc_21_open_store_without_id(LPMAPISESSION session)
{
    LPMDB store = (LPMDB)1;
    CHECK_CODE(session->OpenMsgStore(0, 0, nullptr, nullptr, MDB_WRITE, &store), MAPI_E_INVALID_PARAMETER);
    CHECK(store == (LPMDB)1);
}

static void lc_22_unknown_store(LPMAPISESSION session)
{
    SBinary id = default_store_id(session);
    id.lpb[id.cb - 1] ^= 0x55;
    LPMDB store = nullptr;
    CHECK_CODE(session->OpenMsgStore(0, id.cb, (LPENTRYID)id.lpb, nullptr, MDB_NO_DIALOG, &store), MAPI_E_NOT_FOUND);
    MAPIFreeBuffer(id.lpb);
    lc_20_stores_table(session);
}

static void lc_23_read_only_store(LPMAPISESSION session)
{
    SBinary id = default_store_id(session);
    LPMDB store = nullptr;
    CHECK_CODE(session->OpenMsgStore(0, id.cb, (LPENTRYID)id.lpb, nullptr, 0, &store), S_OK);
    LPSPropValue mask = nullptr;
    CHECK_CODE(HrGetOneProp(store, PR_STORE_SUPPORT_MASK, &mask), S_OK);
    CHECK((mask->Value.l & 0x18) == 0);
    MAPIFreeBuffer(mask);
    ULONG kind = 0;
    LPMAPIFOLDER root = nullptr;
    CHECK_CODE(store->OpenEntry(0, nullptr, nullptr, 0, &kind, (LPUNKNOWN *)&root), S_OK);
    LPMESSAGE message = nullptr;
    CHECK_CODE(root->CreateMessage(nullptr, 0, &message), MAPI_E_NO_ACCESS);
    root->Release();
    store->Release();
    MAPIFreeBuffer(id.lpb);
}

static void lc_24_lc_25_store_by_open_entry(LPMAPISESSION session)
{
    SBinary id = default_store_id(session);
    ULONG kind = 0, same = 9;
    LPMDB store = nullptr;
    CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, &IID_IMsgStore, MAPI_MODIFY, &kind, (LPUNKNOWN *)&store), S_OK);
    CHECK(kind == MAPI_STORE);
    CHECK_CODE(session->CompareEntryIDs(id.cb, (LPENTRYID)id.lpb, id.cb, (LPENTRYID)id.lpb, 0, &same), S_OK);
    CHECK(same == 1);
    LPMAPIFOLDER wrong = nullptr;
    CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, &IID_IMAPIFolder, 0, &kind, (LPUNKNOWN *)&wrong), MAPI_E_INTERFACE_NOT_SUPPORTED);
    CHECK(wrong == nullptr);
    store->Release();
    MAPIFreeBuffer(id.lpb);
}

static void lc_26_profile_section(LPMAPISESSION session)
{
    MAPIUID uid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    LPPROFSECT section = nullptr;
    CHECK_CODE(session->OpenProfileSection(&uid, nullptr, 0, &section), MAPI_E_NOT_FOUND);
    CHECK_CODE(session->OpenProfileSection(&uid, nullptr, MAPI_MODIFY, &section), S_OK);
    SPropValue value = {};
    value.ulPropTag = PR_DISPLAY_NAME_A;
    value.Value.lpszA = (LPSTR) "kept";
    CHECK_CODE(section->SetProps(1, &value, nullptr), S_OK);
    CHECK(section->Release() == 0);
    CHECK_CODE(session->OpenProfileSection(&uid, nullptr, 0, &section), S_OK);
    LPSPropValue found = nullptr;
    CHECK_CODE(HrGetOneProp(section, PR_DISPLAY_NAME_A, &found), S_OK);
    CHECK(found != nullptr && strcmp(found->Value.lpszA, "kept") == 0);
    MAPIFreeBuffer(found);
    CHECK(section->Release() == 0);
}

static void lc_27_identity(LPMAPISESSION session)
{
    ULONG bytes = 0;
    LPENTRYID id = nullptr;
    CHECK((session->QueryIdentity(&bytes, &id) & 0x80000000) == 0);
    CHECK(bytes > 0 && id != nullptr);
    CHECK(MAPIFreeBuffer(id) == 0);
}

static void lc_31_last_error(LPMAPISESSION session)
{
    LPMAPIERROR error = (LPMAPIERROR)1;
    CHECK_CODE(session->GetLastError(S_OK, 0, &error), S_OK);
    CHECK(error == nullptr);
    CHECK_CODE(session->GetLastError(S_OK, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    LPMDB store = nullptr;
    CHECK_CODE(session->OpenMsgStore(0, 0, nullptr, nullptr, 0, &store), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(session->GetLastError(MAPI_E_INVALID_PARAMETER, MAPI_UNICODE, &error), S_OK);
    CHECK(error != nullptr && ((LPWSTR)error->lpszError)[0] != 0 && error->lpszComponent != nullptr);
    CHECK(MAPIFreeBuffer(error) == 0);
}

static void lc_53_client_shutdown(LPMAPISESSION session)
{
    IMAPIClientShutdown *shutdown = nullptr;
    CHECK_CODE(session->QueryInterface(IID_IMAPIClientShutdown, (LPVOID *)&shutdown), S_OK);
    LPUNKNOWN one = nullptr, other = nullptr;
    CHECK_CODE(session->QueryInterface(IID_IUnknown, (LPVOID *)&one), S_OK);
    CHECK_CODE(shutdown->QueryInterface(IID_IUnknown, (LPVOID *)&other), S_OK);
    CHECK(one == other);
    LPMAPISESSION back = nullptr;
    CHECK_CODE(shutdown->QueryInterface(IID_IMAPISession, (LPVOID *)&back), S_OK);
    CHECK(back == session);
    LPVOID none = (LPVOID)1;
    CHECK_CODE(session->QueryInterface(IID_IMessage, &none), MAPI_E_INTERFACE_NOT_SUPPORTED);
    CHECK(none == nullptr);
    CHECK((shutdown->QueryFastShutdown() & 0x7FFFFFFF) == 0 || shutdown->QueryFastShutdown() == MAPI_E_NO_SUPPORT);
    CHECK_CODE(shutdown->NotifyProcessShutdown(), S_OK);
    back->Release();
    one->Release();
    other->Release();
    shutdown->Release();
}

static void lc_56_unadvise_releases(LPMAPISESSION session)
{
    Sink *sink = new Sink;
    ULONG_PTR connection = 0;
    CHECK_CODE(session->Advise(0, nullptr, fnevNewMail, sink, &connection), S_OK);
    CHECK(connection != 0 && connection <= 0xFFFFFFFF && sink->references > 1);
    CHECK(sink->Release() >= 1);
    CHECK_CODE(session->Unadvise(connection), S_OK);
    CHECK(sink->references == 0);
    CHECK_CODE(session->Unadvise(connection), MAPI_E_NOT_FOUND);
    delete sink;
    CHECK_CODE(session->Advise(0, nullptr, fnevNewMail, nullptr, &connection), MAPI_E_INVALID_PARAMETER);
}

static ULONG told_of_table(LPMAPITABLE, LPMAPIFOLDER folder)
{
    LPMESSAGE message = nullptr;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &message), S_OK);
    CHECK_CODE(message->SaveChanges(0), S_OK);
    message->Release();
    return 0;
}

static void lc_59_this_thread_sink(LPMAPISESSION session)
{
    LPMDB store = default_store(session);
    LPMAPIFOLDER folder = folder_of(store, PR_IPM_SUBTREE_ENTRYID);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(folder->GetContentsTable(0, &table), S_OK);
    Sink *sink = new Sink;
    LPMAPIADVISESINK bound = nullptr;
    CHECK_CODE(HrThisThreadAdviseSink(sink, &bound), S_OK);
    ULONG_PTR connection = 0;
    CHECK_CODE(table->Advise(fnevTableModified, bound, &connection), S_OK);
    bound->Release();
    std::thread([&] { told_of_table(table, folder); }).join();
    CHECK(sink->told == 0);
    for (int turn = 0; turn < 1000 && sink->told == 0; turn++) {
        CHECK_CODE(HrDispatchNotifications(0), S_OK);
        std::this_thread::yield();
        ULONG count = 0;
        CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    }
    CHECK(sink->told > 0);
    CHECK_CODE(table->Unadvise(connection), S_OK);
    CHECK(sink->references == 1);
    table->Release();
    folder->Release();
    store->Release();
    delete sink;
}

static void lc_62_no_recipients(LPMAPISESSION session)
{
    LPMDB store = default_store(session);
    LPMAPIFOLDER folder = folder_of(store, PR_IPM_OUTBOX_ENTRYID);
    LPMESSAGE message = nullptr;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &message), S_OK);
    CHECK_CODE(message->SubmitMessage(0), MAPI_E_NO_RECIPIENTS);
    SPropValue value = {};
    value.ulPropTag = PR_SUBJECT_A;
    value.Value.lpszA = (LPSTR) "still here";
    CHECK_CODE(message->SetProps(1, &value, nullptr), S_OK);
    CHECK_CODE(message->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
    message->Release();
    BYTE id[] = {0};
    CHECK_CODE(store->FinishedMsg(0, 1, (LPENTRYID)id), MAPI_E_NO_SUPPORT); // lc_67
    folder->Release();
    store->Release();
}

static void lc_33_lc_41_after_logoff(LPMAPISESSION session)
{
    CHECK_CODE(session->Logoff(0, 0x100, 0), MAPI_E_UNKNOWN_FLAGS);
    CHECK_CODE(session->Logoff(0, 0, 1), MAPI_E_INVALID_PARAMETER);
    lc_20_stores_table(session);
    LPMDB store = default_store(session);
    LPMAPIFOLDER folder = root_of(store);
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    ULONG count = 0; // lc_34
    LPSPropValue values = nullptr;
    LPMAPITABLE table = nullptr;
    CHECK_CODE(store->GetProps(nullptr, 0, &count, &values), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(folder->GetContentsTable(0, &table), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(session->GetMsgStoresTable(0, &table), MAPI_E_INVALID_OBJECT);
    CHECK(values == nullptr && table == nullptr);
    CHECK(folder->Release() == 0);
    CHECK(store->Release() == 0);
    CHECK(session->Release() == 0);
}

static void lc_78_delete_a_profile_in_use()
{
    LPPROFADMIN profiles = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    profile_made("P2", false);
    LPMAPISESSION first = logged_on("P2", 0), second = logged_on("P2", 0);
    CHECK_CODE(profiles->DeleteProfile(text("P2"), 0), S_OK);
    CHECK_CODE(first->Logoff(0, 0, 0), S_OK);
    lc_20_stores_table(second);
    CHECK_CODE(second->Logoff(0, 0, 0), S_OK);
    CHECK_CODE(profiles->DeleteProfile(text("P2"), 0), MAPI_E_NOT_FOUND);
    first->Release();
    second->Release();
    profiles->Release();
}

int main()
{
    lc_02_logon_before_init();
    lc_07_utilities_without_core();
    lc_01_plain_init();
    lc_03_reference_count();
    lc_04_unknown_init_flag();
    lc_08_deinit_after_uninit();
    MAPIINIT_0 init = {MAPI_INIT_VERSION, MAPI_MULTITHREAD_NOTIFICATIONS};
    CHECK_CODE(MAPIInitialize(&init), S_OK);
    lc_05_free_null();
    lc_06_linked_blocks();
    lc_10_to_lc_16_names();
    lc_12_lc_13_shared_sessions();
    lc_14_no_mail();
    lc_78_delete_a_profile_in_use();
    LPMAPISESSION session = logged_on(PROFILE, 0);
    lc_09_lc_77_status_rows(session);
    lc_20_stores_table(session);
    lc_21_open_store_without_id(session);
    lc_22_unknown_store(session);
    lc_23_read_only_store(session);
    lc_24_lc_25_store_by_open_entry(session);
    lc_26_profile_section(session);
    lc_27_identity(session);
    lc_31_last_error(session);
    lc_53_client_shutdown(session);
    lc_56_unadvise_releases(session);
    lc_59_this_thread_sink(session);
    lc_62_no_recipients(session);
    lc_33_lc_41_after_logoff(session);
    MAPIUninitialize();
    return failures;
}
