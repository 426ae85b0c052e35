// A stream in memory as a client program writes one.
#ifndef MEMORY_STREAM_H
#define MEMORY_STREAM_H

#include <algorithm>
#include <mapiutil.h>
#include <vector>

class MemoryStream : public IStream {
public:
    std::vector<BYTE> bytes;
    size_t position = 0;
    ULONG references = 1;
    ULONG calls = 0;

    STDMETHODIMP QueryInterface(REFIID riid, LPVOID *object) override
    {
        if (riid == IID_IUnknown) {
            *object = this;
            references++;
            return S_OK;
        }
        *object = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override { return --references; }
    STDMETHODIMP Read(void *room, ULONG count, ULONG *read) override
    {
        calls++;
        // At most seven bytes at a time: a stream may give less than was asked for.
        ULONG most = (ULONG)std::min<size_t>({count, bytes.size() - position, 7});
        std::copy_n(bytes.begin() + (long)position, most, (BYTE *)room);
        position += most;
        *read = most;
        return S_OK;
    }
    STDMETHODIMP Write(const void *from, ULONG count, ULONG *written) override
    {
        bytes.resize(std::max(bytes.size(), position + count));
        std::copy_n((const BYTE *)from, count, bytes.begin() + (long)position);
        position += count;
        *written = count;
        return S_OK;
    }
    STDMETHODIMP Seek(LARGE_INTEGER by, DWORD, ULARGE_INTEGER *) override
    {
        position = (size_t)by.QuadPart;
        return S_OK;
    }
    STDMETHODIMP SetSize(ULARGE_INTEGER size) override
    {
        bytes.resize(size.QuadPart);
        return S_OK;
    }
    STDMETHODIMP CopyTo(IStream *, ULARGE_INTEGER, ULARGE_INTEGER *, ULARGE_INTEGER *) override { return E_NOTIMPL; }
    STDMETHODIMP Commit(DWORD) override { return S_OK; }
    STDMETHODIMP Revert() override { return E_NOTIMPL; }
    STDMETHODIMP LockRegion(ULARGE_INTEGER, ULARGE_INTEGER, DWORD) override { return E_NOTIMPL; }
    STDMETHODIMP UnlockRegion(ULARGE_INTEGER, ULARGE_INTEGER, DWORD) override { return E_NOTIMPL; }
    STDMETHODIMP Stat(STATSTG *, DWORD) override { return E_NOTIMPL; }
    STDMETHODIMP Clone(IStream **) override { return E_NOTIMPL; }
};

#endif
