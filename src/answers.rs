//! The answers so far, and the one place where the core asks.
//!
//! A rule reads the world through [`Asking::ask`]. If the answer is there, it gets it;
//! if not, the question becomes a want and the rule sees [`Seen::Pending`]. So one pure
//! function both says what it wants to know and draws the conclusions, and the two can
//! never drift apart.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ask::{Ask, Json, Observation, Question, Want, Why};

/// What a rule sees of one question.
#[derive(Debug, Clone)]
pub enum Seen<T> {
    /// Not answered yet. Rules treat it as unknown.
    Pending,
    /// Observed.
    Known(T),
    /// Looked, and it is not there.
    Absent,
    /// Could not look.
    Unavailable(Why),
}

impl<T> Seen<T> {
    /// The value, if it was observed.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Why it could not be observed, if so.
    pub fn unavailable(&self) -> Option<&Why> {
        match self {
            Self::Unavailable(why) => Some(why),
            _ => None,
        }
    }

    /// Whether it is positively not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the answer is still to come.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }

    /// Applies a function to an observed value.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Pending => Seen::Pending,
            Self::Known(value) => Seen::Known(with(value)),
            Self::Absent => Seen::Absent,
            Self::Unavailable(why) => Seen::Unavailable(why),
        }
    }
}

struct Entry {
    observation: Observation,
    // Decoded once for each way of reading it, however often rules do.
    typed: RefCell<Vec<Rc<dyn Any>>>,
}

/// Everything known so far: the record of a run is this map and nothing else.
#[derive(Default)]
pub struct Answers(BTreeMap<Ask, Entry>);

impl Answers {
    /// Files an answer. The first one stays: an answer is never taken back.
    pub fn insert(&mut self, ask: Ask, observation: Observation) {
        self.0.entry(ask).or_insert_with(|| Entry { observation, typed: RefCell::default() });
    }

    /// All answers, in a stable order.
    pub fn iter(&self) -> impl Iterator<Item = (&Ask, &Observation)> {
        self.0.iter().map(|(ask, entry)| (ask, &entry.observation))
    }

    /// How many answers satisfy a condition on their question.
    pub fn count(&self, such: impl Fn(&Ask) -> bool) -> usize {
        self.0.keys().filter(|ask| such(ask)).count()
    }

    fn get<T: 'static>(&self, ask: &Ask, read: impl Fn(&Json) -> Option<T>) -> Option<Seen<Rc<T>>> {
        let entry = self.0.get(ask)?;
        Some(match &entry.observation {
            Observation::Absent => Seen::Absent,
            Observation::Unavailable(why) => Seen::Unavailable(why.clone()),
            Observation::Known(json) => {
                let kept = entry.typed.borrow().iter().find_map(|typed| typed.clone().downcast::<T>().ok());
                let typed = kept.or_else(|| {
                    let typed = Rc::new(read(json)?);
                    entry.typed.borrow_mut().push(typed.clone());
                    Some(typed)
                });
                match typed {
                    Some(typed) => Seen::Known(typed),
                    // A recording of another build, or one that was edited by hand.
                    None => {
                        Seen::Unavailable(Why::Unreadable { detail: "the recorded answer has another shape".into() })
                    }
                }
            }
        })
    }
}

/// Tells which questions are not to be asked.
pub type Refuses = fn(&Ask) -> bool;

/// The core's window on the answers: reading an answer that is not there asks for it.
pub struct Asking<'a> {
    answers: &'a Answers,
    wants: RefCell<Vec<Want>>,
    refused: Cell<Option<Refuses>>,
    across: Cell<bool>,
}

impl<'a> Asking<'a> {
    /// Opens a window on the answers so far.
    pub fn new(answers: &'a Answers) -> Self {
        Self { answers, wants: RefCell::default(), refused: Cell::default(), across: Cell::default() }
    }

    /// From here on questions of a kind are not asked any more: there would be too many.
    pub fn refuse(&self, which: Refuses) {
        self.refused.set(Some(which));
    }

    /// From here on what is wanted of a namespace is wanted of all of them: one list tells.
    pub fn look_across(&self) {
        self.across.set(true);
    }

    /// Whether lists are wanted of all namespaces.
    pub fn looks_across(&self) -> bool {
        self.across.get()
    }

    /// The answer to a question, or [`Seen::Pending`] and a new want.
    pub fn ask<Q: Question>(&self, question: Q) -> Seen<Rc<Q::Answer>> {
        self.read(question, |json| serde_json::from_str(json.text()).ok())
    }

    /// The same, read in a way of one's own: as much of an answer as is needed at once.
    pub fn read<Q: Question, T: 'static>(&self, question: Q, read: impl Fn(&Json) -> Option<T>) -> Seen<Rc<T>> {
        let ask = question.ask();
        if let Some(seen) = self.answers.get(&ask, read) {
            return seen;
        }
        if self.refused.get().is_some_and(|refuses| refuses(&ask)) {
            return Seen::Unavailable(Why::TooMany);
        }
        let mut wants = self.wants.borrow_mut();
        if !wants.iter().any(|want| want.ask == ask) {
            wants.push(Want::new(question));
        }
        Seen::Pending
    }

    /// Whether the API server answered anything, be it with a refusal. What never reached it
    /// is no answer: credentials that could not be loaded, for one.
    pub fn api_spoke(&self) -> bool {
        self.answers.iter().filter(|(ask, _)| matches!(ask, Ask::Api(_))).any(|(_, observation)| match observation {
            Observation::Known(_) | Observation::Absent => true,
            Observation::Unavailable(why) => why.is_from_api(),
        })
    }

    /// Whether something that was asked for so far is still to come.
    pub fn is_waiting(&self) -> bool {
        !self.wants.borrow().is_empty()
    }

    /// How many questions of a kind were answered so far.
    pub fn answered(&self, such: impl Fn(&Ask) -> bool) -> usize {
        self.answers.count(such)
    }

    /// What was asked in vain, in the order in which it was asked.
    pub fn into_wants(self) -> Vec<Want> {
        self.wants.into_inner()
    }
}
