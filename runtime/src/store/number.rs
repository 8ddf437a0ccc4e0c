//! Numbers as the servers count them: decimal text of 64 bits.

use super::error::StoreError;

/// The number that `bytes` are the usual text of.
pub(crate) fn number(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    // "+5", "05" and "-0" are text that somebody wrote, not numbers that were counted.
    (number.to_string() == text).then_some(number)
}

/// What becomes of a stored value when `by` is added.
pub(crate) fn sum(key: &str, stored: Option<&[u8]>, by: i64) -> Result<i64, StoreError> {
    let sum = match stored {
        Some(bytes) => number(bytes).and_then(|number| number.checked_add(by)),
        None => Some(by),
    };
    sum.ok_or_else(|| StoreError::NotAnInteger { key: key.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_text_of_a_number_is_one() {
        assert_eq!(number(b"-12"), Some(-12));
        for text in ["", "+5", "05", "-0", "1.5", " 1", "9223372036854775808", "1\n"] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error() {
        assert_eq!(sum("k", Some(b"9223372036854775806"), 1), Ok(i64::MAX));
        assert!(sum("k", Some(b"9223372036854775807"), 1).is_err());
        assert_eq!(sum("k", None, -2), Ok(-2));
    }
}
