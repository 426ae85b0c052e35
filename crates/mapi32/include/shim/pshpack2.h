/* pshpack2.h: structures from here on are packed to 2 bytes, until poppack.h */
#pragma pack(push, 2)
