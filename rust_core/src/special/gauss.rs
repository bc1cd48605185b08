//! Integrals of smooth functions by Gauss and Legendre.

/// The positive nodes on [-1, 1], and their weights.
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// The integral from `low` to `high`, sixteen nodes on each of `panels` panels.
pub fn integral(low: f64, high: f64, panels: u32, f: impl Fn(f64) -> f64) -> f64 {
    let half = 0.5 * (high - low) / f64::from(panels);
    let mut sum = 0.0;
    for panel in 0..panels {
        let centre = low + half * f64::from(2 * panel + 1);
        for (node, weight) in NODES {
            sum += weight * (f(centre - half * node) + f(centre + half * node));
        }
    }
    half * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_degree_31_and_exponentials_are_exact() {
        for degree in 0..32 {
            let want = (2.0_f64.powi(degree + 1) - 1.0) / f64::from(degree + 1);
            assert!((integral(1.0, 2.0, 1, |x| x.powi(degree)) / want - 1.0).abs() < 1e-14, "{degree}");
        }
        assert!((integral(0.0, 40.0, 8, |x| libm::exp(-x)) - 1.0).abs() < 1e-14);
    }
}
