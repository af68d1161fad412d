//! The instruction sets that have kernels of their own, and which of them this CPU has. The module
//! documentation of `pooling/kernel/mod.rs` says how to add one.

use std::sync::OnceLock;

/// An instruction set. A value proves that this CPU has it, because the only ways to get one ask
/// the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Isa(InstructionSet);

/// The instruction set itself, by which kernels are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// The instructions that every CPU of the architecture has.
    Scalar,
    /// AVX2, with F16C, FMA, BMI1, BMI2 and POPCNT: Haswell, Zen and later.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// `Avx2`, with AVX-512 F, BW, VL, VBMI and VBMI2: Ice Lake, Zen 4 and later. Older CPUs with
    /// AVX-512 lower their clock for it.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Part of every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Isa {
    pub(crate) const SCALAR: Self = Self(InstructionSet::Scalar);

    /// The instruction sets of this CPU, best first. [`Self::SCALAR`] is the last.
    pub(crate) fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("f16c")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("popcnt");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vbmi2");
            found.extend(avx512.then_some(Self(InstructionSet::Avx512)));
            found.extend(avx2.then_some(Self(InstructionSet::Avx2)));
        }
        #[cfg(target_arch = "aarch64")]
        found.push(Self(InstructionSet::Neon));
        found.push(Self::SCALAR);
        found
    }

    /// The best instruction set of this CPU, or the one that the environment variable `M2V_ISA`
    /// names if the CPU has it. The process asks once.
    pub(crate) fn detect() -> Self {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let available = Self::available();
            let wanted = std::env::var("M2V_ISA").ok();
            let named = wanted.and_then(|name| available.iter().find(|isa| isa.name() == name));
            *named.unwrap_or(&available[0])
        })
    }

    /// The instruction set itself.
    pub(crate) fn set(self) -> InstructionSet {
        self.0
    }

    /// Its name in `info.kernel` and in `M2V_ISA`.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            InstructionSet::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => "neon",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Isa;

    /// `M2V_REQUIRE_ISA=avx512 cargo test` fails on a CPU that can't run those kernels.
    #[test]
    fn an_instruction_set_that_is_required_is_there() {
        let available: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
        println!("instruction sets of this CPU: {available:?}");
        if let Ok(name) = std::env::var("M2V_REQUIRE_ISA") {
            assert!(
                available.contains(&name.as_str()),
                "this CPU lacks {name}, which is required: it has {available:?}"
            );
        }
    }
}
