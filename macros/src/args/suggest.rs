//! Which known word an unknown one was meant to be.

/// The candidate nearest to `word`, unless all are too far to be a slip of the hand.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            // A third of the longer word may be wrong; a word of two letters forgives one, and only beside another of its length.
            let longer = word.chars().count().max(candidate.chars().count());
            *distance <= (longer / 3).max(usize::from(longer > 1)) && *distance < longer
        })
        .min_by_key(|(distance, candidate)| (*distance, candidate.len().abs_diff(word.len())))
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment) from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = substituted.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        assert_eq!(distance("tll", "ttl"), 1);
        assert_eq!(distance("igonre", "ignore"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn the_nearest_word_wins_and_length_weighs() {
        let options = ["lru", "ttl", "ignore", "unbounded", "key"];
        assert_eq!(nearest("tll", options), Some("ttl"));
        assert_eq!(nearest("unbouned", options), Some("unbounded"));
        assert_eq!(nearest("capacity", options), None);
        assert_eq!(nearest("bd", ["a", "db"]), Some("db"));
        assert_eq!(nearest("x", ["a", "db"]), None);
    }
}
