// Every argument of every method: each required pointer NULL, then random calls over memory that is as long as
// claimed. The table is made of data/args.tsv; the environment says how many random calls, and the seed.
#include "session.h"
#include <imessage.h>
#include <objbase.h>
#include <initializer_list>
#include <map>
#include <string>
#include <signal.h>
#include <unistd.h>

struct Method {
    const char *interface;
    int slot;
    const char *name;
    const char *kinds; // a letter an argument, see letter() of sweep.rs
};

static const Method methods[] = {
#include "args.inc"
};

typedef uintptr_t Word;
typedef HRESULT (*Call)(void *, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word);

enum { BLOCK = 4096, ARGUMENTS = 11 };
alignas(16) static BYTE blocks[ARGUMENTS][BLOCK];
static const BYTE UNTOUCHED = 0xA5;
static uint64_t state;

static uint64_t random_number()
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

struct Targets {
    LPMAPISESSION session;
    LPMDB store;
    LPMAPIFOLDER folder;
    LPMESSAGE message, other;
    LPATTACH attachment;
    LPMAPITABLE table;
    LPADRBOOK book;
    LPABCONT container;
    LPMAPIPROP entry;
    LPMAPISTATUS status;
    LPPROFADMIN profiles;
    LPSERVICEADMIN services;
    LPPROVIDERADMIN providers;
    LPPROFSECT section;
    LPSTREAM stream;
    LPSTORAGE storage, target;
    IEnumSTATSTG *elements;
    Sink sink;
};

static Targets all;

static const Method *under_way;

// A signal is what must not happen; it names the call.
static void struck(int)
{
    const char *words[] = {"a signal in ", under_way->interface, "::", under_way->name, "\n"};
    for (const char *word : words) {
        if (write(2, word, strlen(word)) < 0) {
            break;
        }
    }
    _exit(101);
}

static HRESULT called(void *object, const Method &method, Word *given)
{
    under_way = &method;
    Call call = (*(Call **)object)[method.slot];
    return call(object, given[0], given[1], given[2], given[3], given[4], given[5], given[6], given[7], given[8], given[9], given[10]);
}

static void *handed_in(char kind)
{
    switch (kind) {
    case 'M': return all.other;
    case 'S': return all.store;
    case 'F': return all.folder;
    case 'K': return &all.sink;
    case 'Z': return all.stream;
    case 'Y': return all.target;
    case 'A': return all.services;
    default: return nullptr;
    }
}

static bool is_out(char kind) { return strchr("OoPBbR", kind) != nullptr; }
static bool is_required(char kind) { return strchr("TIGOPBRUMSFKZYA", kind) != nullptr; }

// Arguments that a call could take: empty structures, short texts, objects of the right kind.
static void prepared(const Method &method, Word *given)
{
    for (int at = 0; method.kinds[at] != 0; at++) {
        char kind = method.kinds[at];
        memset(blocks[at], is_out(kind) ? UNTOUCHED : 0, BLOCK);
        switch (kind) {
        case 'v': given[at] = 0; break;
        case 'c': given[at] = 1; break;
        case 'T':
            memcpy(blocks[at], "x\0\0", 4);
            given[at] = (Word)blocks[at];
            break;
        case 't': case 'i': case 'g': case 'x': given[at] = 0; break;
        case 'G': given[at] = (Word)&IID_IStream; break;
        default: given[at] = handed_in(kind) != nullptr ? (Word)handed_in(kind) : (Word)blocks[at];
        }
    }
}

static bool untouched(const Method &method)
{
    for (int at = 0; method.kinds[at] != 0; at++) {
        if (is_out(method.kinds[at])) {
            for (int byte = 0; byte < BLOCK; byte++) {
                if (blocks[at][byte] != UNTOUCHED) {
                    return false;
                }
            }
        }
    }
    return true;
}

static long nulls;
static void null_sweep(void *object, const Method &method)
{
    for (int at = 0; method.kinds[at] != 0; at++) {
        if (!is_required(method.kinds[at])) {
            continue;
        }
        Word given[ARGUMENTS] = {};
        prepared(method, given);
        given[at] = 0;
        HRESULT answer = called(object, method, given);
        nulls++;
        if (answer != MAPI_E_INVALID_PARAMETER || !untouched(method)) {
            fprintf(stderr, "%s::%s, argument %d NULL: 0x%08X%s\n", method.interface, method.name, at, (ULONG)answer, untouched(method) ? "" : ", an output was written");
            failures++;
        }
    }
}

// What a successful call handed out is given back.
static void given_back(const Method &method, Word *given)
{
    for (int at = 0; method.kinds[at] != 0; at++) {
        LPVOID out = nullptr;
        if (given[at] != (Word)blocks[at]) {
            continue;
        }
        memcpy(&out, blocks[at], sizeof(out));
        uint64_t never;
        memset(&never, UNTOUCHED, sizeof(never));
        if (out == nullptr || (uint64_t)out == never) {
            continue;
        }
        switch (method.kinds[at]) {
        case 'P': ((LPUNKNOWN)out)->Release(); break;
        case 'B': case 'b': MAPIFreeBuffer(out); break;
        case 'R': FreeProws((LPSRowSet)out); break;
        }
    }
}

// Which methods of which noun say that they are not supported, whatever they are given.
static std::map<std::string, std::pair<long, long>> answers;
static void noted(const char *noun, const Method &method, HRESULT answer)
{
    auto &seen = answers[std::string(noun) + "::" + method.name];
    if (answer == MAPI_E_NO_SUPPORT) {
        seen.first++;
    } else if (answer != MAPI_E_INVALID_PARAMETER && answer != MAPI_E_UNKNOWN_FLAGS) {
        seen.second++;
    }
}

static void random_call(const char *noun, void *object, const Method &method)
{
    static const ULONG tags[] = {PR_SUBJECT_W, PR_ENTRYID, PR_BODY_A, PR_RECIPIENT_TYPE, 0x8001001F, 0x0037000D, 0x00000001, 0xFFFF000A};
    Word given[ARGUMENTS] = {};
    prepared(method, given);
    for (int at = 0; method.kinds[at] != 0; at++) {
        char kind = method.kinds[at];
        if (is_out(kind)) {
            if (random_number() % 8 == 0) {
                given[at] = 0;
            }
            continue;
        }
        if (kind == 'v') {
            Word few[] = {0, 1, 2, 4, 8, 0x10, MAPI_UNICODE, random_number() % 64, random_number() & 0xFFFFFFFF, tags[random_number() % 8]};
            given[at] = few[random_number() % 10];
            // A stream as long as any number is the disk's business, not the caller's.
            if (strstr(method.interface, "Stream") != nullptr) {
                given[at] &= 0xFFFF;
            }
        } else if (kind == 'c') {
            // The block beside it holds an element of at most 80 bytes for each.
            given[at] = random_number() % (BLOCK / 80);
        } else if (kind == 'T' || kind == 't') {
            ULONG length = (ULONG)(random_number() % 64) & ~1u;
            for (ULONG byte = 0; byte < length; byte++) {
                blocks[at][byte] = (BYTE)(1 + random_number() % 255);
            }
            given[at] = random_number() % 4 == 0 ? 0 : (Word)blocks[at];
        } else if (kind == 'I' || kind == 'i' || kind == 'U') {
            // Counts that fit, tags that may be known, and no pointer but NULL.
            ULONG count = (ULONG)(random_number() % 16);
            memcpy(blocks[at], &count, sizeof(count));
            if (random_number() % 2 == 0) {
                // Tags stand one behind the other, or at the head of each value.
                ULONG stride = strcmp(method.name, "SetProps") == 0 ? sizeof(SPropValue) : sizeof(ULONG);
                for (ULONG element = 1; element <= count; element++) {
                    memcpy(blocks[at] + stride * element, &tags[random_number() % 8], 4);
                }
                if (strstr(method.name, "Props") == nullptr && strstr(method.name, "Columns") == nullptr) {
                    memset(blocks[at] + 4, 0, BLOCK - 4);
                }
            }
            given[at] = random_number() % 4 == 0 ? 0 : (Word)blocks[at];
            if (kind == 'U') {
                memset(blocks[at], 0, BLOCK);
            }
        } else if (random_number() % 4 == 0) {
            given[at] = 0;
        }
    }
    HRESULT answer = called(object, method, given);
    noted(noun, method, answer);
    if ((answer & 0x80000000) == 0) {
        given_back(method, given);
    }
}

static void *object_of(const char *interface, int turn)
{
    const struct { const char *name; void *objects[9]; } known[] = {
        {"IMAPISession", {all.session}},
        {"IMsgStore", {all.store}},
        {"IMAPIProp", {all.message, all.folder, all.store, all.attachment, all.entry, all.status, all.section, all.container, all.book}},
        {"IMAPIContainer", {all.folder, all.container}},
        {"IMAPIFolder", {all.folder}},
        {"IMessage", {all.message}},
        {"IMAPITable", {all.table}},
        {"IAddrBook", {all.book}},
        {"IABContainer", {all.container}},
        {"IMAPIStatus", {all.status}},
        {"IProfAdmin", {all.profiles}},
        {"IMsgServiceAdmin", {all.services}},
        {"IMsgServiceAdmin2", {all.services}},
        {"IProviderAdmin", {all.providers}},
        {"ISequentialStream", {all.stream}},
        {"IStream", {all.stream}},
        {"IStorage", {all.storage}},
        {"IEnumSTATSTG", {all.elements}},
    };
    for (auto &one : known) {
        if (strcmp(one.name, interface) == 0) {
            return turn < 9 ? one.objects[turn] : nullptr;
        }
    }
    return nullptr;
}

// What the object is that an interface of several is tried on.
static const char *noun_of(const char *interface, int turn)
{
    static const char *props[] = {"IMessage", "IMAPIFolder", "IMsgStore", "IAttach", "IMailUser", "IMAPIStatus", "IProfSect", "IABContainer", "IAddrBook"};
    if (strcmp(interface, "IMAPIProp") == 0) {
        return props[turn];
    }
    if (strcmp(interface, "IMAPIContainer") == 0) {
        return turn == 0 ? "IMAPIFolder" : "IABContainer";
    }
    return strcmp(interface, "ISequentialStream") == 0 ? "IStream" : interface;
}

static void opened()
{
    all.session = logged_on(PROFILE, MAPI_NO_MAIL);
    all.store = default_store(all.session);
    LPMAPIFOLDER tree = folder_of(all.store, PR_IPM_SUBTREE_ENTRYID);
    CHECK_CODE(tree->CreateFolder(FOLDER_GENERIC, text("Swept"), nullptr, nullptr, OPEN_IF_EXISTS, &all.folder), S_OK);
    tree->Release();
    CHECK_CODE(all.folder->CreateMessage(nullptr, 0, &all.message), S_OK);
    CHECK_CODE(all.folder->CreateMessage(nullptr, 0, &all.other), S_OK);
    ULONG number = 0, kind = 0, bytes = 0;
    CHECK_CODE(all.message->CreateAttach(nullptr, 0, &number, &all.attachment), S_OK);
    CHECK_CODE(all.attachment->OpenProperty(PR_ATTACH_DATA_BIN, &IID_IStream, 0, MAPI_CREATE | MAPI_MODIFY, (LPUNKNOWN *)&all.stream), S_OK);
    CHECK_CODE(all.folder->GetContentsTable(0, &all.table), S_OK);
    CHECK_CODE(all.session->OpenAddressBook(0, nullptr, 0, &all.book), S_OK);
    LPENTRYID id = nullptr;
    CHECK_CODE(all.book->GetPAB(&bytes, &id), S_OK);
    CHECK_CODE(all.book->OpenEntry(bytes, id, nullptr, MAPI_MODIFY, &kind, (LPUNKNOWN *)&all.container), S_OK);
    MAPIFreeBuffer(id);
    CHECK_CODE(all.container->CreateEntry(0, nullptr, 0, &all.entry), S_OK);
    LPSRowSet rows = nullptr;
    LPMAPITABLE status = nullptr;
    CHECK_CODE(all.session->GetStatusTable(0, &status), S_OK);
    SizedSPropTagArray(1, columns) = {1, {PR_ENTRYID}};
    CHECK_CODE(HrQueryAllRows(status, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    SBinary first = rows->aRow[0].lpProps[0].Value.bin;
    CHECK_CODE(all.session->OpenEntry(first.cb, (LPENTRYID)first.lpb, nullptr, 0, &kind, (LPUNKNOWN *)&all.status), S_OK);
    FreeProws(rows);
    status->Release();
    CHECK_CODE(MAPIAdminProfiles(0, &all.profiles), S_OK);
    CHECK_CODE(all.profiles->AdminServices(text("P2"), nullptr, 0, 0, &all.services), S_OK);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(all.services->GetMsgServiceTable(0, &table), S_OK);
    SizedSPropTagArray(1, uid) = {1, {PR_SERVICE_UID}};
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&uid, nullptr, nullptr, 0, &rows), S_OK);
    CHECK_CODE(all.services->AdminProviders((LPMAPIUID)rows->aRow[0].lpProps[0].Value.bin.lpb, 0, &all.providers), S_OK);
    FreeProws(rows);
    table->Release();
    MAPIUID section = {{9}};
    CHECK_CODE(all.session->OpenProfileSection(&section, nullptr, MAPI_MODIFY, &all.section), S_OK);
    char16_t one[256] = {}, two[256] = {};
    const char *home = getenv("MAPI_HOME");
    for (int at = 0; home[at] != 0; at++) {
        one[at] = two[at] = (char16_t)home[at];
        one[at + 1] = u'1';
        two[at + 1] = u'2';
    }
    CHECK_CODE(StgCreateDocfile((const WCHAR *)one, STGM_CREATE | STGM_READWRITE, 0, &all.storage), S_OK);
    CHECK_CODE(StgCreateDocfile((const WCHAR *)two, STGM_CREATE | STGM_READWRITE, 0, &all.target), S_OK);
    CHECK_CODE(all.storage->EnumElements(0, nullptr, 0, &all.elements), S_OK);
}

static void closed()
{
    LPUNKNOWN objects[] = {all.elements, all.target, all.storage, all.section, all.providers, all.services, all.profiles, all.status, all.entry, all.container, all.book, all.table, all.stream, all.attachment, all.other, all.message, all.folder, all.store};
    for (LPUNKNOWN object : objects) {
        object->Release();
    }
    all.session->Logoff(0, 0, 0);
    all.session->Release();
}

int main()
{
    const char *calls = getenv("MAPI_CALLS"), *seed = getenv("MAPI_SEED");
    long random_calls = calls != nullptr ? atol(calls) : 20000, done = 0;
    state = seed != nullptr ? strtoull(seed, nullptr, 0) : 20261120;
    for (int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) {
        signal(number, struck);
    }
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, false);
    profile_made("P2", false);
    opened();
    long swept = 0;
    for (auto &method : methods) {
        for (int turn = 0; object_of(method.interface, turn) != nullptr; turn++) {
            null_sweep(object_of(method.interface, turn), method);
            swept++;
        }
    }
    while (done < random_calls) {
        const Method &method = methods[random_number() % (sizeof(methods) / sizeof(methods[0]))];
        // Its wait is a person's, its logoff the end of the run.
        if (strcmp(method.name, "Logoff") == 0) {
            continue;
        }
        int objects = 0;
        while (object_of(method.interface, objects) != nullptr) {
            objects++;
        }
        int turn = (int)(random_number() % (uint64_t)objects);
        random_call(noun_of(method.interface, turn), object_of(method.interface, turn), method);
        done++;
    }
    closed();
    MAPIUninitialize();
    for (auto &one : answers) {
        if (one.second.first > 0 && one.second.second == 0) {
            printf("refused = %s\n", one.first.c_str());
        }
    }
    printf("methods swept = %ld\nrequired pointers tried as NULL = %ld\nrandom calls = %ld\n", swept, nulls, done);
    return failures > 100 ? 100 : failures;
}
