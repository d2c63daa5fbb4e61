//! What was found, and what opens it.

use super::Action;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::Code;

/// An argument vector. Never a shell line: quoting is the renderer's work.
pub type Argv = Vec<String>;

/// A finding with its place in the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// Whether it is the root of its port.
    pub root: bool,
    /// The finding it follows from.
    pub because: Option<Code>,
    /// The port it belongs to; `None` for all of them.
    pub port: Option<u16>,
    /// Which of the report's ports that is, for a root: several may have the same number,
    /// each of a Service of its own.
    pub at: Option<usize>,
    /// What opens it, cheapest first. Consequences have none.
    pub remedies: Vec<Remedy>,
}

/// One way to open a missing hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What it does.
    pub action: Action,
    /// Files that the commands read, to be written first.
    pub files: Vec<TextFile>,
    /// The commands, in order.
    pub commands: Vec<Argv>,
    /// It keeps running and holds the terminal.
    pub blocks: bool,
    /// It needs an administrator.
    pub privileged: bool,
    /// It loses data.
    pub destructive: bool,
    /// It can be undone.
    pub reversible: bool,
    /// A tool that writes the object from a source of its own, and so undoes the remedy.
    pub managed_by: Option<&'static str>,
}

/// A file that the user writes into the current directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its name: one that no file of the user's is likely to have.
    pub name: String,
    /// Its lines, each ended by a newline.
    pub text: String,
}

impl Remedy {
    /// A harmless remedy of one command: does not block, needs no rights, loses nothing.
    pub fn new(action: Action, command: Argv) -> Self {
        Self {
            action,
            files: Vec::new(),
            commands: vec![command],
            blocks: false,
            privileged: false,
            destructive: false,
            reversible: true,
            managed_by: None,
        }
    }

    /// Something that no command does.
    pub fn by_hand(action: Action) -> Self {
        Self { commands: Vec::new(), ..Self::new(action, Argv::new()) }
    }

    /// The same, keeping the terminal.
    pub fn blocking(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// The same, with administrator rights.
    pub fn privileged(mut self) -> Self {
        self.privileged = true;
        self
    }

    /// The same, losing data.
    pub fn destructive(mut self) -> Self {
        self.destructive = true;
        self.reversible = false;
        self
    }
}
