//! When the first acceptance and the first correct attempt come.

pub mod binned;
pub mod bins;
pub mod paired_alias;
pub mod pool;
pub mod redrawn;
pub mod tables;
