//! See `concordat_fuzz::wire::act`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::wire::act(bytes);
});
