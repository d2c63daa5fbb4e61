//! Which files count, how they are merged, and what in them is forgiven.

use super::{HERE, PLAIN, cluster, config, user};
use crate::{Case, case};

const LENIENT: &str = "One unusable entry does not spoil the file";

pub fn files() -> Vec<Case> {
    let good = || user("token: t1");
    let one = |rest: &str| format!("{}{rest}\n", good());
    vec![
        case("one file", good(), PLAIN),
        case("a missing file in the list is skipped", good(), PLAIN).list("none:k"),
        case("only missing files", good(), "refused").list("none:nothing"),
        case("empty elements of the list", good(), PLAIN).list(":k:"),
        case("a file twice", good(), PLAIN).list("k:k"),
        case("a directory in the list", good(), "refused").list("dir:k").file("dir/x", ""),
        case("an empty file first", good(), PLAIN).list("k0:k").file("k0", ""),
        case("nothing but a comment first", good(), PLAIN).list("k0:k").file("k0", "# nothing\n"),
        case("--kubeconfig instead of the list", user("token: t2"), PLAIN)
            .file("other", good())
            .flags("--kubeconfig other"),
        case("--kubeconfig must exist", good(), "refused").flags("--kubeconfig none"),
        case("an empty --kubeconfig is none", good(), PLAIN).flag("--kubeconfig="),
        case("the home directory's without KUBECONFIG", "", PLAIN).file(".kube/config", good()).env("KUBECONFIG", ""),
        case("the first file wins an entry", user("token: t1"), PLAIN).file("k2", user("token: t2")),
        case("entries are not mixed", config("server: 'https://127.0.0.1:{port}'", "token: t1"), "refused")
            .file("k2", good()),
        case(
            "context in one file, cluster and user in others",
            "current-context: c\ncontexts: [{name: c, context: {cluster: one, user: u, namespace: web}}]",
            PLAIN,
        )
        .file("k2", format!("clusters: [{{name: one, cluster: {{{HERE}}}}}]"))
        .file("k3", "users: [{name: u, user: {token: t1}}]"),
        case("an empty current-context is none", "current-context: ''\n", PLAIN).file("k2", good()),
        case("the first current-context wins", "current-context: c\n", PLAIN)
            .file("k2", good().replace("current-context: c", "current-context: other")),
        case("equal keys", good().replace("token: t1", "token: t2, token: t1"), PLAIN),
        case("equal names in one file", one("").replace("users: [", "users: [{name: u, user: {token: t1}}, "), PLAIN)
            .but_kubectl("refused", LENIENT),
        case("a byte-order mark", format!("\u{feff}{}", good()), PLAIN),
        case("UTF-16", format!("UTF-16:\u{feff}{}", good()), PLAIN),
        case("a second document", one("---\nusers: [{name: u, user: {token: t2}}]"), PLAIN),
        case("another kind", good().replace("kind: Config", "kind: Pod"), "refused"),
        case("no kind at all", good().replace("kind: Config\n", ""), PLAIN),
        case("no apiVersion", good().replace("apiVersion: v1\n", ""), PLAIN),
        case("another apiVersion", good().replace("apiVersion: v1", "apiVersion: v2"), "refused"),
        case("neither kind nor apiVersion", good().replace("apiVersion: v1\nkind: Config\n", ""), PLAIN),
        case("fields that nobody knows", one("preferences: {colors: true}\nmine: {a: [1]}"), PLAIN),
        case(
            "JSON",
            "{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"current-context\": \"c\",
              \"contexts\": [{\"name\": \"c\", \"context\":
                {\"cluster\": \"one\", \"user\": \"u\", \"namespace\": \"web\"}}],
              \"clusters\": [{\"name\": \"one\", \"cluster\":
                {\"server\": \"https://127.0.0.1:{port}\", \"certificate-authority-data\": \"{ca}\"}}],
              \"users\": [{\"name\": \"u\", \"user\": {\"token\": \"t1\"}}]}",
            PLAIN,
        ),
        case("not YAML", one("users: [{"), "refused"),
        case("a list", "- 1\n- 2\n", "refused"),
        case("a broken second file", good(), "refused").file("k2", "users: [{"),
        case(
            "anchors and aliases",
            good().replace("{token: t1}}]", "*it}]").replace("users: [", "users: [{name: v, user: &it {token: t1}}, "),
            PLAIN,
        ),
        case("a merge key", user("<<: {token: t1}"), PLAIN),
        case("a block of text", good().replace("token: t1", "token: 't1'"), PLAIN),
        case(
            "an unused context without a cluster",
            good().replace("contexts: [", "contexts: [{name: odd, context: {user: u}}, "),
            PLAIN,
        ),
        case("an extension without a value", cluster(&format!("{HERE}, extensions: [{{name: odd}}]")), PLAIN),
        case(
            "an unused user of the wrong type",
            good().replace("users: [", "users: [{name: odd, user: {token: [1]}}, "),
            PLAIN,
        )
        .but_kubectl("refused", LENIENT),
        case(
            "an unused cluster of the wrong type",
            good().replace("clusters: [", "clusters: [{name: odd, cluster: {server: 12}}, "),
            PLAIN,
        )
        .but_kubectl("refused", LENIENT),
        case("a token of the wrong type", user("token: 4711"), "refused"),
        case("a namespace of the wrong type", good().replace("namespace: web", "namespace: 12"), "refused"),
        case("null for unset", cluster(&format!("{HERE}, tls-server-name: null, proxy-url: ~")), PLAIN),
    ]
}
