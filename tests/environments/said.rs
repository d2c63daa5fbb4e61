//! What a scenario is expected to say: the verdict, the cause and the remedies in so many
//! words, and the whole report beside them.

use netpath::report::{Argv, Remedy, Report, Verdict};

use crate::machine::{Machine, report};
use crate::says;

/// The remedies of the root, cheapest first, as a user would paste them, with what they cost.
pub fn remedies(report: &Report) -> Vec<String> {
    report.root().map(|found| found.remedies.iter().map(show).collect()).unwrap_or_default()
}

fn show(remedy: &Remedy) -> String {
    let word = |word: &String| if word.contains(' ') { format!("'{word}'") } else { word.clone() };
    let line = |argv: &Argv| argv.iter().map(word).collect::<Vec<_>>().join(" ");
    let commands: Vec<String> = remedy.commands.iter().map(line).collect();
    let costs = [("blocks", remedy.blocks), ("privileged", remedy.privileged), ("destructive", remedy.destructive)];
    let costs: Vec<&str> = costs.iter().filter(|(_, costs)| *costs).map(|(name, _)| *name).collect();
    let costs = if costs.is_empty() { String::new() } else { format!(" [{}]", costs.join(", ")) };
    format!("{}{costs}", commands.join(" && "))
}

/// What is said about an Ingress, whatever it is.
#[track_caller]
pub fn says_of(name: &str, machine: &Machine, ingress: &str) -> Report {
    let outcomes = machine.explain_ingress(ingress);
    says(&format!("{}/{name}", machine.tool), &outcomes);
    report(&outcomes).clone()
}

#[track_caller]
fn said(name: &str, machine: &Machine, verdict: Verdict, root: Option<&str>) -> Report {
    let outcomes = machine.explain();
    let report = report(&outcomes).clone();
    let code = report.root().map(|found| found.finding.code().as_str());
    assert_eq!((report.verdict, code), (verdict, root), "{name}");
    says(&format!("{}/{name}", machine.tool), &outcomes);
    report
}

/// The Service answers, at this URL and no other.
#[track_caller]
pub fn reachable(name: &str, machine: &Machine, url: &str) -> Report {
    reachable_at(name, machine, &[url])
}

/// The Service answers, at these URLs.
#[track_caller]
pub fn reachable_at(name: &str, machine: &Machine, urls: &[&str]) -> Report {
    let report = said(name, machine, Verdict::Reachable, None);
    assert_eq!(report.ports[0].urls, urls, "{name}");
    report
}

/// A missing hop explains that it does not, and these remedies open it.
#[track_caller]
pub fn shut(name: &str, machine: &Machine, root: &str, opened_by: &[&str]) -> Report {
    let report = said(name, machine, Verdict::Unreachable, Some(root));
    assert_eq!(remedies(&report), opened_by, "{name}");
    report
}

/// It cannot be told; what is the likeliest cause, if anything is.
#[track_caller]
pub fn unsure(name: &str, machine: &Machine, root: Option<&str>, opened_by: &[&str]) -> Report {
    let report = said(name, machine, Verdict::Undetermined, root);
    assert_eq!(remedies(&report), opened_by, "{name}");
    report
}
