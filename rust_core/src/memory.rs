//! What settings multiply to, estimated before it is asked for: an allocation that fails would end the process.

use std::fs;

use crate::error::{Error, Result};

/// What is taken to be free where the system does not say.
const UNKNOWN: f64 = 16e9;
/// The share of the free memory that one call may fill.
const SHARE: f64 = 0.9;

/// What is not worth a look at how much is free.
const LITTLE: f64 = 16e6;

/// Refuses what would not fit into free memory; `sizes` are the numbers that multiply to it, with their names.
pub fn check(bytes: f64, sizes: &[(usize, &str)]) -> Result<()> {
    if bytes <= LITTLE {
        return Ok(());
    }
    check_within(bytes, SHARE * free().unwrap_or(UNKNOWN), sizes)
}

fn check_within(bytes: f64, most: f64, sizes: &[(usize, &str)]) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let sizes = sizes.iter().map(|(size, name)| format!("{size} {name}")).collect::<Vec<_>>().join(" x ");
    let (most, bytes) = (most / 1e9, bytes / 1e9);
    let got = format_args!("{bytes:.1} GB for {sizes}").to_string();
    Err(Error::argument("memory", format_args!("at most {most:.1} GB, which this machine has free"), got))
}

/// The bytes that are free: of the machine, and of the group of processes that this one is limited with.
fn free() -> Option<f64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix(" kB")?.parse::<f64>().ok()
    });
    let number = |path| fs::read_to_string(path).ok()?.trim().parse::<f64>().ok();
    let group = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    let rooms = [machine.map(|kilobytes| kilobytes * 1024.0), group.map(|(most, now)| most - now)];
    rooms.into_iter().flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named_with_its_sizes() {
        assert_eq!(check_within(1e9, 1e9, &[]), Ok(()));
        let error = check_within(35.2e9, 2e9, &[(100, "policies"), (1000, "tasks")]).expect_err("it does not fit");
        let said =
            "memory must be at most 2.0 GB, which this machine has free, got 35.2 GB for 100 policies x 1000 tasks";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn free_memory_is_known_on_linux() {
        if cfg!(target_os = "linux") {
            assert!(free().is_some_and(|bytes| bytes > 1e6));
        }
    }
}
