//! WhatsApp's table of errors.

use crate::meta::errors::{GraphError, Verdict};
use crate::outbound::Because;

/// Seconds between two messages to one person, over which WhatsApp counts.
const PAIR_RATE: u64 = 6;

pub fn verdict(error: &GraphError) -> Verdict {
    match error.code {
        1 | 2 | 131_000 | 131_016 => Verdict::Later(None),
        130_429 => Verdict::Later(Some(1)),
        131_056 => Verdict::Later(Some(PAIR_RATE)),
        4 | 80_007 | 131_057 | 133_016 => Verdict::Later(Some(60)),
        131_047 => Verdict::Never(Because::Window),
        131_021 | 131_026 | 131_030 | 130_497 => Verdict::Never(Because::Person),
        0 | 3 | 10 | 33 | 190 | 200..300 | 368 => Verdict::Never(Because::Account),
        131_005 | 131_031 | 131_037 | 131_042 | 131_045 | 131_048 | 131_063 | 131_064 => {
            Verdict::Never(Because::Account)
        }
        // an experiment's group, or no marketing: other messages may reach the person
        130_472 | 131_049 | 131_050 => Verdict::Never(Because::Message),
        100 | 131_008 | 131_009 | 131_051..=131_053 | 131_062 => Verdict::Never(Because::Message),
        132_000..133_000 | 135_000 | 137_000 => Verdict::Never(Because::Message),
        _ => Verdict::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_the_table() {
        let of = |code| {
            verdict(&GraphError {
                code,
                ..GraphError::default()
            })
        };
        for code in [
            0, 3, 10, 190, 200, 299, 131_005, 33, 368, 131_031, 131_042, 131_048,
        ] {
            assert_eq!(of(code), Verdict::Never(Because::Account), "{code}");
        }
        for code in [
            1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 131_057, 133_016,
        ] {
            assert!(matches!(of(code), Verdict::Later(_)), "{code}");
        }
        for code in [100, 131_008, 131_009, 131_051, 131_052, 131_053, 131_062, 130_472] {
            assert_eq!(of(code), Verdict::Never(Because::Message), "{code}");
        }
        for code in [132_000, 132_001, 132_015, 132_069, 135_000, 137_000] {
            assert_eq!(of(code), Verdict::Never(Because::Message), "{code}");
        }
        assert_eq!(of(131_047), Verdict::Never(Because::Window));
        assert_eq!(of(131_026), Verdict::Never(Because::Person));
        assert_eq!(of(131_056), Verdict::Later(Some(6)));
        assert_eq!(of(999_999), Verdict::Unclear);
    }
}
