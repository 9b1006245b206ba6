//! The models that are served, one row per point. Source: the SunSpec models, version 1.

use super::model::Content::{Code, Number, Scale as Exponent, Text as Words, TrackerName, Untold};
use super::model::PointType::{
    Acc32, Bits16, Bits32, Enum16, I16, Pad, ScaleFactor, Text, U16, U32,
};
use super::model::Scale::{Fixed, Power};
use super::model::{Content, Point, PointType, Scale as ScaleOf};
use super::values::Values;

// Fixed, as users of Loxone and the like type scale factors in by hand.
const VOLTS: ScaleOf = Fixed(-1);
const AMPERES: ScaleOf = Fixed(-2);
const HERTZ: ScaleOf = Fixed(-2);
const CELSIUS: ScaleOf = Fixed(-1);
const PERCENT: ScaleOf = Fixed(-2);
const ONES: ScaleOf = Fixed(0);

const fn told(name: &'static str, form: PointType, content: Content, about: &'static str) -> Point {
    Point::new(name, form, content, about)
}

const fn untold(name: &'static str, form: PointType) -> Point {
    Point::new(name, form, Untold, "")
}

const fn scale(name: &'static str, scale: ScaleOf) -> Point {
    Point::new(name, ScaleFactor, Exponent(scale), "")
}

/// Model 1: what the device is.
#[rustfmt::skip]
pub(crate) static COMMON: &[Point] = &[
    told("Mn", Text(16), Words(|v| v.maker), "manufacturer"),
    told("Md", Text(16), Words(|v| &v.model), "the inverter's name, else its model, else its type"),
    told("Opt", Text(8), Words(|_| "kaco_ardexa"), ""),
    told("Vr", Text(8), Words(|v| &v.version), "firmware, once it was told"),
    told("SN", Text(16), Words(|v| &v.serial), "KSTAR: serial number; KACO: TYPE-BUS-ADDRESS"),
    told("DA", U16, Code(|v| Some(v.unit as i64)), "unit"),
    untold("Pad", Pad),
];

/// Models 101 (one phase) and 103 (three phases).
#[rustfmt::skip]
pub(crate) static INVERTER: &[Point] = &[
    told("A", U16, Number(|v| v.amperes, AMPERES), "AC current, sum of the phases"),
    told("AphA", U16, Number(|v| v.phase_amperes[0], AMPERES), "AC current of phase 1"),
    told("AphB", U16, Number(|v| v.phase_amperes[1], AMPERES), "AC current of phase 2"),
    told("AphC", U16, Number(|v| v.phase_amperes[2], AMPERES), "AC current of phase 3"),
    scale("A_SF", AMPERES),
    told("PPVphAB", U16, Number(|v| v.line_volts, VOLTS), "XP: the voltage that it tells"),
    untold("PPVphBC", U16),
    untold("PPVphCA", U16),
    told(
        "PhVphA",
        U16,
        Number(|v| v.phase_volts[0], VOLTS),
        "AC voltage of phase 1; KSTAR: of the grid",
    ),
    told("PhVphB", U16, Number(|v| v.phase_volts[1], VOLTS), "AC voltage of phase 2"),
    told("PhVphC", U16, Number(|v| v.phase_volts[2], VOLTS), "AC voltage of phase 3"),
    scale("V_SF", VOLTS),
    told("W", I16, Number(|v| v.watts, Power), "AC power; KSTAR: load minus grid import"),
    scale("W_SF", Power),
    told("Hz", U16, Number(|v| v.hertz, HERTZ), "frequency"),
    scale("Hz_SF", HERTZ),
    untold("VA", I16),
    scale("VA_SF", Power),
    untold("VAr", I16),
    scale("VAr_SF", Power),
    told(
        "PF",
        I16,
        Number(|v| v.power_factor, PERCENT),
        "cos phi in percent: negative inductive, positive capacitive",
    ),
    scale("PF_SF", PERCENT),
    told("WH", Acc32, Number(|v| v.watt_hours, ONES), "lifetime yield; never falls"),
    scale("WH_SF", ONES),
    told("DCA", U16, Number(|v| v.dc_amperes, AMPERES), "DC current of the only tracker"),
    scale("DCA_SF", AMPERES),
    told("DCV", U16, Number(|v| v.dc_volts, VOLTS), "DC voltage of the only tracker"),
    scale("DCV_SF", VOLTS),
    told("DCW", I16, Number(|v| v.dc_watts, Power), "DC power of all trackers"),
    scale("DCW_SF", Power),
    told("TmpCab", I16, Number(|v| v.celsius, CELSIUS), "temperature"),
    untold("TmpSnk", I16),
    untold("TmpTrns", I16),
    untold("TmpOt", I16),
    scale("Tmp_SF", CELSIUS),
    told("St", Enum16, Code(|v| v.state), "operating state"),
    told("StVnd", Enum16, Code(|v| v.vendor_state), "the inverter's own status code"),
    told("Evt1", Bits32, Code(|v| Some(v.events)), "events"),
    untold("Evt2", Bits32),
    untold("EvtVnd1", Bits32),
    untold("EvtVnd2", Bits32),
    untold("EvtVnd3", Bits32),
    untold("EvtVnd4", Bits32),
];

fn kind(values: &Values) -> Option<i64> {
    Some(if values.has_battery { 82 } else { 4 })
}

/// Model 120: the rating.
#[rustfmt::skip]
pub(crate) static NAMEPLATE: &[Point] = &[
    told("DERTyp", Enum16, Code(kind), "4 PV; 82 PV with a battery"),
    told("WRtg", U16, Number(|v| v.rated_watts, Power), "rated AC power of the type"),
    scale("WRtg_SF", Power),
    untold("VARtg", U16),
    scale("VARtg_SF", Power),
    untold("VArRtgQ1", I16),
    untold("VArRtgQ2", I16),
    untold("VArRtgQ3", I16),
    untold("VArRtgQ4", I16),
    scale("VArRtg_SF", Power),
    untold("ARtg", U16),
    scale("ARtg_SF", AMPERES),
    untold("PFRtgQ1", I16),
    untold("PFRtgQ2", I16),
    untold("PFRtgQ3", I16),
    untold("PFRtgQ4", I16),
    scale("PFRtg_SF", PERCENT),
    untold("WHRtg", U16),
    untold("WHRtg_SF", ScaleFactor),
    untold("AhrRtg", U16),
    untold("AhrRtg_SF", ScaleFactor),
    untold("MaxChaRte", U16),
    untold("MaxChaRte_SF", ScaleFactor),
    untold("MaxDisChaRte", U16),
    untold("MaxDisChaRte_SF", ScaleFactor),
    untold("Pad", Pad),
];

/// Model 160: before the trackers.
#[rustfmt::skip]
pub(crate) static TRACKERS: &[Point] = &[
    scale("DCA_SF", AMPERES),
    scale("DCV_SF", VOLTS),
    scale("DCW_SF", Power),
    scale("DCWH_SF", ONES),
    untold("Evt", Bits32),
    told("N", U16, Code(|v| i64::try_from(v.trackers.len()).ok()), "number of trackers"),
    untold("TmsPer", U16),
];

/// Model 160: one tracker.
#[rustfmt::skip]
pub(crate) static TRACKER: &[Point] = &[
    told("ID", U16, Content::Tracker(|t| Some(t.number.into()), ONES), "number, from 1"),
    told("IDStr", Text(8), TrackerName, "`MPPT 1`; 000xi: `unit 1`"),
    told("DCA", U16, Content::Tracker(|t| t.amperes, AMPERES), "DC current"),
    told("DCV", U16, Content::Tracker(|t| t.volts, VOLTS), "DC voltage"),
    told("DCW", U16, Content::Tracker(|t| t.watts, Power), "DC power"),
    untold("DCWH", Acc32),
    untold("Tms", U32),
    untold("Tmp", I16),
    untold("DCSt", Enum16),
    untold("DCEvt", Bits32),
];

fn charging(values: &Values) -> Option<i64> {
    Some(match values.battery_watts? {
        watts if watts.is_zero() => 6,
        watts if watts.is_sign_negative() => 3,
        _ => 4,
    })
}

/// Model 124: the battery.
#[rustfmt::skip]
pub(crate) static STORAGE: &[Point] = &[
    untold("WChaMax", U16),
    untold("WChaGra", U16),
    untold("WDisChaGra", U16),
    told("StorCtl_Mod", Bits16, Code(|_| Some(0)), "0: nothing can be controlled"),
    untold("VAChaMax", U16),
    untold("MinRsvPct", U16),
    told("ChaState", U16, Number(|v| v.charge, ONES), "state of charge, %"),
    untold("StorAval", U16),
    told("InBatV", U16, Number(|v| v.battery_volts, VOLTS), "voltage of the battery"),
    told("ChaSt", Enum16, Code(charging), "3 discharging, 4 charging, 6 neither"),
    untold("OutWRte", I16),
    untold("InWRte", I16),
    untold("InOutWRte_WinTms", U16),
    untold("InOutWRte_RvrtTms", U16),
    untold("InOutWRte_RmpTms", U16),
    untold("ChaGriSet", Enum16),
    scale("WChaMax_SF", Power),
    scale("WChaDisChaGra_SF", ONES),
    untold("VAChaMax_SF", ScaleFactor),
    untold("MinRsvPct_SF", ScaleFactor),
    scale("ChaState_SF", ONES),
    untold("StorAval_SF", ScaleFactor),
    scale("InBatV_SF", VOLTS),
    untold("InOutWRte_SF", ScaleFactor),
];

/// Models 201 (one phase) and 203 (three phases): the meter at the connection to the grid.
#[rustfmt::skip]
pub(crate) static METER: &[Point] = &[
    told("A", I16, Number(|v| v.grid_amperes, AMPERES), "current, always positive"),
    told("AphA", I16, Number(|v| v.grid_amperes, AMPERES), "the same"),
    untold("AphB", I16),
    untold("AphC", I16),
    scale("A_SF", AMPERES),
    told("PhV", I16, Number(|v| v.grid_volts, VOLTS), "voltage"),
    told("PhVphA", I16, Number(|v| v.grid_volts, VOLTS), "the same"),
    untold("PhVphB", I16),
    untold("PhVphC", I16),
    untold("PPV", I16),
    untold("PPVphAB", I16),
    untold("PPVphBC", I16),
    untold("PPVphCA", I16),
    scale("V_SF", VOLTS),
    told("Hz", I16, Number(|v| v.hertz, HERTZ), "frequency"),
    scale("Hz_SF", HERTZ),
    told("W", I16, Number(|v| v.grid_watts, ONES), "power; negative while exporting"),
    untold("WphA", I16),
    untold("WphB", I16),
    untold("WphC", I16),
    scale("W_SF", ONES),
    untold("VA", I16),
    untold("VAphA", I16),
    untold("VAphB", I16),
    untold("VAphC", I16),
    scale("VA_SF", ONES),
    untold("VAR", I16),
    untold("VARphA", I16),
    untold("VARphB", I16),
    untold("VARphC", I16),
    scale("VAR_SF", ONES),
    untold("PF", I16),
    untold("PFphA", I16),
    untold("PFphB", I16),
    untold("PFphC", I16),
    scale("PF_SF", PERCENT),
    untold("TotWhExp", Acc32),
    untold("TotWhExpPhA", Acc32),
    untold("TotWhExpPhB", Acc32),
    untold("TotWhExpPhC", Acc32),
    untold("TotWhImp", Acc32),
    untold("TotWhImpPhA", Acc32),
    untold("TotWhImpPhB", Acc32),
    untold("TotWhImpPhC", Acc32),
    scale("TotWh_SF", ONES),
    untold("TotVAhExp", Acc32),
    untold("TotVAhExpPhA", Acc32),
    untold("TotVAhExpPhB", Acc32),
    untold("TotVAhExpPhC", Acc32),
    untold("TotVAhImp", Acc32),
    untold("TotVAhImpPhA", Acc32),
    untold("TotVAhImpPhB", Acc32),
    untold("TotVAhImpPhC", Acc32),
    scale("TotVAh_SF", ONES),
    untold("TotVArhImpQ1", Acc32),
    untold("TotVArhImpQ1PhA", Acc32),
    untold("TotVArhImpQ1PhB", Acc32),
    untold("TotVArhImpQ1PhC", Acc32),
    untold("TotVArhImpQ2", Acc32),
    untold("TotVArhImpQ2PhA", Acc32),
    untold("TotVArhImpQ2PhB", Acc32),
    untold("TotVArhImpQ2PhC", Acc32),
    untold("TotVArhExpQ3", Acc32),
    untold("TotVArhExpQ3PhA", Acc32),
    untold("TotVArhExpQ3PhB", Acc32),
    untold("TotVArhExpQ3PhC", Acc32),
    untold("TotVArhExpQ4", Acc32),
    untold("TotVArhExpQ4PhA", Acc32),
    untold("TotVArhExpQ4PhB", Acc32),
    untold("TotVArhExpQ4PhC", Acc32),
    scale("TotVArh_SF", ONES),
    untold("Evt", Bits32),
];

#[cfg(test)]
mod tests {
    use super::super::model::size;
    use super::*;

    #[test]
    fn models_have_the_length_of_their_standard() {
        for (points, due) in [
            (COMMON, 66),
            (INVERTER, 50),
            (NAMEPLATE, 26),
            (TRACKERS, 8),
            (TRACKER, 20),
            (STORAGE, 24),
            (METER, 105),
        ] {
            assert_eq!(size(points), due);
        }
    }
}
