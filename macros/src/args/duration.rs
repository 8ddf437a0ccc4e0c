//! Lengths of time as text: `"10m"`, `"1h30m"`, `"500ms"`.

use std::time::Duration;

/// The units, from the longest; a text names them in this order, each at most once.
const UNITS: [(&str, Duration); 7] = [
    ("d", Duration::from_secs(86_400)),
    ("h", Duration::from_secs(3_600)),
    ("m", Duration::from_secs(60)),
    ("s", Duration::from_secs(1)),
    ("ms", Duration::from_millis(1)),
    ("us", Duration::from_micros(1)),
    ("ns", Duration::from_nanos(1)),
];

/// Reads whole numbers with units, the longest first; spaces may stand between the parts.
///
/// # Errors
///
/// What is wrong with the text, as the user should read it.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty length of time: write it like \"10m\", \"1h30m\" or \"500ms\"".into());
    }
    let mut total = Duration::ZERO;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let (digits, after) = split(rest, |c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(format!(
                "`{rest}` does not begin with a whole number: write it like \"10m\", \"1h30m\" or \"500ms\""
            ));
        }
        let (unit, after) = split(after.trim_start(), |c| !c.is_ascii_digit() && !c.is_whitespace());
        if unit.is_empty() {
            return Err(format!("`{digits}` has no unit: write \"{digits}s\", or another of d, h, m, s, ms, us, ns"));
        }
        let Some(index) = UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(match unit.strip_prefix(['.', ',']) {
                Some(_) => format!("`{digits}{unit}` is a fraction: write whole numbers, like \"1h30m\" or \"1500ms\""),
                None => format!("unknown unit `{unit}`: the units are d, h, m, s, ms, us, ns"),
            });
        };
        if index < next_unit {
            return Err(format!("`{digits}{unit}` is out of order: each unit once, the longest first, like \"1h30m\""));
        }
        next_unit = index + 1;
        total = digits
            .parse::<u32>()
            .ok()
            .and_then(|count| UNITS[index].1.checked_mul(count))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| format!("`{digits}{unit}` is more than a length of time can be here"))?;
        rest = after.trim_start();
    }
    Ok(total)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_with_units() {
        for (text, expected) in [
            ("10m", Duration::from_secs(600)),
            ("1h30m", Duration::from_secs(5_400)),
            ("1h 30m", Duration::from_secs(5_400)),
            ("500ms", Duration::from_millis(500)),
            ("1s500ms", Duration::from_millis(1_500)),
            ("2d", Duration::from_secs(172_800)),
            ("0s", Duration::ZERO),
            ("7us8ns", Duration::from_nanos(7_008)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("", "empty"),
            ("  ", "empty"),
            ("60", "`60` has no unit"),
            ("1h30", "`30` has no unit"),
            ("m", "does not begin with a whole number"),
            ("-5s", "does not begin with a whole number"),
            ("1.5h", "fraction"),
            ("10min", "unknown unit `min`"),
            ("30m1h", "out of order"),
            ("1m1m", "out of order"),
            ("99999999999d", "more than"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
