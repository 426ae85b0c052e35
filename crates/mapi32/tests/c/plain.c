/* The same headers and vtables from C. */
#include "check.h"
#include <mapiutil.h>

static LONG tell(LPVOID context, ULONG count, LPNOTIFICATION notifications)
{
    (void)notifications;
    *(ULONG *)context += count;
    return 0;
}

int main(void)
{
    LPMALLOC allocator = MAPIGetDefaultMalloc();
    void *block = allocator->lpVtbl->Alloc(allocator, 10);
    LPMAPIADVISESINK sink = NULL;
    ULONG told = 0;
    NOTIFICATION one;
    SizedSPropTagArray(3, tags) = {3, {PR_SUBJECT_A, PR_BODY_W, PR_ENTRYID}};
    CHECK(sizeof(tags) == CbNewSPropTagArray(3));
    CHECK(allocator->lpVtbl->GetSize(allocator, block) == 10);
    allocator->lpVtbl->Free(allocator, block);
    memset(&one, 0, sizeof(one));
    CHECK_CODE(HrAllocAdviseSink(tell, &told, &sink), S_OK);
    sink->lpVtbl->OnNotify(sink, 5, &one);
    CHECK(told == 5);
    CHECK(sink->lpVtbl->Release(sink) == 0);
    return failures != 0;
}
