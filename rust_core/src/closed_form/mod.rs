//! The formulas: plain numbers in, plain numbers out, one subject a file. No simulator calls them.

pub mod special;
