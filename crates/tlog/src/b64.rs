//! Standard, padded base64 (RFC 4648 §4) in its one canonical spelling.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Encodes with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Decodes; missing padding, white space and stray trailing bits are refused, so that the text is
/// exactly what [`encode`] writes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// Decodes exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_string_has_one_spelling() {
        assert_eq!(decode("AA=="), Some(vec![0]));
        for bad in ["AA", "AB==", "AA==\n", " AA==", "AA=", "A===", "AA==AA==", "_w==", "AAB="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(decode_array::<2>("AA=="), None);
    }
}
