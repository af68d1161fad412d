//! Runs of ASCII at the start of a text: most text is such runs, and they are found a vector at a time.

/// What is tested at once: the compiler makes vector code of a loop over so many bytes.
const CHUNK_BYTES: usize = 32;

/// How many bytes `bytes` starts with that are all ASCII and `is_plain`.
#[inline]
pub(super) fn plain_len(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> usize {
    let is_all_plain = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & (byte.is_ascii() & is_plain(*byte)));
    let chunks = bytes.chunks_exact(CHUNK_BYTES).take_while(is_all_plain).count();
    let rest = &bytes[chunks * CHUNK_BYTES..];
    chunks * CHUNK_BYTES + rest.iter().take_while(|byte| byte.is_ascii() && is_plain(**byte)).count()
}

/// Whether all bytes are ASCII and `is_plain`.
#[inline]
pub(super) fn is_plain(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> bool {
    let is_all_plain = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & (byte.is_ascii() & is_plain(*byte)));
    let mut chunks = bytes.chunks_exact(CHUNK_BYTES);
    chunks.all(is_all_plain) && is_all_plain(bytes.chunks_exact(CHUNK_BYTES).remainder())
}

/// Whether looking for a run of ASCII pays: in other scripts, a space or a comma between two words is none.
#[inline]
pub(super) fn starts_long_run(bytes: &[u8]) -> bool {
    bytes.first_chunk::<8>().is_some_and(|next| u64::from_le_bytes(*next) & 0x8080_8080_8080_8080 == 0)
}
