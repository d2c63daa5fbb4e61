//! Did you mean ...?

/// Names that come close to the wanted one, closest first, at most three.
pub fn similar<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(usize, &str)> =
        names.filter(|name| *name != wanted).filter_map(|name| Some((distance(wanted, name)?, name))).collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// How far apart two names are, or `None` if they have nothing in common. A name that
/// contains the other one counts as close: `web` and `web-frontend`.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let edits = strsim::osa_distance(&fold(wanted), &fold(name));
    let limit = match wanted.chars().count() {
        0..=2 => 1,
        3..=7 => 2,
        _ => 3,
    };
    let contained = wanted.len() >= 3 && name.len() >= 3 && (name.contains(wanted) || wanted.contains(name));
    if edits <= limit {
        Some(edits)
    } else if contained {
        Some(limit + 1)
    } else {
        None
    }
}

/// Case and separators are the most common mistakes.
fn fold(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_parts_are_close_and_strangers_are_not() {
        let names = ["web", "web-frontend", "database", "wbe", "Web_Frontend"];
        for (wanted, close) in [
            ("wbe", vec!["web"]),
            ("web-fronted", vec!["Web_Frontend", "web-frontend", "web"]),
            ("frontend", vec!["web-frontend"]),
            ("metrics", vec![]),
            ("databse", vec!["database"]),
        ] {
            assert_eq!(similar(wanted, names.into_iter()), close, "{wanted}");
        }
    }
}
