// Advise sinks made of functions, sinks told on their own thread, and copying notifications.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <thread>
#include <vector>

static std::vector<std::thread::id> told;
static ULONG last_event;

static LONG tell(LPVOID context, ULONG count, LPNOTIFICATION notifications)
{
    CHECK(context == &told && count == 1);
    told.push_back(std::this_thread::get_id());
    last_event = notifications->info.ext.ulEvent;
    CHECK(notifications->info.ext.cb == 2 && memcmp(notifications->info.ext.pbEventParameters, "ab", 2) == 0);
    return 0;
}

static NOTIFICATION extended(ULONG event)
{
    static BYTE parameters[] = {'a', 'b'};
    NOTIFICATION one;
    memset(&one, 0, sizeof(one));
    one.ulEventType = fnevExtended;
    one.info.ext.ulEvent = event;
    one.info.ext.cb = 2;
    one.info.ext.pbEventParameters = parameters;
    return one;
}

static void sinks()
{
    LPMAPIADVISESINK sink = nullptr, mine = nullptr;
    CHECK_CODE(HrAllocAdviseSink(nullptr, &told, &sink), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrAllocAdviseSink(tell, &told, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrAllocAdviseSink(tell, &told, &sink), S_OK);
    CHECK(UlAddRef(sink) == 2 && UlRelease(sink) == 1 && UlRelease(nullptr) == 0);
    NOTIFICATION one = extended(1);
    sink->OnNotify(1, &one);
    CHECK(told.size() == 1 && last_event == 1);

    // told on the thread that wrapped it, and not before that thread dispatches.
    CHECK_CODE(HrThisThreadAdviseSink(nullptr, &mine), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrThisThreadAdviseSink(sink, &mine), S_OK);
    CHECK(sink->AddRef() == 3 && sink->Release() == 2);
    std::thread([&] {
        NOTIFICATION here = extended(2);
        mine->OnNotify(1, &here);
        memset(&here, 0xFF, sizeof(here));
        HrDispatchNotifications(0);
    }).join();
    CHECK(told.size() == 1);
    CHECK_CODE(HrDispatchNotifications(1), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(HrDispatchNotifications(0), S_OK);
    CHECK(told.size() == 2 && told.back() == std::this_thread::get_id() && last_event == 2);
    one = extended(3);
    mine->OnNotify(1, &one);
    CHECK(told.size() == 3 && last_event == 3);

    LPVOID same = nullptr, other = nullptr;
    CHECK_CODE(mine->QueryInterface(IID_IMAPIAdviseSink, &same), S_OK);
    CHECK_CODE(mine->QueryInterface(IID_IUnknown, &other), S_OK);
    CHECK(same == mine);
    ((LPUNKNOWN)same)->Release();
    ((LPUNKNOWN)other)->Release();
    CHECK_CODE(mine->QueryInterface(IID_IMessage, &other), E_NOINTERFACE);
    CHECK(other == nullptr);
    CHECK(mine->Release() == 0 && sink->Release() == 0);
}

static void copied()
{
    BYTE id[] = {1, 2, 3};
    char message_class[] = "IPM.Note";
    SPropValue value;
    memset(&value, 0, sizeof(value));
    value.ulPropTag = PR_SUBJECT_A;
    value.Value.lpszA = message_class;
    NOTIFICATION both[2];
    memset(both, 0, sizeof(both));
    both[0].ulEventType = fnevNewMail;
    both[0].info.newmail.cbEntryID = 3;
    both[0].info.newmail.lpEntryID = (LPENTRYID)id;
    both[0].info.newmail.lpszMessageClass = (LPTSTR)message_class;
    both[1].ulEventType = fnevTableModified;
    both[1].info.tab.ulTableEvent = TABLE_ROW_ADDED;
    both[1].info.tab.propIndex.ulPropTag = PR_INSTANCE_KEY;
    both[1].info.tab.propIndex.Value.bin = SBinary{3, id};
    both[1].info.tab.propPrior.ulPropTag = PR_NULL;
    both[1].info.tab.row.cValues = 1;
    both[1].info.tab.row.lpProps = &value;
    ULONG counted = 0, copied = 0, moved = 0;
    CHECK_CODE(ScCountNotifications(2, both, &counted), S_OK);
    std::vector<BYTE> block(counted), elsewhere;
    CHECK_CODE(ScCopyNotifications(2, both, block.data(), &copied), S_OK);
    CHECK(copied == counted);
    elsewhere = block;
    LPNOTIFICATION there = (LPNOTIFICATION)elsewhere.data();
    CHECK_CODE(ScRelocNotifications(2, there, block.data(), elsewhere.data(), &moved), S_OK);
    CHECK(moved == counted);
    memset(block.data(), 0xFF, block.size());
    CHECK(memcmp(there[0].info.newmail.lpEntryID, id, 3) == 0 && (BYTE *)there[0].info.newmail.lpEntryID != id);
    CHECK(strcmp((char *)there[0].info.newmail.lpszMessageClass, message_class) == 0);
    CHECK(memcmp(there[1].info.tab.propIndex.Value.bin.lpb, id, 3) == 0);
    CHECK(strcmp(there[1].info.tab.row.lpProps->Value.lpszA, message_class) == 0);
    both[0].ulEventType = 3;
    CHECK_CODE(ScCountNotifications(2, both, &counted), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(ScCopyNotifications(2, nullptr, block.data(), &copied), MAPI_E_INVALID_PARAMETER);
}

int main()
{
    sinks();
    copied();
    return failures != 0;
}
