//! Which columns of the list have room, and how wide they are.

use crate::order::sort_by_number;

/// What a column shows, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
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
pub(super) struct PageColumn {
    pub(super) kind: ColumnKind,
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

impl PageColumn {
    const fn number(kind: ColumnKind, head: &'static str, rank: u8, least: u16) -> Self {
        Self {
            kind,
            head,
            rank,
            floor: None,
            least,
            is_of_hybrids: false,
        }
    }

    const fn text(kind: ColumnKind, head: &'static str, rank: u8, floor: u16) -> Self {
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
static COLUMNS: [PageColumn; 13] = [
    PageColumn::text(ColumnKind::Name, "inverter", 0, 6),
    PageColumn::text(ColumnKind::Model, "model", 12, 18),
    PageColumn::text(ColumnKind::Status, "status", 2, 7),
    PageColumn::number(ColumnKind::Power, "power", 1, 6),
    PageColumn::number(ColumnKind::House, "house", 3, 6).of_hybrids(),
    PageColumn::number(ColumnKind::Battery, "battery", 4, 12).of_hybrids(),
    PageColumn::number(ColumnKind::Grid, "grid", 5, 9).of_hybrids(),
    PageColumn::number(ColumnKind::Today, "today", 6, 8),
    PageColumn::number(ColumnKind::Temperature, "temp.", 8, 5),
    PageColumn::number(ColumnKind::Reply, "reply", 11, 6),
    PageColumn::number(ColumnKind::Errors, "errors", 10, 4),
    PageColumn::number(ColumnKind::Age, "age", 7, 5),
    PageColumn::text(ColumnKind::Curve, "curve", 9, 10),
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
pub(super) fn fit(
    width: u16,
    has_hybrids: bool,
    need: impl Fn(ColumnKind) -> u16,
) -> Vec<(PageColumn, u16)> {
    let head = |column: &PageColumn| u16::try_from(column.head.len()).unwrap_or(0);
    let whole = |column: &PageColumn| need(column.kind).max(column.least).max(head(column));
    let least = |column: &PageColumn| match column.floor {
        Some(floor) => floor.max(head(column)),
        None => whole(column),
    };
    let mut by_rank: Vec<PageColumn> = COLUMNS.to_vec();
    by_rank.retain(|one| has_hybrids || !one.is_of_hybrids);
    sort_by_number(&mut by_rank, |column| column.rank.into());
    let mut room = width;
    let mut kept: Vec<(PageColumn, u16)> = Vec::new();
    let (needed, others): (Vec<PageColumn>, Vec<PageColumn>) = by_rank
        .into_iter()
        .partition(|column| column.rank <= NEEDED);
    let add = |columns: Vec<PageColumn>, kept: &mut Vec<(PageColumn, u16)>, room: &mut u16| {
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
    let grow = |kind: ColumnKind, kept: &mut Vec<(PageColumn, u16)>, room: &mut u16| {
        for (column, given) in kept.iter_mut().filter(|(column, _)| column.kind == kind) {
            let most = if kind == ColumnKind::Curve {
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
    for kind in [ColumnKind::Name, ColumnKind::Status] {
        grow(kind, &mut kept, &mut room);
    }
    add(others, &mut kept, &mut room);
    for kind in [ColumnKind::Model, ColumnKind::Curve] {
        grow(kind, &mut kept, &mut room);
    }
    sort_by_number(&mut kept, |(column, _)| column.kind as i64);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_all_the_width_they_need_at_every_width() {
        let need = |kind| match kind {
            ColumnKind::Status => 40,
            ColumnKind::Power => 11,
            ColumnKind::Battery => 14,
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
                assert!(
                    columns
                        .iter()
                        .any(|(column, _)| column.kind == ColumnKind::Name)
                );
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
