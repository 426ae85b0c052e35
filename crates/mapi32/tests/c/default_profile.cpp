// Makes the default profile of a home, for programs in other languages that have nothing but Simple MAPI.
#include "session.h"

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, true);
    LPPROFADMIN profiles = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    CHECK_CODE(profiles->SetDefaultProfile(text(PROFILE), 0), S_OK);
    profiles->Release();
    MAPIUninitialize();
    return failures;
}
