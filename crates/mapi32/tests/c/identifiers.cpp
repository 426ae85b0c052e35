// Identifiers made of a store's record key and an object's, and the folders that a store should have.
#include "session.h"

static void compound(LPMAPISESSION session, LPMDB store)
{
    LPSPropValue key = nullptr, inbox = nullptr, own = nullptr;
    CHECK_CODE(HrGetOneProp(store, PR_RECORD_KEY, &key), S_OK);
    CHECK_CODE(HrGetOneProp(store, PR_IPM_SUBTREE_ENTRYID, &inbox), S_OK);
    CHECK_CODE(HrGetOneProp(store, PR_ENTRYID, &own), S_OK);
    SBinary within = inbox->Value.bin;
    ULONG bytes = 0, store_bytes = 7, object_bytes = 0, kind = 0;
    LPENTRYID whole = nullptr, of_store = nullptr, of_object = nullptr;
    CHECK_CODE(HrComposeEID(session, key->Value.bin.cb, key->Value.bin.lpb, within.cb, (LPENTRYID)within.lpb, &bytes, &whole), S_OK);
    CHECK(bytes > within.cb + key->Value.bin.cb);
    CHECK_CODE(HrDecomposeEID(session, bytes, whole, &store_bytes, &of_store, &object_bytes, &of_object), S_OK);
    CHECK(object_bytes == within.cb && memcmp(of_object, within.lpb, within.cb) == 0);
    ULONG equal = FALSE;
    CHECK_CODE(session->CompareEntryIDs(store_bytes, of_store, own->Value.bin.cb, (LPENTRYID)own->Value.bin.lpb, 0, &equal), S_OK);
    CHECK(equal);
    LPMDB again = nullptr;
    LPUNKNOWN folder = nullptr;
    CHECK_CODE(session->OpenMsgStore(0, store_bytes, of_store, nullptr, MAPI_BEST_ACCESS, &again), S_OK);
    CHECK_CODE(again->OpenEntry(object_bytes, of_object, nullptr, 0, &kind, &folder), S_OK);
    CHECK(kind == MAPI_FOLDER);
    folder->Release();
    again->Release();
    MAPIFreeBuffer(of_store);
    MAPIFreeBuffer(of_object);

    // As text and back.
    LPTSTR digits = nullptr;
    CHECK_CODE(HrComposeMsgID(session, key->Value.bin.cb, key->Value.bin.lpb, within.cb, (LPENTRYID)within.lpb, &digits), S_OK);
    CHECK(strlen((const char *)digits) == bytes * 2);
    CHECK_CODE(HrDecomposeMsgID(session, digits, &store_bytes, &of_store, &object_bytes, &of_object), S_OK);
    CHECK(of_store != nullptr && object_bytes == within.cb && memcmp(of_object, within.lpb, within.cb) == 0);
    MAPIFreeBuffer(of_store);
    MAPIFreeBuffer(of_object);
    MAPIFreeBuffer(digits);

    // One of no store is copied.
    CHECK_CODE(HrComposeEID(session, 0, nullptr, within.cb, (LPENTRYID)within.lpb, &bytes, &of_object), S_OK);
    CHECK(bytes == within.cb && memcmp(of_object, within.lpb, bytes) == 0);
    MAPIFreeBuffer(of_object);
    CHECK_CODE(HrDecomposeEID(session, within.cb, (LPENTRYID)within.lpb, &store_bytes, &of_store, &object_bytes, &of_object), S_OK);
    CHECK(store_bytes == 0 && of_store == nullptr && object_bytes == within.cb);
    MAPIFreeBuffer(of_object);

    // A record key that no store of the session has.
    BYTE stranger[16] = {1};
    MAPIFreeBuffer(whole);
    CHECK_CODE(HrComposeEID(session, sizeof(stranger), stranger, within.cb, (LPENTRYID)within.lpb, &bytes, &whole), S_OK);
    CHECK_CODE(HrDecomposeEID(session, bytes, whole, &store_bytes, &of_store, &object_bytes, &of_object), MAPI_E_NOT_FOUND);
    CHECK_CODE(HrComposeEID(session, 0, nullptr, 0, nullptr, &bytes, &whole), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrDecomposeMsgID(session, text("no"), &store_bytes, &of_store, &object_bytes, &of_object), MAPI_E_INVALID_ENTRYID);
    CHECK_CODE(HrDecomposeEID(nullptr, bytes, whole, &store_bytes, &of_store, &object_bytes, &of_object), MAPI_E_INVALID_PARAMETER);
    MAPIFreeBuffer(whole);
    MAPIFreeBuffer(key);
    MAPIFreeBuffer(inbox);
    MAPIFreeBuffer(own);
}

static void standard_folders(LPMDB store)
{
    ULONG count = 0;
    LPSPropValue values = nullptr;
    LPMAPIERROR error = (LPMAPIERROR)&count;
    CHECK_CODE(HrValidateIPMSubtree(store, MAPI_FULL_IPM_TREE | MAPI_FORCE_CREATE, &count, &values, &error), S_OK);
    CHECK(error == nullptr && count == 8);
    CHECK(values[0].ulPropTag == PR_VALID_FOLDER_MASK && (values[0].Value.l & 0xFF) == 0xFF);
    static const ULONG folders[] = {PR_IPM_SUBTREE_ENTRYID, PR_FINDER_ENTRYID, PR_IPM_WASTEBASKET_ENTRYID, PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_VIEWS_ENTRYID, PR_COMMON_VIEWS_ENTRYID};
    for (ULONG tag : folders) {
        LPSPropValue found = PpropFindProp(values, count, tag);
        CHECK(found != nullptr);
        ULONG kind = 0;
        LPUNKNOWN folder = nullptr;
        CHECK_CODE(store->OpenEntry(found->Value.bin.cb, (LPENTRYID)found->Value.bin.lpb, nullptr, 0, &kind, &folder), S_OK);
        CHECK(kind == MAPI_FOLDER);
        folder->Release();
    }
    MAPIFreeBuffer(values);
    CHECK_CODE(HrValidateIPMSubtree(store, 0, &count, &values, nullptr), S_OK);
    CHECK(count == 4);
    MAPIFreeBuffer(values);
    CHECK_CODE(HrValidateIPMSubtree(store, 0, nullptr, nullptr, nullptr), S_OK);
    CHECK_CODE(HrValidateIPMSubtree(store, 0, &count, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrValidateIPMSubtree(store, 4, nullptr, nullptr, nullptr), MAPI_E_UNKNOWN_FLAGS);
    CHECK_CODE(HrValidateIPMSubtree(nullptr, 0, nullptr, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, false);
    LPMAPISESSION session = logged_on(PROFILE, MAPI_NO_MAIL);
    LPMDB store = default_store(session);
    compound(session, store);
    standard_folders(store);
    store->Release();
    session->Logoff(0, 0, 0);
    session->Release();
    MAPIUninitialize();
    return failures != 0;
}
