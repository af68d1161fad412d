//! Non-temporal writes, which bypass the CPU's caches, for results that are not read again soon.
//! Ordinary writes of such results push useful lines out of the caches, and the CPU reads each line
//! from memory before it overwrites it.
//!
//! Only x86-64 has them here; on other CPUs the same functions write as usual.

use std::marker::PhantomData;

/// Permission to write non-temporally, valid while [`write_non_temporally`] runs.
pub(crate) struct NonTemporal<'a>(PhantomData<&'a mut [f32]>);

/// Runs `write`, then a fence. The CPU may let later writes overtake non-temporal ones: without the
/// fence, another thread could learn that rows are done before it can see them. So the targets stay
/// borrowed (`'a`) until this function has returned.
pub(crate) fn write_non_temporally<'a, R>(write: impl FnOnce(&mut NonTemporal<'a>) -> R) -> R {
    let _fence = Fence;
    write(&mut NonTemporal(PhantomData))
}

/// When it is dropped, also by a panic in `write`, all writes before it become visible before any
/// write after it.
struct Fence;

impl Drop for Fence {
    fn drop(&mut self) {
        // SAFETY: a fence touches no memory, and SSE is part of x86-64.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::x86_64::_mm_sfence();
        }
    }
}

impl<'a> NonTemporal<'a> {
    /// Copies `source` to `target`: by ordinary writes if `target` does not start at a multiple of
    /// 16 bytes.
    ///
    /// # Panics
    /// If the lengths differ.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(crate) fn write(&mut self, source: &[f32], target: &'a mut [f32]) {
        use std::arch::x86_64::{_mm_loadu_ps, _mm_stream_ps};
        let (sources, source_tail) = source.as_chunks::<4>();
        let (targets, target_tail) = target.as_chunks_mut::<4>();
        if !targets.as_ptr().addr().is_multiple_of(16) {
            return target.copy_from_slice(source);
        }
        assert_eq!(
            (sources.len(), source_tail.len()),
            (targets.len(), target_tail.len()),
            "`source` and `target` must have the same length"
        );
        for (from, to) in sources.iter().zip(targets) {
            // SAFETY: the arrays have the 16 bytes that are read and written, and the target's
            // begin at a multiple of 16. SSE is part of x86-64. The target stays borrowed until
            // `write_non_temporally` has fenced the writes.
            unsafe { _mm_stream_ps(to.as_mut_ptr(), _mm_loadu_ps(from.as_ptr())) };
        }
        target_tail.copy_from_slice(source_tail);
    }

    /// Copies `source` to `target` by ordinary writes.
    ///
    /// # Panics
    /// If the lengths differ.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    pub(crate) fn write(&mut self, source: &[f32], target: &'a mut [f32]) {
        target.copy_from_slice(source);
    }
}

#[cfg(test)]
mod tests {
    use super::write_non_temporally;

    #[test]
    fn a_non_temporal_write_copies_the_source_and_nothing_else_at_every_length_and_alignment() {
        for length in (0..70).chain([255, 256, 257]) {
            for offset in 0..8 {
                let source: Vec<f32> = (0..length).map(|element| element as f32 + 0.5).collect();
                let mut target = vec![-1.0; length + 16];
                write_non_temporally(|writer| writer.write(&source, &mut target[offset..offset + length]));
                assert_eq!(target[offset..offset + length], source);
                let untouched = target[..offset].iter().chain(&target[offset + length..]);
                assert!(untouched.copied().all(|element| element == -1.0), "{length} from {offset}");
            }
        }
    }
}
