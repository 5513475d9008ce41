//! What people write, and what is read of it.

use super::*;

#[track_caller]
fn all(wanted: Says, pairs: &[(&str, &str)]) {
    for (words, value) in pairs {
        assert_eq!(says(words, value), wanted, "“{words}” and `{value}`");
    }
}

#[test]
fn what_people_write_is_what_clauses_say() {
    let pairs = [
        ("thirty days", "P30D"),
        ("30 days", "P30D"),
        ("**two weeks**", "P14D"),
        ("one year and six months", "P18M"),
        ("one year, two months and three days", "P1Y2M3D"),
        ("twenty-one days", "P21D"),
        ("one hundred days", "P100D"),
        ("a hundred and eighty days", "P180D"),
        ("24 hours", "PT24H"),
        ("thirty calendar days", "P30D"),
        ("A month", "P1M"),
        ("three", "3"),
        ("1,000", "1000"),
        ("5 %", "0.05"),
        ("2.5 per cent", "0.025"),
        ("ninety-nine per cent", "0.99"),
        ("one hundred", "100"),
        ("EUR 1,000,000", "EUR 1000000"),
        ("EUR 2 million", "EUR 2000000"),
        ("EUR 2.5 million", "EUR 2500000"),
        ("31 January 2027", "2027-01-31"),
        ("31st January 2027", "2027-01-31"),
        ("the 31st of January 2027", "2027-01-31"),
        ("January 31, 2027", "2027-01-31"),
        ("2027-01-31", "2027-01-31"),
        ("joint-pool", "joint-pool"),
    ];
    all(Says::It, &pairs);
}

#[test]
fn a_number_that_is_written_twice_is_read_twice() {
    let both = [
        ("sixty (60) days", "P60D"),
        ("60 (sixty) days", "P60D"),
        ("one (1) year and six (6) months", "P18M"),
        ("sixty days (60 days)", "P60D"),
        ("two million euro (EUR 2,000,000)", "EUR 2000000"),
        ("EUR two million (2,000,000)", "EUR 2000000"),
        ("EUR 2,000,000 (two million)", "EUR 2000000"),
        ("five (5)", "5"),
    ];
    all(Says::It, &both[..4]);
    all(Says::It, &both[5..]);
    // The euro in words is not read; that is told, and not passed over.
    all(Says::Nothing, &both[4..5]);
    let one = [
        ("sixty (30) days", "P30D"),
        ("sixty (30) days", "P60D"),
        ("sixty (60) days", "P30D"),
        ("one (1) year and six (7) months", "P18M"),
        ("sixty days (90 days)", "P60D"),
        ("EUR 2,000,000 (three million)", "EUR 2000000"),
    ];
    all(Says::Otherwise, &one);
    let none = [
        ("sixty (about) days", "P60D"),
        ("sixty days (or less)", "P60D"),
        ("sixty (60 days", "P60D"),
        ("sixty days) 60", "P60D"),
    ];
    all(Says::Nothing, &none);
}

#[test]
fn nothing_after_a_value_is_passed_over() {
    let pairs = [
        ("31 January 2027 plus two years", "2027-01-31"),
        ("31 January 2027 or later", "2027-01-31"),
        ("thirty days or more", "P30D"),
        ("at least thirty days", "P30D"),
        ("thirty days and", "P30D"),
        ("days thirty", "P30D"),
        ("two two days", "P4D"),
        ("twenty eleven days", "P31D"),
        ("two two", "4"),
        ("thirty twenty", "50"),
        ("1,0", "10"),
        ("0,25", "25"),
        ("EUR 1,00", "EUR 100"),
        ("EUR 2 million or less", "EUR 2000000"),
        ("EUR", "EUR 5"),
        ("5 Smarch 2027", "2027-01-31"),
        ("as soon as possible", "P30D"),
    ];
    all(Says::Nothing, &pairs);
    let other = [
        ("thirty days", "P31D"),
        ("a month", "P30D"),
        ("4", "3"),
        ("EUR 2.5 million", "EUR 2000000"),
        ("30 January 2027", "2027-01-31"),
    ];
    all(Says::Otherwise, &other);
}

#[test]
fn a_period_says_which_days_it_counts() {
    for words in ["10 working days", "ten business days", "ten (10) working days"] {
        assert_eq!(says(words, "P10D working"), Says::It, "{words}");
        assert_eq!(says(words, "P11D working"), Says::Otherwise, "{words}");
    }
    for words in ["10 days", "ten calendar days"] {
        assert_eq!(says(words, "P10D working"), Says::Otherwise, "{words}");
    }
    let said = Spoken::of("The owner has ten working days, or ten days.");
    assert_eq!(said.mention("P10D working"), Some("ten working days"));
    assert_eq!(said.mention("P10D"), Some("ten days"));
}

#[test]
fn no_other_value_counts_working_days() {
    for words in ["30 working days", "thirty business days", "thirty (30) working days"] {
        assert_eq!(says(words, "P30D"), Says::Otherwise, "{words}");
    }
    assert_eq!(says("30 calendar days", "P30D"), Says::It);
    assert_eq!(says("30 days", "P30D"), Says::It);
    assert_eq!(says("two working weeks", "P14D"), Says::Nothing);
    assert_eq!(says("working thirty days", "P30D"), Says::Nothing);
}

#[test]
fn numbers_with_a_unit_are_found_in_a_sentence() {
    let prose = "Up to two hundred rounds, of class 2, with 5 % or ten per cent of EUR 2 million \
                 within thirty days (from 31 January 2027); a year later, at one vote and three \
                 votes. Nothing of Class A, thirty of them or  two hundred others.";
    let words: Vec<&str> = prose.split_whitespace().collect();
    let found: Vec<(Kind, String)> =
        mentions(&words).into_iter().map(|mention| (mention.kind, mention.value)).collect();
    let expected = [
        (Kind::Count("round"), "200"),
        (Kind::Count("class"), "2"),
        (Kind::Fraction, "0.05"),
        (Kind::Fraction, "0.1"),
        (Kind::Money, "EUR 2000000"),
        (Kind::Days, "P30D"),
        (Kind::Date, "2027-01-31"),
        (Kind::Count("vote"), "3"),
    ];
    assert_eq!(found, expected.map(|(kind, value)| (kind, value.to_owned())));
}

#[test]
fn a_value_in_the_prose_is_found_outside_of_links_only() {
    let prose = "The owner has thirty days, and [two weeks](#a.cure) to mend it.";
    let said = Spoken::of(prose);
    assert_eq!(said.mention("P30D"), Some("thirty days"));
    assert_eq!(said.mention("P14D"), None);
    assert_eq!(Spoken::of("three of five").mention("3"), None);
    let prose = "By 31 January 2027, or (EUR 2 million) within P3D, sixty (60) days, \
                 ten (11) days or two working days.";
    let said = Spoken::of(prose);
    assert_eq!(said.mention("2027-01-31"), Some("31 January 2027"));
    assert_eq!(said.mention("EUR 2000000"), Some("EUR 2 million"));
    assert_eq!(said.mention("P3D"), Some("P3D"));
    assert_eq!(said.mention("P60D"), Some("sixty (60) days"));
    assert_eq!(said.mention("P10D"), None);
    assert_eq!(said.mention("P2D"), None);
}
