/* poppack.h: the packing before */
#pragma pack(pop)
