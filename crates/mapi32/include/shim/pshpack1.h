/* pshpack1.h: structures from here on are packed to 1 bytes, until poppack.h */
#pragma pack(push, 1)
