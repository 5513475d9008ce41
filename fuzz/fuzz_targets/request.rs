//! See `concordat_fuzz::log::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::log::request(bytes);
});
