//! Columns. A Japanese letter is two cells wide, and lines may break between two of them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a text into lines of at most `width` columns. Words are never broken: one that
/// is too long, such as a URL, stays whole. Never returns an empty list.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let gap = usize::from(piece.spaced && !line.is_empty());
        if !line.is_empty() && columns(&line) + gap + columns(piece.text) > width {
            lines.push(std::mem::take(&mut line));
        } else if gap == 1 {
            line.push(' ');
        }
        line.push_str(piece.text);
    }
    lines.push(line);
    lines
}

/// The same with at most `most` lines; what is left out shows as `...`.
pub(super) fn wrap_at_most(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = wrap(text, width);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while columns(last) + 4 > width && last.contains(' ') {
                last.truncate(last.rfind(' ').unwrap_or(0));
            }
            last.push_str(" ...");
        }
    }
    lines
}

/// A text of at most `width` columns; what is left out shows as `...`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mark = " ...";
    let Some(left) = width.checked_sub(mark.len()) else { return String::new() };
    let mut taken = 0;
    let fits = |letter: &char| {
        taken += letter.width().unwrap_or_default();
        taken <= left
    };
    text.chars().take_while(fits).chain(mark.chars()).collect()
}

struct Piece<'a> {
    text: &'a str,
    spaced: bool,
}

/// Words, and inside words of wide letters the places between them.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.split(' ').filter(|word| !word.is_empty()).flat_map(|word| {
        let mut cuts = vec![0];
        let mut previous = None;
        for (at, letter) in word.char_indices() {
            if let Some(previous) = previous
                && (is_wide(previous) || is_wide(letter))
                && !"、。，．）」』・ー！？".contains(letter)
                && !"（「『".contains(previous)
            {
                cuts.push(at);
            }
            previous = Some(letter);
        }
        cuts.push(word.len());
        cuts.windows(2).map(|cut| Piece { text: &word[cut[0]..cut[1]], spaced: cut[0] == 0 }).collect::<Vec<_>>()
    })
}

fn is_wide(letter: char) -> bool {
    letter.width() == Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn japanese_breaks_between_letters_but_not_before_a_full_stop() {
        assert_eq!(columns("到達不可"), 8);
        assert_eq!(wrap("到達不可。", 8), ["到達不", "可。"]);
    }

    #[test]
    fn a_url_stays_whole() {
        let url = "http://localhost:8080/a/very/long/path";
        assert_eq!(wrap(&format!("open {url} now"), 20), ["open", url, "now"]);
    }

    #[test]
    fn what_is_left_out_shows() {
        assert_eq!(wrap_at_most("one two three four", 8, 1), ["one ..."]);
        assert_eq!(wrap_at_most("one two", 8, 1), ["one two"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_only_single_words_are_too_long(text in "[a-z ]{0,80}", width in 5_usize..40) {
            let lines = wrap(&text, width);
            let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
            prop_assert_eq!(words(&lines.join(" ")), words(&text));
            for line in lines {
                prop_assert!(columns(&line) <= width || !line.contains(' '));
            }
        }
    }
}
