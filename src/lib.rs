//! netpath: says which hop between the browser and the Pod of a local cluster is missing.
//!
//! The heart is a fixed point of questions. The core is pure: given the answers so far it
//! says what else it wants to know and what it concludes. The shell asks everything that
//! is wanted, as soon as it is wanted, all at once, until nothing is in flight.
//!
//! ```text
//!              wants                      asks
//!   core  ------------->  drive (loop) ----------->  observe/  probe/   (the world)
//!   pure  <-------------               <-----------  or a recording     (replay)
//!             answers                    answers
//!     |
//!     +--- report ---> render/ ---> text, JSON, YAML, Markdown
//! ```

#[cfg(test)]
extern crate self as netpath; // the samples of reports are shared with tests/

pub mod answers;
pub mod app;
pub mod ask;
pub mod cli;
pub mod core;
pub mod diagnose;
pub mod drive;
pub mod environment;
pub mod fact;
pub mod observe;
pub mod path;
pub mod probe;
pub mod remedy;
pub mod render;
pub mod report;
pub mod request;
