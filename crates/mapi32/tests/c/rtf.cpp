// Compressed RTF through streams of a client program.
#define INITGUID
#include "check.h"
#include "memory_stream.h"
#include <string>

static std::string all_of(LPSTREAM stream)
{
    std::string text;
    char piece[11];
    ULONG read = 0;
    while (stream->Read(piece, sizeof(piece), &read) == S_OK && read > 0) {
        text.append(piece, read);
    }
    return text;
}

static std::string there_and_back(const std::string &rtf, ULONG flags, size_t &bytes)
{
    MemoryStream compressed;
    LPSTREAM stream = nullptr;
    ULONG written = 0;
    CHECK_CODE(WrapCompressedRTFStream(&compressed, MAPI_MODIFY | flags, &stream), S_OK);
    CHECK_CODE(stream->Write(rtf.data(), (ULONG)rtf.size(), &written), S_OK);
    CHECK(written == rtf.size() && compressed.bytes.empty());
    CHECK_CODE(stream->Commit(0), S_OK);
    CHECK(stream->Release() == 0 && compressed.references == 1);
    bytes = compressed.bytes.size();
    compressed.position = 0;
    CHECK_CODE(WrapCompressedRTFStream(&compressed, 0, &stream), S_OK);
    std::string back = all_of(stream);
    CHECK_CODE(stream->Write("x", 1, &written), 0x80030005);
    CHECK(stream->Release() == 0 && compressed.references == 1);
    return back;
}

static void written_and_read()
{
    std::string rtf = "{\\rtf1\\ansi\\deff0 ";
    for (int line = 0; line < 500; line++) {
        rtf += "\\pard Line after line after line\\par\r\n";
    }
    rtf += "}";
    size_t compressed = 0, plain = 0;
    CHECK(there_and_back(rtf, 0, compressed) == rtf);
    CHECK(there_and_back(rtf, STORE_UNCOMPRESSED_RTF, plain) == rtf);
    CHECK(plain == rtf.size() + 16 && compressed < plain / 3);
}

static void native_body()
{
    std::string rtf = "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag64 <p>}Gr\\'fc\\'dfe{\\*\\htmltag72 </p>}}";
    MemoryStream compressed;
    LPSTREAM stream = nullptr;
    ULONG written = 0;
    CHECK_CODE(WrapCompressedRTFStream(&compressed, MAPI_MODIFY, &stream), S_OK);
    stream->Write(rtf.data(), (ULONG)rtf.size(), &written);
    stream->Commit(0);
    stream->Release();
    RTF_WCSINFO options = {sizeof(options), MAPI_NATIVE_BODY, 1252, 65001};
    RTF_WCSRETINFO answer = {0, 0};
    compressed.position = 0;
    CHECK_CODE(WrapCompressedRTFStreamEx(&compressed, &options, &stream, &answer), S_OK);
    CHECK(answer.ulStreamFlags == MAPI_NATIVE_BODY_TYPE_HTML && answer.size == sizeof(answer));
    CHECK(all_of(stream) == "<p>Gr\303\274\303\237e</p>");
    stream->Release();
    options.ulFlags |= MAPI_MODIFY;
    CHECK_CODE(WrapCompressedRTFStreamEx(&compressed, &options, &stream, &answer), MAPI_E_INVALID_PARAMETER);
    options.ulFlags = 0;
    compressed.position = 0;
    CHECK_CODE(WrapCompressedRTFStreamEx(&compressed, &options, &stream, nullptr), S_OK);
    CHECK(all_of(stream) == rtf);
    stream->Release();
}

static void streams()
{
    MemoryStream empty;
    LPSTREAM stream = nullptr, copy = nullptr;
    CHECK_CODE(WrapCompressedRTFStream(nullptr, 0, &stream), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(WrapCompressedRTFStream(&empty, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(WrapCompressedRTFStream(&empty, 0x40, &stream), MAPI_E_UNKNOWN_FLAGS);
    MemoryStream odd;
    odd.bytes.assign(40, 'x');
    CHECK_CODE(WrapCompressedRTFStream(&odd, 0, &stream), MAPI_E_CORRUPT_DATA);
    CHECK_CODE(WrapCompressedRTFStream(&empty, MAPI_MODIFY, &stream), S_OK);
    ULONG count = 0;
    CHECK_CODE(stream->Write("abcdef", 6, &count), S_OK);
    LARGE_INTEGER by;
    ULARGE_INTEGER at, size;
    by.QuadPart = -2;
    CHECK_CODE(stream->Seek(by, STREAM_SEEK_END, &at), S_OK);
    CHECK(at.QuadPart == 4);
    by.QuadPart = -9;
    CHECK_CODE(stream->Seek(by, STREAM_SEEK_CUR, &at), 0x80030001);
    CHECK_CODE(stream->Seek(by, 7, &at), 0x80030001);
    char room[8] = {0};
    CHECK_CODE(stream->Read(room, 8, &count), S_OK);
    CHECK(count == 2 && memcmp(room, "ef", 2) == 0);
    CHECK_CODE(stream->Read(nullptr, 8, &count), MAPI_E_INVALID_PARAMETER);
    size.QuadPart = 3;
    CHECK_CODE(stream->SetSize(size), S_OK);
    STATSTG stat;
    CHECK_CODE(stream->Stat(&stat, STATFLAG_NONAME), S_OK);
    CHECK(stat.cbSize == 3 && stat.type == STGTY_STREAM && stat.pwcsName == nullptr);
    CHECK_CODE(stream->Clone(&copy), S_OK);
    by.QuadPart = 0;
    CHECK_CODE(copy->Seek(by, STREAM_SEEK_SET, nullptr), S_OK);
    MemoryStream target;
    size.QuadPart = 100;
    CHECK_CODE(copy->CopyTo(&target, size, &at, nullptr), S_OK);
    CHECK(at.QuadPart == 3 && target.bytes.size() == 3 && target.bytes[2] == 'c');
    CHECK_CODE(copy->LockRegion(size, size, 0), 0x800300FE);
    LPVOID same = nullptr;
    CHECK_CODE(copy->QueryInterface(IID_ISequentialStream, &same), S_OK);
    CHECK(same == copy);
    copy->Release();
    copy->Release();
    CHECK(stream->Release() == 0 && empty.references == 1);
}

/* HTML becomes the RTF of a message without text, and the text of that RTF is made again. */
static void html_synchronized(LPPROPDATA object)
{
    LPMESSAGE message = (LPMESSAGE)(LPMAPIPROP)object;
    SizedSPropTagArray(2, both) = {2, {PR_BODY_A, PR_RTF_COMPRESSED}};
    CHECK_CODE(object->DeleteProps((LPSPropTagArray)&both, nullptr), S_OK);
    char page[] = "<p>Mahlzeit &amp; <b>Gr\303\274\303\237e</b></p>";
    SPropValue html;
    html.ulPropTag = PR_HTML;
    html.Value.bin = SBinary{(ULONG)strlen(page), (LPBYTE)page};
    CHECK_CODE(HrSetOneProp(object, &html), S_OK);
    BOOL updated = FALSE;
    CHECK_CODE(RTFSync(message, RTF_SYNC_BODY_CHANGED, &updated), S_OK);
    CHECK(updated && FPropExists(object, PR_RTF_COMPRESSED) && !FPropExists(object, PR_BODY_A));
    updated = FALSE;
    CHECK_CODE(RTFSync(message, RTF_SYNC_RTF_CHANGED, &updated), S_OK);
    CHECK(updated);
    LPSPropValue text = nullptr;
    CHECK_CODE(HrGetOneProp(object, PR_BODY_A, &text), S_OK);
    CHECK(strstr(text->Value.lpszA, "Mahlzeit & Gr\303\274\303\237e") != nullptr);
    CHECK(strstr(text->Value.lpszA, "<p>") == nullptr);
    MAPIFreeBuffer(text);
}

static void synchronized()
{
    LPPROPDATA object = nullptr;
    CHECK_CODE(CreateIProp(nullptr, MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, nullptr, &object), S_OK);
    LPMESSAGE message = (LPMESSAGE)(LPMAPIPROP)object;
    BOOL updated = 7;
    CHECK_CODE(RTFSync(nullptr, 0, &updated), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(RTFSync(message, 0, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(RTFSync(message, 8, &updated), MAPI_E_UNKNOWN_FLAGS);
    CHECK(updated == 7);
    CHECK_CODE(RTFSync(message, RTF_SYNC_BODY_CHANGED, &updated), S_OK);
    CHECK(!updated);
    char text[] = "Gr\303\274\303\237e\r\nzwei";
    SPropValue body;
    body.ulPropTag = PR_BODY_A;
    body.Value.lpszA = text;
    CHECK_CODE(HrSetOneProp(object, &body), S_OK);
    CHECK_CODE(RTFSync(message, RTF_SYNC_BODY_CHANGED, &updated), S_OK);
    CHECK(updated && FPropExists(object, PR_RTF_COMPRESSED) && FPropExists(object, PR_RTF_IN_SYNC));
    char other[] = "other";
    body.Value.lpszA = other;
    CHECK_CODE(HrSetOneProp(object, &body), S_OK);
    CHECK_CODE(RTFSync(message, RTF_SYNC_BODY_CHANGED | RTF_SYNC_RTF_CHANGED, &updated), S_OK);
    LPSPropValue now = nullptr;
    CHECK_CODE(HrGetOneProp(object, PR_BODY_A, &now), S_OK);
    CHECK(updated && strcmp(now->Value.lpszA, text) == 0);
    MAPIFreeBuffer(now);
    html_synchronized(object);
    BYTE odd[20] = {1};
    SPropValue rtf;
    rtf.ulPropTag = PR_RTF_COMPRESSED;
    rtf.Value.bin = SBinary{sizeof(odd), odd};
    CHECK_CODE(HrSetOneProp(object, &rtf), S_OK);
    CHECK_CODE(RTFSync(message, RTF_SYNC_RTF_CHANGED, &updated), MAPI_E_CORRUPT_DATA);
    CHECK(object->Release() == 0);
}

int main()
{
    synchronized();
    written_and_read();
    native_body();
    streams();
    return failures != 0;
}
