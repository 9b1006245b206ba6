//! Which inverter a type code stands for.
//!
//! Source: the maker's application note, drivers and captures. A type that is missing here is read
//! all the same: the shape of the reply determines its layout; only the model stays empty.

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InverterType {
    /// The code on the wire, without padding.
    pub code: &'static str,
    /// The maker's name.
    pub model: &'static str,
    /// The maker's maximum power in W, where it is known.
    pub maximum_power: Option<u32>,
    /// Whether its status codes are those of [`super::status`]; XP central inverters have a table
    /// of their own that was never published.
    pub status_published: bool,
}

impl InverterType {
    /// About what it feeds at most, W: the maker's maximum power, else the power that it is named
    /// after. The maker names early series after watts and later ones after kilowatts.
    pub(crate) fn likely_power(&self) -> Option<u32> {
        self.maximum_power.or_else(|| {
            let number = self
                .model
                .split(|sign: char| !sign.is_ascii_digit() && sign != '.');
            let number = number
                // Empty pieces and lone points are not numbers.
                .filter_map(|number| number.parse::<f64>().ok())
                .next()?;
            let is_in_watts = number >= LEAST_IN_WATTS;
            Some(if is_in_watts { number } else { number * 1000.0 } as u32)
        })
    }
}

/// A number in a model's name that is as great is a power in W, a smaller one is in kW.
const LEAST_IN_WATTS: f64 = 1500.0;

/// The row of a type code, or `None` for an unknown type. Upper and lower case are the same: the
/// table has `50KH3P`, a captured inverter `50kH3P`.
pub fn find(code: &str) -> Option<&'static InverterType> {
    TYPES.iter().find(|row| row.code.eq_ignore_ascii_case(code))
}

/// True for the code of an XP central inverter, also where its end is missing: some send `100k`.
pub(super) fn is_xp(code: &str) -> bool {
    let begins = |row: &&InverterType| {
        let start = row.code.get(..code.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(code))
    };
    let mut unpublished = TYPES.iter().filter(|row| !row.status_published);
    find(code).map_or_else(
        || code.ends_with('k') && unpublished.any(|row| begins(&row)),
        |known| !known.status_published,
    )
}

const fn known(code: &'static str, model: &'static str, maximum_power: u32) -> InverterType {
    InverterType {
        code,
        model,
        maximum_power: Some(maximum_power),
        status_published: true,
    }
}

const fn named(code: &'static str, model: &'static str) -> InverterType {
    InverterType {
        code,
        model,
        maximum_power: None,
        status_published: true,
    }
}

const fn unpublished(
    code: &'static str,
    model: &'static str,
    maximum_power: Option<u32>,
) -> InverterType {
    InverterType {
        code,
        model,
        maximum_power,
        status_published: false,
    }
}

/// All known types, in the order of the maker's series.
pub static TYPES: &[InverterType] = &[
    known("2500xi", "Powador 2500xi", 2850),
    known("3000xi", "Powador 3000xi", 2850),
    known("3500xi", "Powador 3500xi", 3800),
    known("3600xi", "Powador 3600xi", 4000),
    known("4000xi", "Powador 4000xi", 4800),
    known("4500xi", "Powador 4500xi", 5060),
    known("5000xi", "Powador 5000xi", 6000),
    known("6400xi", "Powador 6400xi", 6400),
    known("6650xi", "Powador 6650xi", 6650),
    known("7200xi", "Powador 7200xi", 7200),
    known("8000xi", "Powador 8000xi", 8000),
    known("4000su", "Powador 4000 supreme", 4800),
    known("6400su", "Powador 6400 supreme", 6400),
    known("6650su", "Powador 6650 supreme", 6650),
    known("7200su", "Powador 7200 supreme", 7200),
    known("8000su", "Powador 8000 supreme", 8000),
    named("20L11", "blueplanet 2.0 TL1"),
    named("26L11", "blueplanet 2.6 TL1"),
    named("30L11", "blueplanet 3.0 TL1"),
    named("30L12", "blueplanet 3.0 TL1-M2"),
    named("35L12", "blueplanet 3.5 TL1"),
    named("37L12", "blueplanet 3.7 TL1"),
    named("40L12", "blueplanet 4.0 TL1"),
    named("46L12", "blueplanet 4.6 TL1"),
    named("50L12", "blueplanet 5.0 TL1"),
    known("3200I", "Powador 3200 International version", 2850),
    known("4200I", "Powador 4200 International version", 3450),
    known("4400I", "Powador 4400 International version", 4000),
    known("5300I", "Powador 5300 International version", 4800),
    known("5500I", "Powador 5500 International version", 5060),
    known("6600I", "Powador 6600 International version", 6000),
    known("7700I", "Powador 7700 International version", 6400),
    known("7900I", "Powador 7900 International version", 6650),
    known("8600I", "Powador 8600 International version", 7200),
    known("9600I", "Powador 9600 International version", 8000),
    known("5300IS", "Powador 5300 supreme International version", 4800),
    known("7700IS", "Powador 7700 supreme International version", 6400),
    known("7900IS", "Powador 7900 supreme International version", 6650),
    known("8600IS", "Powador 8600 supreme International version", 7200),
    known("9600IS", "Powador 9600 supreme International version", 8000),
    known("1501xi", "Powador 1501xi", 1650),
    known("2501xi", "Powador 2501xi", 2750),
    known("3501xi", "Powador 3501xi", 3600),
    known("4501xi", "Powador 4501xi", 5060),
    known("5001xi", "Powador 5001xi", 5100),
    known("2002DE", "Powador 2002 German version", 1650),
    known("3002DE", "Powador 3002 German version", 2500),
    known("4202DE", "Powador 4202 German version", 3500),
    known("5002DE", "Powador 5002 German version", 4200),
    known("6002DE", "Powador 6002 German version", 4600),
    known("2002IN", "Powador 2002 International version", 1650),
    known("3002IN", "Powador 3002 International version", 2500),
    known("4202IN", "Powador 4202 International version", 3500),
    known("5002IN", "Powador 5002 International version", 4200),
    known("6002IN", "Powador 6002 International version", 5000),
    named("3000IN", "Powador 3000 SE"),
    named("8k1", "Powador 25000xi/1 unit 1"),
    named("8k2", "Powador 25000xi/2 unit 2"),
    named("8k3", "Powador 25000xi/3 unit 3"),
    known("3x8k", "Powador 25000xi", 27500),
    named("10k1", "Powador 30000xi/1 unit 1"),
    named("10k2", "Powador 30000xi/2 unit 2"),
    named("10k3", "Powador 30000xi/3 unit 3"),
    known("3x10k", "Powador 30000xi", 32900),
    named("11k1", "Powador 33000xi/1 unit 1"),
    named("11k2", "Powador 33000xi/2 unit 2"),
    named("11k3", "Powador 33000xi/3 unit 3"),
    known("3x11k", "Powador 33000xi", 33300),
    named("30L32", "blueplanet 3.0 TL3"),
    named("40L32", "blueplanet 4.0 TL3"),
    named("50L32", "blueplanet 5.0 TL3"),
    named("65L32", "blueplanet 6.5 TL3"),
    named("75L32", "blueplanet 7.5 TL3"),
    named("86L32", "blueplanet 8.6 TL3"),
    named("90L32", "blueplanet 9.0 TL3"),
    named("100L32", "blueplanet 10.0 TL3"),
    named("150L32", "blueplanet 15.0 TL3"),
    named("200L32", "blueplanet 20.0 TL3"),
    named("3X24", "blueplanet 3.0NX3 M2"),
    named("5X24", "blueplanet 5.0NX3 M2"),
    named("8X24", "blueplanet 8.0NX3 M2"),
    named("10X24", "blueplanet 10.0NX3 M2"),
    named("12X24", "blueplanet 12.0NX3 M2"),
    named("15X24", "blueplanet 15.0NX3 M2"),
    named("20X24", "blueplanet 20.0NX3 M2"),
    named("25X34", "blueplanet 25.0NX3 M3 WM"),
    named("30X34", "blueplanet 30.0NX3 M3 WM"),
    named("33X34", "blueplanet 33.0NX3 M3 WM"),
    known("120TL", "Powador 12.0 TL3", 10000),
    known("140TL", "Powador 14.0 TL3", 12000),
    named("180TL", "Powador 18.0 TL3"),
    named("200TL", "Powador 20.0 TL3"),
    known("300TL", "Powador 30.0 TL3", 25000),
    named("330TL", "Powador 33.0 TL3"),
    named("360TL", "Powador 36.0 TL3"),
    named("360M1", "Powador 36.0 TL3 M1"),
    known("375TL", "Powador 37.5 TL3", 30000),
    known("390TL", "Powador 39.0 TL3", 33300),
    named("390M1", "Powador 39.0 TL3 M1"),
    named("400TL", "Powador 40.0 TL3"),
    named("480TL", "Powador 48.0 TL3"),
    named("600TL", "Powador 60.0 TL3"),
    named("720TL", "Powador 72.0 TL3"),
    named("29kH3P", "blueplanet 29.0 TL3 WM"),
    named("50KH3P", "blueplanet 50.0 TL3 WM"),
    named("50kH4P", "blueplanet 50.0 TL3 M1"),
    named("50kH4", "blueplanet 50.0 TL3 M3"),
    named("50kRPO", "blueplanet 50.0 TL3 RPO"),
    named("60kH3P", "blueplanet 60.0 TL3 M3"),
    named("BG0501", "blueplanet gridsave 50.0 TL3"),
    named("BG50TL", "blueplanet gridsave 50.0 TL3"),
    named("BQ50TL", "blueplanet voltage source 50.0 TL3"),
    named("92G14", "blueplanet gridsave 92.0 TL3"),
    named("110G15", "blueplanet gridsave 110 TL3"),
    named("137G16", "blueplanet gridsave 137 TL3"),
    known("160TR", "Powador 16.0 TR3", 13500),
    known("180TR", "Powador 18.0 TR3", 15000),
    unpublished("100kTR", "Powador XP100-HV", Some(100000)),
    unpublished("200kTR", "Powador XP200-HV", Some(200000)),
    unpublished("200kTL", "Powador XP200-HV TL", Some(200000)),
    unpublished("250kTR", "Powador XP250-HV", Some(250000)),
    unpublished("250kTL", "Powador XP250-HV TL", Some(250000)),
    unpublished("350kTL", "Powador XP350-HV TL", Some(350000)),
    unpublished("500kTL", "Powador XP500-HV TL", None),
    unpublished("550kTL", "Powador XP550-HV TL", None),
    named("750kTL", "blueplanet 750 TL3"),
    named("875kTL", "blueplanet 875 TL3"),
    named("1000kTL", "blueplanet 1000 TL3"),
    known("2901xi", "blueplanet 2901xi", 3500),
    known("3601xi", "blueplanet 3601xi", 4400),
    known("1502xi", "blueplanet 1502xi", 1650),
    known("2502xi", "blueplanet 2502xi", 2500),
    known("3502xi", "blueplanet 3502xi", 3500),
    known("5002xi", "blueplanet 5002xi", 5000),
    known("6400u", "blueplanet 6400xi supreme", 6400),
    known("7600u", "blueplanet 7600xi supreme", 7600),
    named("6400UM", "blueplanet 6400M"),
    named("7600UM", "blueplanet 7600M"),
    unpublished("10kH4", "blueplanet XP10U-H4", None),
    unpublished("10kH6", "blueplanet XP10U-H6", None),
    unpublished("100kH2", "blueplanet XP100U-H2", Some(100000)),
    unpublished("100kH4", "blueplanet XP100U-H4", Some(100000)),
    unpublished("83kH6", "blueplanet XP83U-H6", Some(83000)),
    unpublished("90kH6", "blueplanet XP90U-H6", Some(90000)),
    unpublished("100kH6", "blueplanet XP100U-H6", Some(100000)),
    named("32kH4P", "blueplanet 32.0 TL3 M1 OD"),
    named("40kH4P", "blueplanet 40.0 TL3 M1 OD"),
    named("32kH4", "blueplanet 32.0 TL3 M3 OD"),
    named("40kH4", "blueplanet 40.0 TL3 M3 OD"),
    named("87N13", "blueplanet 87 TL3"),
    named("92N14", "blueplanet 92 TL3"),
    named("100N13", "blueplanet 100 TL3"),
    named("105N14", "blueplanet 105 TL3"),
    named("110N15", "blueplanet 110 TL3"),
    named("125N15", "blueplanet 125 TL3"),
    named("125N16", "blueplanet 125 TL3"),
    named("137N16", "blueplanet 137 TL3"),
    named("150N17", "blueplanet 150 TL3"),
    named("155N16", "blueplanet 155 TL3"),
    named("165N17", "blueplanet 165 TL3"),
    known("100TL", "Powador 10.0 TL3", 9000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_written_without_padding() {
        for (index, row) in TYPES.iter().enumerate() {
            assert!(
                !row.model.is_empty() && !row.code.starts_with('0'),
                "{row:?}"
            );
            assert!(
                TYPES
                    .iter()
                    .skip(index + 1)
                    .all(|other| !other.code.eq_ignore_ascii_case(row.code)),
                "{row:?} twice"
            );
        }
    }

    #[test]
    fn models_are_named_after_their_power() {
        let likely = |code| find(code).and_then(InverterType::likely_power);
        for (code, due) in [
            ("3X24", 3000),
            ("86L32", 8600),
            ("500kTL", 500_000),
            ("1000kTL", 1_000_000),
            ("165N17", 165_000),
            ("10kH4", 10_000),
            ("6400UM", 6400),
            ("5000xi", 6000),
            ("300TL", 25_000),
        ] {
            assert_eq!(likely(code), Some(due), "{code}");
        }
        for row in TYPES {
            let power = row.likely_power();
            assert!(
                power.is_some_and(|power| (1500..=1_000_000).contains(&power)),
                "{row:?}"
            );
            let named = InverterType {
                maximum_power: None,
                ..*row
            }
            .likely_power();
            let share = named
                .zip(power)
                .map(|(named, power)| f64::from(named) / f64::from(power));
            assert!(
                share.is_some_and(|share| (0.75..1.35).contains(&share)),
                "{row:?}: {share:?}"
            );
        }
    }

    #[test]
    fn models_are_found() {
        assert_eq!(
            find("86L32").map(|row| row.model),
            Some("blueplanet 8.6 TL3")
        );
        assert_eq!(find("3x10k").and_then(|row| row.maximum_power), Some(32900));
        assert_eq!(find("100kTR").map(|row| row.status_published), Some(false));
        assert_eq!(find("7000xx"), None);
    }
}
