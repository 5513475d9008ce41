//! See `concordat_fuzz::packed::packed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::packed::packed(bytes);
});
