//! Fault injection: panics that a test orders, to see that a panic of the engine ends one call and
//! nothing else.
//!
//! The environment variable `M2V_FAULT` orders them: `panic` makes the first slice of the process
//! panic, `panic-load` the first load. Only a build with the Cargo feature `fault-injection` reads
//! it (`npm run test:native` makes one). In every other build, a release among them, these
//! functions are empty; their code is compiled all the same, so that it can't rot unseen.

use std::sync::atomic::{AtomicBool, Ordering};

static WORK: AtomicBool = AtomicBool::new(false);
static LOAD: AtomicBool = AtomicBool::new(false);

/// Reads the environment. Called once, when the library is loaded.
pub fn arm_from_environment() {
    if cfg!(feature = "fault-injection") {
        let fault = std::env::var("M2V_FAULT").unwrap_or_default();
        WORK.store(fault == "panic", Ordering::Relaxed);
        LOAD.store(fault == "panic-load", Ordering::Relaxed);
    }
}

/// Panics at the start of a slice if a test ordered it, once.
#[inline]
pub fn panic_where_injected() {
    panic_once(&WORK);
}

/// Panics at the start of a load if a test ordered it, once.
#[inline]
pub fn panic_at_load_where_injected() {
    panic_once(&LOAD);
}

#[inline]
fn panic_once(armed: &AtomicBool) {
    if cfg!(feature = "fault-injection") && armed.load(Ordering::Relaxed) && armed.swap(false, Ordering::Relaxed) {
        panic!("injected by M2V_FAULT");
    }
}
