// Messages on their way out: the cases of the store's side by their numbers.
#include "session.h"

static LPMESSAGE addressed(LPMAPIFOLDER outbox, const char *type, const char *address)
{
    LPMESSAGE message = nullptr;
    CHECK_CODE(outbox->CreateMessage(nullptr, 0, &message), S_OK);
    SPropValue named[2] = {};
    named[0].ulPropTag = PR_SUBJECT_A;
    named[0].Value.lpszA = (LPSTR) "On its way";
    named[1].ulPropTag = PR_MESSAGE_CLASS_A;
    named[1].Value.lpszA = (LPSTR) "IPM.Note";
    CHECK_CODE(message->SetProps(2, named, nullptr), S_OK);
    LPADRLIST list = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(CbNewADRLIST(1), (LPVOID *)&list), S_OK);
    list->cEntries = 1;
    list->aEntries[0].cValues = 4;
    CHECK_CODE(MAPIAllocateBuffer(4 * sizeof(SPropValue), (LPVOID *)&list->aEntries[0].rgPropVals), S_OK);
    LPSPropValue values = list->aEntries[0].rgPropVals;
    memset(values, 0, 4 * sizeof(SPropValue));
    values[0].ulPropTag = PR_RECIPIENT_TYPE;
    values[0].Value.l = MAPI_TO;
    values[1].ulPropTag = PR_DISPLAY_NAME_A;
    values[1].Value.lpszA = (LPSTR) "Somebody";
    values[2].ulPropTag = PR_ADDRTYPE_A;
    values[2].Value.lpszA = (LPSTR)type;
    values[3].ulPropTag = PR_EMAIL_ADDRESS_A;
    values[3].Value.lpszA = (LPSTR)address;
    CHECK_CODE(message->ModifyRecipients(MODRECIP_ADD, list), S_OK);
    FreePadrlist(list);
    return message;
}

static LPSPropValue id_of(LPMESSAGE message)
{
    LPSPropValue id = nullptr;
    CHECK_CODE(message->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
    CHECK_CODE(HrGetOneProp(message, PR_ENTRYID, &id), S_OK);
    return id;
}

static HRESULT reopened(LPMDB store, LPSPropValue id, ULONG flags, LPMESSAGE *message)
{
    ULONG kind = 0;
    return store->OpenEntry(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, &IID_IMessage, flags, &kind, (LPUNKNOWN *)message);
}

static LONG number(LPMESSAGE message, ULONG tag)
{
    LPSPropValue value = nullptr;
    CHECK_CODE(HrGetOneProp(message, tag, &value), S_OK);
    LONG found = value->Value.l;
    MAPIFreeBuffer(value);
    return found;
}

static LPMAPIFOLDER inbox_of(LPMDB store)
{
    ULONG bytes = 0, kind = 0;
    LPENTRYID id = nullptr;
    LPMAPIFOLDER inbox = nullptr;
    CHECK_CODE(store->GetReceiveFolder(nullptr, 0, &bytes, &id, nullptr), S_OK);
    CHECK_CODE(store->OpenEntry(bytes, id, &IID_IMAPIFolder, 0, &kind, (LPUNKNOWN *)&inbox), S_OK);
    MAPIFreeBuffer(id);
    return inbox;
}

static ULONG rows_of(LPMAPIFOLDER folder)
{
    LPMAPITABLE table = nullptr;
    ULONG count = 0;
    CHECK_CODE(folder->GetContentsTable(0, &table), S_OK);
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    table->Release();
    return count;
}

// The spooler sends what waits (lc_76: its queue is flushed through the status object).
static void flushed(LPMAPISESSION session)
{
    LPMAPITABLE table = nullptr;
    LPSRowSet rows = nullptr;
    SizedSPropTagArray(2, columns) = {2, {PR_RESOURCE_TYPE, PR_ENTRYID}};
    CHECK_CODE(session->GetStatusTable(0, &table), S_OK);
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    table->Release();
    for (ULONG at = 0; at < rows->cRows; at++) {
        if (rows->aRow[at].lpProps[0].Value.l == 37) {
            SBinary id = rows->aRow[at].lpProps[1].Value.bin;
            ULONG kind = 0;
            LPMAPISTATUS spooler = nullptr;
            CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, nullptr, 0, &kind, (LPUNKNOWN *)&spooler), S_OK);
            CHECK_CODE(spooler->FlushQueues(0, 0, nullptr, FLUSH_UPLOAD | FLUSH_NO_UI), S_OK);
            spooler->Release();
        }
    }
    FreeProws(rows);
}

// A queued message is closed to writers, and open to them again once it was taken back.
static void lc_63_lc_64_queued_and_taken_back()
{
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = default_store(session);
    LPMAPIFOLDER outbox = folder_of(store, PR_IPM_OUTBOX_ENTRYID);
    LPMESSAGE message = addressed(outbox, "SMTP", "ann@example.org"), again = nullptr;
    LPSPropValue id = id_of(message);
    CHECK_CODE(message->SubmitMessage(0), S_OK);
    message->Release();
    CHECK_CODE(reopened(store, id, MAPI_MODIFY, &again), MAPI_E_SUBMITTED);
    CHECK_CODE(reopened(store, id, MAPI_BEST_ACCESS, &again), S_OK);
    CHECK(number(again, PR_ACCESS_LEVEL) == 0);
    again->Release();
    CHECK_CODE(store->AbortSubmit(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, 0), S_OK);
    CHECK_CODE(reopened(store, id, MAPI_MODIFY, &again), S_OK);
    CHECK((number(again, PR_MESSAGE_FLAGS) & MSGFLAG_SUBMIT) == 0);
    again->Release();
    MAPIFreeBuffer(id);
    CHECK_CODE(outbox->EmptyFolder(0, nullptr, 0), S_OK);
    outbox->Release();
    store->Release();
    session->Logoff(0, 0, 0);
    session->Release();
}

// Submitted by a session that ends at once; the next one with mail delivers it, once.
static void lc_44_sent_by_the_next_session()
{
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = default_store(session);
    LPMAPIFOLDER outbox = folder_of(store, PR_IPM_OUTBOX_ENTRYID);
    LPMESSAGE message = addressed(outbox, "SMTP", "ann@example.org");
    CHECK_CODE(message->SubmitMessage(0), S_OK);
    message->Release();
    outbox->Release();
    store->Release();
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    session->Release();
    session = logged_on(PROFILE, 0);
    store = default_store(session);
    flushed(session);
    LPMAPIFOLDER inbox = inbox_of(store);
    CHECK(rows_of(inbox) == 1);
    inbox->Release();
    store->Release();
    session->Logoff(0, 0, 0);
    session->Release();
}

static void lc_66_sent_mail_folder(LPMAPISESSION session, LPMDB store)
{
    LPMAPIFOLDER outbox = folder_of(store, PR_IPM_OUTBOX_ENTRYID), sent = folder_of(store, PR_IPM_SENTMAIL_ENTRYID);
    // What says nothing of a folder for it stays where it was sent from.
    ULONG before = rows_of(sent), stayed = rows_of(outbox);
    LPMESSAGE message = addressed(outbox, "SMTP", "ann@example.org");
    LPSPropValue folder = nullptr;
    CHECK_CODE(HrGetOneProp(store, PR_IPM_SENTMAIL_ENTRYID, &folder), S_OK);
    folder->ulPropTag = PR_SENTMAIL_ENTRYID;
    CHECK_CODE(HrSetOneProp(message, folder), S_OK);
    MAPIFreeBuffer(folder);
    CHECK_CODE(message->SubmitMessage(0), S_OK);
    message->Release();
    flushed(session);
    CHECK(rows_of(sent) == before + 1 && rows_of(outbox) == stayed);
    LPMAPITABLE table = nullptr;
    LPSRowSet rows = nullptr;
    SizedSPropTagArray(1, columns) = {1, {PR_MESSAGE_FLAGS}};
    CHECK_CODE(sent->GetContentsTable(0, &table), S_OK);
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    for (ULONG row = 0; row < rows->cRows; row++) {
        CHECK((rows->aRow[row].lpProps[0].Value.l & (MSGFLAG_UNSENT | MSGFLAG_SUBMIT)) == 0);
    }
    FreeProws(rows);
    table->Release();
    sent->Release();
    outbox->Release();
}

int main()
{
    MAPIINIT_0 init = {MAPI_INIT_VERSION, MAPI_MULTITHREAD_NOTIFICATIONS};
    CHECK_CODE(MAPIInitialize(&init), S_OK);
    profile_made(PROFILE, true);
    lc_63_lc_64_queued_and_taken_back();
    lc_44_sent_by_the_next_session();
    LPMAPISESSION session = logged_on(PROFILE, 0);
    LPMDB store = default_store(session);
    lc_66_sent_mail_folder(session, store);
    store->Release();
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    session->Release();
    MAPIUninitialize();
    return failures;
}
