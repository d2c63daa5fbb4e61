//! Pages: the explanation of a code, the list of codes, topics. Written in Markdown,
//! printed as terminal text.
//!
//! What is understood: `#` and `##` headings, paragraphs, `-` and `1.` lists, fenced and
//! indented blocks, inline code and emphasis. Everything else stays as it stands.

use super::Style;
use super::lang::Label;
use super::paper::{Line, Paper};
use super::theme::Ink;
use super::width::{columns, wrap};
use crate::diagnose::registry::{Entry, REGISTRY};

/// The page of a code.
pub fn code(entry: &Entry, style: &Style) -> String {
    let words = style.lang.words();
    let mut paper = Paper::new(style);
    let owner = format!("{} {}", words.label(Label::Owner), words.owner(entry.code.owner()));
    let line = Line::default().add(Ink::Strong, entry.code.as_str()).plain("  ").add(Ink::Strong, entry.slug);
    paper.push(line.right(Ink::Plain, &owner, style.columns()));
    paper.gap();
    // The page's own title says the same as the line above.
    let body = entry.page.trim_start();
    let body = if body.starts_with("# ") { body.split_once('\n').map_or("", |(_, rest)| rest) } else { body };
    // So does its line about the owner, for readers of the file.
    let body = body.trim_start();
    let body = if body.starts_with("owner:") { body.split_once('\n').map_or("", |(_, rest)| rest) } else { body };
    print(&mut paper, body, style);
    paper.gap();
    paper.words(0, Ink::Faint, words.label(Label::Capitals));
    paper.finish()
}

/// All codes: code, owner, slug.
pub fn list(style: &Style) -> String {
    let words = style.lang.words();
    let mut paper = Paper::new(style);
    let owners = REGISTRY.iter().map(|entry| columns(words.owner(entry.code.owner())));
    let column = 8 + owners.max().unwrap_or(0) + 2;
    let head = Line::indented(2)
        .plain(words.label(Label::Code))
        .to(8)
        .plain(&words.label(Label::Owner).trim_end_matches(':').to_uppercase());
    paper.push(head.to(column).plain(words.label(Label::Title)));
    for entry in REGISTRY {
        let line = Line::indented(2).add(Ink::Strong, entry.code.as_str()).to(8).plain(words.owner(entry.code.owner()));
        paper.push(line.to(column).plain(entry.slug));
    }
    paper.finish()
}

/// A topic, for example `two-stage`.
pub fn topic(markdown: &str, style: &Style) -> String {
    let mut paper = Paper::new(style);
    print(&mut paper, markdown, style);
    paper.finish()
}

/// What is being read.
enum Block<'a> {
    Nothing,
    Words { indent: usize, hang: usize, text: String },
    Fence(&'a str),
}

fn print(paper: &mut Paper<'_>, markdown: &str, style: &Style) {
    let mut block = Block::Nothing;
    for line in markdown.lines() {
        if let Block::Fence(fence) = block {
            if line.trim_start().starts_with(fence) {
                block = Block::Nothing;
            } else {
                paper.push(Line::indented(4).add(Ink::Command, line));
            }
            continue;
        }
        let inner = line.trim_start();
        let fresh = matches!(block, Block::Nothing);
        if inner.starts_with("```") {
            flush(paper, &mut block, style);
            block = Block::Fence("```");
        } else if inner.is_empty() {
            flush(paper, &mut block, style);
            paper.gap();
        } else if let Some(title) = heading(line) {
            flush(paper, &mut block, style);
            paper.gap();
            paper.push(Line::default().add(Ink::Strong, &plain(title)));
        } else if fresh && line.starts_with("    ") || inner.starts_with('|') {
            flush(paper, &mut block, style);
            let indent = if inner.starts_with('|') { 2 } else { 4 };
            paper.push(Line::indented(indent).add(
                if indent == 4 { Ink::Command } else { Ink::Plain },
                // A drawing keeps its own indentation.
                if indent == 4 { line[4..].trim_end() } else { line.trim() },
            ));
        } else if let Some(marker) = marker(inner) {
            flush(paper, &mut block, style);
            let indent = 2 + (line.len() - inner.len());
            block = Block::Words { indent, hang: marker, text: inner.to_owned() };
        } else if let Block::Words { text, .. } = &mut block {
            text.push(' ');
            text.push_str(inner);
        } else {
            block = Block::Words { indent: 2, hang: 0, text: inner.to_owned() };
        }
    }
    flush(paper, &mut block, style);
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    (rest.len() < line.len()).then(|| rest.strip_prefix(' ')).flatten()
}

/// Length of a list marker with its blank.
fn marker(line: &str) -> Option<usize> {
    if line.starts_with("- ") || line.starts_with("* ") {
        return Some(2);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && line[digits..].starts_with(". ")).then_some(digits + 2)
}

fn flush(paper: &mut Paper<'_>, block: &mut Block<'_>, style: &Style) {
    if let Block::Words { indent, hang, text } = std::mem::replace(block, Block::Nothing) {
        let width = style.columns().min(80) - indent - hang;
        let (marker, rest) = text.split_at(hang);
        for (index, part) in wrap(&glued(rest), width).into_iter().enumerate() {
            let line = Line::indented(indent).plain(if index == 0 { marker } else { "" }).to(indent + hang);
            paper.push(spans(line, &part));
        }
    }
}

/// Keeps the blanks of short inline code, so that a command is not broken.
fn glued(text: &str) -> String {
    const SHORT: usize = 48;
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 == 1 && columns(part) <= SHORT {
        true => part.replace(' ', "\u{a0}"),
        false => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// Inline code green, without its backticks.
fn spans(mut line: Line, text: &str) -> Line {
    let text = text.replace('\u{a0}', " ");
    let closed = text.matches('`').count().is_multiple_of(2);
    for (index, part) in text.split('`').enumerate() {
        let ink = if closed && index % 2 == 1 { Ink::Command } else { Ink::Plain };
        line = line.add(ink, &if ink == Ink::Plain { plain(part) } else { part.to_owned() });
    }
    line
}

/// Without the marks of emphasis and inline code.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "")
}
