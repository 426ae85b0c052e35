// Property objects in memory: IMAPIProp and IPropData.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <openmapi.h>

static int allocations;
static SCODE my_allocate(ULONG bytes, LPVOID *buffer)
{
    allocations++;
    return MAPIAllocateBuffer(bytes, buffer);
}

static LPPROPDATA made()
{
    LPPROPDATA object = nullptr;
    IID wrong = IID_IMessage, right = IID_IMAPIPropData;
    CHECK_CODE(CreateIProp(&wrong, my_allocate, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &object), MAPI_E_INTERFACE_NOT_SUPPORTED);
    CHECK_CODE(CreateIProp(&right, nullptr, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &object), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(CreateIProp(&right, my_allocate, MAPIAllocateMore, MAPIFreeBuffer, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK(object == nullptr);
    CHECK_CODE(CreateIProp(&right, my_allocate, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &object), S_OK);
    return object;
}

static char subject[] = "Gr\303\274\303\237e";
static BYTE id[] = {1, 2, 3};

static void fill(LPPROPDATA object)
{
    SPropValue values[3];
    memset(values, 0, sizeof(values));
    values[0].ulPropTag = PR_SUBJECT_A;
    values[0].Value.lpszA = subject;
    values[1].ulPropTag = PR_ENTRYID;
    values[1].Value.bin = SBinary{3, id};
    values[2].ulPropTag = PR_MESSAGE_SIZE;
    values[2].Value.l = 9;
    LPSPropProblemArray problems = (LPSPropProblemArray)1;
    CHECK_CODE(object->SetProps(3, values, &problems), S_OK);
    CHECK(problems == nullptr);
    CHECK_CODE(object->SetProps(0, values, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(object->SetProps(1, nullptr, nullptr), MAPI_E_INVALID_PARAMETER);
}

static void read_and_written()
{
    LPPROPDATA object = made();
    fill(object);
    ULONG count = 0;
    LPSPropValue values = nullptr;
    allocations = 0;
    SizedSPropTagArray(3, tags) = {3, {PR_SUBJECT_W, PR_BODY_W, CHANGE_PROP_TYPE(PR_SUBJECT_W, PT_UNSPECIFIED)}};
    CHECK_CODE(object->GetProps((LPSPropTagArray)&tags, 0, &count, &values), MAPI_W_ERRORS_RETURNED);
    CHECK(count == 3 && allocations == 1);
    CHECK(values[0].ulPropTag == PR_SUBJECT_W && values[0].Value.lpszW[2] == 0xFC && values[0].Value.lpszW[5] == 0);
    CHECK(PROP_TYPE(values[1].ulPropTag) == PT_ERROR && values[1].Value.err == MAPI_E_NOT_FOUND);
    CHECK(values[2].ulPropTag == PR_SUBJECT_A && strcmp(values[2].Value.lpszA, subject) == 0);
    MAPIFreeBuffer(values);
    CHECK_CODE(object->GetProps(nullptr, MAPI_UNICODE, &count, &values), S_OK);
    CHECK(count == 3 && PpropFindProp(values, 3, PR_SUBJECT_W) != nullptr);
    MAPIFreeBuffer(values);

    values = (LPSPropValue)7;
    tags.cValues = 0;
    CHECK_CODE(object->GetProps((LPSPropTagArray)&tags, 0, &count, &values), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(object->GetProps(nullptr, 0x40, &count, &values), MAPI_E_UNKNOWN_FLAGS);
    CHECK_CODE(object->GetProps(nullptr, 0, nullptr, &values), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(object->GetProps(nullptr, 0, &count, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK(values == (LPSPropValue)7 && count == 3);

    LPMAPIERROR error = nullptr;
    CHECK_CODE(object->GetLastError(MAPI_E_INVALID_PARAMETER, 0, &error), S_OK);
    CHECK(error != nullptr && strstr((char *)error->lpszError, "GetProps") != nullptr);
    MAPIFreeBuffer(error);
    CHECK_CODE(object->GetLastError(MAPI_E_NOT_FOUND, 0, &error), S_OK);
    CHECK(error == nullptr);

    LPSPropTagArray list = nullptr;
    CHECK_CODE(object->GetPropList(0, &list), S_OK);
    CHECK(list->cValues == 3 && list->aulPropTag[0] == PR_SUBJECT_A);
    MAPIFreeBuffer(list);

    CHECK(FPropExists(object, PR_SUBJECT_W) && !FPropExists(object, PR_BODY_W) && !FPropExists(nullptr, PR_BODY_W));
    CHECK_CODE(HrGetOneProp(object, PR_MESSAGE_SIZE, &values), S_OK);
    CHECK(values->Value.l == 9);
    values->Value.l = 10;
    CHECK_CODE(HrSetOneProp(object, values), S_OK);
    MAPIFreeBuffer(values);
    CHECK_CODE(HrGetOneProp(object, PR_BODY_W, &values), MAPI_E_NOT_FOUND);

    SizedSPropTagArray(2, gone) = {2, {PR_MESSAGE_SIZE, PR_BODY_W}};
    LPSPropProblemArray problems = nullptr;
    CHECK_CODE(object->DeleteProps((LPSPropTagArray)&gone, &problems), S_OK);
    CHECK(problems && problems->cProblem == 1 && problems->aProblem[0].ulIndex == 1 && problems->aProblem[0].scode == MAPI_E_NOT_FOUND);
    MAPIFreeBuffer(problems);
    CHECK_CODE(object->SaveChanges(0), MAPI_E_NO_SUPPORT);
    CHECK(object->Release() == 0);
}

static void guarded()
{
    LPPROPDATA object = made();
    fill(object);
    SizedSPropTagArray(1, tag) = {1, {PR_SUBJECT_A}};
    ULONG wrong = IPROP_READONLY | IPROP_READWRITE, read_only = IPROP_READONLY | IPROP_CLEAN;
    CHECK_CODE(object->HrSetPropAccess((LPSPropTagArray)&tag, &wrong), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(object->HrSetPropAccess((LPSPropTagArray)&tag, &read_only), S_OK);
    SPropValue value;
    value.ulPropTag = PR_SUBJECT_A;
    value.Value.lpszA = subject;
    CHECK_CODE(HrSetOneProp(object, &value), MAPI_E_NO_ACCESS);
    LPSPropTagArray all = nullptr;
    ULONG *access = nullptr;
    CHECK_CODE(object->HrGetPropAccess(&all, &access), S_OK);
    CHECK(all->cValues == 3 && access[0] == IPROP_READONLY && access[1] == IPROP_DIRTY);
    MAPIFreeBuffer(all);
    MAPIFreeBuffer(access);
    SizedSPropTagArray(1, child) = {1, {PROP_TAG(PT_OBJECT, 0x6010)}};
    CHECK_CODE(object->HrAddObjProps((LPSPropTagArray)&tag, nullptr), MAPI_E_INVALID_TYPE);
    CHECK_CODE(object->HrAddObjProps((LPSPropTagArray)&child, nullptr), S_OK);
    CHECK(FPropExists(object, child.aulPropTag[0]));
    CHECK_CODE(object->HrSetObjAccess(3), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(object->HrSetObjAccess(IPROP_READONLY), S_OK);
    CHECK_CODE(object->DeleteProps((LPSPropTagArray)&child, nullptr), MAPI_E_NO_ACCESS);
    CHECK(object->Release() == 0);
}

static void copied()
{
    LPPROPDATA from = made(), to = made();
    fill(from);
    SizedSPropTagArray(1, but) = {1, {PR_ENTRYID}};
    LPSPropProblemArray problems = nullptr;
    CHECK_CODE(from->CopyTo(0, nullptr, (LPSPropTagArray)&but, 0, nullptr, nullptr, to, 0, &problems), S_OK);
    CHECK(problems == nullptr && FPropExists(to, PR_SUBJECT_A) && !FPropExists(to, PR_ENTRYID));
    SizedSPropTagArray(2, both) = {2, {PR_ENTRYID, PR_SUBJECT_A}};
    CHECK_CODE(from->CopyProps((LPSPropTagArray)&both, 0, nullptr, nullptr, to, MAPI_NOREPLACE | MAPI_MOVE, &problems), S_OK);
    CHECK(problems && problems->cProblem == 1 && problems->aProblem[0].scode == MAPI_E_COLLISION);
    MAPIFreeBuffer(problems);
    CHECK(FPropExists(to, PR_ENTRYID) && !FPropExists(from, PR_ENTRYID) && FPropExists(from, PR_SUBJECT_A));
    CHECK_CODE(from->CopyTo(0, nullptr, nullptr, 0, nullptr, nullptr, nullptr, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    from->Release();
    to->Release();
}

static void identity()
{
    LPPROPDATA object = made();
    LPVOID unknown = nullptr, prop = nullptr, again = nullptr;
    CHECK_CODE(object->QueryInterface(IID_IUnknown, &unknown), S_OK);
    CHECK_CODE(object->QueryInterface(IID_IMAPIProp, &prop), S_OK);
    CHECK_CODE(((LPMAPIPROP)prop)->QueryInterface(IID_IUnknown, &again), S_OK);
    CHECK(unknown == again && prop == object);
    CHECK_CODE(object->QueryInterface(IID_IMAPITable, &again), E_NOINTERFACE);
    CHECK(again == nullptr);
    CHECK(((LPUNKNOWN)unknown)->Release() == 3 && ((LPUNKNOWN)unknown)->Release() == 2);
    CHECK(object->Release() == 1 && object->Release() == 0);
}

int main()
{
    read_and_written();
    guarded();
    copied();
    identity();
    ULONGLONG left = 0;
    OpenMAPILiveBuffers(&left, nullptr);
    CHECK(left == 0);
    return failures != 0;
}
