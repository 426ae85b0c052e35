// A program at work: folders, messages with recipients and attachments, streams, tables, copies, a message sent
// and received, notifications, the address book.
#include "session.h"
#include <thread>

static LPMESSAGE message_in(LPMAPIFOLDER folder, const char *subject)
{
    LPMESSAGE message = nullptr;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &message), S_OK);
    SPropValue values[2] = {};
    values[0].ulPropTag = PR_SUBJECT_A;
    values[0].Value.lpszA = (LPSTR)subject;
    values[1].ulPropTag = PR_MESSAGE_CLASS_A;
    values[1].Value.lpszA = (LPSTR) "IPM.Note";
    CHECK_CODE(message->SetProps(2, values, nullptr), S_OK);
    return message;
}

static void recipient_added(LPMESSAGE message, const char *address)
{
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
    values[1].Value.lpszA = (LPSTR) "Ann";
    values[2].ulPropTag = PR_ADDRTYPE_A;
    values[2].Value.lpszA = (LPSTR) "SMTP";
    values[3].ulPropTag = PR_EMAIL_ADDRESS_A;
    values[3].Value.lpszA = (LPSTR)address;
    CHECK_CODE(message->ModifyRecipients(MODRECIP_ADD, list), S_OK);
    FreePadrlist(list);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(message->GetRecipientTable(0, &table), S_OK);
    LPSRowSet rows = nullptr;
    CHECK_CODE(table->QueryRows(5, 0, &rows), S_OK);
    CHECK(rows->cRows == 1);
    LPSPropValue name = PpropFindProp(rows->aRow[0].lpProps, rows->aRow[0].cValues, PR_DISPLAY_NAME_A);
    CHECK(name != nullptr && strcmp(name->Value.lpszA, "Ann") == 0);
    FreeProws(rows);
    table->Release();
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

static void large_body(LPMESSAGE message)
{
    LPSTREAM stream = nullptr;
    CHECK_CODE(message->OpenProperty(PR_BODY_W, &IID_IStream, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&stream), S_OK);
    ULONG written = 0;
    for (int piece = 0; piece < 20000; piece++) {
        CHECK_CODE(stream->Write(u"wide", 8, &written), S_OK);
    }
    CHECK_CODE(stream->Commit(0), S_OK);
    stream->Release();
}

static void attached(LPMESSAGE message)
{
    ULONG number = 99;
    LPATTACH attachment = nullptr;
    CHECK_CODE(message->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    SPropValue method = {};
    method.ulPropTag = PR_ATTACH_METHOD;
    method.Value.l = ATTACH_EMBEDDED_MSG;
    CHECK_CODE(attachment->SetProps(1, &method, nullptr), S_OK);
    LPMESSAGE inner = nullptr;
    CHECK_CODE(attachment->OpenProperty(PR_ATTACH_DATA_OBJ, &IID_IMessage, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&inner), S_OK);
    SPropValue subject = {};
    subject.ulPropTag = PR_SUBJECT_A;
    subject.Value.lpszA = (LPSTR) "inner";
    CHECK_CODE(inner->SetProps(1, &subject, nullptr), S_OK);
    CHECK_CODE(inner->SaveChanges(0), S_OK);
    inner->Release();
    CHECK_CODE(attachment->SaveChanges(0), S_OK);
    attachment->Release();
    LPMAPITABLE table = nullptr;
    ULONG count = 0;
    CHECK_CODE(message->GetAttachmentTable(0, &table), S_OK);
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    CHECK(count == 1);
    table->Release();
    LPSTORAGE none = nullptr;
    CHECK_CODE(message->OpenProperty(PR_MESSAGE_RECIPIENTS, &IID_IMAPITable, 0, 0, (LPUNKNOWN *)&table), S_OK);
    table->Release();
    CHECK_CODE(message->OpenProperty(PR_MESSAGE_RECIPIENTS, &IID_IStorage, 0, 0, (LPUNKNOWN *)&none), MAPI_E_INTERFACE_NOT_SUPPORTED);
}

static SBinaryArray ids_of(LPMAPIFOLDER folder, LPSRowSet *kept, SBinary *room)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(folder->GetContentsTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_ENTRYID, PR_SUBJECT_A}};
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, kept), S_OK);
    table->Release();
    SBinaryArray list = {(*kept)->cRows, room};
    for (ULONG at = 0; at < list.cValues; at++) {
        room[at] = (*kept)->aRow[at].lpProps[0].Value.bin;
    }
    return list;
}

static int steps;
class Watcher final : public IMAPIProgress
{
public:
    STDMETHODIMP QueryInterface(REFIID, LPVOID *out) override
    {
        *out = nullptr;
        return MAPI_E_INTERFACE_NOT_SUPPORTED;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return 2; }
    STDMETHODIMP_(ULONG) Release() override { return 1; }
    STDMETHODIMP Progress(ULONG value, ULONG, ULONG) override
    {
        CHECK(value <= 500);
        steps++;
        return S_OK;
    }
    STDMETHODIMP GetFlags(ULONG *flags) override
    {
        *flags = 1;
        return S_OK;
    }
    STDMETHODIMP GetMax(ULONG *max) override
    {
        *max = 500;
        return S_OK;
    }
    STDMETHODIMP GetMin(ULONG *min) override
    {
        *min = 0;
        return S_OK;
    }
    STDMETHODIMP SetLimits(ULONG *, ULONG *, ULONG *) override { return S_OK; }
};

static void folders_and_messages(LPMDB store)
{
    LPMAPIFOLDER tree = folder_of(store, PR_IPM_SUBTREE_ENTRYID), one = nullptr, other = nullptr;
    CHECK_CODE(tree->CreateFolder(FOLDER_GENERIC, text("One"), text("a comment"), nullptr, 0, &one), S_OK);
    CHECK_CODE(tree->CreateFolder(FOLDER_GENERIC, text("One"), nullptr, nullptr, 0, &other), MAPI_E_COLLISION);
    CHECK_CODE(tree->CreateFolder(FOLDER_GENERIC, text("Other"), nullptr, nullptr, 0, &other), S_OK);
    LPSPropValue comment = nullptr;
    CHECK_CODE(HrGetOneProp(one, PR_COMMENT_A, &comment), S_OK);
    CHECK(strcmp(comment->Value.lpszA, "a comment") == 0);
    MAPIFreeBuffer(comment);
    for (int number = 0; number < 3; number++) {
        char subject[] = "message 0";
        subject[8] = (char)('0' + number);
        LPMESSAGE message = message_in(one, subject);
        large_body(message);
        attached(message);
        CHECK_CODE(message->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
        LPMESSAGE copy = message_in(other, "to be replaced");
        CHECK_CODE(message->CopyTo(0, nullptr, nullptr, 0, nullptr, &IID_IMessage, copy, 0, nullptr), S_OK);
        LPMAPITABLE table = nullptr;
        ULONG count = 0;
        CHECK_CODE(copy->GetAttachmentTable(0, &table), S_OK);
        CHECK_CODE(table->GetRowCount(0, &count), S_OK);
        CHECK(count == 1);
        table->Release();
        copy->Release();
        message->Release();
    }
    CHECK(rows_of(one) == 3 && rows_of(other) == 0);
    LPSRowSet rows = nullptr;
    SBinary room[8];
    SBinaryArray list = ids_of(one, &rows, room);
    Watcher progress;
    CHECK_CODE(one->CopyMessages(&list, nullptr, other, 0, &progress, 0), S_OK);
    CHECK(rows_of(other) == 3 && steps > 0);
    CHECK_CODE(one->SetReadFlags(&list, 0, nullptr, 0), S_OK);
    CHECK_CODE(one->DeleteMessages(&list, 0, nullptr, 0), S_OK);
    CHECK(rows_of(one) == 0);
    FreeProws(rows);
    CHECK_CODE(other->EmptyFolder(0, nullptr, 0), S_OK);
    CHECK(rows_of(other) == 0);
    LPSPropValue id = nullptr;
    CHECK_CODE(HrGetOneProp(other, PR_ENTRYID, &id), S_OK);
    other->Release();
    CHECK_CODE(tree->DeleteFolder(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, 0, nullptr, DEL_MESSAGES), S_OK);
    MAPIFreeBuffer(id);
    one->Release();
    tree->Release();
}

static void sent_and_received(LPMAPISESSION session, LPMDB store)
{
    LPMAPIFOLDER outbox = folder_of(store, PR_IPM_OUTBOX_ENTRYID);
    LPMESSAGE message = message_in(outbox, "Hello");
    recipient_added(message, "ann@example.org");
    Sink *sink = new Sink;
    ULONG_PTR connection = 0;
    CHECK_CODE(store->Advise(0, nullptr, fnevNewMail, sink, &connection), S_OK);
    CHECK_CODE(message->SubmitMessage(0), S_OK);
    ULONG count = 0;
    LPSPropValue values = nullptr;
    CHECK_CODE(message->GetProps(nullptr, 0, &count, &values), MAPI_E_INVALID_OBJECT);
    CHECK(message->Release() == 0);
    LPSRowSet rows = nullptr;
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetStatusTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_RESOURCE_TYPE, PR_ENTRYID}};
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    table->Release();
    for (ULONG at = 0; at < rows->cRows; at++) {
        if (rows->aRow[at].lpProps[0].Value.l == 37) {
            SBinary id = rows->aRow[at].lpProps[1].Value.bin;
            ULONG kind = 0;
            LPMAPISTATUS spooler = nullptr;
            CHECK_CODE(session->OpenEntry(id.cb, (LPENTRYID)id.lpb, nullptr, 0, &kind, (LPUNKNOWN *)&spooler), S_OK);
            CHECK(kind == MAPI_STATUS);
            CHECK_CODE(spooler->FlushQueues(0, 0, nullptr, FLUSH_UPLOAD | FLUSH_NO_UI), S_OK);
            spooler->Release();
        }
    }
    FreeProws(rows);
    ULONG bytes = 0;
    LPENTRYID inbox_id = nullptr;
    LPTSTR explicit_class = nullptr;
    CHECK_CODE(store->GetReceiveFolder(text("IPM.Note"), 0, &bytes, &inbox_id, &explicit_class), S_OK);
    ULONG kind = 0;
    LPMAPIFOLDER inbox = nullptr;
    CHECK_CODE(store->OpenEntry(bytes, inbox_id, &IID_IMAPIFolder, 0, &kind, (LPUNKNOWN *)&inbox), S_OK);
    MAPIFreeBuffer(inbox_id);
    MAPIFreeBuffer(explicit_class);
    CHECK(rows_of(inbox) == 1);
    inbox->Release();
    CHECK_CODE(store->Unadvise(connection), S_OK);
    CHECK(sink->references == 1);
    delete sink;
    outbox->Release();
    ULONG flags = LOGOFF_ORDERLY;
    CHECK_CODE(store->StoreLogoff(&flags), S_OK);
}

enum { DETAIL_PAGES, DETAIL_FIELDS, DETAIL_LISTS };

// DT_EDITABLE.
static const LONG EDITABLE = 0x2;

// Counts the controls of what a dialog shows of an entry, by their type.
static void detailed(LPMAPIPROP entry, ULONG *counts)
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(entry->OpenProperty(PR_DETAILS_TABLE, &IID_IMAPITable, 0, 0, (LPUNKNOWN *)&table), S_OK);
    SizedSPropTagArray(3, columns) = {3, {PR_CONTROL_TYPE, PR_CONTROL_STRUCTURE, PR_CONTROL_FLAGS}};
    CHECK_CODE(table->SetColumns((LPSPropTagArray)&columns, 0), S_OK);
    LPSRowSet rows = nullptr;
    CHECK_CODE(table->QueryRows(100, 0, &rows), S_OK);
    table->Release();
    CHECK(rows->cRows > 4 && rows->aRow[0].lpProps[0].Value.l == DTCT_PAGE);
    BOOL named = FALSE;
    for (ULONG row = 0; row < rows->cRows; row++) {
        LPSPropValue values = rows->aRow[row].lpProps;
        CHECK(values[0].ulPropTag == PR_CONTROL_TYPE && values[1].ulPropTag == PR_CONTROL_STRUCTURE);
        SBinary structure = values[1].Value.bin;
        switch (values[0].Value.l) {
        case DTCT_PAGE:
            counts[DETAIL_PAGES]++;
            break;
        case DTCT_EDIT:
            CHECK(structure.cb >= sizeof(DTBLEDIT));
            named |= PROP_ID(((DTBLEDIT *)structure.lpb)->ulPropTag) == PROP_ID(PR_DISPLAY_NAME);
            CHECK((values[2].Value.l & EDITABLE) == 0);
            counts[DETAIL_FIELDS]++;
            break;
        case DTCT_LBX:
            CHECK(structure.cb >= sizeof(DTBLLBX) && ((DTBLLBX *)structure.lpb)->ulPRTableName == PR_CONTAINER_CONTENTS);
            counts[DETAIL_LISTS]++;
            break;
        default:
            CHECK(values[0].Value.l == DTCT_LABEL);
        }
    }
    CHECK(named);
    FreeProws(rows);
}

// A distribution list is an entry and a container of its members.
static void listed(LPMAPISESSION session, LPADRBOOK book, LPABCONT container)
{
    LPSPropValue made = nullptr, id = nullptr, member = nullptr;
    LPMAPIPROP entry = nullptr, user = nullptr, inside = nullptr;
    CHECK_CODE(HrGetOneProp(container, PR_DEF_CREATE_DL, &made), S_OK);
    CHECK_CODE(container->CreateEntry(made->Value.bin.cb, (LPENTRYID)made->Value.bin.lpb, 0, &entry), S_OK);
    SPropValue name = {};
    name.ulPropTag = PR_DISPLAY_NAME_A;
    name.Value.lpszA = (LPSTR) "Everybody";
    CHECK_CODE(entry->SetProps(1, &name, nullptr), S_OK);
    CHECK_CODE(entry->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
    CHECK_CODE(HrGetOneProp(entry, PR_ENTRYID, &id), S_OK);
    entry->Release();
    ULONG kind = 0, count = 9;
    LPDISTLIST list = nullptr, again = nullptr;
    CHECK_CODE(book->OpenEntry(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, nullptr, MAPI_MODIFY, &kind, (LPUNKNOWN *)&list), S_OK);
    CHECK(kind == MAPI_DISTLIST);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(list->GetContentsTable(0, &table), S_OK);
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    CHECK(count == 0);
    table->Release();
    LPMAPITABLE people = nullptr;
    CHECK_CODE(container->GetContentsTable(0, &people), S_OK);
    LPSRowSet rows = nullptr;
    SizedSPropTagArray(2, columns) = {2, {PR_ENTRYID, PR_OBJECT_TYPE}};
    CHECK_CODE(HrQueryAllRows(people, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    people->Release();
    for (ULONG row = 0; row < rows->cRows; row++) {
        if (rows->aRow[row].lpProps[1].Value.l == MAPI_MAILUSER) {
            member = rows->aRow[row].lpProps;
        }
    }
    CHECK(rows->cRows == 2 && member != nullptr);
    CHECK_CODE(list->CreateEntry(member->Value.bin.cb, (LPENTRYID)member->Value.bin.lpb, 0, &user), S_OK);
    CHECK_CODE(user->SaveChanges(0), S_OK);
    user->Release();
    list->Release();
    CHECK_CODE(session->OpenEntry(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, &IID_IDistList, 0, &kind, (LPUNKNOWN *)&again), S_OK);
    CHECK(kind == MAPI_DISTLIST);
    CHECK_CODE(again->GetContentsTable(0, &table), S_OK);
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    CHECK(count == 1);
    table->Release();
    CHECK_CODE(again->OpenEntry(member->Value.bin.cb, (LPENTRYID)member->Value.bin.lpb, nullptr, 0, &kind, (LPUNKNOWN *)&inside), S_OK);
    CHECK(kind == MAPI_MAILUSER);
    inside->Release();
    CHECK_CODE(book->OpenEntry(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, &IID_IMailUser, 0, &kind, (LPUNKNOWN *)&inside), MAPI_E_INTERFACE_NOT_SUPPORTED);
    LPSPropValue named = nullptr;
    CHECK_CODE(HrGetOneProp(again, PR_DISPLAY_NAME_A, &named), S_OK);
    CHECK(strcmp(named->Value.lpszA, "Everybody") == 0);
    MAPIFreeBuffer(named);
    ULONG of_list[3] = {};
    detailed(again, of_list);
    CHECK(of_list[DETAIL_PAGES] == 2 && of_list[DETAIL_FIELDS] == 4 && of_list[DETAIL_LISTS] == 1);
    again->Release();
    ULONG of_person[3] = {};
    CHECK_CODE(book->OpenEntry(member->Value.bin.cb, (LPENTRYID)member->Value.bin.lpb, nullptr, 0, &kind, (LPUNKNOWN *)&inside), S_OK);
    CHECK(kind == MAPI_MAILUSER);
    detailed(inside, of_person);
    inside->Release();
    CHECK(of_person[DETAIL_PAGES] >= 2 && of_person[DETAIL_FIELDS] > 11 && of_person[DETAIL_LISTS] == 0);
    FreeProws(rows);
    MAPIFreeBuffer(made);
    MAPIFreeBuffer(id);
}

static void found_in_the_address_book(LPMAPISESSION session)
{
    LPADRBOOK book = nullptr;
    CHECK_CODE(session->OpenAddressBook(0, nullptr, 0, &book), S_OK);
    ULONG bytes = 0, kind = 0;
    LPENTRYID id = nullptr;
    CHECK_CODE(book->GetPAB(&bytes, &id), S_OK);
    LPABCONT container = nullptr;
    CHECK_CODE(book->OpenEntry(bytes, id, nullptr, MAPI_MODIFY, &kind, (LPUNKNOWN *)&container), S_OK);
    CHECK(kind == MAPI_ABCONT);
    MAPIFreeBuffer(id);
    LPMAPIPROP entry = nullptr;
    CHECK_CODE(container->CreateEntry(0, nullptr, 0, &entry), S_OK);
    SPropValue values[3] = {};
    values[0].ulPropTag = PR_DISPLAY_NAME_A;
    values[0].Value.lpszA = (LPSTR) "Ann Example";
    values[1].ulPropTag = PR_ADDRTYPE_A;
    values[1].Value.lpszA = (LPSTR) "SMTP";
    values[2].ulPropTag = PR_EMAIL_ADDRESS_A;
    values[2].Value.lpszA = (LPSTR) "ann@example.org";
    CHECK_CODE(entry->SetProps(3, values, nullptr), S_OK);
    CHECK_CODE(entry->SaveChanges(0), S_OK);
    entry->Release();
    LPMAPITABLE table = nullptr;
    ULONG count = 0;
    CHECK_CODE(container->GetContentsTable(0, &table), S_OK);
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    CHECK(count == 1);
    table->Release();
    LPADRLIST list = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(CbNewADRLIST(1), (LPVOID *)&list), S_OK);
    list->cEntries = 1;
    list->aEntries[0].cValues = 1;
    CHECK_CODE(MAPIAllocateBuffer(sizeof(SPropValue), (LPVOID *)&list->aEntries[0].rgPropVals), S_OK);
    list->aEntries[0].rgPropVals[0] = values[0];
    CHECK_CODE(book->ResolveName(0, 0, nullptr, list), S_OK);
    CHECK(PpropFindProp(list->aEntries[0].rgPropVals, list->aEntries[0].cValues, PR_ENTRYID) != nullptr);
    FreePadrlist(list);
    CHECK_CODE(book->CreateOneOff(text("Bob"), text("SMTP"), text("bob@example.org"), 0, &bytes, &id), S_OK);
    CHECK(bytes > 24);
    MAPIFreeBuffer(id);
    listed(session, book, container);
    container->Release();
    book->Release();
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, true);
    LPMAPISESSION session = logged_on(PROFILE, 0);
    LPMDB store = default_store(session);
    folders_and_messages(store);
    sent_and_received(session, store);
    found_in_the_address_book(session);
    store->Release();
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    CHECK(session->Release() == 0);
    MAPIUninitialize();
    uint64_t buffers = 0;
    OpenMAPILiveBuffers(&buffers, nullptr);
    CHECK(buffers == 0);
    return failures;
}
