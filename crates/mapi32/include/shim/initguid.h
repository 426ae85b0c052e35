/* initguid.h: from here on DEFINE_GUID defines identifiers, where it declared them before */
#include "windows.h"
#undef INITGUID
#define INITGUID
#undef DEFINE_GUID
#define DEFINE_GUID(name, a, b, c, d0, d1, d2, d3, d4, d5, d6, d7) \
    EXTERN_C const GUID name __attribute__((weak)); \
    const GUID name = {a, b, c, {d0, d1, d2, d3, d4, d5, d6, d7}}
