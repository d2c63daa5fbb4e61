//! Lists of any length: kept as text, page by page, and decoded object by object, so that
//! memory holds what is kept of each object once, and never all of them decoded.

use std::marker::PhantomData;
use std::ops::Range;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::read::{Object, Page, Shared, pages};
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

    /// One of its objects, decoded.
    pub fn one(&self, at: At) -> Option<Shared<T>> {
        let text = self.pages.get(at.page as usize)?;
        text.read::<T>(text.items.get(at.item as usize)?).map(Shared::from)
    }

    /// How many objects it has.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|text| text.items.len()).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Text {
    fn read<T: for<'a> Deserialize<'a>>(&self, range: &Range<usize>) -> Option<T> {
        serde_json::from_str(self.json.text().get(range.clone())?).ok()
    }
}

/// A list as far as it could be read, and whether that is all of it. Its objects are not
/// decoded.
pub fn so_far<T: Object>(asking: &Asking, path: &str, query: &str) -> (Bulk<T>, Seen<()>) {
    let turn = |text: &Text| (text.items.len(), text.next.clone());
    let (pages, end) = pages((path, query), |page: Page<T>| asking.read(page, Text::of), turn);
    (Bulk { pages, of: PhantomData }, end)
}

/// All of a list.
pub fn bulk<T: Object>(asking: &Asking, path: &str, query: &str) -> Seen<Bulk<T>> {
    let (bulk, end) = so_far(asking, path, query);
    end.map(|()| bulk)
}
