//! See `concordat_fuzz::log::receipt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::log::receipt(bytes);
});
