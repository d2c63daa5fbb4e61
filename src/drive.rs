//! The loop: asks everything the core wants, as soon as it is wanted, all at once.
//!
//! The same loop serves every command, live or replayed. There are no barriers: a slow
//! `docker` never delays the next read of the API server.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::answers::Answers;
use crate::ask::{Ask, Observation, Observed, Want, Why};
use crate::core::{step, wants};
use crate::observe::World;
use crate::observe::recording::Recording;
use crate::report::{Outcomes, Refusal};
use crate::request::Request;

/// While more questions than these are open, the core waits as long as its last pass took
/// for answers to look at together: a Service of 1,000 ports has 1,000 probes, and walking
/// 1,000 ports for each of them took more than a minute.
const FEW: usize = 32;

/// What a run learned, and what the core concludes from it.
pub struct Learned {
    /// The answers.
    pub answers: Answers,
    /// The report on them.
    pub concluded: Result<Outcomes, Refusal>,
}

/// Asks the world until the core wants nothing more, or until the time is up. What is
/// still open then is unavailable, and the report says so.
pub async fn live(
    request: &Request,
    world: Arc<World>,
    limit: Duration,
    progress: impl Fn(&Answers, Option<&Ask>),
) -> Learned {
    let deadline = Instant::now() + limit;
    let mut answers = Answers::default();
    let mut started: BTreeSet<Ask> = BTreeSet::new();
    let mut open: Vec<Want> = Vec::new();
    let mut in_flight: JoinSet<(Ask, Observed)> = JoinSet::new();
    loop {
        let begin = Instant::now();
        let (wants, concluded) = step(request, &answers);
        let pass = begin.elapsed();
        for want in wants {
            if started.insert(want.ask.clone()) {
                let (ask, world) = (want.ask.clone(), world.clone());
                in_flight.spawn(async move {
                    let observed = world.observe(&ask).await;
                    (ask, observed)
                });
                open.push(want);
            }
        }
        progress(&answers, open.first().map(|want| &want.ask));
        let first = match timeout_at(deadline, in_flight.join_next()).await {
            Ok(None) if open.is_empty() => return Learned { answers, concluded },
            Ok(None) | Err(_) => break,
            Ok(Some(first)) => first,
        };
        let until = deadline.min(Instant::now() + pass);
        for (ask, observed) in together(first, &mut in_flight, until).await {
            answer(&mut answers, &mut open, &ask, observed);
        }
    }
    in_flight.abort_all();
    // Answers can make the core want more: everything it still wants is unavailable.
    loop {
        let (wants, concluded) = step(request, &answers);
        open.extend(wants.into_iter().filter(|want| started.insert(want.ask.clone())));
        if open.is_empty() {
            return Learned { answers, concluded };
        }
        for want in std::mem::take(&mut open) {
            answers.insert(want.ask, Observation::Unavailable(Why::Deadline));
        }
    }
}

/// An answer, and what else is looked at together with it: a pass of the core over a big
/// cluster takes longer than an answer.
async fn together<T: 'static>(first: Result<T, JoinError>, in_flight: &mut JoinSet<T>, until: Instant) -> Vec<T> {
    let (mut arrived, mut next) = (Vec::new(), Some(first));
    while let Some(done) = next {
        // Panics end the program; where they do not, as in tests, the question stays open.
        arrived.extend(done);
        next = match in_flight.len() > FEW {
            true => timeout_at(until, in_flight.join_next()).await.unwrap_or(None),
            false => in_flight.try_join_next(),
        };
    }
    arrived
}

fn answer(answers: &mut Answers, open: &mut Vec<Want>, ask: &Ask, observed: Observed) {
    if let Some(index) = open.iter().position(|want| want.ask == *ask) {
        let want = open.swap_remove(index);
        answers.insert(want.ask.clone(), want.distil(observed));
    }
}

/// Answers every question from a recording. What it lacks is unavailable.
pub fn replay(recording: &Recording) -> Answers {
    let mut answers = Answers::default();
    loop {
        let wanted = wants(&recording.request, &answers);
        if wanted.is_empty() {
            return answers;
        }
        for want in wanted {
            let observation = recording.answer(&want.ask).unwrap_or(Observation::Unavailable(Why::NotRecorded));
            answers.insert(want.ask, observation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many passes it takes to look at the answers to so many questions, which come one
    /// after the other.
    fn passes(questions: u64, pass: Duration) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let mut in_flight = JoinSet::new();
            for number in 0..questions {
                in_flight.spawn(tokio::time::sleep(Duration::from_millis(number)));
            }
            let (mut passes, mut answers) = (0, 0);
            while let Some(first) = in_flight.join_next().await {
                answers += together(first, &mut in_flight, Instant::now() + pass).await.len();
                passes += 1;
            }
            assert_eq!(answers as u64, questions, "each once");
            passes
        })
    }

    #[test]
    fn hundreds_of_answers_are_looked_at_together() {
        // A minute long, a pass is never the second but for the last ones.
        assert!(passes(300, Duration::from_secs(60)) <= 1 + FEW);
        // Where little is open nobody waits.
        let begin = Instant::now();
        passes(10, Duration::from_secs(60));
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}
