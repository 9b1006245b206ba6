//! Which columns of the list have room, and how wide they are.

/// What a column shows, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Name,
    Model,
    Status,
    Power,
    House,
    Battery,
    Grid,
    Today,
    Temperature,
    Reply,
    Errors,
    Age,
    Curve,
}

/// A column that may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) kind: Kind,
    pub(super) head: &'static str,
    /// Columns with a smaller number have room before others.
    rank: u8,
    /// Texts may be shortened to this width; numbers are never cut.
    floor: Option<u16>,
    /// At least as wide as this, so that columns stay where they are while values change.
    least: u16,
    /// True if only hybrid inverters have it.
    is_of_hybrids: bool,
}

impl Column {
    const fn number(kind: Kind, head: &'static str, rank: u8, least: u16) -> Self {
        Self {
            kind,
            head,
            rank,
            floor: None,
            least,
            is_of_hybrids: false,
        }
    }

    const fn text(kind: Kind, head: &'static str, rank: u8, floor: u16) -> Self {
        Self {
            floor: Some(floor),
            ..Self::number(kind, head, rank, floor)
        }
    }

    const fn of_hybrids(self) -> Self {
        Self {
            is_of_hybrids: true,
            ..self
        }
    }

    /// True if its cells are aligned at the right.
    pub(super) const fn is_number(&self) -> bool {
        self.floor.is_none()
    }
}

/// All columns, from left to right.
static COLUMNS: [Column; 13] = [
    Column::text(Kind::Name, "inverter", 0, 6),
    Column::text(Kind::Model, "model", 12, 18),
    Column::text(Kind::Status, "status", 2, 7),
    Column::number(Kind::Power, "power", 1, 6),
    Column::number(Kind::House, "house", 3, 6).of_hybrids(),
    Column::number(Kind::Battery, "battery", 4, 12).of_hybrids(),
    Column::number(Kind::Grid, "grid", 5, 9).of_hybrids(),
    Column::number(Kind::Today, "today", 6, 8),
    Column::number(Kind::Temperature, "temp.", 8, 5),
    Column::number(Kind::Reply, "reply", 11, 6),
    Column::number(Kind::Errors, "errors", 10, 4),
    Column::number(Kind::Age, "age", 7, 5),
    Column::text(Kind::Curve, "curve", 9, 10),
];

/// Blank columns between two columns of a list of this width.
pub(super) const fn gap(width: u16, has_hybrids: bool) -> u16 {
    match has_hybrids {
        // Three more columns: they fit sooner with narrow gaps.
        true if width < 90 => 1,
        false if width < 60 => 1,
        _ => 2,
    }
}

/// Columns up to this rank are shown with shortened texts rather than not at all; others have the
/// room that whole texts leave.
const NEEDED: u8 = 6;

/// The columns that fit into `width`, each with its width. `need` is the width of the widest cell
/// of a column.
pub(super) fn fit(width: u16, has_hybrids: bool, need: impl Fn(Kind) -> u16) -> Vec<(Column, u16)> {
    let head = |column: &Column| u16::try_from(column.head.len()).unwrap_or(0);
    let whole = |column: &Column| need(column.kind).max(column.least).max(head(column));
    let least = |column: &Column| match column.floor {
        Some(floor) => floor.max(head(column)),
        None => whole(column),
    };
    let mut by_rank: Vec<Column> = COLUMNS.to_vec();
    by_rank.retain(|one| has_hybrids || !one.is_of_hybrids);
    by_rank.sort_by_key(|column| column.rank);
    let mut room = width;
    let mut kept: Vec<(Column, u16)> = Vec::new();
    let (needed, others): (Vec<Column>, Vec<Column>) = by_rank
        .into_iter()
        .partition(|column| column.rank <= NEEDED);
    let add = |columns: Vec<Column>, kept: &mut Vec<(Column, u16)>, room: &mut u16| {
        for column in columns {
            let gap = if kept.is_empty() {
                0
            } else {
                gap(width, has_hybrids)
            };
            if let Some(rest) = room.checked_sub(least(&column) + gap) {
                *room = rest;
                kept.push((column, least(&column)));
            }
        }
    };
    let grow = |kind: Kind, kept: &mut Vec<(Column, u16)>, room: &mut u16| {
        for (column, given) in kept.iter_mut().filter(|(column, _)| column.kind == kind) {
            let most = if kind == Kind::Curve {
                u16::MAX
            } else {
                whole(column)
            };
            let more = most.saturating_sub(*given).min(*room);
            *given += more;
            *room -= more;
        }
    };
    // Whole names and states come before columns that are merely useful; the curve gets what is
    // left.
    add(needed, &mut kept, &mut room);
    for kind in [Kind::Name, Kind::Status] {
        grow(kind, &mut kept, &mut room);
    }
    add(others, &mut kept, &mut room);
    for kind in [Kind::Model, Kind::Curve] {
        grow(kind, &mut kept, &mut room);
    }
    kept.sort_by_key(|(column, _)| column.kind);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_all_the_width_they_need_at_every_width() {
        let need = |kind| match kind {
            Kind::Status => 40,
            Kind::Power => 11,
            Kind::Battery => 14,
            _ => 9,
        };
        for has_hybrids in [false, true] {
            for width in 20..250 {
                let columns = fit(width, has_hybrids, need);
                let taken: u16 = columns
                    .iter()
                    .map(|(_, one)| one + gap(width, has_hybrids))
                    .sum();
                assert!(
                    taken <= width + gap(width, has_hybrids),
                    "{width}: {columns:?}"
                );
                assert!(columns.iter().any(|(column, _)| column.kind == Kind::Name));
                for (column, given) in columns {
                    assert!(
                        !column.is_number() || given >= need(column.kind),
                        "{column:?}"
                    );
                }
            }
        }
    }
}
