//! Did you mean ...?

/// Names that come close to the wanted one, closest first, at most three.
pub fn similar<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(usize, &str)> =
        names.filter(|name| *name != wanted).filter_map(|name| Some((distance(wanted, name)?, name))).collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Whether a name that comes close is close enough for a command that puts it in the wanted
/// one's place. A question may be wrong; a command that is run leads traffic to whatever
/// bears that name. So both begin alike, or one holds the other.
pub fn is_meant(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (fold(wanted), fold(name));
    wanted.chars().next() == name.chars().next() || name.contains(&wanted) || wanted.contains(&name)
}

/// How far apart two names are, or `None` if they have nothing in common. A name that
/// contains the other one counts as close: `web` and `web-frontend`.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let edits = strsim::osa_distance(&fold(wanted), &fold(name));
    // Of a short name, two letters are most of it: `web` and `lb`, `db` and `web`. Two
    // letters that changed places are one edit, so `wbe` is still `web`.
    let limit = match wanted.chars().count().min(name.chars().count()) {
        0..=4 => 1,
        5..=8 => 2,
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
            ("lb", vec![]),
            ("db", vec![]),
            ("api", vec![]),
        ] {
            assert_eq!(similar(wanted, names.into_iter()), close, "{wanted}");
        }
        // Neither name's length alone counts.
        assert!(similar("web", ["db", "lb", "job"].into_iter()).is_empty());
        assert!(similar("store", ["core"].into_iter()).is_empty());
    }

    #[test]
    fn a_command_takes_more_than_a_question() {
        for (wanted, name, meant) in [
            ("wbe", "web", true),
            ("frontend", "web-frontend", true),
            ("Web_frontend", "web-frontend", true),
            ("mail", "tail", false),
            ("ui-old", "gui-old", true),
        ] {
            assert!(!similar(wanted, std::iter::once(name)).is_empty(), "{wanted} {name}");
            assert_eq!(is_meant(wanted, name), meant, "{wanted} {name}");
        }
    }
}
