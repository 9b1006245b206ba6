//! The order of lists.

/// Sorts a list by a number of each element; elements of the same number keep their order.
pub(crate) fn sort_by_number<T>(list: &mut Vec<T>, number: impl Fn(&T) -> i64) {
    // Numbers and places are sorted, of whatever list: each type that `sort_by_key` is used with
    // makes the program 4 kB larger.
    let mut order: Vec<(i64, usize)> = list.iter().map(number).zip(0..).collect();
    order.sort_unstable();
    let mut elements: Vec<Option<T>> = list.drain(..).map(Some).collect();
    let sorted = order.into_iter();
    list.extend(sorted.filter_map(|(_, place)| elements.get_mut(place)?.take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_the_same_number_keep_their_order() {
        let mut list = vec!["bb", "a", "ccc", "d", "", "ee"];
        sort_by_number(&mut list, |text| -(text.len() as i64));
        assert_eq!(list, ["ccc", "bb", "ee", "a", "d", ""]);
        sort_by_number(&mut Vec::<u8>::new(), |_| 0);
    }
}
