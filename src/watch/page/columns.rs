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

    /// The width at which nothing of it is cut, if its widest cell needs so much.
    fn whole(&self, need: u16) -> u16 {
        need.max(self.least).max(self.head_width())
    }

    /// The least width at which it is shown.
    fn narrow(&self, need: u16) -> u16 {
        match self.floor {
            Some(floor) => floor.max(self.head_width()),
            None => self.whole(need),
        }
    }

    fn head_width(&self) -> u16 {
        u16::try_from(self.head.len()).unwrap_or(0)
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
    let mut by_rank: Vec<PageColumn> = COLUMNS.to_vec();
    by_rank.retain(|one| has_hybrids || !one.is_of_hybrids);
    sort_by_number(&mut by_rank, |column| column.rank.into());
    let (needed, others): (Vec<PageColumn>, Vec<PageColumn>) = by_rank
        .into_iter()
        .partition(|column| column.rank <= NEEDED);
    let mut list = Fitting {
        need,
        gap: gap(width, has_hybrids),
        kept: Vec::new(),
        room: width,
    };
    // Whole names and states come before columns that are merely useful; the curve gets what is
    // left.
    list.add(needed);
    list.grow(ColumnKind::Name);
    list.grow(ColumnKind::Status);
    list.add(others);
    list.grow(ColumnKind::Model);
    list.grow(ColumnKind::Curve);
    let mut kept = list.kept;
    sort_by_number(&mut kept, |(column, _)| column.kind as i64);
    kept
}

/// A list while its columns are chosen.
struct Fitting<Need> {
    need: Need,
    gap: u16,
    /// The columns that have room, with their widths.
    kept: Vec<(PageColumn, u16)>,
    /// The width that is left.
    room: u16,
}

impl<Need: Fn(ColumnKind) -> u16> Fitting<Need> {
    /// Adds each of these that still has room, as narrow as it may be.
    fn add(&mut self, columns: Vec<PageColumn>) {
        for column in columns {
            let width = column.narrow((self.need)(column.kind));
            let gap = if self.kept.is_empty() { 0 } else { self.gap };
            if let Some(rest) = self.room.checked_sub(width + gap) {
                self.room = rest;
                self.kept.push((column, width));
            }
        }
    }

    /// Widens this column, if it is there, to what it needs of the room that is left; the curve to
    /// all.
    fn grow(&mut self, kind: ColumnKind) {
        let mut kept = self.kept.iter_mut();
        let Some((column, width)) = kept.find(|(column, _)| column.kind == kind) else {
            return;
        };
        let most = match kind {
            ColumnKind::Curve => u16::MAX,
            _ => column.whole((self.need)(kind)),
        };
        let more = most.saturating_sub(*width).min(self.room);
        *width += more;
        self.room -= more;
    }
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
