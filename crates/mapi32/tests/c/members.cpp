// Members of a shared session, sinks that hear of an end, and sessions that end by their releases: the cases by their
// numbers.
#include "session.h"
#include <chrono>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

static bool within_ten_seconds(std::atomic<LONG> &counted)
{
    for (int turn = 0; turn < 1000 && counted == 0; turn++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return counted != 0;
}

static LPMAPISESSION member(bool first)
{
    LPMAPISESSION session = nullptr;
    ULONG flags = MAPI_EXTENDED | (first ? MAPI_ALLOW_OTHERS : 0);
    CHECK_CODE(MAPILogonEx(0, first ? text(PROFILE) : nullptr, nullptr, flags, &session), S_OK);
    if (session == nullptr) {
        exit(1);
    }
    return session;
}

static void works(LPMAPISESSION session)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetMsgStoresTable(0, &table), S_OK);
    table->Release();
    default_store(session)->Release();
}

static void lc_11_unknown_profile()
{
    LPMAPISESSION session = (LPMAPISESSION)1;
    CHECK_CODE(MAPILogonEx(0, text("NOPE"), nullptr, MAPI_EXTENDED | MAPI_NEW_SESSION, &session), MAPI_E_LOGON_FAILED);
    CHECK(session == (LPMAPISESSION)1);
}

// A shared logoff is announced to the others, who keep working (lc_38), whatever they asked for (lc_55).
static void lc_37_lc_38_lc_55_a_shared_logoff_is_announced()
{
    LPMAPISESSION host = member(true), other = member(false);
    Sink everything, new_mail;
    ULONG_PTR one = 0, two = 0;
    CHECK_CODE(host->Advise(0, nullptr, 0, &everything, &one), S_OK);
    CHECK_CODE(host->Advise(0, nullptr, fnevNewMail, &new_mail, &two), S_OK);
    CHECK_CODE(other->Logoff(0, MAPI_LOGOFF_SHARED, 0), S_OK);
    CHECK(within_ten_seconds(everything.critical) && within_ten_seconds(new_mail.critical));
    CHECK(everything.critical == 1 && new_mail.critical == 1);
    other->Release();
    works(host);
    CHECK_CODE(host->Logoff(0, 0, 0), S_OK);
    CHECK(host->Release() == 0);
    CHECK(everything.references == 1 && new_mail.references == 1);
}

static void lc_39_extended_event_on_own_logoff()
{
    LPMAPISESSION session = logged_on(PROFILE, 0);
    Sink sink;
    ULONG_PTR connection = 0;
    CHECK_CODE(session->Advise(0, nullptr, fnevExtended, &sink, &connection), S_OK);
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    CHECK(within_ten_seconds(sink.extended));
    CHECK(sink.extended == 1 && sink.told == 1 && sink.references == 1);
    session->Release();
}

static void lc_40_release_only()
{
    LPMAPISESSION session = logged_on(PROFILE, 0);
    LPMDB store = default_store(session);
    CHECK(store->Release() == 0);
    CHECK(session->Release() == 0);
    session = logged_on(PROFILE, 0);
    works(session);
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    session->Release();
}

static void lc_30_admin_services_binds_the_next_session()
{
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPSERVICEADMIN services = nullptr;
    CHECK_CODE(session->AdminServices(0, &services), S_OK);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(services->GetMsgServiceTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_SERVICE_UID, PR_SERVICE_NAME_A}};
    LPSRowSet rows = nullptr;
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    table->Release();
    int deleted = 0;
    for (ULONG row = 0; row < rows->cRows; row++) {
        if (strcmp(rows->aRow[row].lpProps[1].Value.lpszA, "PAB") == 0) {
            CHECK_CODE(services->DeleteMsgService((LPMAPIUID)rows->aRow[row].lpProps[0].Value.bin.lpb), S_OK);
            deleted++;
        }
    }
    CHECK(deleted == 1);
    FreeProws(rows);
    services->Release();
    LPADRBOOK book = nullptr;
    ULONG bytes = 0;
    LPENTRYID id = nullptr;
    CHECK_CODE(session->OpenAddressBook(0, nullptr, 0, &book), S_OK);
    CHECK_CODE(book->GetPAB(&bytes, &id), S_OK);
    MAPIFreeBuffer(id);
    book->Release();
    session->Logoff(0, 0, 0);
    session->Release();
    session = logged_on(PROFILE, MAPI_NO_MAIL);
    CHECK_CODE(session->OpenAddressBook(0, nullptr, 0, &book), S_OK);
    CHECK_CODE(book->GetPAB(&bytes, &id), MAPI_E_NOT_FOUND);
    book->Release();
    session->Logoff(0, 0, 0);
    session->Release();
}

// A member of another process is killed: the others notice nothing.
static void lc_43_dead_member(const char *program)
{
    LPMAPISESSION host = member(true);
    Sink sink;
    ULONG_PTR connection = 0;
    CHECK_CODE(host->Advise(0, nullptr, 0, &sink, &connection), S_OK);
    int ready[2];
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ready[1], 1);
        execl(program, program, "joins", (char *)nullptr);
        _exit(2);
    }
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1 && byte == 'j');
    CHECK(kill(child, SIGKILL) == 0);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    works(host);
    CHECK(sink.critical == 0);
    LPMAPISESSION joined = member(false);
    works(joined);
    CHECK_CODE(joined->Logoff(0, 0, 0), S_OK);
    joined->Release();
    CHECK_CODE(host->Logoff(0, 0, 0), S_OK);
    host->Release();
    LPMAPISESSION none = nullptr;
    CHECK_CODE(MAPILogonEx(0, nullptr, nullptr, MAPI_EXTENDED, &none), MAPI_E_LOGON_FAILED);
}

int main(int count, char **arguments)
{
    MAPIINIT_0 init = {MAPI_INIT_VERSION, MAPI_MULTITHREAD_NOTIFICATIONS};
    CHECK_CODE(MAPIInitialize(&init), S_OK);
    if (count == 2 && strcmp(arguments[1], "joins") == 0) {
        works(member(false));
        CHECK(write(1, failures == 0 ? "j" : "f", 1) == 1);
        pause();
    }
    profile_made(PROFILE, false);
    lc_11_unknown_profile();
    lc_37_lc_38_lc_55_a_shared_logoff_is_announced();
    lc_39_extended_event_on_own_logoff();
    lc_40_release_only();
    lc_43_dead_member(arguments[0]);
    lc_30_admin_services_binds_the_next_session();
    MAPIUninitialize();
    return failures;
}
