// What the bench beside it has measured from C++: it reads "props N" and "page N", makes N calls, and answers with
// the nanoseconds of one.
#include "session.h"
#include <chrono>

enum { ROWS = 50, COLUMNS = 10 };

static LPMESSAGE message;
static LPMAPITABLE table;

static void filled(LPMAPIFOLDER folder)
{
    for (int row = 0; row < ROWS; row++) {
        LPMESSAGE made = nullptr;
        CHECK_CODE(folder->CreateMessage(nullptr, 0, &made), S_OK);
        SPropValue values[3] = {};
        values[0].ulPropTag = PR_SUBJECT_W;
        values[0].Value.lpszW = (LPWSTR)u"Minutes of the meeting";
        values[1].ulPropTag = PR_IMPORTANCE;
        values[1].Value.l = IMPORTANCE_NORMAL;
        values[2].ulPropTag = PR_SENSITIVITY;
        CHECK_CODE(made->SetProps(3, values, nullptr), S_OK);
        CHECK_CODE(made->SaveChanges(KEEP_OPEN_READWRITE), S_OK);
        if (message != nullptr) {
            message->Release();
        }
        message = made;
    }
    CHECK_CODE(folder->GetContentsTable(MAPI_UNICODE, &table), S_OK);
    SizedSPropTagArray(COLUMNS, columns) = {COLUMNS, {PR_ENTRYID, PR_SUBJECT_W, PR_IMPORTANCE, PR_SENSITIVITY, PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE, PR_LAST_MODIFICATION_TIME, PR_MESSAGE_CLASS_W, PR_HASATTACH, PR_CREATION_TIME}};
    CHECK_CODE(table->SetColumns((LPSPropTagArray)&columns, 0), S_OK);
}

static void props()
{
    SizedSPropTagArray(3, tags) = {3, {PR_IMPORTANCE, PR_SENSITIVITY, PR_SUBJECT_W}};
    ULONG count = 0;
    LPSPropValue values = nullptr;
    CHECK_CODE(message->GetProps((LPSPropTagArray)&tags, 0, &count, &values), S_OK);
    MAPIFreeBuffer(values);
}

static void page()
{
    LPSRowSet rows = nullptr;
    CHECK_CODE(table->SeekRow(BOOKMARK_BEGINNING, 0, nullptr), S_OK);
    CHECK_CODE(table->QueryRows(ROWS, 0, &rows), S_OK);
    CHECK(rows->cRows == ROWS && rows->aRow[0].cValues == COLUMNS);
    FreeProws(rows);
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, false);
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = default_store(session);
    LPMAPIFOLDER tree = folder_of(store, PR_IPM_SUBTREE_ENTRYID), folder = nullptr;
    CHECK_CODE(tree->CreateFolder(FOLDER_GENERIC, text("Measured"), nullptr, nullptr, OPEN_IF_EXISTS, &folder), S_OK);
    filled(folder);
    char word[16];
    long calls = 0;
    while (failures == 0 && scanf("%15s %ld", word, &calls) == 2) {
        auto call = strcmp(word, "props") == 0 ? props : page;
        auto began = std::chrono::steady_clock::now();
        for (long at = 0; at < calls; at++) {
            call();
        }
        double passed = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count();
        printf("%.1f\n", passed / (double)calls);
        fflush(stdout);
    }
    table->Release();
    message->Release();
    folder->Release();
    tree->Release();
    store->Release();
    session->Logoff(0, 0, 0);
    session->Release();
    MAPIUninitialize();
    return failures != 0;
}
