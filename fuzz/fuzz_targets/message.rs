//! See `concordat_fuzz::wire::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::wire::message(bytes);
});
