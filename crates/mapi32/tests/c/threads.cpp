// Objects used from many threads while the session ends: each call does its work or answers that the object has
// ended, and every release works (lc_42). Objects released on another thread than the one that uses them.
#include "session.h"
#include <thread>
#include <vector>

static bool allowed(HRESULT answer) { return answer == S_OK || answer == MAPI_E_INVALID_OBJECT || answer == MAPI_W_ERRORS_RETURNED; }

static void worked(LPMDB store, LPMAPIFOLDER folder, LPMAPITABLE table)
{
    SizedSPropTagArray(2, tags) = {2, {PR_DISPLAY_NAME_W, PR_ENTRYID}};
    for (int turn = 0; turn < 100000; turn++) {
        ULONG count = 0;
        LPSPropValue values = nullptr;
        HRESULT answers[4];
        answers[0] = store->GetProps((LPSPropTagArray)&tags, 0, &count, &values);
        MAPIFreeBuffer(values);
        LPMAPITABLE other = nullptr;
        answers[1] = folder->GetContentsTable(0, &other);
        if (other != nullptr) {
            answers[2] = other->GetRowCount(0, &count);
            other->Release();
        } else {
            answers[2] = answers[1];
        }
        LPSRowSet rows = nullptr;
        answers[3] = table->QueryRows(2, TBL_NOADVANCE, &rows);
        FreeProws(rows);
        for (HRESULT answer : answers) {
            if (!allowed(answer)) {
                CHECK_CODE(answer, MAPI_E_INVALID_OBJECT);
                return;
            }
        }
        if (answers[0] == MAPI_E_INVALID_OBJECT && answers[3] == MAPI_E_INVALID_OBJECT) {
            return;
        }
    }
    CHECK(!"the session never ended");
}

static void one_round()
{
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = default_store(session);
    LPMAPIFOLDER folder = root_of(store);
    LPMAPITABLE table = nullptr;
    CHECK_CODE(folder->GetHierarchyTable(0, &table), S_OK);
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; number++) {
        store->AddRef();
        folder->AddRef();
        table->AddRef();
        threads.emplace_back([=] {
            worked(store, folder, table);
            table->Release();
            folder->Release();
            store->Release();
        });
    }
    CHECK_CODE(session->Logoff(0, 0, 0), S_OK);
    table->Release();
    folder->Release();
    store->Release();
    for (std::thread &thread : threads) {
        thread.join();
    }
    CHECK(session->Release() == 0);
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, false);
    for (int round = 0; round < 10; round++) {
        one_round();
    }
    MAPIUninitialize();
    return failures;
}
