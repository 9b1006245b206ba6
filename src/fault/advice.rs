//! What to do about a fault, by the words in its name.

/// Words in the name of a fault, and what to do then; the first that fits counts.
static ADVICE: &[(&[&str], &str)] = &[
    (
        &["insulation", "isolation", "ground fault"],
        "measure the insulation of the modules and DC cables against earth: water in a plug or a \
         damaged cable is likely, by dew in the morning too; call an electrician if it stays",
    ),
    (
        &["residual current", "rcd", "afi", "gfci", "ground current"],
        "current leaks to earth: have an electrician measure the DC side; sudden changes of sun \
         and wet modules cause it for a moment",
    ),
    // Before the temperature: a sensor that is defective needs no air.
    (&["sensor"], RESTART),
    (
        &["temperature", "overheat"],
        "let air through: clean the filter and the fan, keep sun and heat away from the inverter",
    ),
    (
        &["fan"],
        "clean the fan or have it exchanged; the inverter reduces its power until then",
    ),
    // Before the grid: an overvoltage of the modules or of the DC link is not one of the grid.
    (
        &["pv", "dc voltage", "string", "dc isolator"],
        "look at the DC switch, the fuses and plugs of the strings, and their voltage",
    ),
    (
        &[
            "communication",
            "eeprom",
            "memory",
            "selftest",
            "self test",
            "plausib",
            "supply",
            "relay",
            "hardware",
            "consistency",
            "power unit",
            "dc link",
            "dsp",
        ],
        RESTART,
    ),
    (
        &[
            "grid",
            "utility",
            "overvolt",
            "undervolt",
            "frequency",
            "phase",
            "ac voltage",
            "island",
        ],
        "look at the fuses and the voltage of the grid; it goes on by itself when the grid is well \
         again; if it comes often, ask the electrician or the operator of the grid",
    ),
];

/// What to do about a fault inside the inverter.
const RESTART: &str = "switch the inverter off (AC, then DC), wait five minutes, switch it on; if \
                       it comes again, it is a case for the maker's service";

/// What to do where nothing better is known.
const SERVICE: &str = "watch whether it goes away by itself; if it stays or comes again, note the \
                       time and ask the maker's service";

/// What to do about a fault of this name.
pub(crate) fn advice(name: &str) -> &'static str {
    let name = name.to_lowercase().replace('-', " ");
    let fits = |(words, _): &&(&[&str], &str)| words.iter().any(|word| name.contains(word));
    ADVICE
        .iter()
        .find(fits)
        .map_or(SERVICE, |(_, advice)| advice)
}
