/* pshpack4.h: structures from here on are packed to 4 bytes, until poppack.h */
#pragma pack(push, 4)
