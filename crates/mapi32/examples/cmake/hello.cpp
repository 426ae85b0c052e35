// The shortest session: log on with the default profile, count the stores, log off.
#define INITGUID
#include <mapiutil.h>
#include <mapix.h>
#include <stdio.h>

int main()
{
    if (FAILED(MAPIInitialize(nullptr))) {
        return 1;
    }
    LPMAPISESSION session = nullptr;
    HRESULT answer = MAPILogonEx(0, nullptr, nullptr, MAPI_EXTENDED | MAPI_NEW_SESSION | MAPI_USE_DEFAULT, &session);
    if (SUCCEEDED(answer)) {
        LPMAPITABLE stores = nullptr;
        ULONG count = 0;
        if (SUCCEEDED(session->GetMsgStoresTable(0, &stores))) {
            stores->GetRowCount(0, &count);
            stores->Release();
        }
        printf("%u stores\n", count);
        session->Logoff(0, 0, 0);
        session->Release();
    } else {
        fprintf(stderr, "MAPILogonEx: 0x%08X\n", (unsigned)answer);
    }
    MAPIUninitialize();
    return SUCCEEDED(answer) ? 0 : 1;
}
