// A message store provider in C++: notes, kept in memory for as long as the process lives.
//
// It has one folder, "Notes", which messages can be made in, read and deleted. Properties and tables are those of
// libmapi32 (CreateIProp, CreateTable), over the allocator that MAPI hands to MSProviderInit.
//
// For tests of how a session bears with its providers, the environment variable SAMPLE_NOTES_FAULT makes it
// misbehave: "hang" keeps Logoff from returning, "crash" ends the process by a signal when it exits.
#define INITGUID
#include <mapispi.h>
#include <mapicode.h>
#include <mapiguid.h>
#include <mapitags.h>
#include <mapiutil.h>
#include <atomic>
#include <map>
#include <mutex>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace {

const ULONG ROOT = 1, NOTES = 2, FIRST_MESSAGE = 100;
const MAPIUID PROVIDER = {{0x9a, 0x5e, 0x21, 0x07, 0x44, 0x10, 0x4f, 0x0b, 0x8d, 0x3c, 0x51, 0xe6, 0x0a, 0x77, 0xc2, 0x19}};

LPALLOCATEBUFFER allocate_buffer;
LPALLOCATEMORE allocate_more;
LPFREEBUFFER free_buffer;

// An entry identifier: flags, the provider's UID, the object's number.
struct Id
{
    BYTE flags[4];
    MAPIUID provider;
    ULONG number;
};

Id id_of(ULONG number)
{
    Id id = {{0, 0, 0, 0}, PROVIDER, number};
    return id;
}

// The number in an entry identifier of this provider; 0 for any other.
ULONG number_of(ULONG bytes, const ENTRYID *id)
{
    Id read;
    if (bytes != sizeof(Id) || id == nullptr) {
        return 0;
    }
    memcpy(&read, id, sizeof(read));
    return memcmp(&read.provider, &PROVIDER, sizeof(PROVIDER)) == 0 ? read.number : 0;
}

bool fault(const char *name)
{
    const char *asked = getenv("SAMPLE_NOTES_FAULT");
    return asked != nullptr && strcmp(asked, name) == 0;
}

LPPROPDATA new_props()
{
    LPPROPDATA props = nullptr;
    CreateIProp(&IID_IMAPIPropData, allocate_buffer, allocate_more, free_buffer, nullptr, &props);
    return props;
}

void put_long(LPPROPDATA props, ULONG tag, LONG value)
{
    SPropValue prop = {};
    prop.ulPropTag = tag;
    prop.Value.l = value;
    props->SetProps(1, &prop, nullptr);
}

void put_text(LPPROPDATA props, ULONG tag, const char *value)
{
    SPropValue prop = {};
    prop.ulPropTag = tag;
    prop.Value.lpszA = (LPSTR)value;
    props->SetProps(1, &prop, nullptr);
}

void put_id(LPPROPDATA props, ULONG tag, ULONG number)
{
    Id id = id_of(number);
    SPropValue prop = {};
    prop.ulPropTag = tag;
    prop.Value.bin.cb = sizeof(id);
    prop.Value.bin.lpb = (LPBYTE)&id;
    props->SetProps(1, &prop, nullptr);
}

// The notes of this process, and the table that shows them.
struct Notes
{
    std::mutex lock;
    std::map<ULONG, LPPROPDATA> kept;
    LPTABLEDATA table = nullptr;
    ULONG next = FIRST_MESSAGE;
};

Notes &notes()
{
    static Notes *all = new Notes;
    return *all;
}

LPTABLEDATA notes_table()
{
    if (notes().table == nullptr) {
        SizedSPropTagArray(6, columns) = {6, {PR_ENTRYID, PR_SUBJECT_W, PR_MESSAGE_CLASS_W, PR_MESSAGE_FLAGS, PR_OBJECT_TYPE, PR_INSTANCE_KEY}};
        CreateTable(&IID_IMAPITableData, allocate_buffer, allocate_more, free_buffer, nullptr, TBLTYPE_DYNAMIC, PR_ENTRYID, (LPSPropTagArray)&columns, &notes().table);
    }
    return notes().table;
}

// What every object here is: counted, with properties of its own.
template <class Interface>
class Counted : public Interface
{
public:
    Counted(LPPROPDATA held) : props(held) {}
    virtual ~Counted() { props->Release(); }

    STDMETHODIMP QueryInterface(REFIID iid, LPVOID *out) override
    {
        if (out == nullptr) {
            return MAPI_E_INVALID_PARAMETER;
        }
        *out = nullptr;
        if (!answers(iid)) {
            return MAPI_E_INTERFACE_NOT_SUPPORTED;
        }
        AddRef();
        *out = (Interface *)this;
        return S_OK;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override
    {
        ULONG left = --references;
        if (left == 0) {
            delete this;
        }
        return left;
    }

    STDMETHODIMP GetLastError(HRESULT, ULONG, LPMAPIERROR *error) override
    {
        *error = nullptr;
        return S_OK;
    }
    STDMETHODIMP SaveChanges(ULONG) override { return S_OK; }
    STDMETHODIMP GetProps(LPSPropTagArray tags, ULONG flags, ULONG *count, LPSPropValue *values) override { return props->GetProps(tags, flags, count, values); }
    STDMETHODIMP GetPropList(ULONG flags, LPSPropTagArray *tags) override { return props->GetPropList(flags, tags); }
    STDMETHODIMP OpenProperty(ULONG, LPCIID, ULONG, ULONG, LPUNKNOWN *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SetProps(ULONG count, LPSPropValue values, LPSPropProblemArray *problems) override { return props->SetProps(count, values, problems); }
    STDMETHODIMP DeleteProps(LPSPropTagArray tags, LPSPropProblemArray *problems) override { return props->DeleteProps(tags, problems); }
    STDMETHODIMP CopyTo(ULONG, LPCIID, LPSPropTagArray, ULONG_PTR, LPMAPIPROGRESS, LPCIID, LPVOID, ULONG, LPSPropProblemArray *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP CopyProps(LPSPropTagArray, ULONG_PTR, LPMAPIPROGRESS, LPCIID, LPVOID, ULONG, LPSPropProblemArray *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP GetNamesFromIDs(LPSPropTagArray *, LPGUID, ULONG, ULONG *, LPMAPINAMEID **) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP GetIDsFromNames(ULONG, LPMAPINAMEID *, ULONG, LPSPropTagArray *) override { return MAPI_E_NO_SUPPORT; }

protected:
    virtual bool answers(REFIID iid) = 0;
    static bool is(REFIID one, REFIID other) { return memcmp(&one, &other, sizeof(IID)) == 0; }
    static bool is_base(REFIID iid) { return is(iid, IID_IUnknown) || is(iid, IID_IMAPIProp); }

    LPPROPDATA props;

private:
    std::atomic<ULONG> references{1};
};

// A message: what is set is kept with the save.
class Message final : public Counted<IMessage>
{
public:
    Message(ULONG number, LPPROPDATA held) : Counted(held), number(number) {}

    STDMETHODIMP SaveChanges(ULONG) override
    {
        std::lock_guard<std::mutex> guard(notes().lock);
        put_id(props, PR_ENTRYID, number);
        put_id(props, PR_INSTANCE_KEY, number);
        put_id(props, PR_PARENT_ENTRYID, NOTES);
        put_long(props, PR_OBJECT_TYPE, MAPI_MESSAGE);
        put_long(props, PR_MESSAGE_FLAGS, MSGFLAG_READ);
        LPPROPDATA &kept = notes().kept[number];
        if (kept == nullptr) {
            kept = props;
            props->AddRef();
        }
        SizedSPropTagArray(6, columns) = {6, {PR_ENTRYID, PR_SUBJECT_W, PR_MESSAGE_CLASS_W, PR_MESSAGE_FLAGS, PR_OBJECT_TYPE, PR_INSTANCE_KEY}};
        SRow row = {};
        HRESULT answer = props->GetProps((LPSPropTagArray)&columns, 0, &row.cValues, &row.lpProps);
        if (answer != S_OK && answer != MAPI_W_ERRORS_RETURNED) {
            return answer;
        }
        answer = notes_table()->HrModifyRow(&row);
        free_buffer(row.lpProps);
        return answer;
    }
    STDMETHODIMP GetAttachmentTable(ULONG, LPMAPITABLE *out) override { return empty_table(PR_ATTACH_NUM, out); }
    STDMETHODIMP OpenAttach(ULONG, LPCIID, ULONG, LPATTACH *) override { return MAPI_E_NOT_FOUND; }
    STDMETHODIMP CreateAttach(LPCIID, ULONG, ULONG *, LPATTACH *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP DeleteAttach(ULONG, ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return MAPI_E_NOT_FOUND; }
    STDMETHODIMP GetRecipientTable(ULONG, LPMAPITABLE *out) override { return empty_table(PR_ROWID, out); }
    STDMETHODIMP ModifyRecipients(ULONG, LPADRLIST) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SubmitMessage(ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SetReadFlag(ULONG) override { return S_OK; }

protected:
    bool answers(REFIID iid) override { return is_base(iid) || is(iid, IID_IMessage); }

private:
    static HRESULT empty_table(ULONG index, LPMAPITABLE *out)
    {
        SizedSPropTagArray(1, columns) = {1, {index}};
        LPTABLEDATA data = nullptr;
        SCODE made = CreateTable(&IID_IMAPITableData, allocate_buffer, allocate_more, free_buffer, nullptr, TBLTYPE_DYNAMIC, index, (LPSPropTagArray)&columns, &data);
        if (made != S_OK) {
            return made;
        }
        HRESULT answer = data->HrGetView(nullptr, nullptr, 0, out);
        data->Release();
        return answer;
    }

    ULONG number;
};

HRESULT open_object(ULONG number, ULONG *kind, LPUNKNOWN *out);

class Folder final : public Counted<IMAPIFolder>
{
public:
    Folder(ULONG number, LPPROPDATA held) : Counted(held), number(number) {}

    STDMETHODIMP GetContentsTable(ULONG, LPMAPITABLE *out) override
    {
        std::lock_guard<std::mutex> guard(notes().lock);
        return number == NOTES ? notes_table()->HrGetView(nullptr, nullptr, 0, out) : MAPI_E_NO_SUPPORT;
    }
    STDMETHODIMP GetHierarchyTable(ULONG, LPMAPITABLE *out) override
    {
        SizedSPropTagArray(4, columns) = {4, {PR_ENTRYID, PR_DISPLAY_NAME_W, PR_DEPTH, PR_OBJECT_TYPE}};
        LPTABLEDATA data = nullptr;
        SCODE made = CreateTable(&IID_IMAPITableData, allocate_buffer, allocate_more, free_buffer, nullptr, TBLTYPE_DYNAMIC, PR_ENTRYID, (LPSPropTagArray)&columns, &data);
        if (made != S_OK) {
            return made;
        }
        if (number == ROOT) {
            Id id = id_of(NOTES);
            SPropValue values[3] = {};
            values[0].ulPropTag = PR_ENTRYID;
            values[0].Value.bin.cb = sizeof(id);
            values[0].Value.bin.lpb = (LPBYTE)&id;
            values[1].ulPropTag = PR_DISPLAY_NAME_A;
            values[1].Value.lpszA = (LPSTR) "Notes";
            values[2].ulPropTag = PR_OBJECT_TYPE;
            values[2].Value.l = MAPI_FOLDER;
            SRow row = {0, 3, values};
            data->HrModifyRow(&row);
        }
        HRESULT answer = data->HrGetView(nullptr, nullptr, 0, out);
        data->Release();
        return answer;
    }
    STDMETHODIMP OpenEntry(ULONG bytes, LPENTRYID id, LPCIID, ULONG, ULONG *kind, LPUNKNOWN *out) override { return open_object(number_of(bytes, id), kind, out); }
    STDMETHODIMP SetSearchCriteria(LPSRestriction, LPENTRYLIST, ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP GetSearchCriteria(ULONG, LPSRestriction *, LPENTRYLIST *, ULONG *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP CreateMessage(LPCIID, ULONG, LPMESSAGE *out) override
    {
        if (number != NOTES) {
            return MAPI_E_NO_ACCESS;
        }
        std::lock_guard<std::mutex> guard(notes().lock);
        LPPROPDATA props = new_props();
        put_text(props, PR_MESSAGE_CLASS_A, "IPM.Note");
        *out = new Message(notes().next++, props);
        return S_OK;
    }
    STDMETHODIMP CopyMessages(LPENTRYLIST, LPCIID, LPVOID, ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP DeleteMessages(LPENTRYLIST list, ULONG_PTR, LPMAPIPROGRESS, ULONG) override
    {
        std::lock_guard<std::mutex> guard(notes().lock);
        for (ULONG at = 0; at < list->cValues; at++) {
            auto found = notes().kept.find(number_of(list->lpbin[at].cb, (LPENTRYID)list->lpbin[at].lpb));
            if (found == notes().kept.end()) {
                return MAPI_W_PARTIAL_COMPLETION;
            }
            SPropValue id = {};
            id.ulPropTag = PR_ENTRYID;
            id.Value.bin = list->lpbin[at];
            notes_table()->HrDeleteRow(&id);
            found->second->Release();
            notes().kept.erase(found);
        }
        return S_OK;
    }
    STDMETHODIMP CreateFolder(ULONG, LPTSTR, LPTSTR, LPCIID, ULONG, LPMAPIFOLDER *) override { return MAPI_E_NO_ACCESS; }
    STDMETHODIMP CopyFolder(ULONG, LPENTRYID, LPCIID, LPVOID, LPTSTR, ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP DeleteFolder(ULONG, LPENTRYID, ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return MAPI_E_NO_ACCESS; }
    STDMETHODIMP SetReadFlags(LPENTRYLIST, ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return S_OK; }
    STDMETHODIMP GetMessageStatus(ULONG, LPENTRYID, ULONG, ULONG *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SetMessageStatus(ULONG, LPENTRYID, ULONG, ULONG, ULONG *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SaveContentsSort(LPSSortOrderSet, ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP EmptyFolder(ULONG_PTR, LPMAPIPROGRESS, ULONG) override { return MAPI_E_NO_SUPPORT; }

protected:
    bool answers(REFIID iid) override { return is_base(iid) || is(iid, IID_IMAPIContainer) || is(iid, IID_IMAPIFolder); }

private:
    ULONG number;
};

HRESULT open_object(ULONG number, ULONG *kind, LPUNKNOWN *out)
{
    if (number == ROOT || number == NOTES) {
        LPPROPDATA props = new_props();
        put_id(props, PR_ENTRYID, number);
        put_id(props, PR_PARENT_ENTRYID, ROOT);
        put_text(props, PR_DISPLAY_NAME_A, number == ROOT ? "" : "Notes");
        put_long(props, PR_OBJECT_TYPE, MAPI_FOLDER);
        *kind = MAPI_FOLDER;
        *out = new Folder(number, props);
        return S_OK;
    }
    std::lock_guard<std::mutex> guard(notes().lock);
    auto found = notes().kept.find(number);
    if (found == notes().kept.end()) {
        return number == 0 ? MAPI_E_INVALID_ENTRYID : MAPI_E_NOT_FOUND;
    }
    found->second->AddRef();
    *kind = MAPI_MESSAGE;
    *out = new Message(number, found->second);
    return S_OK;
}

class Store final : public Counted<IMsgStore>
{
public:
    using Counted::Counted;

    STDMETHODIMP Advise(ULONG, LPENTRYID, ULONG, LPMAPIADVISESINK, ULONG_PTR *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP Unadvise(ULONG_PTR) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP CompareEntryIDs(ULONG one_bytes, LPENTRYID one, ULONG other_bytes, LPENTRYID other, ULONG, ULONG *result) override
    {
        *result = number_of(one_bytes, one) == number_of(other_bytes, other);
        return S_OK;
    }
    STDMETHODIMP OpenEntry(ULONG bytes, LPENTRYID id, LPCIID, ULONG, ULONG *kind, LPUNKNOWN *out) override { return open_object(bytes == 0 ? ROOT : number_of(bytes, id), kind, out); }
    STDMETHODIMP SetReceiveFolder(LPTSTR, ULONG, ULONG, LPENTRYID) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP GetReceiveFolder(LPTSTR, ULONG, ULONG *, LPENTRYID *, LPTSTR *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP GetReceiveFolderTable(ULONG, LPMAPITABLE *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP StoreLogoff(ULONG *flags) override
    {
        *flags = LOGOFF_COMPLETE;
        return S_OK;
    }
    STDMETHODIMP AbortSubmit(ULONG, LPENTRYID, ULONG) override { return MAPI_E_NOT_IN_QUEUE; }
    STDMETHODIMP GetOutgoingQueue(ULONG, LPMAPITABLE *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP SetLockState(LPMESSAGE, ULONG) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP FinishedMsg(ULONG, ULONG, LPENTRYID) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP NotifyNewMail(LPNOTIFICATION) override { return MAPI_E_NO_SUPPORT; }

protected:
    bool answers(REFIID iid) override { return is_base(iid) || is(iid, IID_IMsgStore); }
};

// Plain counted objects: the provider and its logon.
template <class Interface>
class Plain : public Interface
{
public:
    virtual ~Plain() {}
    STDMETHODIMP QueryInterface(REFIID iid, LPVOID *out) override
    {
        *out = nullptr;
        if (memcmp(&iid, &IID_IUnknown, sizeof(IID)) != 0) {
            return MAPI_E_INTERFACE_NOT_SUPPORTED;
        }
        AddRef();
        *out = (Interface *)this;
        return S_OK;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override
    {
        ULONG left = --references;
        if (left == 0) {
            delete this;
        }
        return left;
    }

private:
    std::atomic<ULONG> references{1};
};

class Logon final : public Plain<IMSLogon>
{
public:
    Logon(LPMAPISUP given) : support(given) { support->AddRef(); }
    ~Logon() override { support->Release(); }

    STDMETHODIMP GetLastError(HRESULT, ULONG, LPMAPIERROR *error) override
    {
        *error = nullptr;
        return S_OK;
    }
    STDMETHODIMP Logoff(ULONG *) override
    {
        while (fault("hang")) {
            sleep(1);
        }
        return S_OK;
    }
    STDMETHODIMP OpenEntry(ULONG bytes, LPENTRYID id, LPCIID, ULONG, ULONG *kind, LPUNKNOWN *out) override { return open_object(bytes == 0 ? ROOT : number_of(bytes, id), kind, out); }
    STDMETHODIMP CompareEntryIDs(ULONG one_bytes, LPENTRYID one, ULONG other_bytes, LPENTRYID other, ULONG, ULONG *result) override
    {
        *result = number_of(one_bytes, one) == number_of(other_bytes, other);
        return S_OK;
    }
    STDMETHODIMP Advise(ULONG, LPENTRYID, ULONG, LPMAPIADVISESINK, ULONG_PTR *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP Unadvise(ULONG_PTR) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP OpenStatusEntry(LPCIID, ULONG, ULONG *, LPVOID *) override { return MAPI_E_NO_SUPPORT; }

private:
    LPMAPISUP support;
};

class Provider final : public Plain<IMSProvider>
{
public:
    STDMETHODIMP Shutdown(ULONG *) override { return S_OK; }
    STDMETHODIMP Logon(LPMAPISUP support, ULONG_PTR, LPTSTR, ULONG, LPENTRYID, ULONG, LPCIID, ULONG *, LPBYTE *, LPMAPIERROR *, LPMSLOGON *logon, LPMDB *store) override
    {
        HRESULT told = support->SetProviderUID((LPMAPIUID)&PROVIDER, 0);
        if (told != S_OK) {
            return told;
        }
        LPPROPDATA props = new_props();
        put_id(props, PR_ENTRYID, ROOT);
        put_id(props, PR_RECORD_KEY, ROOT);
        put_id(props, PR_IPM_SUBTREE_ENTRYID, NOTES);
        put_text(props, PR_DISPLAY_NAME_A, "Sample notes");
        put_long(props, PR_OBJECT_TYPE, MAPI_STORE);
        put_long(props, PR_STORE_SUPPORT_MASK, STORE_ENTRYID_UNIQUE | STORE_CREATE_OK | STORE_MODIFY_OK);
        SPropValue kind = {};
        kind.ulPropTag = PR_MDB_PROVIDER;
        kind.Value.bin.cb = sizeof(PROVIDER);
        kind.Value.bin.lpb = (LPBYTE)&PROVIDER;
        props->SetProps(1, &kind, nullptr);
        *store = new Store(props);
        if (logon != nullptr) {
            *logon = new ::Logon(support);
        }
        return S_OK;
    }
    STDMETHODIMP SpoolerLogon(LPMAPISUP, ULONG_PTR, LPTSTR, ULONG, LPENTRYID, ULONG, LPCIID, ULONG, LPBYTE, LPMAPIERROR *, LPMSLOGON *, LPMDB *) override { return MAPI_E_NO_SUPPORT; }
    STDMETHODIMP CompareStoreIDs(ULONG one_bytes, LPENTRYID one, ULONG other_bytes, LPENTRYID other, ULONG, ULONG *result) override
    {
        *result = number_of(one_bytes, one) == number_of(other_bytes, other);
        return S_OK;
    }
};

void crash_at_exit()
{
    if (fault("crash")) {
        abort();
    }
}

} // namespace

extern "C" HRESULT MSProviderInit(HINSTANCE, LPMALLOC, LPALLOCATEBUFFER allocate, LPALLOCATEMORE more, LPFREEBUFFER free, ULONG, ULONG version, ULONG *provider_version, LPMSPROVIDER *out)
{
    if (version < CURRENT_SPI_VERSION) {
        return MAPI_E_VERSION;
    }
    static std::once_flag once;
    std::call_once(once, [] { atexit(crash_at_exit); });
    allocate_buffer = allocate;
    allocate_more = more;
    free_buffer = free;
    *provider_version = CURRENT_SPI_VERSION;
    *out = new Provider;
    return S_OK;
}

extern "C" HRESULT ServiceEntry(HINSTANCE, LPMALLOC, LPMAPISUP, ULONG_PTR, ULONG, ULONG context, ULONG, LPSPropValue, LPPROVIDERADMIN, LPMAPIERROR *)
{
    return context == MSG_SERVICE_CONFIGURE ? MAPI_E_NO_SUPPORT : S_OK;
}
