// What the test programs of sessions share: a profile with a store, logging on, a sink that remembers.
#ifndef SESSION_H
#define SESSION_H

#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <mapix.h>
#include <openmapi.h>
#include <atomic>
#include <stdlib.h>

#define PROFILE "P1"

static inline LPTSTR text(const char *words) { return (LPTSTR)words; }

// A profile with the services of the library. It is there once for all programs of a home.
static inline void profile_made(const char *name, bool transport)
{
    LPPROFADMIN profiles = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    if (profiles == nullptr) {
        exit(1);
    }
    CHECK_CODE(profiles->CreateProfile(text(name), nullptr, 0, 0), S_OK);
    LPSERVICEADMIN services = nullptr;
    CHECK_CODE(profiles->AdminServices(text(name), nullptr, 0, 0, &services), S_OK);
    CHECK_CODE(services->CreateMsgService(text("STORE"), text("Personal Folders"), 0, 0), S_OK);
    CHECK_CODE(services->CreateMsgService(text("PAB"), nullptr, 0, 0), S_OK);
    if (transport) {
        CHECK_CODE(services->CreateMsgService(text("LOCAL"), nullptr, 0, 0), S_OK);
    }
    services->Release();
    profiles->Release();
}

static inline LPMAPISESSION logged_on(const char *name, ULONG more)
{
    LPMAPISESSION session = nullptr;
    CHECK_CODE(MAPILogonEx(0, text(name), nullptr, MAPI_EXTENDED | MAPI_NEW_SESSION | more, &session), S_OK);
    if (session == nullptr) {
        exit(1);
    }
    return session;
}

// The identifier of the default store, from the stores table; freed with MAPIFreeBuffer.
static inline SBinary default_store_id(LPMAPISESSION session)
{
    SBinary found = {0, nullptr};
    LPMAPITABLE table = nullptr;
    CHECK_CODE(session->GetMsgStoresTable(0, &table), S_OK);
    SizedSPropTagArray(2, columns) = {2, {PR_DEFAULT_STORE, PR_ENTRYID}};
    LPSRowSet rows = nullptr;
    CHECK_CODE(HrQueryAllRows(table, (LPSPropTagArray)&columns, nullptr, nullptr, 0, &rows), S_OK);
    for (ULONG row = 0; rows != nullptr && row < rows->cRows; row++) {
        LPSPropValue values = rows->aRow[row].lpProps;
        if (values[0].ulPropTag == PR_DEFAULT_STORE && values[0].Value.b) {
            found.cb = values[1].Value.bin.cb;
            CHECK_CODE(MAPIAllocateBuffer(found.cb, (LPVOID *)&found.lpb), S_OK);
            memcpy(found.lpb, values[1].Value.bin.lpb, found.cb);
        }
    }
    FreeProws(rows);
    table->Release();
    CHECK(found.cb > 0);
    return found;
}

static inline LPMDB default_store(LPMAPISESSION session)
{
    SBinary id = default_store_id(session);
    LPMDB store = nullptr;
    CHECK_CODE(session->OpenMsgStore(0, id.cb, (LPENTRYID)id.lpb, nullptr, MDB_WRITE | MAPI_BEST_ACCESS, &store), S_OK);
    MAPIFreeBuffer(id.lpb);
    if (store == nullptr) {
        exit(1);
    }
    return store;
}

static inline LPMAPIFOLDER folder_of(LPMDB store, ULONG tag)
{
    LPSPropValue id = nullptr;
    CHECK_CODE(HrGetOneProp(store, tag, &id), S_OK);
    ULONG kind = 0;
    LPUNKNOWN folder = nullptr;
    CHECK_CODE(store->OpenEntry(id->Value.bin.cb, (LPENTRYID)id->Value.bin.lpb, nullptr, MAPI_MODIFY, &kind, &folder), S_OK);
    CHECK(kind == MAPI_FOLDER);
    MAPIFreeBuffer(id);
    return (LPMAPIFOLDER)folder;
}

static inline LPMAPIFOLDER root_of(LPMDB store)
{
    ULONG kind = 0;
    LPUNKNOWN folder = nullptr;
    CHECK_CODE(store->OpenEntry(0, nullptr, nullptr, MAPI_MODIFY, &kind, &folder), S_OK);
    CHECK(kind == MAPI_FOLDER);
    return (LPMAPIFOLDER)folder;
}

// A sink that counts what it is told, and how often it is held.
class Sink final : public IMAPIAdviseSink
{
public:
    std::atomic<LONG> references{1}, told{0}, critical{0}, extended{0};

    STDMETHODIMP QueryInterface(REFIID iid, LPVOID *out) override
    {
        if (memcmp(&iid, &IID_IUnknown, sizeof(IID)) != 0 && memcmp(&iid, &IID_IMAPIAdviseSink, sizeof(IID)) != 0) {
            *out = nullptr;
            return MAPI_E_INTERFACE_NOT_SUPPORTED;
        }
        AddRef();
        *out = this;
        return S_OK;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return (ULONG)++references; }
    STDMETHODIMP_(ULONG) Release() override { return (ULONG)--references; }
    STDMETHODIMP_(ULONG) OnNotify(ULONG count, LPNOTIFICATION notifications) override
    {
        for (ULONG at = 0; at < count; at++) {
            told++;
            critical += notifications[at].ulEventType == fnevCriticalError;
            extended += notifications[at].ulEventType == fnevExtended;
        }
        return 0;
    }
};

#endif
