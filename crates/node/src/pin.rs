//! Keeps this library in memory: the pool's threads run its code for as long as the process lives,
//! even when the worker thread that loaded it ends and Node closes the library.

/// Pins the library that this function is in. Called before the first thread starts.
#[cfg(unix)]
pub(crate) fn pin_library() {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let address = pin_library as *const libc::c_void;
    // SAFETY: the address lies in this library; dladdr fills `info` when it returns non-zero, and
    // `dli_fname` is then a path that ends with NUL. dlopen of a library that is loaded only raises
    // its count.
    unsafe {
        if libc::dladdr(address, info.as_mut_ptr()) != 0 {
            libc::dlopen(info.assume_init().dli_fname, libc::RTLD_NOW | libc::RTLD_NODELETE);
        }
    }
}

/// Pins the library that this function is in. Called before the first thread starts.
#[cfg(windows)]
pub(crate) fn pin_library() {
    const FROM_ADDRESS: u32 = 4;
    const PIN: u32 = 1;
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, name: *const u16, module: *mut *mut std::ffi::c_void) -> i32;
    }
    let mut module = std::ptr::null_mut();
    // SAFETY: with FROM_ADDRESS the name is an address in the library, which this function's own
    // is.
    unsafe { GetModuleHandleExW(FROM_ADDRESS | PIN, pin_library as *const u16, &mut module) };
}
