//! The models that are served, one row per point. Source: the SunSpec models, version 1.

use super::model::Content::{
    Code, NotServed, Number, Scale as Exponent, Text as Words, TrackerName,
};
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

const fn served(
    name: &'static str,
    form: PointType,
    content: Content,
    about: &'static str,
) -> Point {
    Point {
        name,
        form,
        content,
        about,
    }
}

const fn not_served(name: &'static str, form: PointType) -> Point {
    served(name, form, NotServed, "")
}

const fn scale(name: &'static str, scale: ScaleOf) -> Point {
    served(name, ScaleFactor, Exponent(scale), "")
}

/// Model 1: what the device is.
#[rustfmt::skip]
pub(super) static COMMON: &[Point] = &[
    served("Mn", Text(16), Words(|v| v.maker), "manufacturer"),
    served(
        "Md",
        Text(16),
        Words(|v| &v.model),
        "the inverter's name, else its model, else its type",
    ),
    served("Opt", Text(8), Words(|_| "kaco_ardexa"), ""),
    served("Vr", Text(8), Words(|v| &v.version), "firmware, once it is known"),
    served("SN", Text(16), Words(|v| &v.serial), "KSTAR: serial number; KACO: TYPE-BUS-ADDRESS"),
    served("DA", U16, Code(|v| Some(v.unit as i64)), "unit"),
    not_served("Pad", Pad),
];

/// Models 101 (one phase) and 103 (three phases).
#[rustfmt::skip]
pub(super) static INVERTER: &[Point] = &[
    served("A", U16, Number(|v| v.amperes, AMPERES), "AC current, sum of the phases"),
    served("AphA", U16, Number(|v| v.phase_amperes[0], AMPERES), "AC current of phase 1"),
    served("AphB", U16, Number(|v| v.phase_amperes[1], AMPERES), "AC current of phase 2"),
    served("AphC", U16, Number(|v| v.phase_amperes[2], AMPERES), "AC current of phase 3"),
    scale("A_SF", AMPERES),
    served("PPVphAB", U16, Number(|v| v.line_volts, VOLTS), "XP: the voltage that it reports"),
    not_served("PPVphBC", U16),
    not_served("PPVphCA", U16),
    served(
        "PhVphA",
        U16,
        Number(|v| v.phase_volts[0], VOLTS),
        "AC voltage of phase 1; KSTAR: of the grid",
    ),
    served("PhVphB", U16, Number(|v| v.phase_volts[1], VOLTS), "AC voltage of phase 2"),
    served("PhVphC", U16, Number(|v| v.phase_volts[2], VOLTS), "AC voltage of phase 3"),
    scale("V_SF", VOLTS),
    served("W", I16, Number(|v| v.watts, Power), "AC power; KSTAR: load minus grid import"),
    scale("W_SF", Power),
    served("Hz", U16, Number(|v| v.hertz, HERTZ), "frequency"),
    scale("Hz_SF", HERTZ),
    not_served("VA", I16),
    scale("VA_SF", Power),
    not_served("VAr", I16),
    scale("VAr_SF", Power),
    served(
        "PF",
        I16,
        Number(|v| v.power_factor, PERCENT),
        "cos phi in percent: negative inductive, positive capacitive",
    ),
    scale("PF_SF", PERCENT),
    served("WH", Acc32, Number(|v| v.watt_hours, ONES), "lifetime yield; never falls"),
    scale("WH_SF", ONES),
    served("DCA", U16, Number(|v| v.dc_amperes, AMPERES), "DC current of the only tracker"),
    scale("DCA_SF", AMPERES),
    served("DCV", U16, Number(|v| v.dc_volts, VOLTS), "DC voltage of the only tracker"),
    scale("DCV_SF", VOLTS),
    served("DCW", I16, Number(|v| v.dc_watts, Power), "DC power of all trackers"),
    scale("DCW_SF", Power),
    served("TmpCab", I16, Number(|v| v.celsius, CELSIUS), "temperature"),
    not_served("TmpSnk", I16),
    not_served("TmpTrns", I16),
    not_served("TmpOt", I16),
    scale("Tmp_SF", CELSIUS),
    served("St", Enum16, Code(|v| v.state), "operating state"),
    served("StVnd", Enum16, Code(|v| v.vendor_state), "the inverter's own status code"),
    served("Evt1", Bits32, Code(|v| Some(v.events)), "events"),
    not_served("Evt2", Bits32),
    not_served("EvtVnd1", Bits32),
    not_served("EvtVnd2", Bits32),
    not_served("EvtVnd3", Bits32),
    not_served("EvtVnd4", Bits32),
];

fn kind(values: &Values) -> Option<i64> {
    Some(if values.has_battery { 82 } else { 4 })
}

/// Model 120: the rating.
#[rustfmt::skip]
pub(super) static NAMEPLATE: &[Point] = &[
    served("DERTyp", Enum16, Code(kind), "4 PV; 82 PV with a battery"),
    served("WRtg", U16, Number(|v| v.rated_watts, Power), "rated AC power of the type"),
    scale("WRtg_SF", Power),
    not_served("VARtg", U16),
    scale("VARtg_SF", Power),
    not_served("VArRtgQ1", I16),
    not_served("VArRtgQ2", I16),
    not_served("VArRtgQ3", I16),
    not_served("VArRtgQ4", I16),
    scale("VArRtg_SF", Power),
    not_served("ARtg", U16),
    scale("ARtg_SF", AMPERES),
    not_served("PFRtgQ1", I16),
    not_served("PFRtgQ2", I16),
    not_served("PFRtgQ3", I16),
    not_served("PFRtgQ4", I16),
    scale("PFRtg_SF", PERCENT),
    not_served("WHRtg", U16),
    not_served("WHRtg_SF", ScaleFactor),
    not_served("AhrRtg", U16),
    not_served("AhrRtg_SF", ScaleFactor),
    not_served("MaxChaRte", U16),
    not_served("MaxChaRte_SF", ScaleFactor),
    not_served("MaxDisChaRte", U16),
    not_served("MaxDisChaRte_SF", ScaleFactor),
    not_served("Pad", Pad),
];

/// Model 160: before the trackers.
#[rustfmt::skip]
pub(super) static TRACKERS: &[Point] = &[
    scale("DCA_SF", AMPERES),
    scale("DCV_SF", VOLTS),
    scale("DCW_SF", Power),
    scale("DCWH_SF", ONES),
    not_served("Evt", Bits32),
    served("N", U16, Code(|v| i64::try_from(v.trackers.len()).ok()), "number of trackers"),
    not_served("TmsPer", U16),
];

/// Model 160: one tracker.
#[rustfmt::skip]
pub(super) static TRACKER: &[Point] = &[
    served("ID", U16, Content::Tracker(|t| Some(t.number.into()), ONES), "number, from 1"),
    served("IDStr", Text(8), TrackerName, "`MPPT 1`; 000xi: `unit 1`"),
    served("DCA", U16, Content::Tracker(|t| t.amperes, AMPERES), "DC current"),
    served("DCV", U16, Content::Tracker(|t| t.volts, VOLTS), "DC voltage"),
    served("DCW", U16, Content::Tracker(|t| t.watts, Power), "DC power"),
    not_served("DCWH", Acc32),
    not_served("Tms", U32),
    not_served("Tmp", I16),
    not_served("DCSt", Enum16),
    not_served("DCEvt", Bits32),
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
pub(super) static STORAGE: &[Point] = &[
    not_served("WChaMax", U16),
    not_served("WChaGra", U16),
    not_served("WDisChaGra", U16),
    served("StorCtl_Mod", Bits16, Code(|_| Some(0)), "0: nothing can be controlled"),
    not_served("VAChaMax", U16),
    not_served("MinRsvPct", U16),
    served("ChaState", U16, Number(|v| v.charge, ONES), "state of charge, %"),
    not_served("StorAval", U16),
    served("InBatV", U16, Number(|v| v.battery_volts, VOLTS), "voltage of the battery"),
    served("ChaSt", Enum16, Code(charging), "3 discharging, 4 charging, 6 neither"),
    not_served("OutWRte", I16),
    not_served("InWRte", I16),
    not_served("InOutWRte_WinTms", U16),
    not_served("InOutWRte_RvrtTms", U16),
    not_served("InOutWRte_RmpTms", U16),
    not_served("ChaGriSet", Enum16),
    scale("WChaMax_SF", Power),
    scale("WChaDisChaGra_SF", ONES),
    not_served("VAChaMax_SF", ScaleFactor),
    not_served("MinRsvPct_SF", ScaleFactor),
    scale("ChaState_SF", ONES),
    not_served("StorAval_SF", ScaleFactor),
    scale("InBatV_SF", VOLTS),
    not_served("InOutWRte_SF", ScaleFactor),
];

/// Models 201 (one phase) and 203 (three phases): the meter at the connection to the grid.
#[rustfmt::skip]
pub(super) static METER: &[Point] = &[
    served("A", I16, Number(|v| v.grid_amperes, AMPERES), "current, always positive"),
    served("AphA", I16, Number(|v| v.grid_amperes, AMPERES), "the same"),
    not_served("AphB", I16),
    not_served("AphC", I16),
    scale("A_SF", AMPERES),
    served("PhV", I16, Number(|v| v.grid_volts, VOLTS), "voltage"),
    served("PhVphA", I16, Number(|v| v.grid_volts, VOLTS), "the same"),
    not_served("PhVphB", I16),
    not_served("PhVphC", I16),
    not_served("PPV", I16),
    not_served("PPVphAB", I16),
    not_served("PPVphBC", I16),
    not_served("PPVphCA", I16),
    scale("V_SF", VOLTS),
    served("Hz", I16, Number(|v| v.hertz, HERTZ), "frequency"),
    scale("Hz_SF", HERTZ),
    served("W", I16, Number(|v| v.grid_watts, ONES), "power; negative while exporting"),
    not_served("WphA", I16),
    not_served("WphB", I16),
    not_served("WphC", I16),
    scale("W_SF", ONES),
    not_served("VA", I16),
    not_served("VAphA", I16),
    not_served("VAphB", I16),
    not_served("VAphC", I16),
    scale("VA_SF", ONES),
    not_served("VAR", I16),
    not_served("VARphA", I16),
    not_served("VARphB", I16),
    not_served("VARphC", I16),
    scale("VAR_SF", ONES),
    not_served("PF", I16),
    not_served("PFphA", I16),
    not_served("PFphB", I16),
    not_served("PFphC", I16),
    scale("PF_SF", PERCENT),
    not_served("TotWhExp", Acc32),
    not_served("TotWhExpPhA", Acc32),
    not_served("TotWhExpPhB", Acc32),
    not_served("TotWhExpPhC", Acc32),
    not_served("TotWhImp", Acc32),
    not_served("TotWhImpPhA", Acc32),
    not_served("TotWhImpPhB", Acc32),
    not_served("TotWhImpPhC", Acc32),
    scale("TotWh_SF", ONES),
    not_served("TotVAhExp", Acc32),
    not_served("TotVAhExpPhA", Acc32),
    not_served("TotVAhExpPhB", Acc32),
    not_served("TotVAhExpPhC", Acc32),
    not_served("TotVAhImp", Acc32),
    not_served("TotVAhImpPhA", Acc32),
    not_served("TotVAhImpPhB", Acc32),
    not_served("TotVAhImpPhC", Acc32),
    scale("TotVAh_SF", ONES),
    not_served("TotVArhImpQ1", Acc32),
    not_served("TotVArhImpQ1PhA", Acc32),
    not_served("TotVArhImpQ1PhB", Acc32),
    not_served("TotVArhImpQ1PhC", Acc32),
    not_served("TotVArhImpQ2", Acc32),
    not_served("TotVArhImpQ2PhA", Acc32),
    not_served("TotVArhImpQ2PhB", Acc32),
    not_served("TotVArhImpQ2PhC", Acc32),
    not_served("TotVArhExpQ3", Acc32),
    not_served("TotVArhExpQ3PhA", Acc32),
    not_served("TotVArhExpQ3PhB", Acc32),
    not_served("TotVArhExpQ3PhC", Acc32),
    not_served("TotVArhExpQ4", Acc32),
    not_served("TotVArhExpQ4PhA", Acc32),
    not_served("TotVArhExpQ4PhB", Acc32),
    not_served("TotVArhExpQ4PhC", Acc32),
    scale("TotVArh_SF", ONES),
    not_served("Evt", Bits32),
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
