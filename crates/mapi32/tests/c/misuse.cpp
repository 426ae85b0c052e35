// A program that does wrong, one mistake a run: in verify mode each is answered, and none brings it down. The
// first argument names the mistake.
#include "session.h"
#include <imessage.h>
#include <objbase.h>
#include <thread>

typedef uintptr_t Word;
typedef HRESULT (*Call)(void *, Word, Word, Word, Word, Word, Word, Word, Word);

static LPMAPISESSION session;
static LPMDB store;
static LPMAPIFOLDER folder;

static void opened()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, false);
    session = logged_on(PROFILE, MAPI_NO_MAIL);
    store = default_store(session);
    folder = folder_of(store, PR_IPM_SUBTREE_ENTRYID);
}

static void closed()
{
    folder->Release();
    store->Release();
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    session->Release();
    MAPIUninitialize();
}

static LPMAPITABLE a_table()
{
    LPMAPITABLE table = nullptr;
    CHECK_CODE(folder->GetContentsTable(0, &table), S_OK);
    return table;
}

static void method_of_released()
{
    LPMAPITABLE table = a_table();
    ULONG count = 0;
    CHECK_CODE(table->GetRowCount(0, &count), S_OK);
    table->Release();
    CHECK_CODE(table->GetRowCount(0, &count), MAPI_E_INVALID_OBJECT);
}

static void released_twice()
{
    LPMAPITABLE table = a_table();
    CHECK(table->Release() == 0);
    CHECK(table->Release() == 0);
}

static void add_ref_of_released()
{
    LPMAPITABLE table = a_table();
    CHECK(table->AddRef() == 2 && table->Release() == 1 && table->Release() == 0);
    CHECK(table->AddRef() == 0);
}

static void query_of_released()
{
    LPMAPITABLE table = a_table();
    LPVOID same = &table;
    table->Release();
    CHECK_CODE(table->QueryInterface(IID_IUnknown, &same), MAPI_E_INVALID_OBJECT);
    CHECK(same == nullptr);
}

// An interface of an object that was released by another of its interfaces.
static void other_interface()
{
    LPMAPIFOLDER other = folder_of(store, PR_IPM_SUBTREE_ENTRYID);
    LPMAPIPROP prop = nullptr;
    LPUNKNOWN one = nullptr, two = nullptr;
    CHECK_CODE(other->QueryInterface(IID_IMAPIProp, (LPVOID *)&prop), S_OK);
    CHECK_CODE(other->QueryInterface(IID_IUnknown, (LPVOID *)&one), S_OK);
    CHECK_CODE(prop->QueryInterface(IID_IUnknown, (LPVOID *)&two), S_OK);
    CHECK(one == two);
    one->Release();
    two->Release();
    prop->Release();
    CHECK(other->Release() == 0);
    CHECK_CODE(prop->SaveChanges(0), MAPI_E_INVALID_OBJECT);
}

static void released_handed_in()
{
    LPMESSAGE from = nullptr, to = nullptr;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &from), S_OK);
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &to), S_OK);
    CHECK_CODE(from->CopyTo(0, nullptr, nullptr, 0, nullptr, &IID_IMessage, to, 0, nullptr), S_OK);
    to->Release();
    CHECK_CODE(from->CopyTo(0, nullptr, nullptr, 0, nullptr, &IID_IMessage, to, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    from->Release();
}

static void written_over()
{
    LPMAPITABLE table = a_table();
    memset((BYTE *)table + 8, 0, 8);
    CHECK(table->AddRef() == 0);
}

static void by_another_thread()
{
    LPMAPITABLE table = a_table();
    std::thread([table] { table->Release(); }).join();
    ULONG count = 0;
    CHECK_CODE(table->GetRowCount(0, &count), MAPI_E_INVALID_OBJECT);
}

static void freed_twice()
{
    LPVOID block = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, &block), S_OK);
    CHECK_CODE(MAPIFreeBuffer(block), S_OK);
    CHECK_CODE(MAPIFreeBuffer(block), S_OK);
}

static void freed_inside()
{
    LPBYTE block = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, (LPVOID *)&block), S_OK);
    CHECK_CODE(MAPIFreeBuffer(block + 16), S_OK);
    MAPIFreeBuffer(block);
}

static void freed_foreign()
{
    LPVOID foreign = malloc(40);
    CHECK_CODE(MAPIFreeBuffer(foreign), S_OK);
    free(foreign);
}

static void freed_linked()
{
    LPVOID block = nullptr, more = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, &block), S_OK);
    CHECK_CODE(MAPIAllocateMore(8, block, &more), S_OK);
    CHECK_CODE(MAPIFreeBuffer(more), S_OK);
    MAPIFreeBuffer(block);
}

static void linked_to_freed()
{
    LPVOID block = nullptr, more = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, &block), S_OK);
    MAPIFreeBuffer(block);
    CHECK_CODE(MAPIAllocateMore(8, block, &more), MAPI_E_INVALID_PARAMETER);
    CHECK(more == nullptr);
}

static void linked_to_foreign()
{
    LPVOID more = nullptr;
    int foreign = 0;
    CHECK_CODE(MAPIAllocateMore(8, &foreign, &more), MAPI_E_INVALID_PARAMETER);
}

static void grown_freed()
{
    LPVOID block = nullptr, more = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, &block), S_OK);
    MAPIFreeBuffer(block);
    CHECK_CODE(MAPIReallocateBuffer(block, 80, &more), MAPI_E_INVALID_PARAMETER);
}

static void freed_handed_in()
{
    LPSPropValue value = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(sizeof(SPropValue), (LPVOID *)&value), S_OK);
    value->ulPropTag = PR_IMPORTANCE;
    value->Value.l = 1;
    MAPIFreeBuffer(value);
    CHECK_CODE(folder->SetProps(1, value, nullptr), MAPI_E_INVALID_PARAMETER);
}

static void written_after_free()
{
    LPBYTE block = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, (LPVOID *)&block), S_OK);
    MAPIFreeBuffer(block);
    block[5] = 1;
}

static void written_beyond()
{
    LPBYTE block = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(40, (LPVOID *)&block), S_OK);
    block[41] = 1;
    MAPIFreeBuffer(block);
}

static LPMAPITABLE forgotten_table;
static LPVOID forgotten_buffer;
static void left_open()
{
    forgotten_table = a_table();
    CHECK_CODE(MAPIAllocateBuffer(40, &forgotten_buffer), S_OK);
}

static int wrong, answered;

// Each of the first methods of a released object, and its three of IUnknown.
static void each_method(LPUNKNOWN object)
{
    object->Release();
    for (int slot = 3; slot < 10; slot++) {
        Call call = (*(Call **)object)[slot];
        answered += call(object, 0, 0, 0, 0, 0, 0, 0, 0) == MAPI_E_INVALID_OBJECT;
        wrong++;
    }
    LPVOID out = nullptr;
    answered += object->QueryInterface(IID_IUnknown, &out) == MAPI_E_INVALID_OBJECT;
    answered += object->AddRef() == 0;
    answered += object->Release() == 0;
    wrong += 3;
}

static void every_noun()
{
    LPMESSAGE message = nullptr;
    LPATTACH attachment = nullptr;
    LPSTREAM stream = nullptr;
    LPADRBOOK book = nullptr;
    LPABCONT container = nullptr;
    LPPROFADMIN profiles = nullptr;
    LPSERVICEADMIN services = nullptr;
    LPPROFSECT section = nullptr;
    LPSTORAGE storage = nullptr;
    LPENTRYID id = nullptr;
    ULONG number = 0, kind = 0, bytes = 0;
    CHECK_CODE(folder->CreateMessage(nullptr, 0, &message), S_OK);
    CHECK_CODE(message->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    CHECK_CODE(attachment->OpenProperty(PR_ATTACH_DATA_BIN, &IID_IStream, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&stream), S_OK);
    CHECK_CODE(session->OpenAddressBook(0, nullptr, 0, &book), S_OK);
    CHECK_CODE(book->GetPAB(&bytes, &id), S_OK);
    CHECK_CODE(book->OpenEntry(bytes, id, nullptr, MAPI_MODIFY, &kind, (LPUNKNOWN *)&container), S_OK);
    MAPIFreeBuffer(id);
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    CHECK_CODE(profiles->AdminServices(text(PROFILE), nullptr, 0, 0, &services), S_OK);
    MAPIUID uid = {{9}};
    CHECK_CODE(session->OpenProfileSection(&uid, nullptr, MAPI_MODIFY, &section), S_OK);
    char16_t path[256] = {};
    const char *home = getenv("MAPI_HOME");
    for (int at = 0; home[at] != 0; at++) {
        path[at] = (char16_t)home[at];
        path[at + 1] = u'1';
    }
    CHECK_CODE(StgCreateDocfile((const WCHAR *)path, STGM_CREATE | STGM_READWRITE, 0, &storage), S_OK);
    LPMDB second = default_store(session);
    LPUNKNOWN objects[] = {stream, attachment, message, container, book, services, profiles, section, storage, second, a_table()};
    for (LPUNKNOWN object : objects) {
        each_method(object);
    }
    printf("wrong = %d\nanswered = %d\n", wrong, answered);
    CHECK(wrong == answered);
}

static const struct { const char *name; void (*done)(); } mistakes[] = {
    {"method_of_released", method_of_released}, {"released_twice", released_twice},
    {"add_ref_of_released", add_ref_of_released}, {"query_of_released", query_of_released},
    {"other_interface", other_interface}, {"released_handed_in", released_handed_in},
    {"written_over", written_over}, {"by_another_thread", by_another_thread},
    {"freed_twice", freed_twice}, {"freed_inside", freed_inside},
    {"freed_foreign", freed_foreign}, {"freed_linked", freed_linked},
    {"linked_to_freed", linked_to_freed}, {"linked_to_foreign", linked_to_foreign},
    {"grown_freed", grown_freed}, {"freed_handed_in", freed_handed_in},
    {"written_after_free", written_after_free}, {"written_beyond", written_beyond},
    {"left_open", left_open}, {"every_noun", every_noun},
};

int main(int count, char **arguments)
{
    for (auto &mistake : mistakes) {
        if (count == 2 && strcmp(mistake.name, arguments[1]) == 0) {
            opened();
            mistake.done();
            closed();
            return failures != 0;
        }
    }
    return 2;
}
