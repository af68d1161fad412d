// The one function of Windows's bcryptprimitives.dll that Rust's library calls, for wine 8, which doesn't have that DLL.
// For tests under wine only: it is in no package.

#include <windows.h>

// advapi32's RtlGenRandom goes by this name.
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG count);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {
  return SystemFunction036(bytes, (ULONG)count);
}
