// Buffers as a C++ program sees them: linked ones, misuse, the task allocator.
#define INITGUID
#include "check.h"
#include <mapiutil.h>
#include <openmapi.h>
#include <thread>
#include <vector>

static ULONGLONG live()
{
    ULONGLONG buffers = 0;
    OpenMAPILiveBuffers(&buffers, nullptr);
    return buffers;
}

// the utilities without the core.
static void utilities_alone()
{
    CHECK_CODE(ScInitMapiUtil(1), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(ScInitMapiUtil(0), S_OK);
    LPVOID buffer = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(10, &buffer), S_OK);
    CHECK_CODE(MAPIFreeBuffer(buffer), S_OK);
    DeinitMapiUtil();
    DeinitMapiUtil();
}

// freeing NULL does nothing.
static void free_null()
{
    CHECK_CODE(MAPIFreeBuffer(nullptr), S_OK);
    CHECK_CODE(MAPIFreeBuffer(nullptr), S_OK);
}

// linked buffers go with their root.
static void linked_buffers()
{
    ULONGLONG before = live();
    LPVOID root = nullptr, small = nullptr, large = nullptr;
    CHECK_CODE(MAPIAllocateBuffer(64, &root), S_OK);
    CHECK_CODE(MAPIAllocateMore(32, root, &small), S_OK);
    CHECK_CODE(MAPIAllocateMore(5000, root, &large), S_OK);
    CHECK(((uintptr_t)root | (uintptr_t)small | (uintptr_t)large) % 16 == 0);
    memset(root, 1, 64);
    memset(small, 2, 32);
    memset(large, 3, 5000);
    CHECK(((BYTE *)root)[63] == 1 && ((BYTE *)small)[31] == 2 && ((BYTE *)large)[4999] == 3);
    CHECK(live() == before + 3);
    CHECK_CODE(MAPIFreeBuffer(root), S_OK);
    CHECK(live() == before);
}

// C5: pointers that are no buffers are left alone, and the heap is whole afterwards.
static void misuse()
{
    ULONGLONG before = live();
    LPVOID root = nullptr, child = nullptr, out = (LPVOID)1;
    char on_stack[32] = {0};
    char *on_heap = new char[32];
    CHECK_CODE(MAPIAllocateBuffer(8, nullptr), MAPI_E_INVALID_PARAMETER);
    CHECK_CODE(MAPIAllocateBuffer(0, &root), S_OK);
    CHECK(root != nullptr);
    CHECK_CODE(MAPIAllocateMore(8, root, &child), S_OK);
    CHECK_CODE(MAPIAllocateMore(8, root, nullptr), MAPI_E_INVALID_PARAMETER);
    for (LPVOID wrong : {(LPVOID)nullptr, (LPVOID)on_stack, (LPVOID)on_heap, (LPVOID)((BYTE *)root + 1), (LPVOID)8}) {
        CHECK_CODE(MAPIFreeBuffer(wrong), S_OK);
        CHECK_CODE(MAPIAllocateMore(8, wrong, &out), MAPI_E_INVALID_PARAMETER);
        CHECK(out == (LPVOID)1);
    }
    CHECK_CODE(MAPIFreeBuffer(child), S_OK);
    CHECK(live() == before + 2);
    CHECK_CODE(MAPIFreeBuffer(root), S_OK);
    CHECK_CODE(MAPIFreeBuffer(root), S_OK);
    CHECK_CODE(MAPIFreeBuffer(child), S_OK);
    CHECK_CODE(MAPIAllocateMore(8, root, &out), MAPI_E_INVALID_PARAMETER);
    CHECK(live() == before);
    delete[] on_heap;
}

static void reallocated()
{
    LPVOID buffer = nullptr, child = nullptr;
    CHECK_CODE(MAPIReallocateBuffer(nullptr, 4, &buffer), S_OK);
    memcpy(buffer, "abcd", 4);
    CHECK_CODE(MAPIAllocateMore(16, buffer, &child), S_OK);
    CHECK_CODE(MAPIReallocateBuffer(buffer, 100000, &buffer), S_OK);
    CHECK(memcmp(buffer, "abcd", 4) == 0);
    memset(child, 7, 16);
    CHECK_CODE(MAPIFreeBuffer(buffer), S_OK);
}

static void task_allocator()
{
    LPMALLOC allocator = MAPIGetDefaultMalloc();
    CHECK(allocator->AddRef() == 1 && allocator->Release() == 1);
    void *block = allocator->Alloc(100);
    CHECK(allocator->GetSize(block) == 100 && allocator->DidAlloc(block) == 1);
    block = allocator->Realloc(block, 200);
    CHECK(allocator->GetSize(block) == 200 && allocator->DidAlloc(&block) == 0 && allocator->DidAlloc(nullptr) == -1);
    allocator->Free(block);
    allocator->Free(nullptr);
    allocator->HeapMinimize();
    LPVOID same = nullptr;
    CHECK_CODE(allocator->QueryInterface(IID_IUnknown, &same), S_OK);
    CHECK(same == allocator);
    CHECK_CODE(allocator->QueryInterface(IID_IMessage, &same), E_NOINTERFACE);
    CHECK(same == nullptr);
}

static void threads()
{
    ULONGLONG before = live();
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; worker++) {
        workers.emplace_back([] {
            for (int round = 0; round < 500; round++) {
                LPVOID root = nullptr, child = nullptr;
                MAPIAllocateBuffer(24, &root);
                for (int link = 0; link < 5; link++) {
                    MAPIAllocateMore(24, root, &child);
                    memset(child, link, 24);
                }
                MAPIFreeBuffer(root);
            }
        });
    }
    for (auto &worker : workers) {
        worker.join();
    }
    CHECK(live() == before);
}

int main()
{
    utilities_alone();
    free_null();
    linked_buffers();
    misuse();
    reallocated();
    task_allocator();
    threads();
    return failures != 0;
}
