//! Reading the API server: one object, or a list page by page.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::said::sentence;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// How many objects one list request asks for. Larger lists are read page by page.
pub const PAGE: usize = 500;

/// What a page holds at most, for servers that do not know limits.
const MOST: usize = 20 * PAGE;

/// The most braces that open in one answer. Few bytes of it may become hundreds in memory
/// (`{}` among the containers of a Pod), which takes its time as well: 700,000 took 0.84 s and
/// 273 MB (seen).
/// In a Pod with all that the API server adds there is one in 36 bytes (seen), so a page of
/// Pods as long as the shell reads has less.
const MOST_BRACES: usize = 1 << 20;

/// A slim Kubernetes object.
pub trait Object: Serialize + DeserializeOwned + 'static {
    /// The `kind` that the API server must say; anything else is not an answer.
    const KIND: &'static str;

    /// What is kept of it in a list of everything, where most objects are nobody's
    /// question. Rules must come to the same end with it.
    #[must_use]
    fn among_all(self) -> Self {
        self
    }
}

/// Reads one object by its path.
pub struct Get<T>(pub String, PhantomData<T>);

impl<T> Get<T> {
    /// Reads the object at `path`.
    pub fn new(path: String) -> Self {
        Self(path, PhantomData)
    }
}

impl<T: Object> Question for Get<T> {
    type Answer = T;

    fn ask(&self) -> Ask {
        Ask::Api(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<T> {
        let body = match ok_or_why(raw)? {
            Reply::Body(body) => body,
            Reply::NotFound => return Ok(None),
        };
        kind_is(&body, T::KIND)?;
        parse(&body).map(Some)
    }
}

/// Looks whether an object exists, by its metadata alone: for objects whose content is
/// nobody's business.
pub struct Exists(pub String);

impl Question for Exists {
    type Answer = ();

    fn ask(&self) -> Ask {
        Ask::Metadata(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<()> {
        match ok_or_why(raw)? {
            Reply::Body(body) => kind_is(&body, "PartialObjectMetadata").map(Some),
            Reply::NotFound => Ok(None),
        }
    }
}

/// Reads one page of a list.
pub struct Page<T> {
    path: String,
    query: String,
    token: Option<String>,
    of: PhantomData<T>,
}

impl<T> Page<T> {
    /// The first page.
    pub fn new(path: &str, query: &str) -> Self {
        Self { path: path.into(), query: query.into(), token: None, of: PhantomData }
    }
}

/// One page as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub struct PageOf<T> {
    #[serde(deserialize_with = "nullable")]
    items: Vec<T>,
    /// Where the next page starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T: Object> Question for Page<T> {
    type Answer = PageOf<T>;

    fn ask(&self) -> Ask {
        let mut path = format!("{}?limit={PAGE}", self.path);
        if !self.query.is_empty() {
            path = format!("{path}&{}", self.query);
        }
        if let Some(token) = &self.token {
            path = format!("{path}&continue={}", encode(token));
        }
        Ask::Api(path)
    }

    fn distil(&self, raw: Raw) -> Distilled<PageOf<T>> {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "T: DeserializeOwned"))]
        struct Wire<T> {
            #[serde(default)]
            kind: String,
            #[serde(default)]
            metadata: ListMeta,
            #[serde(deserialize_with = "some")]
            items: Vec<T>,
        }
        #[derive(Default, Deserialize)]
        struct ListMeta {
            #[serde(default, rename = "continue")]
            token: String,
        }
        let body = match ok_or_why(raw)? {
            Reply::Body(body) => body,
            // A list that is "not found" is an API that this server does not serve.
            Reply::NotFound => {
                return Err(Why::ServerError { status: 404, detail: "this API is not served".into() });
            }
        };
        let kind = format!("{}List", T::KIND);
        let wire = match parse::<Wire<T>>(&body) {
            Ok(wire) if wire.kind == kind => wire,
            // A page can be megabytes: it is read once, unless something is wrong with it.
            Ok(_) => return Err(not_a(&kind)),
            Err(why) => return Err(kind_is(&body, &kind).err().unwrap_or(why)),
        };
        let next = (!wire.metadata.token.is_empty()).then_some(wire.metadata.token);
        let mut items = wire.items;
        if self.query.is_empty() {
            items = items.into_iter().map(T::among_all).collect();
        }
        Ok(Some(PageOf { items, next }))
    }
}

/// The way through the pages of one list.
#[derive(Default)]
struct Pages {
    tokens: Vec<Option<String>>,
    next: Option<String>,
    objects: usize,
}

impl Pages {
    /// The page that comes now, made from the first one.
    ///
    /// # Errors
    ///
    /// A recording is somebody's file: its pages may lead in a circle.
    fn page<T>(&mut self, first: Page<T>) -> Result<Page<T>, Why> {
        if self.tokens.contains(&self.next) {
            return Err(Why::Unreadable { detail: "the pages of a list lead in a circle".into() });
        }
        self.tokens.push(self.next.clone());
        Ok(Page { token: self.next.clone(), ..first })
    }

    /// Notes what was on it.
    fn read(&mut self, objects: usize, next: Option<String>) {
        self.objects += objects;
        self.next = next;
    }

    /// Why the rest is not known.
    fn ended(&self, why: Why) -> Why {
        match self.objects {
            0 => why,
            read => Why::Partly { read, why: Box::new(why) },
        }
    }
}

/// The pages of a list as far as they could be read, and whether they are all. `read` reads
/// one; `turn` says how many objects are on it, and where the next one starts.
pub(super) fn pages<T: Object, P>(
    (path, query): (&str, &str),
    read: impl Fn(Page<T>) -> Seen<Rc<P>>,
    turn: impl Fn(&P) -> (usize, Option<String>),
) -> (Vec<Rc<P>>, Seen<()>) {
    let mut so_far = Vec::new();
    let mut way = Pages::default();
    loop {
        let page = match way.page(Page::<T>::new(path, query)) {
            Ok(page) => page,
            Err(why) => return (so_far, Seen::Unavailable(why)),
        };
        match read(page) {
            Seen::Known(page) => {
                let (objects, next) = turn(&page);
                so_far.push(page);
                way.read(objects, next.clone());
                if next.is_none() {
                    return (so_far, Seen::Known(()));
                }
            }
            Seen::Pending => return (so_far, Seen::Pending),
            Seen::Absent => return (so_far, Seen::Absent),
            Seen::Unavailable(why) => return (so_far, Seen::Unavailable(way.ended(why))),
        }
    }
}

/// All objects of a list: it is known when all of its pages are. Pages follow one another.
pub fn list<T: Object>(asking: &Asking, path: &str, query: &str) -> Seen<Vec<Shared<T>>> {
    let turn = |page: &PageOf<T>| (page.items.len(), page.next.clone());
    let (pages, end) = pages((path, query), |page: Page<T>| asking.ask(page), turn);
    end.map(|()| pages.iter().flat_map(each).collect())
}

/// The first page of a list, for questions whose cost must not depend on how much there
/// is. A full page may be all there is, or not: then there are [`PAGE`] objects or more.
pub fn first_page<T: Object>(asking: &Asking, path: &str, query: &str) -> Seen<Vec<Shared<T>>> {
    asking.ask(Page::<T>::new(path, query)).map(|page| each(&page).collect())
}

fn each<T>(page: &Rc<PageOf<T>>) -> impl Iterator<Item = Shared<T>> {
    (0..page.items.len()).map(|index| Shared { page: page.clone(), index })
}

/// One object of a page, without a copy.
#[derive(Debug)]
pub struct Shared<T> {
    page: Rc<PageOf<T>>,
    index: usize,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { page: self.page.clone(), index: self.index }
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.page.items[self.index]
    }
}

impl<T> From<T> for Shared<T> {
    fn from(item: T) -> Self {
        Self { page: Rc::new(PageOf { items: vec![item], next: None }), index: 0 }
    }
}

enum Reply {
    Body(Vec<u8>),
    NotFound,
}

/// The `Status` object that the API server sends with an error.
#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default, deserialize_with = "sentence")]
    message: String,
}

/// Sorts an HTTP answer of the API server. Only its own `NotFound` means "not there":
/// a bare 404 may come from anything that listens on the port.
fn ok_or_why(raw: Raw) -> Result<Reply, Why> {
    let Raw::Http { status, body } = raw else {
        return Err(Why::Unreadable { detail: "not an HTTP answer".into() });
    };
    if status == 200 {
        return Ok(Reply::Body(body));
    }
    let said: Status = serde_json::from_slice(&body).unwrap_or_default();
    let spoke = said.kind == "Status";
    match status {
        404 if spoke && said.reason == "NotFound" => Ok(Reply::NotFound),
        401 => Err(Why::Unauthorized),
        403 => Err(Why::Forbidden { detail: said.message }),
        _ => Err(Why::ServerError { status, detail: said.message }),
    }
}

fn kind_is(body: &[u8], wanted: &str) -> Result<(), Why> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(default)]
        kind: String,
    }
    let found: Kind = parse(body)?;
    if found.kind == wanted {
        return Ok(());
    }
    Err(not_a(wanted))
}

fn not_a(wanted: &str) -> Why {
    Why::Unreadable { detail: format!("not a {wanted}") }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Why> {
    if body.iter().filter(|byte| **byte == b'{').count() > MOST_BRACES {
        return Err(Why::Unreadable { detail: format!("more than {MOST_BRACES} parts in one answer") });
    }
    serde_json::from_slice(body).map_err(|error| Why::Unreadable {
        // The position alone: serde's message can quote the content.
        detail: format!("not the JSON that was expected (line {}, column {})", error.line(), error.column()),
    })
}

/// `null` is an empty list or an empty struct: the API server really sends it.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The objects of a page; `null` is none. A server that sends a multiple of what it was
/// asked for is cut short: a few bytes of it are a whole object here.
fn some<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Some<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Some<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MOST} objects")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<Vec<T>, A::Error> {
            let mut some = Vec::new();
            while let Option::Some(object) = objects.next_element()? {
                if some.len() == MOST {
                    return Err(A::Error::invalid_length(MOST + 1, &self));
                }
                some.push(object);
            }
            Ok(some)
        }
    }
    deserializer.deserialize_any(Some(PhantomData))
}

/// Whether a field says no more than its absence would.
pub fn says_nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Percent-encodes one query value or path segment. A segment of dots would lead upwards.
pub fn encode(value: &str) -> String {
    if matches!(value, "." | "..") {
        return value.replace('.', "%2E");
    }
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::cluster::Namespace;

    /// A server that does not know limits may send more than was asked for, and one gone mad
    /// millions: a few bytes on the way, hundreds in memory.
    #[test]
    fn a_page_holds_so_many_objects_and_no_more() {
        let page = |objects: usize| {
            let items = vec!["{}"; objects].join(",");
            let body = format!(r#"{{"kind":"NamespaceList","items":[{items}]}}"#).into_bytes();
            Page::<Namespace>::new("/api/v1/namespaces", "").distil(Raw::Http { status: 200, body })
        };
        assert_eq!(page(MOST).unwrap().map(|page| page.items.len()), Some(MOST));
        assert!(matches!(page(MOST + 1), Err(Why::Unreadable { .. })));
    }

    /// They may be anywhere in what is kept.
    #[test]
    fn an_answer_has_so_many_parts_and_no_more() {
        let page = |braces: usize| {
            let labels = vec![r#"{"labels":{}}"#; braces / 2].join(",");
            let body = format!(r#"{{"kind":"NamespaceList","x":[{labels}],"items":[]}}"#).into_bytes();
            Page::<Namespace>::new("/api/v1/namespaces", "").distil(Raw::Http { status: 200, body })
        };
        assert!(page(MOST_BRACES - 2).is_ok());
        let Err(Why::Unreadable { detail }) = page(MOST_BRACES) else { panic!("it was read") };
        assert!(detail.contains("1048576 parts"), "{detail}");
    }

    #[test]
    fn a_segment_of_dots_does_not_lead_upwards() {
        assert_eq!([encode(".."), encode("."), encode("a.b"), encode("a/..")], ["%2E%2E", "%2E", "a.b", "a%2F.."]);
    }
}
