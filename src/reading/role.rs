//! The quantities that outputs need, whatever the columns of a layout are called.

/// The quantity that a column is. Trackers and phases count from 1; in a 000xi, unit n is tracker n
/// and phase n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// AC power that the inverter generates, W: of all phases, but of each unit of a 000xi.
    Power,
    /// Energy of today, Wh or kWh: of the inverter, but of each unit of a 000xi.
    DailyYield,
    /// Energy since the inverter was installed, kWh.
    LifetimeYield,
    /// Temperature of the device or of its circuit board, °C.
    Temperature,
    /// DC voltage of a tracker, V.
    DcVoltage(u8),
    /// DC current of a tracker, A.
    DcCurrent(u8),
    /// DC power of a tracker, W.
    DcPower(u8),
    /// DC power of all trackers, the PV power, W.
    TotalDcPower,
    /// AC voltage of a phase, V.
    AcVoltage(u8),
    /// AC current of a phase, A.
    AcCurrent(u8),
    /// The single voltage that an XP reports for its three phases, measured between two of them, V.
    LineVoltage,
    /// The single current that an XP reports for its three phases, that of each of them, A.
    LineCurrent,
    /// Frequency of the AC side, Hz.
    AcFrequency,
    /// cos phi, without sign.
    PowerFactor,
    /// Letter of cos phi: `i` inductive, `c` capacitive.
    PowerFactorKind,
    /// State of charge of the battery, %.
    Charge,
    /// Power of the battery, W: positive while charging.
    BatteryPower,
    /// Voltage of the battery, V.
    BatteryVoltage,
    /// Current of the battery, A: positive while charging.
    BatteryCurrent,
    /// Power that the house draws, W.
    LoadPower,
    /// Power at the connection to the grid, W: positive while importing, negative while exporting.
    GridPower,
    /// Voltage of the grid, V.
    GridVoltage,
    /// Current from or to the grid, A: always positive.
    GridCurrent,
    /// Frequency of the grid, Hz.
    GridFrequency,
}

/// How many phases an inverter feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phases {
    /// One phase.
    One,
    /// Three phases.
    Three,
}
