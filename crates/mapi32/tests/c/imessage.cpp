// Messages in files: lc_79, lc_80, a storage of the program's own, attributes, files as streams.
#include "session.h"
#include <imessage.h>
#include <objbase.h>
#include <string>
#include <unistd.h>

static std::u16string path(const char *name)
{
    std::string whole = std::string(getenv("MAPI_HOME")) + "/" + name;
    return std::u16string(whole.begin(), whole.end());
}

static int ended;
static LPMESSAGE last_ended;
static void told(ULONG data, LPMESSAGE message)
{
    CHECK(data == 77);
    ended++;
    last_ended = message;
}

static LPSTORAGE file(const char *name)
{
    LPSTORAGE storage = nullptr;
    CHECK_CODE(StgCreateDocfile((const WCHAR *)path(name).c_str(), STGM_CREATE | STGM_READWRITE | STGM_TRANSACTED | STGM_SHARE_EXCLUSIVE, 0, &storage), S_OK);
    return storage;
}

static LPMESSAGE opened(LPMSGSESS session, LPSTORAGE storage)
{
    LPMESSAGE message = nullptr;
    CHECK_CODE(OpenIMsgOnIStg(session, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, MAPIGetDefaultMalloc(), nullptr, storage, told, 77, MAPI_UNICODE, &message), S_OK);
    return message;
}

static void subject_set(LPMAPIPROP object, ULONG tag, const char16_t *words)
{
    SPropValue value = {};
    value.ulPropTag = tag;
    value.Value.lpszW = (LPWSTR)words;
    CHECK_CODE(object->SetProps(1, &value, nullptr), S_OK);
}

static void lc_79_closing_the_session_closes_its_messages()
{
    LPMSGSESS session = nullptr;
    CHECK_CODE(OpenIMsgSession(MAPIGetDefaultMalloc(), 0, &session), S_OK);
    LPSTORAGE storages[2] = {file("one.msg"), file("two.msg")};
    LPMESSAGE messages[2] = {opened(session, storages[0]), opened(session, storages[1])};
    ULONG number = 9;
    LPATTACH attachment = nullptr;
    CHECK_CODE(messages[0]->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    CHECK(ended == 0);
    CloseIMsgSession(session);
    CHECK(ended == 2);
    ULONG count = 0;
    LPSPropValue values = nullptr;
    CHECK_CODE(messages[0]->GetProps(nullptr, 0, &count, &values), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(attachment->GetProps(nullptr, 0, &count, &values), MAPI_E_INVALID_OBJECT);
    CHECK(attachment->Release() == 0);
    CHECK(messages[0]->Release() == 0 && messages[1]->Release() == 0);
    CHECK(ended == 2);
    CloseIMsgSession(session);
    CloseIMsgSession(nullptr);
    LPMESSAGE late = nullptr;
    CHECK_CODE(OpenIMsgOnIStg(session, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, nullptr, storages[0], nullptr, 0, 0, &late), MAPI_E_INVALID_PARAMETER);
    CHECK(storages[0]->Release() == 0 && storages[1]->Release() == 0);
}

static void lc_80_arguments_of_a_session()
{
    LPMSGSESS session = (LPMSGSESS)1;
    CHECK_CODE(OpenIMsgSession(nullptr, 0, &session), MAPI_E_INVALID_PARAMETER);
    CHECK(session == (LPMSGSESS)1);
    CHECK_CODE(OpenIMsgSession(MAPIGetDefaultMalloc(), 0, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(OpenIMsgSession(MAPIGetDefaultMalloc(), 4, &session), MAPI_E_UNKNOWN_FLAGS);
}

/* A support object as far as a message asks it: it counts its references and has memory functions. */
static ULONG support_references = 1;
static HRESULT support_query(void *, REFIID, LPVOID *out) { *out = nullptr; return E_NOINTERFACE; }
static ULONG support_add(void *) { return ++support_references; }
static ULONG support_release(void *) { return --support_references; }
static HRESULT support_error(void *, HRESULT, ULONG, LPMAPIERROR *) { return MAPI_E_NO_SUPPORT; }
static HRESULT support_memory(void *, LPALLOCATEBUFFER *allocate, LPALLOCATEMORE *more, LPFREEBUFFER *free)
{
    *allocate = MAPIAllocateBuffer;
    *more = MAPIAllocateMore;
    *free = MAPIFreeBuffer;
    return S_OK;
}

static void ms_1_3_allocators_come_from_the_program_or_its_support_object()
{
    LPSTORAGE storage = file("allocators.msg");
    LPMESSAGE none = (LPMESSAGE)1, message = nullptr;
    LPALLOCATEBUFFER allocate[] = {nullptr, MAPIAllocateBuffer, MAPIAllocateBuffer, nullptr};
    LPALLOCATEMORE more[] = {MAPIAllocateMore, nullptr, MAPIAllocateMore, nullptr};
    LPFREEBUFFER free[] = {MAPIFreeBuffer, MAPIFreeBuffer, nullptr, nullptr};
    for (int at = 0; at < 4; at++) {
        CHECK_CODE(OpenIMsgOnIStg(nullptr, allocate[at], more[at], free[at], MAPIGetDefaultMalloc(), nullptr, storage, nullptr, 0, 0, &none), MAPI_E_INVALID_PARAMETER);
    }
    CHECK_CODE(OpenIMsgOnIStg(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, MAPIGetDefaultMalloc(), nullptr, nullptr, nullptr, 0, 0, &none), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(OpenIMsgOnIStg(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, MAPIGetDefaultMalloc(), nullptr, storage, nullptr, 0, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(OpenIMsgOnIStg(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, MAPIGetDefaultMalloc(), nullptr, storage, nullptr, 0, 2, &none), MAPI_E_UNKNOWN_FLAGS);
    void *table[] = {(void *)support_query, (void *)support_add, (void *)support_release, (void *)support_error, (void *)support_memory};
    void *support = table;
    CHECK_CODE(OpenIMsgOnIStg(nullptr, nullptr, nullptr, nullptr, MAPIGetDefaultMalloc(), (LPMAPISUP)&support, storage, nullptr, 0, MAPI_UNICODE, &message), S_OK);
    subject_set(message, PR_SUBJECT_W, u"one");
    LPSPropValue subject = nullptr;
    CHECK_CODE(HrGetOneProp(message, PR_SUBJECT_W, &subject), S_OK);
    MAPIFreeBuffer(subject);
    CHECK(message->Release() == 0 && support_references == 1);
    // Whether it was opened or not, the storage is held by nobody but the program.
    CHECK(storage->Release() == 0);
}

static void ms_1_5_ended_objects_count_references_and_nothing_else()
{
    LPMSGSESS session = nullptr;
    CHECK_CODE(OpenIMsgSession(MAPIGetDefaultMalloc(), MAPI_UNICODE, &session), S_OK);
    LPSTORAGE storage = file("ended.msg");
    LPMESSAGE message = opened(session, storage);
    ULONG number = 9;
    LPATTACH attachment = nullptr;
    CHECK_CODE(message->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    LPSTREAM data = nullptr;
    CHECK_CODE(attachment->OpenProperty(PR_ATTACH_DATA_BIN, &IID_IStream, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&data), S_OK);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(message->GetRecipientTable(0, &table), S_OK);
    CloseIMsgSession(session);
    ULONG count = 0;
    CHECK_CODE(table->GetRowCount(0, &count), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(data->Write("x", 1, &count), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(message->SaveChanges(0), MAPI_E_INVALID_OBJECT);
    CHECK_CODE(message->OpenAttach(number, nullptr, 0, &attachment), MAPI_E_INVALID_OBJECT);
    CHECK(message->AddRef() == 2 && message->Release() == 1);
    CHECK(data->Release() == 0 && table->Release() == 0 && attachment->Release() == 0 && message->Release() == 0);
    CHECK(storage->Release() == 0);
}

static void ms_1_7_the_interfaces_of_a_message_and_its_attachments()
{
    LPSTORAGE storage = file("faces.msg");
    LPMESSAGE message = opened(nullptr, storage);
    ULONG number = 9;
    LPATTACH attachment = nullptr;
    CHECK_CODE(message->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    const struct { LPUNKNOWN object; const IID *iid; HRESULT answer; } asked[] = {
        {message, &IID_IUnknown, S_OK},
        {message, &IID_IMAPIProp, S_OK},
        {message, &IID_IMessage, S_OK},
        {message, &IID_IAttachment, MAPI_E_INTERFACE_NOT_SUPPORTED},
        {attachment, &IID_IUnknown, S_OK},
        {attachment, &IID_IMAPIProp, S_OK},
        {attachment, &IID_IAttachment, S_OK},
        {attachment, &IID_IMessage, MAPI_E_INTERFACE_NOT_SUPPORTED},
    };
    for (auto &one : asked) {
        LPUNKNOWN face = nullptr;
        CHECK_CODE(one.object->QueryInterface(*one.iid, (LPVOID *)&face), one.answer);
        CHECK((face != nullptr) == (one.answer == S_OK));
        if (face != nullptr) {
            face->Release();
        }
    }
    // 1.8: attributes are those of messages on storages, their attachments included, and of nothing else.
    subject_set(attachment, PR_ATTACH_LONG_FILENAME_W, u"a.txt");
    SizedSPropTagArray(1, tags) = {1, {PR_ATTACH_LONG_FILENAME_W}};
    LPSPropAttrArray attributes = nullptr;
    CHECK_CODE(GetAttribIMsgOnIStg(attachment, (LPSPropTagArray)&tags, &attributes), S_OK);
    MAPIFreeBuffer(attributes);
    LPPROPDATA other = nullptr;
    CHECK_CODE(CreateIProp(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &other), S_OK);
    CHECK_CODE(GetAttribIMsgOnIStg(other, (LPSPropTagArray)&tags, &attributes), MAPI_E_INVALID_PARAMETER);
    SPropAttrArray bits = {1, {PROPATTR_READABLE}};
    CHECK_CODE(SetAttribIMsgOnIStg(other, (LPSPropTagArray)&tags, &bits, nullptr), MAPI_E_INVALID_PARAMETER);
    other->Release();
    attachment->Release();
    message->Release();
    storage->Release();
}

static void a_message_is_made_and_read_again()
{
    ended = 0;
    LPSTORAGE storage = file("kept.msg");
    LPMESSAGE message = opened(nullptr, storage);
    subject_set(message, PR_SUBJECT_W, u"Gr\u00fc\u00dfe");
    ULONG number = 9;
    LPATTACH attachment = nullptr;
    CHECK_CODE(message->CreateAttach(nullptr, 0, &number, &attachment), S_OK);
    subject_set(attachment, PR_ATTACH_LONG_FILENAME_W, u"a.txt");
    LPSTREAM data = nullptr;
    CHECK_CODE(attachment->OpenProperty(PR_ATTACH_DATA_BIN, &IID_IStream, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&data), S_OK);
    ULONG written = 0;
    CHECK_CODE(data->Write("hello", 5, &written), S_OK);
    CHECK_CODE(data->Commit(0), S_OK);
    data->Release();
    CHECK_CODE(attachment->SaveChanges(0), S_OK);
    attachment->Release();
    CHECK_CODE(message->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
    LPSPropAttrArray attributes = nullptr;
    SizedSPropTagArray(2, tags) = {2, {PR_SUBJECT_W, PR_BODY_W}};
    CHECK_CODE(GetAttribIMsgOnIStg(message, (LPSPropTagArray)&tags, &attributes), MAPI_W_ERRORS_RETURNED);
    CHECK(attributes->cValues == 2 && attributes->aPropAttr[1] == PROPATTR_NOT_PRESENT);
    MAPIFreeBuffer(attributes);
    tags.cValues = 1;
    SPropAttrArray read_only = {1, {PROPATTR_READABLE}};
    CHECK_CODE(SetAttribIMsgOnIStg(message, (LPSPropTagArray)&tags, &read_only, nullptr), S_OK);
    LPMESSAGE was = message;
    message->Release();
    CHECK(ended == 1 && last_ended == was);
    storage->Release();

    CHECK_CODE(StgIsStorageFile((const WCHAR *)path("kept.msg").c_str()), S_OK);
    CHECK_CODE(StgIsStorageFile((const WCHAR *)path("none.msg").c_str()), 0x80030002);
    CHECK_CODE(StgOpenStorage((const WCHAR *)path("kept.msg").c_str(), nullptr, STGM_READ | STGM_SHARE_EXCLUSIVE, nullptr, 0, &storage), S_OK);
    message = opened(nullptr, storage);
    LPSPropValue subject = nullptr;
    CHECK_CODE(HrGetOneProp(message, PR_SUBJECT_A, &subject), S_OK);
    CHECK(strcmp(subject->Value.lpszA, "Gr\303\274\303\237e") == 0);
    MAPIFreeBuffer(subject);
    CHECK_CODE(message->OpenAttach(number, nullptr, 0, &attachment), S_OK);
    CHECK_CODE(attachment->OpenProperty(PR_ATTACH_DATA_BIN, &IID_IStream, 0, 0, (LPUNKNOWN *)&data), S_OK);
    char bytes[8] = {};
    CHECK_CODE(data->Read(bytes, 8, &written), S_OK);
    CHECK(written == 5 && strcmp(bytes, "hello") == 0);
    data->Release();
    attachment->Release();
    IEnumSTATSTG *each = nullptr;
    CHECK_CODE(storage->EnumElements(0, nullptr, 0, &each), S_OK);
    STATSTG stat;
    ULONG fetched = 0, elements = 0;
    while (each->Next(1, &stat, &fetched) == S_OK) {
        CHECK(fetched == 1 && stat.pwcsName != nullptr);
        CoTaskMemFree(stat.pwcsName);
        elements++;
    }
    CHECK(elements >= 3);
    each->Release();
    LPSTORAGE copy = file("copy.msg");
    CHECK_CODE(storage->CopyTo(0, nullptr, nullptr, copy), S_OK);
    CHECK_CODE(copy->Commit(0), S_OK);
    CLSID one, other;
    CHECK_CODE(ReadClassStg(storage, &one), S_OK);
    CHECK_CODE(ReadClassStg(copy, &other), S_OK);
    CHECK(memcmp(&one, &other, sizeof(one)) == 0);
    copy->Release();
    message->Release();
    storage->Release();
}

static void files_are_streams()
{
    LPSTREAM stream = nullptr;
    std::string name = std::string(getenv("MAPI_HOME")) + "/passing";
    ULONG flags = STGM_CREATE | STGM_READWRITE | STGM_DELETEONRELEASE, bytes = 0;
    CHECK_CODE(OpenStreamOnFile(MAPIAllocateBuffer, MAPIFreeBuffer, STGM_READ, text(name.c_str()), nullptr, &stream), MAPI_E_NOT_FOUND);
    CHECK_CODE(OpenStreamOnFile(MAPIAllocateBuffer, MAPIFreeBuffer, flags, text(name.c_str()), nullptr, &stream), S_OK);
    CHECK_CODE(stream->Write("abc", 3, &bytes), S_OK);
    CHECK(bytes == 3 && access(name.c_str(), F_OK) == 0);
    LPSTORAGE storage = nullptr;
    CHECK_CODE(HrIStorageFromStream(stream, nullptr, 0, &storage), MAPI_E_CORRUPT_DATA);
    stream->Release();
    CHECK(access(name.c_str(), F_OK) != 0);
}

int main()
{
    CHECK_CODE(CoInitialize(nullptr), S_OK);
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    lc_80_arguments_of_a_session();
    lc_79_closing_the_session_closes_its_messages();
    ms_1_3_allocators_come_from_the_program_or_its_support_object();
    ms_1_5_ended_objects_count_references_and_nothing_else();
    ms_1_7_the_interfaces_of_a_message_and_its_attachments();
    a_message_is_made_and_read_again();
    files_are_streams();
    CHECK_CODE(MapStorageSCode((SCODE)0x80030002), MAPI_E_NOT_FOUND);
    CHECK_CODE(MapStorageSCode(S_OK), S_OK);
    MAPIUninitialize();
    CoUninitialize();
    return failures;
}
