//! Division by a number that stays the same.

/// A divisor known in advance, which a multiplication divides by.
#[derive(Clone, Copy)]
pub(super) struct Divisor {
    pub(super) value: usize,
    /// 2^64 divided by the value, rounded up.
    reciprocal: u64,
}

impl Divisor {
    /// `value` is at least 2.
    pub(super) const fn new(value: usize) -> Self {
        Self {
            value,
            reciprocal: (u64::MAX / value as u64) + 1,
        }
    }

    /// Whether there is a number to divide by.
    pub(super) const fn is_set(self) -> bool {
        self.value != usize::MAX
    }

    /// Quotient and remainder; exact for numbers below 2^32, and other ones are divided plainly.
    #[inline(always)]
    pub(super) fn divide(self, number: usize) -> (usize, usize) {
        let quotient = if number as u64 >> 32 == 0 {
            ((u128::from(self.reciprocal) * number as u128) >> 64) as usize
        } else {
            number / self.value
        };
        (quotient, number - quotient * self.value)
    }
}

/// Not set: larger than any number.
impl Default for Divisor {
    fn default() -> Self {
        Self {
            value: usize::MAX,
            reciprocal: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_divides_exactly() {
        for divisor in [16usize, 17, 18_724, 26_214, 52_428, 65_535] {
            let by = Divisor::new(divisor);
            let edges = (0..40).flat_map(|n| [n * divisor, n * divisor + divisor - 1]);
            let multiple = u32::MAX as usize / divisor * divisor;
            // On 64 bits, numbers around and beyond 2^32.
            let large = [(1u64 << 32) - 1, 1 << 32, (1 << 40) + 7];
            let large = large.into_iter().flat_map(usize::try_from);
            for number in edges.chain(large).chain([multiple]) {
                assert_eq!(by.divide(number), (number / divisor, number % divisor));
            }
        }
    }
}
