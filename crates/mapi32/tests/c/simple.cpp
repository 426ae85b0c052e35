// Simple MAPI: a message sent, found, read, saved and deleted by one call each, and what goes wrong.
#include "session.h"
#include <mapi.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[200];

static MapiRecipDesc recipient(ULONG kind, const char *name, const char *address)
{
    return MapiRecipDesc{0, kind, (LPSTR)name, (LPSTR)address, 0, nullptr};
}

static void made_file()
{
    snprintf(path, sizeof path, "%s/report.txt", getenv("MAPI_HOME"));
    FILE *file = fopen(path, "w");
    CHECK(file != nullptr);
    fputs("figures", file);
    fclose(file);
}

static void make_default()
{
    LPPROFADMIN profiles = nullptr;
    CHECK_CODE(MAPIAdminProfiles(0, &profiles), S_OK);
    CHECK_CODE(profiles->SetDefaultProfile(text(PROFILE), 0), S_OK);
    profiles->Release();
}

// Nothing is given but the message: the session lasts for the call.
static void sends_without_a_session()
{
    MapiRecipDesc to[2] = {recipient(MAPI_TO, "Me", "SMTP:me@local"), recipient(MAPI_CC, nullptr, "you@local")};
    MapiFileDesc file = {0, 0, (ULONG)-1, path, (LPSTR) "Report.txt", nullptr};
    MapiMessage mail = {};
    mail.lpszSubject = (LPSTR) "Figures";
    mail.lpszNoteText = (LPSTR) "See below.\r\n";
    mail.flFlags = MAPI_RECEIPT_REQUESTED;
    mail.nRecipCount = 2;
    mail.lpRecips = to;
    mail.nFileCount = 1;
    mail.lpFiles = &file;
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), SUCCESS_SUCCESS);

    static const WCHAR subject[] = {0x0416, 0x20AC, 0};
    static const WCHAR address[] = {'S', 'M', 'T', 'P', ':', 'm', 'e', '@', 'l', 'o', 'c', 'a', 'l', 0};
    MapiRecipDescW wide_to = {0, MAPI_TO, nullptr, (LPWSTR)address, 0, nullptr};
    MapiMessageW wide = {};
    wide.lpszSubject = (LPWSTR)subject;
    wide.nRecipCount = 1;
    wide.lpRecips = &wide_to;
    CHECK_CODE(MAPISendMailW(0, 0, &wide, 0, 0), SUCCESS_SUCCESS);
}

static void refuses_what_cannot_be_sent()
{
    MapiMessage mail = {};
    CHECK_CODE(MAPISendMail(0, 0, nullptr, 0, 0), MAPI_E_FAILURE);
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), MAPI_E_INVALID_RECIPS);
    CHECK_CODE(MAPISendMail(0, 0, &mail, MAPI_DIALOG, 0), MAPI_E_NOT_SUPPORTED);
    MapiRecipDesc to = recipient(MAPI_TO, "Nobody at all", nullptr);
    mail.nRecipCount = 1;
    mail.lpRecips = &to;
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), MAPI_E_UNKNOWN_RECIPIENT);
    to = recipient(9, "Me", "me@local");
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), MAPI_E_BAD_RECIPTYPE);
    to = recipient(MAPI_TO, "Me", "me@local");
    MapiFileDesc file = {0, 0, (ULONG)-1, (LPSTR) "/nowhere/at/all", nullptr, nullptr};
    mail.nFileCount = 1;
    mail.lpFiles = &file;
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), MAPI_E_ATTACHMENT_NOT_FOUND);
    file.lpszPathName = (LPSTR) "/tmp";
    CHECK_CODE(MAPISendMail(0, 0, &mail, 0, 0), MAPI_E_ATTACHMENT_OPEN_FAILURE);
    CHECK_CODE(MAPISendMail(77, 0, &mail, 0, 0), MAPI_E_INVALID_SESSION);
    CHECK_CODE(MAPISendDocuments(0, (LPSTR) ";", path, nullptr, 0), MAPI_E_NOT_SUPPORTED);
    CHECK_CODE(MAPISendDocuments(0, (LPSTR) ";", (LPSTR) "/nowhere/at/all", nullptr, 0), MAPI_E_ATTACHMENT_NOT_FOUND);
}

static LHANDLE logged_on_simply()
{
    LHANDLE session = 0;
    CHECK_CODE(MAPILogon(0, (LPSTR) "no such profile", nullptr, MAPI_NEW_SESSION, 0, &session), MAPI_E_LOGON_FAILURE);
    CHECK_CODE(MAPILogon(0, (LPSTR)PROFILE, nullptr, MAPI_NEW_SESSION, 0, nullptr), MAPI_E_FAILURE);
    CHECK(session == 0);
    CHECK_CODE(MAPILogon(0, (LPSTR)PROFILE, nullptr, MAPI_NEW_SESSION, 0, &session), SUCCESS_SUCCESS);
    CHECK(session != 0 && session <= 0xFFFFFFFF);
    return session;
}

static void reads_what_came(LHANDLE session)
{
    char first[512] = "", second[512] = "", third[512] = "", name[64] = "";
    CHECK_CODE(MAPIFindNext(session, 0, nullptr, nullptr, MAPI_GUARANTEE_FIFO | MAPI_LONG_MSGID, 0, first), SUCCESS_SUCCESS);
    CHECK_CODE(MAPIFindNext(session, 0, nullptr, first, MAPI_GUARANTEE_FIFO | MAPI_LONG_MSGID, 0, second), SUCCESS_SUCCESS);
    CHECK_CODE(MAPIFindNext(session, 0, nullptr, second, MAPI_LONG_MSGID, 0, third), MAPI_E_NO_MESSAGES);
    CHECK_CODE(MAPIFindNext(session, 0, (LPSTR) "IPM.Other", nullptr, 0, 0, name), MAPI_E_NO_MESSAGES);
    CHECK_CODE(MAPIFindNext(session, 0, nullptr, (LPSTR) "00", 0, 0, name), MAPI_E_INVALID_MESSAGE);
    CHECK_CODE(MAPIFindNext(session, 0, nullptr, nullptr, MAPI_UNREAD_ONLY, 0, name), SUCCESS_SUCCESS);
    CHECK(strlen(name) > 0 && strlen(name) < 64);

    MapiMessage *mail = nullptr;
    CHECK_CODE(MAPIReadMail(session, 0, name, MAPI_PEEK | MAPI_ENVELOPE_ONLY, 0, &mail), SUCCESS_SUCCESS);
    if (mail == nullptr) {
        return;
    }
    CHECK(strcmp(mail->lpszSubject, "Figures") == 0 && strcmp(mail->lpszMessageType, "IPM.Note") == 0);
    CHECK(*mail->lpszNoteText == 0 && (mail->flFlags & (MAPI_UNREAD | MAPI_RECEIPT_REQUESTED)) == (MAPI_UNREAD | MAPI_RECEIPT_REQUESTED));
    CHECK(strlen(mail->lpszDateReceived) == 16 && mail->lpszDateReceived[4] == '/');
    CHECK(mail->nFileCount == 1 && *mail->lpFiles[0].lpszPathName == 0);
    CHECK(mail->nRecipCount == 2 && strcmp(mail->lpRecips[0].lpszAddress, "SMTP:me@local") == 0);
    CHECK(mail->lpOriginator != nullptr && mail->lpOriginator->ulRecipClass == MAPI_ORIG);
    CHECK(MAPIFreeBuffer(mail) == 0);

    CHECK_CODE(MAPIReadMail(session, 0, name, MAPI_BODY_AS_FILE, 0, &mail), SUCCESS_SUCCESS);
    CHECK(mail->nFileCount == 2 && *mail->lpszNoteText == 0);
    for (ULONG file = 0; file < mail->nFileCount; file++) {
        char bytes[40] = "";
        int opened = open(mail->lpFiles[file].lpszPathName, O_RDONLY);
        CHECK(opened >= 0 && read(opened, bytes, sizeof bytes - 1) > 0);
        CHECK(strcmp(bytes, file == 0 ? "See below.\r\n" : "figures") == 0);
        struct stat status;
        CHECK(fstat(opened, &status) == 0 && (status.st_mode & 077) == 0);
        close(opened);
        unlink(mail->lpFiles[file].lpszPathName);
    }
    CHECK(strcmp(mail->lpFiles[1].lpszFileName, "Report.txt") == 0);
    *strrchr(mail->lpFiles[1].lpszPathName, '/') = 0;
    rmdir(mail->lpFiles[1].lpszPathName);
    CHECK(MAPIFreeBuffer(mail) == 0);

    CHECK_CODE(MAPIReadMail(session, 0, name, MAPI_PEEK | MAPI_SUPPRESS_ATTACH, 0, &mail), SUCCESS_SUCCESS);
    CHECK((mail->flFlags & MAPI_UNREAD) == 0 && strcmp(mail->lpszNoteText, "See below.\r\n") == 0);
    MAPIFreeBuffer(mail);

    CHECK_CODE(MAPIDeleteMail(session, 0, name, 0, 0), SUCCESS_SUCCESS);
    CHECK_CODE(MAPIDeleteMail(session, 0, name, 0, 0), MAPI_E_INVALID_MESSAGE);
    CHECK_CODE(MAPIReadMail(session, 0, name, 0, 0, &mail), MAPI_E_INVALID_MESSAGE);
    CHECK_CODE(MAPIReadMail(session, 0, (LPSTR) "not hex", 0, 0, &mail), MAPI_E_INVALID_MESSAGE);
}

static void saves(LHANDLE session)
{
    char name[64] = "", same[64] = "";
    MapiRecipDesc to = recipient(MAPI_TO, "Me", "me@local");
    MapiMessage mail = {};
    mail.lpszSubject = (LPSTR) "Kept";
    mail.lpszNoteText = (LPSTR) "One";
    mail.lpszConversationID = (LPSTR) "talk 7";
    mail.nRecipCount = 1;
    mail.lpRecips = &to;
    CHECK_CODE(MAPISaveMail(session, 0, &mail, 0, 0, nullptr), MAPI_E_FAILURE);
    CHECK_CODE(MAPISaveMail(session, 0, &mail, 0, 0, name), SUCCESS_SUCCESS);
    CHECK(*name != 0);
    mail.lpszNoteText = (LPSTR) "Two";
    mail.nRecipCount = 0;
    strcpy(same, name);
    CHECK_CODE(MAPISaveMail(session, 0, &mail, 0, 0, same), SUCCESS_SUCCESS);
    CHECK(strcmp(same, name) == 0);
    CHECK_CODE(MAPISaveMail(0, 0, &mail, 0, 0, same), MAPI_E_INVALID_SESSION);
    MapiMessage *read = nullptr;
    CHECK_CODE(MAPIReadMail(session, 0, name, MAPI_PEEK, 0, &read), SUCCESS_SUCCESS);
    if (read != nullptr) {
        CHECK(strcmp(read->lpszNoteText, "Two") == 0 && strcmp(read->lpszConversationID, "talk 7") == 0);
        CHECK(read->nRecipCount == 0 && (read->flFlags & MAPI_UNREAD) == 0);
        MAPIFreeBuffer(read);
    }
}

static void resolves(LHANDLE session)
{
    MapiRecipDesc *found = nullptr;
    CHECK_CODE(MAPIResolveName(session, 0, (LPSTR) "ann@example.org", 0, 0, &found), SUCCESS_SUCCESS);
    if (found != nullptr) {
        CHECK(strcmp(found->lpszAddress, "SMTP:ann@example.org") == 0 && found->ulEIDSize > 0);
        CHECK_CODE(MAPIDetails(session, 0, found, 0, 0), MAPI_E_NOT_SUPPORTED);
        MAPIFreeBuffer(found);
    }
    CHECK_CODE(MAPIResolveName(session, 0, (LPSTR) "nobody", 0, 0, &found), MAPI_E_UNKNOWN_RECIPIENT);
    ULONG count = 0;
    CHECK_CODE(MAPIAddress(session, 0, nullptr, 9, nullptr, 0, nullptr, 0, 0, &count, &found), MAPI_E_INVALID_EDITFIELDS);
    CHECK_CODE(MAPIAddress(session, 0, nullptr, 4, nullptr, 0, nullptr, 0, 0, &count, &found), MAPI_E_NOT_SUPPORTED);
}

// The session of Simple MAPI is one of Extended MAPI, and ends for both.
static void is_extended(LHANDLE session)
{
    LPMAPISESSION extended = nullptr;
    CHECK_CODE(ScMAPIXFromSMAPI(session, 0, nullptr, &extended), S_OK);
    CHECK_CODE(ScMAPIXFromSMAPI(99, 0, nullptr, &extended), MAPI_E_INVALID_PARAMETER);
    LPMDB store = default_store(extended);
    CHECK_CODE(MAPILogoff(session, 0, 0, 0), SUCCESS_SUCCESS);
    CHECK_CODE(MAPILogoff(session, 0, 0, 0), MAPI_E_INVALID_SESSION);
    LPSPropValue props = nullptr;
    ULONG count = 0;
    CHECK_CODE(store->GetProps(nullptr, 0, &count, &props), MAPI_E_INVALID_OBJECT);
    store->Release();
    extended->Release();
}

int main()
{
    CHECK_CODE(MAPIInitialize(nullptr), S_OK);
    profile_made(PROFILE, true);
    make_default();
    MAPIUninitialize();
    made_file();
    refuses_what_cannot_be_sent();
    sends_without_a_session();
    LHANDLE session = logged_on_simply();
    reads_what_came(session);
    saves(session);
    resolves(session);
    is_extended(session);
    return failures;
}
