//! Writing past the caches: memory that is not read again soon would only push out what is, and would be read before it is
//! written.

use std::marker::PhantomData;

/// What writes past the caches, while [`past_caches`] runs.
pub(crate) struct Stream<'a>(PhantomData<&'a mut [f32]>);

/// Runs `write`. When this returns, what it wrote past the caches is written, as every thread sees it: the targets stay borrowed until
/// then.
pub(crate) fn past_caches<'a, R>(write: impl FnOnce(&mut Stream<'a>) -> R) -> R {
    let _fence = Fence;
    write(&mut Stream(PhantomData))
}

/// Orders the writes before it, also when it is dropped by a panic.
struct Fence;

impl Drop for Fence {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a fence touches no memory, and SSE is part of x86-64.
        unsafe {
            std::arch::x86_64::_mm_sfence();
        }
    }
}

impl<'a> Stream<'a> {
    /// Copies `source` to `target`, which is as long.
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
            "as much to read as to write"
        );
        for (from, to) in sources.iter().zip(targets) {
            // SAFETY: the arrays have the 16 bytes that are read and written, and the target's begin at a multiple of 16. SSE is
            // part of x86-64. The target stays borrowed until `past_caches` has fenced the writes.
            unsafe { _mm_stream_ps(to.as_mut_ptr(), _mm_loadu_ps(from.as_ptr())) };
        }
        target_tail.copy_from_slice(source_tail);
    }

    /// Copies `source` to `target`, which is as long.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    pub(crate) fn write(&mut self, source: &[f32], target: &'a mut [f32]) {
        target.copy_from_slice(source);
    }
}

#[cfg(test)]
mod tests {
    use super::past_caches;

    #[test]
    fn what_is_written_past_the_caches_is_what_was_given_at_every_length_and_alignment() {
        for length in (0..70).chain([255, 256, 257]) {
            for offset in 0..8 {
                let source: Vec<f32> = (0..length).map(|element| element as f32 + 0.5).collect();
                let mut target = vec![-1.0; length + 16];
                past_caches(|stream| stream.write(&source, &mut target[offset..offset + length]));
                assert_eq!(target[offset..offset + length], source);
                let untouched = target[..offset].iter().chain(&target[offset + length..]);
                assert!(untouched.copied().all(|element| element == -1.0), "{length} from {offset}");
            }
        }
    }
}
