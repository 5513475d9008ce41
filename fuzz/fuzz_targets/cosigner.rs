//! See `concordat_fuzz::wire::cosigner`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::wire::cosigner(bytes);
});
