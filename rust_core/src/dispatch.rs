//! Runs a kernel compiled for the widest vectors this machine has; the bits do not depend on the width.
//!
//! Kernels are plain loops over `f64` without FMA or reassociation, so wider vectors only do more lanes at once.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::error::{Error, Result};

/// A piece of work that is compiled once per vector width.
///
/// `run` and everything it calls in its hot loops must be `#[inline(always)]`: only inlined code takes the width.
pub trait Kernel {
    /// What the kernel returns.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// The vector instructions a kernel may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Width {
    /// What every machine of the target has.
    Baseline = 1,
    /// 256 bits, and counting the bits of a word.
    Avx2 = 2,
    /// 512 bits, and counting the bits of eight words.
    Avx512 = 3,
}

/// The forced width, 0 for none.
static FORCED: AtomicU8 = AtomicU8::new(0);

/// Forces the width of later runs (for tests); `None` goes back to the widest. An error if the machine lacks it.
pub fn force(width: Option<Width>) -> Result<()> {
    if let Some(asked) = width.filter(|&asked| asked > widest()) {
        return Err(Error::argument("width", format!("at most {:?} on this machine", widest()), format!("{asked:?}")));
    }
    FORCED.store(width.map_or(0, |w| w as u8), Relaxed);
    Ok(())
}

/// The width that `dispatch` uses.
pub fn width() -> Width {
    match FORCED.load(Relaxed) {
        1 => Width::Baseline,
        2 => Width::Avx2,
        3 => Width::Avx512,
        _ => widest(),
    }
}

/// The widest vectors of this machine.
fn widest() -> Width {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx512f")
            && has!("avx512dq")
            && has!("avx512vl")
            && has!("avx512vpopcntdq")
            && has!("bmi1")
            && has!("popcnt")
        {
            return Width::Avx512;
        }
        if has!("avx2") && has!("bmi1") && has!("popcnt") {
            return Width::Avx2;
        }
    }
    Width::Baseline
}

/// Runs the kernel at the current width.
#[cfg(target_arch = "x86_64")]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn avx2<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512vpopcntdq,bmi1,popcnt")]
    fn avx512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    match width() {
        Width::Baseline => kernel.run(),
        // SAFETY: calling these functions is sound where the machine has their features. `width` returns what
        // `widest` detected, or what `force` accepted because it is no wider than that; AVX-512F implies AVX2.
        #[allow(unsafe_code)]
        wide => unsafe { if wide == Width::Avx2 { avx2(kernel) } else { avx512(kernel) } },
    }
}

/// Runs the kernel at the current width.
#[cfg(not(target_arch = "x86_64"))]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f64]);

    impl Kernel for Sum<'_> {
        type Output = f64;
        #[inline(always)]
        fn run(self) -> f64 {
            self.0.iter().map(|x| x * 0.1 + 0.3).sum()
        }
    }

    #[test]
    fn every_width_gives_the_same_bits() {
        let x: Vec<f64> = (0..1000).map(|i| f64::from(i).sqrt()).collect();
        let plain = Sum(&x).run();
        for asked in [Width::Baseline, Width::Avx2, Width::Avx512] {
            if force(Some(asked)).is_ok() {
                assert_eq!(width(), asked);
                assert_eq!(dispatch(Sum(&x)).to_bits(), plain.to_bits());
            } else {
                assert!(asked > widest());
            }
        }
        force(None).expect("no width is forced");
        assert_eq!(width(), widest());
    }
}
