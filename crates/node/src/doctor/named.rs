//! What a certificate says of itself: who issued it, for whom, until when. Nothing of it is believed: it is
//! shown to a person.

use concordat_terms::Timestamp;

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) until: Option<Timestamp>,
}

/// Reads a certificate (DER); none where it is none (RFC 5280 §4.1).
pub(super) fn named(der: &[u8]) -> Option<Named> {
    let (_, certificate, _) = value(der)?;
    let (_, mut tbs, _) = value(certificate)?;
    let (tag, _, rest) = value(tbs)?;
    // The version may be left out.
    if tag == 0xa0 {
        tbs = rest;
    }
    let (_, _serial, rest) = value(tbs)?;
    let (_, _algorithm, rest) = value(rest)?;
    let (_, issuer, rest) = value(rest)?;
    let (_, validity, rest) = value(rest)?;
    let (_, subject, _) = value(rest)?;
    let (_, _from, rest) = value(validity)?;
    let (tag, until, _) = value(rest)?;
    Some(Named { issuer: name(issuer), subject: name(subject), until: moment(tag, until) })
}

/// The first value: its tag, its contents, and what comes after it.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (long, rest) = match usize::from(*first) {
        short @ ..=0x7f => (short, rest),
        of => {
            let (digits, rest) = rest.split_at_checked(of - 0x80)?;
            if digits.len() > 3 {
                return None;
            }
            (digits.iter().fold(0, |long, digit| long << 8 | usize::from(*digit)), rest)
        }
    };
    let (contents, rest) = rest.split_at_checked(long)?;
    Some((*tag, contents, rest))
}

/// The common name, or else the organisation; at most 100 characters that can be seen.
fn name(mut parts: &[u8]) -> String {
    let (mut common, mut organisation) = (None, None);
    while let Some((_, part, rest)) = value(parts) {
        parts = rest;
        let Some((_, pair, _)) = value(part) else { continue };
        let Some((_, kind, rest)) = value(pair) else { continue };
        let Some((_, text, _)) = value(rest) else { continue };
        let text = String::from_utf8_lossy(text);
        let seen: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
        match kind {
            [0x55, 4, 3] => common = Some(seen),
            [0x55, 4, 10] => organisation = Some(seen),
            _ => {}
        }
    }
    common.or(organisation).unwrap_or_else(|| "nobody by name".to_owned())
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // From 50 on it is the century before (RFC 5280 §4.1.2.5.1).
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        _ => text.to_owned(),
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let (date, time) = (
        format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?),
        format!("{}:{}:{}Z", part(8, 10)?, part(10, 12)?, part(12, 14)?),
    );
    format!("{date}T{time}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_who_issued_it_and_until_when() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["heart.example".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Ward \u{7} proxy");
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let made = params.self_signed(&key).unwrap();
        let said = named(made.der()).unwrap();
        assert_eq!((said.issuer.as_str(), said.subject.as_str()), ("Ward  proxy", "Ward  proxy"));
        assert_eq!(said.until, "2031-02-03T00:00:00Z".parse().ok());
        // Far away, in the other spelling of times.
        params.not_after = rcgen::date_time_ymd(2061, 2, 3);
        let made = params.self_signed(&key).unwrap();
        assert_eq!(named(made.der()).unwrap().until, "2061-02-03T00:00:00Z".parse().ok());
        // Whatever is cut off, it is no certificate or says less, and nothing breaks.
        for cut in 0..made.der().len() {
            named(&made.der()[..cut]);
        }
        assert_eq!(named(b""), None);
    }
}
