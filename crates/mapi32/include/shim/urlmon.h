/* urlmon.h: everything that MAPI headers need of it is in windows.h */
#include "windows.h"
