//! See `concordat_fuzz::log::redacted`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::log::redacted(bytes);
});
