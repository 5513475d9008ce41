//! The one style sheet, and the policy that lets a browser use it and nothing else.

use concordat_terms::Digest;

/// The style sheet that every page embeds.
pub const STYLE: &str = include_str!("style.css");

/// The value of the header `Content-Security-Policy` for every page: this style sheet by its
/// hash, and nothing else: no script, no image, no font, no frame (CSP Level 3 §6.7.3).
pub fn content_security_policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        hash(STYLE)
    )
}

/// What a policy calls a style sheet by.
pub(crate) fn hash(sheet: &str) -> String {
    format!("sha256-{}", base64(Digest::of(sheet.as_bytes()).as_bytes()))
}

/// Standard base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let triple =
            (0..3).fold(0_u32, |sum, i| sum << 8 | chunk.get(i).copied().map_or(0, u32::from));
        for digit in 0..4_usize {
            let sextet = (triple >> (18 - 6 * digit)) & 63;
            let letter = ALPHABET.get(sextet as usize).copied().map_or('=', char::from);
            text.push(if digit > chunk.len() { '=' } else { letter });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn the_style_sheet_loads_nothing_and_cannot_end_its_element() {
        for bad in ["<", "url(", "@import", "http"] {
            assert!(!STYLE.contains(bad), "{bad}");
        }
    }
}
