//! What the status codes mean.
//!
//! Source: the maker's application note and what newer drivers show of its later tables. The texts
//! of codes 0..=34 are those that the first `kaco_ardexa` wrote, so logs stay comparable.

use super::layouts::{READINGS, UNIT, XP};
use super::types;
use crate::reading::Layout;

/// Whether a state is part of normal operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Starting, feeding in, waiting, asleep.
    Operating,
    /// The inverter reports a fault.
    Fault,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    /// The number on the wire.
    pub(crate) code: u32,
    /// Normal or not.
    pub(crate) severity: Severity,
    /// What is written in the `status` column.
    pub(crate) text: &'static str,
    /// What it means, in a few words.
    pub(crate) meaning: &'static str,
}

/// The row of `code`, or `None` for a code that no table knows.
pub(crate) fn find(code: u32) -> Option<&'static Status> {
    let index = STATUSES
        .binary_search_by_key(&code, |status| status.code)
        .ok()?;
    STATUSES.get(index)
}

/// The row of a text as the `status` column has it; upper and lower case are the same.
pub(crate) fn named(text: &str) -> Option<&'static Status> {
    let is_named = |status: &&Status| status.text.eq_ignore_ascii_case(text);
    STATUSES.iter().find(is_named)
}

/// The row of `code` for an inverter of this layout and type; `None` where the maker never
/// published the meaning: XP central inverters. Types that no table knows are taken for ordinary
/// ones.
pub(crate) fn of(layout: &Layout, type_code: Option<&str>, code: u32) -> Option<&'static Status> {
    find(code).filter(|_| is_published(layout, type_code))
}

/// True if the states of inverters of this layout and type are those of this table.
pub(crate) fn is_published(layout: &Layout, type_code: Option<&str>) -> bool {
    let known = type_code.and_then(types::find);
    let is_kaco = READINGS.contains(&layout) || layout == &UNIT;
    is_kaco && layout != &XP && known.is_none_or(|known| known.status_published)
}

const fn operating(code: u32, text: &'static str, meaning: &'static str) -> Status {
    Status {
        code,
        severity: Severity::Operating,
        text,
        meaning,
    }
}

const fn fault(code: u32, text: &'static str, meaning: &'static str) -> Status {
    Status {
        code,
        severity: Severity::Fault,
        text,
        meaning,
    }
}

/// All known codes, in ascending order.
#[rustfmt::skip]
pub(crate) static STATUSES: &[Status] = &[
    operating(0, "start", "Startup"),
    operating(1, "self-test", "Waiting for DC voltage"),
    operating(2, "shutdown", "Waiting for shutdown"),
    operating(3, "constant voltage", "Constant voltage mode"),
    operating(4, "mpp-track", "MPP tracking"),
    operating(5, "mpp-no-track", "MPP tracking"),
    operating(6, "wait-feed-in", "Waiting"),
    operating(7, "wait-self-test", "Waiting"),
    operating(8, "test-relays", "Relay test"),
    operating(9, "fault-finding-mode", "Fault-finding mode"),
    fault(10, "over-temperature", "Overtemperature shutdown"),
    operating(11, "excess-power", "Power limiting active"),
    fault(12, "overload-shutdown", "Overload shutdown"),
    fault(13, "overvolts-shutdown", "Overvoltage shutdown"),
    fault(14, "grid-fail", "Grid failure"),
    operating(15, "night", "Night shutdown"),
    fault(16, "operation-inhibited", "Operation inhibited"),
    fault(17, "powador-protect-shutdown", "Powador-protect shutdown"),
    fault(18, "RCD-shutdown", "Residual current shutdown (AFI/RCD)"),
    fault(19, "insulation-error", "Insulation resistance too low"),
    // No source has a code 20 or 56.
    fault(21, "protective-shutdown-pv-string-1", "Protective shutdown PV string 1"),
    fault(22, "protective-shutdown-pv-string-2", "Protective shutdown PV string 2"),
    fault(23, "protective-shutdown-pv-string-3", "Protective shutdown PV string 3"),
    fault(24, "dsp-error", "DSP error"),
    operating(25, "testing-l-electronics", "Testing L electronics"),
    operating(26, "testing-grid-relay", "Testing grid relay"),
    fault(27, "extended-selftest", "Extended selftest"),
    fault(28, "hardware-error", "Hardware error"),
    fault(29, "dc-ground-fault", "DC ground fault"),
    fault(30, "measure-error", "Measurement transformer error"),
    fault(31, "RCD-error", "RCD module error"),
    fault(32, "self-test error", "Selftest error"),
    fault(33, "feedin-error", "DC feed-in error"),
    fault(34, "comms-error", "Communication error"),
    fault(35, "protective-shutdown-software", "Protective shutdown (software)"),
    fault(36, "protective-shutdown-hardware", "Protective shutdown (hardware)"),
    fault(37, "unknown-hardware", "Unknown hardware"),
    fault(38, "pv-overvoltage-error", "PV overvoltage error"),
    fault(39, "temperature-sensor-defective", "Temperature sensor defective"),
    operating(40, "snow-melting", "Snow melting"),
    fault(41, "grid-undervoltage-l1", "Grid undervoltage L1"),
    fault(42, "grid-overvoltage-l1", "Grid overvoltage L1"),
    fault(43, "grid-undervoltage-l2", "Grid undervoltage L2"),
    fault(44, "grid-overvoltage-l2", "Grid overvoltage L2"),
    fault(45, "grid-undervoltage-l3", "Grid undervoltage L3"),
    fault(46, "grid-overvoltage-l3", "Grid overvoltage L3"),
    fault(47, "grid-phase-conductor-fault", "Grid phase conductor fault"),
    fault(48, "grid-underfrequency", "Grid underfrequency"),
    fault(49, "grid-overfrequency", "Grid overfrequency"),
    fault(50, "grid-average-voltage-fault", "Grid average voltage fault"),
    fault(51, "grid-mean-voltage-under-l1", "Grid mean voltage under L1"),
    fault(52, "grid-mean-voltage-over-l1", "Grid mean voltage over L1"),
    fault(53, "grid-mean-voltage-under-l2", "Grid mean voltage under L2"),
    fault(54, "grid-mean-voltage-over-l2", "Grid mean voltage over L2"),
    fault(55, "dc-link-error", "DC link error"),
    fault(57, "waiting-for-reconnect", "Waiting for reconnect"),
    fault(58, "control-card-overtemperature", "Control card overtemperature"),
    fault(59, "selftest-error", "Selftest error"),
    operating(
        60,
        "dc-overvoltage-waiting-for-pv-voltage-to-drop",
        "DC overvoltage, waiting for PV voltage to drop",
    ),
    operating(61, "external-power-limiting-active", "External power limiting active"),
    operating(62, "island-operation-pac", "Island operation (PAC)"),
    operating(63, "frequency-dependent-power-reduction", "Frequency-dependent power reduction"),
    operating(64, "ac-current-limit-reached", "AC current limit reached"),
    fault(65, "rocof-error", "ROCOF error"),
    fault(66, "plausibility-error", "Plausibility error"),
    fault(67, "power-unit-1-failure", "Power unit 1 failure"),
    fault(68, "power-unit-2-failure", "Power unit 2 failure"),
    fault(69, "power-unit-3-failure", "Power unit 3 failure"),
    fault(70, "fan-1-failure", "Fan 1 failure"),
    fault(71, "fan-2-failure", "Fan 2 failure"),
    fault(72, "fan-3-failure", "Fan 3 failure"),
    fault(73, "island-operation-error", "Island operation error"),
    operating(74, "external-reactive-power-demand", "External reactive power demand"),
    operating(75, "selftest-in-progress", "Selftest in progress"),
    operating(76, "waiting-for-wind", "Waiting for wind"),
    operating(77, "check-dc-isolator-switch", "Check DC isolator switch"),
    fault(78, "residual-current-too-high", "Residual current too high"),
    operating(79, "insulation-measurement", "Insulation measurement"),
    fault(80, "insulation-measurement-not-possible", "Insulation measurement not possible"),
    fault(81, "shutdown-grid-voltage-l1", "Shutdown grid voltage L1"),
    fault(82, "shutdown-grid-voltage-l2", "Shutdown grid voltage L2"),
    fault(83, "shutdown-grid-voltage-l3", "Shutdown grid voltage L3"),
    fault(84, "shutdown-dc-link-undervoltage", "Shutdown DC link undervoltage"),
    fault(85, "shutdown-dc-link-overvoltage", "Shutdown DC link overvoltage"),
    fault(86, "shutdown-dc-link-asymmetry", "Shutdown DC link asymmetry"),
    fault(87, "shutdown-overcurrent-l1", "Shutdown overcurrent L1"),
    fault(88, "shutdown-overcurrent-l2", "Shutdown overcurrent L2"),
    fault(89, "shutdown-overcurrent-l3", "Shutdown overcurrent L3"),
    fault(90, "shutdown-5v-supply-collapse", "Shutdown 5V supply collapse"),
    fault(91, "shutdown-2-5v-supply-collapse", "Shutdown 2.5V supply collapse"),
    fault(92, "shutdown-1-5v-supply-collapse", "Shutdown 1.5V supply collapse"),
    fault(93, "selftest-error-buffer-1", "Selftest error buffer 1"),
    fault(94, "selftest-error-buffer-2", "Selftest error buffer 2"),
    fault(95, "selftest-error-relay-1", "Selftest error relay 1"),
    fault(96, "selftest-error-relay-2", "Selftest error relay 2"),
    fault(97, "shutdown-hardware-overcurrent", "Shutdown hardware overcurrent"),
    fault(98, "shutdown-hardware-gate-driver", "Shutdown hardware gate driver"),
    fault(99, "shutdown-hardware-buffer-enable", "Shutdown hardware buffer enable"),
    fault(100, "shutdown-hardware-overtemperature", "Shutdown hardware overtemperature"),
    fault(101, "plausibility-error-temperature-sensor", "Plausibility error temperature sensor"),
    fault(102, "plausibility-error-efficiency", "Plausibility error efficiency"),
    fault(103, "plausibility-error-voltage", "Plausibility error voltage"),
    fault(104, "plausibility-error-afi-module", "Plausibility error AFI module"),
    fault(105, "plausibility-error-relay-voltage", "Plausibility error relay voltage"),
    fault(106, "plausibility-error-dc-dc", "Plausibility error DC/DC"),
    operating(107, "check-overvoltage-protection", "Check overvoltage protection"),
    fault(108, "critical-overvoltage-l1", "Critical overvoltage L1"),
    fault(109, "critical-overvoltage-l2", "Critical overvoltage L2"),
    fault(110, "critical-overvoltage-l3", "Critical overvoltage L3"),
    fault(111, "critical-undervoltage-l1", "Critical undervoltage L1"),
    fault(112, "critical-undervoltage-l2", "Critical undervoltage L2"),
    fault(113, "critical-undervoltage-l3", "Critical undervoltage L3"),
    fault(114, "dc-dc-converter-communication-error", "DC/DC converter communication error"),
    fault(115, "negative-pv-current-1", "Negative PV current 1"),
    fault(116, "negative-pv-current-2", "Negative PV current 2"),
    fault(117, "negative-pv-current-3", "Negative PV current 3"),
    fault(118, "pv-overvoltage-1", "PV overvoltage 1"),
    fault(119, "pv-overvoltage-2", "PV overvoltage 2"),
    fault(120, "pv-overvoltage-3", "PV overvoltage 3"),
];

#[cfg(test)]
mod tests {
    use super::super::layouts::{CENTRAL, MPPT3, STANDARD};
    use super::*;
    use crate::kstar::layout::KSTAR;

    #[test]
    fn codes_ascend_and_texts_are_fit_for_a_csv_cell() {
        assert!(STATUSES.is_sorted_by(|one, next| one.code < next.code));
        for status in STATUSES {
            assert!(
                !status.text.is_empty() && !status.meaning.is_empty(),
                "{status:?}"
            );
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -".contains(&byte);
            assert!(status.text.bytes().all(plain), "{status:?}");
        }
    }

    #[test]
    fn texts_belong_to_one_code() {
        for status in STATUSES {
            let text = status.text.to_ascii_uppercase();
            assert_eq!(
                named(&text).map(|found| found.code),
                Some(status.code),
                "{text}"
            );
        }
        assert_eq!(named("4"), None);
    }

    #[test]
    fn states_of_xp_inverters_are_not_explained() {
        let meaning = |layout, type_code| of(layout, type_code, 4).map(|status| status.meaning);
        let explained = Some("MPP tracking");
        assert_eq!(meaning(&STANDARD, Some("5000xi")), explained);
        assert_eq!(meaning(&UNIT, None), explained);
        assert_eq!(meaning(&MPPT3, Some("unheard")), explained);
        assert_eq!(meaning(&CENTRAL, Some("100kH4")), None);
        assert_eq!(meaning(&XP, None), None);
        assert_eq!(meaning(&KSTAR, None), None);
    }

    #[test]
    fn texts_of_the_first_program_stay() {
        assert_eq!(find(4).map(|status| status.text), Some("mpp-track"));
        assert_eq!(find(3).map(|status| status.text), Some("constant voltage"));
        assert_eq!(find(32).map(|status| status.text), Some("self-test error"));
        assert_eq!(find(20), None);
        assert_eq!(find(121), None);
    }
}
