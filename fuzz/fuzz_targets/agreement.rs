//! Several files, as one agreement.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    concordat_fuzz::exercise::agreement(bytes);
});
