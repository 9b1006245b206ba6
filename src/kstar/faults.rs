//! What the bits of `Error Codes` mean.
//!
//! Source: the protocol note. Bits that it does not explain carry their number.

/// Bit 0 first. Where a bit has no known meaning it is called `bit N`.
pub(crate) static ERROR_BITS: [&str; 32] = [
    "GFCI check",
    "AC sensor check",
    "bit 2",
    "DCI consistency",
    "GFCI consistency",
    "bit 5",
    "GFCI device",
    "relay device",
    "AC sensor",
    "utility loss",
    "ground current",
    "DC bus high",
    "internal fan",
    "over temperature",
    "utility phase",
    "PV over voltage",
    "external fan",
    "AC voltage",
    "isolation",
    "DC injection",
    "back-up overload",
    "bit 21",
    "frequency consistency",
    "voltage consistency",
    "bit 24",
    "relay check",
    "bit 26",
    "phase angle",
    "DSP communication",
    "AC frequency",
    "EEPROM",
    "internal communication",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn unknown_bits_carry_their_own_number() {
        let unknown: Vec<usize> = ERROR_BITS
            .iter()
            .enumerate()
            .filter(|(bit, name)| **name == format!("bit {bit}"))
            .map(|(bit, _)| bit)
            .collect();
        assert_eq!(unknown, [2, 5, 21, 24, 26]);
        let numbered = ERROR_BITS.iter().filter(|name| name.starts_with("bit "));
        assert_eq!(numbered.count(), unknown.len());
        assert_eq!(HashSet::from(ERROR_BITS).len(), 32);
    }

    #[test]
    fn bits_are_where_the_note_has_them() {
        for (bit, name) in [
            (0, "GFCI check"),
            (1, "AC sensor check"),
            (3, "DCI consistency"),
            (4, "GFCI consistency"),
            (6, "GFCI device"),
            (9, "utility loss"),
            (13, "over temperature"),
            (18, "isolation"),
            (20, "back-up overload"),
            (22, "frequency consistency"),
            (23, "voltage consistency"),
            (25, "relay check"),
            (27, "phase angle"),
            (28, "DSP communication"),
            (30, "EEPROM"),
            (31, "internal communication"),
        ] {
            assert_eq!(ERROR_BITS.get(bit), Some(&name), "{bit}");
        }
    }
}
