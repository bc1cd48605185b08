//! What data, power and chips allow the largest training run of a year to spend, and which of them binds.
//!
//! Sevilla et al., *Can AI scaling continue through 2030?* (Epoch AI 2024). All growth counts from the start of 2024, so
//! t = year - 2024:
//!
//! * data: `D = [text + (images + video) tau + audio tau_a] g^t epochs quality`, `C = 6 D^2 / 20`;
//! * power: `P_AI = P g_dc^t - (P - P_0) min(g_other, g_dc)^t`; a run draws its share of that across sites, or all of
//!   the largest campus; a watt gives `peak e^t utilization duration / w` FLOP;
//! * bandwidth between sites: adding up N gradients of 16 bits takes `16 N / F + 2 latency`, so 20 N tokens in batches
//!   of B take `20 N (16 N / F + 2 latency) / B` seconds; N is the model for which that is the duration, `C = 120 N^2`;
//! * chips: `stock + production (e^{r t} - 1) / r`, `r = ln(g_production g_efficiency)`, times share, peak, utilization
//!   and duration.
//!
//! Power allows `max(campus, min(distributed, bandwidth))`. The source's cap on wafers never binds and is left out.

pub mod estimate;
pub mod scenario;
pub mod simulate;

use crate::math::{exp, expm1, ln};

/// Training FLOP per squared token at 20 tokens per parameter.
const FLOP_PER_TOKEN_SQUARED: f64 = 6.0 / 20.0;
/// Training FLOP per squared parameter at 20 tokens per parameter.
const FLOP_PER_PARAMETER_SQUARED: f64 = 6.0 * 20.0;

/// Names the inputs once, as the fields of [`Inputs`] and as the texts that the settings use.
macro_rules! inputs {
    ($($(#[$doc:meta])* $name:ident $low:literal $high:literal),+ $(,)?) => {
        /// One draw of everything the model needs; growths per year.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Inputs { $($(#[$doc])* pub $name: f64),+ }

        impl Inputs {
            /// The names in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];
            /// Their ranges in order: so that no product of them overflows or vanishes.
            pub const RANGES: &'static [(f64, f64)] = &[$(($low, $high)),+];

            /// The inputs from values in the order of the names.
            pub fn from_values(values: &[f64; Self::NAMES.len()]) -> Self {
                let [$($name),+] = *values;
                Self { $($name),+ }
            }
        }
    };
}

inputs! {
    /// Public text, tokens.
    text_stock 1e-12 1e30,
    /// Images.
    images 1e-12 1e30,
    /// Video, seconds.
    video_seconds 1e-12 1e30,
    /// Audio, seconds.
    audio_seconds 1e-12 1e30,
    /// Tokens per image and per second of video.
    tokens_per_image_or_second 1e-12 1e9,
    /// Tokens per second of audio.
    tokens_per_audio_second 1e-12 1e9,
    /// Growth of all data.
    stock_growth 0.1 10.0,
    /// What repeating multiplies the data by.
    epochs 1e-12 1e6,
    /// Share of the data good enough to use.
    usable_fraction 1e-12 1.0,
    /// Duration of the run, seconds.
    run_seconds 1e-12 1e12,
    /// Share of all AI resources that the largest run gets.
    run_share 1e-12 1.0,
    /// Peak 8-bit FLOP per second of one GPU of 2024 (an H100).
    peak_flops 1e-12 1e30,
    /// Share of the peak that training reaches.
    utilization 1e-12 1.0,
    /// Installed watts per GPU of 2024, cooling and the rest included.
    gpu_watts 1e-12 1e30,
    /// Growth of FLOP per joule.
    power_efficiency_growth 0.1 10.0,
    /// Data center power, watts.
    datacenter_watts 1e-12 1e20,
    /// The part of it that AI uses, watts.
    ai_watts 1e-12 1e20,
    /// Growth of data center power.
    datacenter_growth 0.1 10.0,
    /// Growth of data center power for all else.
    other_growth 0.1 10.0,
    /// Power of the largest campus in the year, watts.
    campus_watts 1e-12 1e20,
    /// Distance between the farthest sites, km.
    network_kilometers 1e-12 1e30,
    /// Speed of light in fiber, km per second.
    fiber_speed 1e-12 1e30,
    /// Largest batch that still trains well, tokens.
    batch_tokens 1e-12 1e30,
    /// Bandwidth between sites, bits per second.
    bandwidth 1e-12 1e30,
    /// Growth of that bandwidth.
    bandwidth_growth 0.1 10.0,
    /// GPUs installed, in H100 equivalents.
    gpu_stock 1e-12 1e30,
    /// GPUs made per year, in H100 equivalents.
    gpu_production 1e-12 1e30,
    /// Growth of the number made.
    production_growth 0.1 10.0,
    /// Growth of FLOP per second of each.
    gpu_efficiency_growth 0.1 10.0,
}

/// The quantities reported for each draw, in order: name and unit.
pub const OUTPUTS: [(&str, &str); 10] = [
    ("data_tokens", "tokens"),
    ("data", "FLOP"),
    ("distributed_watts", "W"),
    ("distributed", "FLOP"),
    ("campus", "FLOP"),
    ("bandwidth", "FLOP"),
    ("power", "FLOP"),
    ("gpus", "H100 equivalents"),
    ("chips", "FLOP"),
    ("minimum", "FLOP"),
];

/// The constraints that can bind, in the order of their number.
pub const CONSTRAINTS: [&str; 3] = ["data", "power", "chips"];

/// What a draw allows, t years after the start of 2024, and which constraint binds.
pub fn allowed(i: &Inputs, t: f64, limit_bandwidth: bool) -> ([f64; OUTPUTS.len()], usize) {
    let grown = |growth: f64| exp(t * ln(growth));
    let media =
        (i.images + i.video_seconds) * i.tokens_per_image_or_second + i.audio_seconds * i.tokens_per_audio_second;
    let tokens = (i.text_stock + media) * grown(i.stock_growth) * i.epochs * i.usable_fraction;
    let data = FLOP_PER_TOKEN_SQUARED * tokens * tokens;

    let per_gpu = i.peak_flops * i.utilization * i.run_seconds;
    let per_watt = per_gpu / i.gpu_watts * grown(i.power_efficiency_growth);
    // P (g_dc^t - g^t) + P_0 g^t with g the smaller growth: no difference of large numbers.
    let (all, others) = (grown(i.datacenter_growth), grown(i.other_growth.min(i.datacenter_growth)));
    let watts = (i.datacenter_watts * (all - others) + i.ai_watts * others) * i.run_share;
    let (distributed, campus) = (watts * per_watt, i.campus_watts * per_watt);
    let bandwidth = bandwidth_limit(i, grown(i.bandwidth_growth));
    let across = if limit_bandwidth { distributed.min(bandwidth) } else { distributed };
    let power = campus.max(across);

    let rate = ln(i.production_growth * i.gpu_efficiency_growth);
    let years = if rate == 0.0 { t } else { expm1(rate * t) / rate };
    let gpus = (i.gpu_stock + i.gpu_production * years) * i.run_share;
    let chips = gpus * per_gpu;

    let limits = [data, power, chips];
    let binding = (1..limits.len()).fold(0, |least, k| if limits[k] < limits[least] { k } else { least });
    let outputs = [tokens, data, watts, distributed, campus, bandwidth, power, gpus, chips, limits[binding]];
    (outputs, binding)
}

/// The compute at which exchanging gradients between sites takes the whole run: a quadratic in the parameters.
fn bandwidth_limit(i: &Inputs, growth: f64) -> f64 {
    let squared = 20.0 * 16.0 / (i.bandwidth * growth);
    let linear = 20.0 * 2.0 * i.network_kilometers / i.fiber_speed;
    let seconds = i.batch_tokens * i.run_seconds;
    // The positive root, in the form that does not cancel.
    let parameters = 2.0 * seconds / (linear + (linear * linear + 4.0 * squared * seconds).sqrt());
    FLOP_PER_PARAMETER_SQUARED * parameters * parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The printed medians of the source.
    fn medians() -> Inputs {
        Inputs {
            text_stock: 5.1e14,
            images: 1e13,
            video_seconds: 8.63e12,
            audio_seconds: 8e11,
            tokens_per_image_or_second: 22.0,
            tokens_per_audio_second: 23.0,
            stock_growth: 1.07,
            epochs: 5.0,
            usable_fraction: 0.2,
            run_seconds: 1.56e7,
            run_share: 0.26,
            peak_flops: 2e15,
            utilization: 0.375,
            gpu_watts: 1704.0,
            power_efficiency_growth: 1.28,
            datacenter_watts: 4e10,
            ai_watts: 3.04e9,
            datacenter_growth: 1.15,
            other_growth: 1.08,
            campus_watts: 2.5e9,
            network_kilometers: 2945.1,
            fiber_speed: 2e5,
            batch_tokens: 6e7,
            bandwidth: 8.19e14,
            bandwidth_growth: 1.5,
            gpu_stock: 2.2e6,
            gpu_production: 1.85e6,
            production_growth: 1.7,
            gpu_efficiency_growth: 1.44,
        }
    }

    fn output(inputs: &Inputs, t: f64, name: &str) -> f64 {
        let at = OUTPUTS.iter().position(|(n, _)| *n == name).expect("the name is one of the outputs");
        allowed(inputs, t, true).0[at]
    }

    #[test]
    fn at_the_start_nothing_has_grown() {
        let i = medians();
        let tokens = 5.1e14 + (1e13 + 8.63e12) * 22.0 + 8e11 * 23.0;
        assert!((output(&i, 0.0, "data_tokens") / tokens - 1.0).abs() < 1e-12);
        assert!((output(&i, 0.0, "distributed_watts") / (3.04e9 * 0.26) - 1.0).abs() < 1e-12);
        assert!((output(&i, 0.0, "gpus") / (2.2e6 * 0.26) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_growth_chips_accumulate_linearly() {
        let flat = Inputs { production_growth: 1.0, gpu_efficiency_growth: 1.0, ..medians() };
        assert!((output(&flat, 6.0, "gpus") / ((2.2e6 + 6.0 * 1.85e6) * 0.26) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_bandwidth_limit_spends_the_whole_run_on_the_network() {
        let i = medians();
        let compute = output(&i, 6.0, "bandwidth");
        let parameters = (compute / 120.0).sqrt();
        let reduce = 16.0 * parameters / (8.19e14 * 1.5f64.powi(6)) + 2.0 * 2945.1 / 2e5;
        assert!((20.0 * parameters * reduce / 6e7 / 1.56e7 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_least_binds_and_a_campus_needs_no_network() {
        let i = medians();
        let (outputs, binding) = allowed(&i, 6.0, true);
        assert_eq!(CONSTRAINTS[binding], "power");
        assert_eq!(outputs[9], outputs[1].min(outputs[6]).min(outputs[8]));
        let far = Inputs { network_kilometers: 1e12, ..i };
        assert_eq!(output(&far, 6.0, "power"), output(&far, 6.0, "campus"));
        let scarce = Inputs { text_stock: 1.0, images: 1.0, video_seconds: 1.0, audio_seconds: 1.0, ..i };
        assert_eq!(CONSTRAINTS[allowed(&scarce, 6.0, true).1], "data");
    }
}
