//! How many threads the engine uses.

use std::sync::OnceLock;

/// The most threads that any number of calls can ask for.
pub(crate) const MAX_THREADS: usize = 256;

/// How many threads a call uses by default: the environment variable `MODEL2VEC_THREADS` if it is a
/// number above 0, else the number that the operating system grants this process (CPU affinity and
/// cgroup quota included), up to 256.
#[must_use]
pub fn default_threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        let wanted = std::env::var("MODEL2VEC_THREADS").ok().and_then(|text| text.trim().parse::<usize>().ok());
        wanted
            .filter(|&count| count > 0)
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
            .min(MAX_THREADS)
    })
}
