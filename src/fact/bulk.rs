//! Lists of any length: kept as text, page by page, and decoded object by object, so that
//! memory holds what is kept of each object once, and never all of them decoded.

use std::marker::PhantomData;
use std::ops::Range;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::read::{Object, Page, Pages, Shared};
use crate::answers::{Asking, Seen};
use crate::ask::Json;

/// One page: the text, and where in it the objects stand.
struct Text {
    json: Json,
    items: Vec<Range<usize>>,
    next: Option<String>,
}

impl Text {
    fn of(json: &Json) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            items: Vec<&'a RawValue>,
            #[serde(default)]
            next: Option<String>,
        }
        let text = json.text();
        let wire: Wire = serde_json::from_str(text).ok()?;
        let place = |item: &RawValue| {
            let start = item.get().as_ptr().addr() - text.as_ptr().addr();
            start..start + item.get().len()
        };
        let items = wire.items.into_iter().map(place).collect();
        Some(Self { json: json.clone(), items, next: wire.next })
    }
}

/// A list that is not decoded.
pub struct Bulk<T> {
    pages: Vec<Rc<Text>>,
    of: PhantomData<T>,
}

/// Where an object stands in a list.
#[derive(Debug, Clone, Copy)]
pub struct At {
    page: u32,
    item: u32,
}

impl<T: Object> Bulk<T> {
    /// Looks at each object for as much as `Part` has fields for.
    pub fn each<Part: for<'a> Deserialize<'a>>(&self, mut look: impl FnMut(At, Part)) {
        for (page, text) in (0..).zip(&self.pages) {
            for (item, range) in (0..).zip(&text.items) {
                if let Some(part) = text.read(range) {
                    look(At { page, item }, part);
                }
            }
        }
    }

    /// Some of its objects, decoded.
    pub fn some(&self, wanted: &[At]) -> Vec<Shared<T>> {
        let read = |at: &At| {
            let text = self.pages.get(at.page as usize)?;
            text.read::<T>(text.items.get(at.item as usize)?)
        };
        wanted.iter().filter_map(read).map(Shared::from).collect()
    }
}

impl Text {
    fn read<T: for<'a> Deserialize<'a>>(&self, range: &Range<usize>) -> Option<T> {
        serde_json::from_str(self.json.text().get(range.clone())?).ok()
    }
}

/// All pages of a list, without decoding its objects. They are asked for as
/// [`list`](super::read::list) asks for them.
pub fn bulk<T: Object>(asking: &Asking, path: &str, query: &str) -> Seen<Bulk<T>> {
    let mut pages = Pages::default();
    let mut texts = Vec::new();
    loop {
        let page = match pages.page(Page::<T>::new(path, query)) {
            Ok(page) => page,
            Err(why) => return Seen::Unavailable(why),
        };
        match asking.read(page, Text::of) {
            Seen::Known(text) => {
                let next = text.next.clone();
                pages.read(text.items.len(), next.clone());
                texts.push(text);
                if next.is_none() {
                    return Seen::Known(Bulk { pages: texts, of: PhantomData });
                }
            }
            Seen::Pending => return Seen::Pending,
            Seen::Absent => return Seen::Absent,
            Seen::Unavailable(why) => return Seen::Unavailable(pages.ended(why)),
        }
    }
}
