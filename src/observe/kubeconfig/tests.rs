use std::fs;
use std::path::Path;

use http::header::USER_AGENT;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::ask::Why;

struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, list: &[&str], options: &Options) -> Result<Loaded, Refusal> {
        let joined = std::env::join_paths(list.iter().map(|name| self.path(name))).unwrap();
        load(options, &|name| (name == "KUBECONFIG").then(|| joined.clone()))
    }

    fn loaded(&self, list: &[&str], options: &Options) -> Loaded {
        self.load(list, options).map_err(|refusal| refusal.to_string()).unwrap()
    }
}

const TWO: &str = "
current-context: first
contexts:
- name: first
  context: {cluster: one, user: ann, namespace: ''}
- name: second
  context: {cluster: two, user: bob, namespace: shop}
clusters:
- name: one
  cluster: {server: 'https://one:6443', tls-server-name: old, insecure-skip-tls-verify: true}
- name: two
  cluster: {server: 'https://two:6443'}
users:
- name: ann
  user: {token: ann-s-token}
- name: bob
  user: {username: bob, password: bob-s-password}
";

fn config(loaded: &Loaded, context: &str) -> kube::Config {
    loaded.connection(context).unwrap()
}

fn auth(config: &kube::Config) -> serde_json::Value {
    serde_json::to_value(&config.auth_info).unwrap()
}

#[test]
fn the_first_file_wins_per_entry_and_entries_are_never_mixed() {
    let home = Home::new(&[
        ("a", "current-context: ''\nclusters: [{name: one, cluster: {server: 'https://a'}}]"),
        (
            "b",
            "current-context: second\nclusters: [{name: one, cluster: {server: 'https://b', proxy-url: 'http://p'}}]",
        ),
        ("c", TWO),
    ]);
    let loaded = home.loaded(&["none", "a", "b", "c"], &Options::default());
    assert_eq!(loaded.files, ["a", "b", "c"].map(|name| home.path(name)));
    let view = loaded.view();
    assert_eq!(view.current_context.as_deref(), Some("second"));
    let one = view.cluster("one").unwrap();
    assert_eq!((one.server.as_str(), one.proxy.as_deref()), ("https://a", None));
    assert_eq!(view.clusters.len(), 2);
    assert_eq!(view.users, ["ann", "bob"]);
    assert_eq!(view.context("first").unwrap().namespace, None);
    assert_eq!(view.context("second").unwrap().namespace.as_deref(), Some("shop"));
}

#[test]
fn no_file_is_refused_with_the_places_that_were_looked_at() {
    let home = Home::new(&[]);
    let Err(Refusal::NoKubeconfig { looked_for }) = home.load(&["x", "y"], &Options::default()) else {
        panic!("found one");
    };
    assert_eq!(looked_for, ["x", "y"].map(|name| home.path(name).display().to_string()));
    let Err(Refusal::NoKubeconfig { looked_for }) = load(&Options::default(), &|_| None) else { panic!("found one") };
    assert_eq!(looked_for, ["a home directory, which is not set"]);
    let explicit = Options { kubeconfig: Some(home.path("x")), ..Options::default() };
    assert!(matches!(home.load(&["x"], &explicit), Err(Refusal::Kubeconfig { .. })));
}

#[test]
fn an_unusable_entry_spoils_no_other() {
    let home = Home::new(&[(
        "a",
        "
current-context: good
contexts:
- {name: good, context: {cluster: good, user: good}}
- {name: clusterless, context: {user: good}}
- {name: bodiless}
- {name: wrong, context: {cluster: [1], user: good}}
- {name: number, context: {cluster: good, user: good, namespace: 12}}
- {context: {cluster: nameless}}
- just text
clusters:
- name: good
  cluster:
    server: https://good:1
    extensions: [{name: no-extension}, {extension: {}}, text, {name: whole, extension: {a: 1}}]
- {name: text, cluster: text}
- {name: typed, cluster: {server: 'https://x', insecure-skip-tls-verify: 'c4n4ry'}}
users:
- {name: good, user: {token: t, client-certificate-data: '', tokenFile: ''}}
- {name: text, user: c4n4ry}
- {name: typed, user: {token: {c4n4ry: 1}}}
- {name: number, user: {token: 4711}}
- {name: lines, user: {token: \"c4n4ry\\nc4n4ry\"}}
- {name: plugin, user: {exec: {command: x, env: [c4n4ry]}}}
",
    )]);
    let mut loaded = home.loaded(&["a"], &Options::default());
    let view = loaded.view();
    let names: Vec<&str> = view.contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, ["good", "clusterless", "bodiless"]);
    assert_eq!(view.context("clusterless").unwrap().cluster, "");
    assert_eq!(view.users.len(), 6);
    assert_eq!(auth(&config(&loaded, "good")), json!({"token": "t"}));
    for user in ["text", "typed", "number", "lines", "plugin", "none"] {
        loaded.entries.contexts[0].user = user.into();
        let why = loaded.connection("good").unwrap_err();
        assert!(matches!(why, Why::Credentials { .. }), "{user}: {why:?}");
        assert!(!format!("{why:?}").contains("c4n4ry"), "{why:?}");
    }
    loaded.entries.contexts[0].user.clear();
    assert_eq!(auth(&config(&loaded, "good")), json!({}));
    for cluster in ["text", "typed", "none", ""] {
        loaded.entries.contexts[0].cluster = cluster.into();
        let why = loaded.connection("good").unwrap_err();
        assert!(matches!(why, Why::Unreadable { .. }), "{cluster}: {why:?}");
        assert!(!format!("{why:?}").contains("c4n4ry"), "{why:?}");
    }
    assert!(loaded.connection("nowhere").is_err());
}

#[test]
fn the_command_line_goes_over_the_context_in_effect_only() {
    let home = Home::new(&[("a", TWO)]);
    let options = Options {
        cluster: Some("two".into()),
        user: Some("bob".into()),
        server: Some("https://other:1".into()),
        token: Some(Secret("t".into())),
        ..Options::default()
    };
    let loaded = home.loaded(&["a"], &options);
    let view = loaded.view();
    let first = view.context("first").unwrap();
    assert_eq!((first.cluster.as_str(), first.user.as_str()), ("two", "bob"));
    assert_eq!(view.cluster("two").unwrap().server, "https://other:1");
    assert_eq!(view.cluster("one").unwrap().server, "https://one:6443");
    let Err(Why::Credentials { detail }) = loaded.connection("first") else { panic!("a token and a password") };
    assert_eq!(detail, "the user \"bob\" has both a token and a password");
    assert!(!format!("{options:?}").contains("\"t\""));
    let config = config(&home.loaded(&["a"], &Options { user: None, ..options }), "first");
    assert_eq!(config.cluster_url, "https://other:1");
    assert_eq!(auth(&config), json!({"token": "t"}), "a token goes over a token");
}

#[test]
fn an_empty_flag_is_no_flag() {
    let home = Home::new(&[("a", TWO)]);
    let empty = Options {
        kubeconfig: Some(PathBuf::new()),
        context: Some(String::new()),
        server: Some(String::new()),
        token: Some(Secret(String::new())),
        ..Options::default()
    };
    let config = config(&home.loaded(&["a"], &empty), "first");
    assert_eq!(
        (config.cluster_url.to_string().as_str(), auth(&config)),
        ("https://one:6443/", json!({"token": "ann-s-token"}))
    );
}

#[test]
fn the_client_is_told_who_it_is_and_never_to_repeat() {
    let home = Home::new(&[("a", TWO)]);
    let config = config(&home.loaded(&["a"], &Options::default()), "second");
    let (name, value) = &config.headers[0];
    assert_eq!(name, USER_AGENT);
    assert!(value.to_str().unwrap().starts_with("kubectl-netpath/"));
    assert!(!config.default_retry);
    assert_eq!(config.default_namespace, "shop");
}

#[test]
fn trust_on_the_command_line_voids_that_of_the_file() {
    let home = Home::new(&[("a", TWO)]);
    let name = |options: Options| {
        let config = config(&home.loaded(&["a"], &options), "first");
        (config.tls_server_name, config.accept_invalid_certs)
    };
    assert_eq!(name(Options::default()), (Some("old".into()), true));
    let server = Some("https://new".to_owned());
    assert_eq!(name(Options { server: server.clone(), ..Options::default() }), (None, true));
    let given = Options { server, tls_server_name: Some("new".into()), ..Options::default() };
    assert_eq!(name(given), (Some("new".into()), true));
    let authority = rcgen::generate_simple_self_signed(["one".to_owned()]).unwrap();
    fs::write(home.path("ca.crt"), authority.cert.pem()).unwrap();
    let given = Options { certificate_authority: Some(home.path("ca.crt")), ..Options::default() };
    let config = config(&home.loaded(&["a"], &given), "first");
    assert!(!config.accept_invalid_certs);
    assert_eq!(config.root_cert, Some(vec![authority.cert.der().to_vec()]));
}

#[test]
fn a_server_on_the_command_line_needs_no_kubeconfig() {
    let home = Home::new(&[]);
    let options = Options { server: Some("127.0.0.1:8001".into()), ..Options::default() };
    let loaded = home.loaded(&["none"], &options);
    let view = loaded.view();
    let context = view.current_context.clone().unwrap();
    let cluster = &view.context(&context).unwrap().cluster;
    assert_eq!(view.cluster(cluster).unwrap().server, "127.0.0.1:8001");
    assert_eq!(view.context(&context).unwrap().user, "");
    assert_eq!(config(&loaded, &context).cluster_url, "http://127.0.0.1:8001");
    let options = Options { token: Some(Secret("t".into())), ..options };
    let over_http = home.loaded(&["none"], &options);
    assert_eq!(auth(&config(&over_http, &context)), json!({}), "no credential goes over http");
    let options = Options { server: Some("https://127.0.0.1:8001".into()), ..options };
    assert_eq!(auth(&config(&home.loaded(&["none"], &options), &context)), json!({"token": "t"}));
}

#[test]
fn a_name_on_the_command_line_must_exist() {
    let home = Home::new(&[("a", TWO)]);
    let options = Options {
        cluster: Some("three".into()),
        user: Some("cid".into()),
        server: Some("https://s".into()),
        token: Some(Secret("t".into())),
        ..Options::default()
    };
    let view = home.loaded(&["a"], &options).view();
    assert_eq!(view.context("first").unwrap().cluster, "three");
    assert!(view.cluster("three").is_none());
    assert!(!view.users.contains(&"cid".into()));
}

#[test]
fn relative_paths_are_the_file_s() {
    let authority = rcgen::generate_simple_self_signed(["one".to_owned()]).unwrap();
    let text = "
contexts:
- {name: c, context: {cluster: c, user: u}}
- {name: t, context: {cluster: c, user: t}}
- {name: p, context: {cluster: c, user: p}}
clusters: [{name: c, cluster: {server: 'https://c', certificate-authority: ca.crt}}]
users:
- name: u
  user:
    client-certificate: u.crt
    client-key: 'ABSOLUTE'
    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: never}
- {name: p, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/plugin, provideClusterInfo: true}}}
- {name: t, user: {tokenFile: token}}
";
    let absolute = std::env::temp_dir().join("u.key");
    let text = &text.replace("ABSOLUTE", absolute.to_str().unwrap());
    let home = Home::new(&[("a", text), ("ca.crt", &authority.cert.pem()), ("token", "t0ken\n")]);
    let loaded = home.loaded(&["a"], &Options::default());
    let user = config(&loaded, "c").auth_info;
    assert!(user.exec.is_none(), "a plugin does not run beside a certificate");
    assert_eq!(user.client_certificate.as_deref().map(Path::new), Some(home.path("u.crt").as_path()));
    assert_eq!(user.client_key.as_deref(), absolute.to_str());
    let exec = config(&loaded, "p").auth_info.exec.unwrap();
    assert_eq!(exec.command.as_deref().map(Path::new), Some(home.path("bin/plugin").as_path()));
    let told = exec.cluster.as_ref().unwrap();
    assert_eq!(told.certificate_authority_data.as_deref(), Some(authority.cert.pem().as_bytes()));
    assert_eq!(auth(&config(&loaded, "t"))["token"], "t0ken");
    fs::remove_file(home.path("ca.crt")).unwrap();
    let Err(Why::Certificate { detail }) = loaded.connection("c") else { panic!("loaded") };
    assert!(detail.contains("ca.crt"), "{detail}");
}

#[test]
fn base64_may_be_broken_into_lines() {
    // "-----BEGIN" alone is no certificate: the decoder was passed, the certificate is not.
    let text = "
contexts: [{name: c, context: {cluster: c}}, {name: d, context: {cluster: d}}]
clusters:
- {name: c, cluster: {server: 'https://c', certificate-authority-data: \"LS0tLS1C\\nRUdJTg==\\n\"}}
- {name: d, cluster: {server: 'https://d', certificate-authority-data: '%c4n4ry%'}}
";
    let home = Home::new(&[("a", text)]);
    let loaded = home.loaded(&["a"], &Options::default());
    for (context, wanted) in [("c", "holds no usable certificate"), ("d", "not valid base64")] {
        let Err(Why::Certificate { detail }) = loaded.connection(context) else { panic!("loaded") };
        assert!(detail.contains(wanted), "{detail}");
        assert!(!detail.contains("c4n4ry"));
    }
}

#[test]
fn the_view_holds_no_credential() {
    let text = "
clusters:
- {name: c, cluster: {server: 'https://me:c4n4ry@c:1', proxy-url: 'http://me:c4n4ry@p:2', certificate-authority-data: c4n4ry}}
users:
- {name: u, user: {token: c4n4ry, password: c4n4ry, exec: {env: [{name: A, value: c4n4ry}]}}}
";
    let home = Home::new(&[("a", text)]);
    let view = home.loaded(&["a"], &Options::default()).view();
    assert!(!serde_json::to_string(&view).unwrap().contains("c4n4ry"));
    let cluster = view.cluster("c").unwrap();
    assert_eq!((cluster.server.as_str(), cluster.proxy.as_deref()), ("https://c:1", Some("http://p:2")));
}

#[test]
fn impersonation_needs_a_user() {
    let home = Home::new(&[("a", TWO)]);
    let groups = Options { as_groups: vec!["g".into()], ..Options::default() };
    assert!(matches!(home.loaded(&["a"], &groups).connection("first"), Err(Why::Credentials { .. })));
    let both = Options { as_user: Some("eve".into()), as_user_extra: vec![("k".into(), "v".into())], ..groups };
    let auth = auth(&config(&home.loaded(&["a"], &both), "first"));
    assert_eq!(auth["as"], "eve");
    assert_eq!(auth["as-user-extra"], json!({"k": ["v"]}));
}

#[test]
fn a_proxy_that_is_no_url_is_named_without_its_password() {
    let text = "
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: 'https://c', proxy-url: 'ftp://me:c4n4ry@p'}}]
";
    let home = Home::new(&[("a", text)]);
    let why = home.loaded(&["a"], &Options::default()).connection("c").unwrap_err();
    let Why::Proxy { url, .. } = why else { panic!("{why:?}") };
    assert_eq!(url, "ftp://p");
}

/// Files may be pipes, and are read where that holds nobody up.
#[test]
fn it_is_known_beforehand_whether_files_are_read() {
    const DATA: &str = "certificate-authority-data: QQ==";
    for (server, cluster, user, reads) in [
        ("https://c", DATA, "token: t", false),
        ("https://c", DATA, "client-certificate-data: QQ==, client-key-data: QQ==", false),
        ("https://c", DATA, "client-certificate: c.pem, client-key-data: QQ==", true),
        ("https://c", DATA, "client-certificate-data: QQ==, client-key: k.pem", true),
        ("https://c", DATA, "tokenFile: t", true),
        ("https://c", "certificate-authority: ca.pem", "token: t", true),
        // Whom the operating system trusts, it has in files.
        ("https://c", "tls-server-name: c", "token: t", true),
        ("https://c", "insecure-skip-tls-verify: true", "token: t", false),
        // Without TLS nothing of it is used, but what kubectl reads all the same.
        ("http://c", "tls-server-name: c", "tokenFile: t", false),
        ("http://c", "certificate-authority: ca.pem", "token: t", true),
    ] {
        let text = format!(
            "contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: '{server}', {cluster}}}}}]
users: [{{name: u, user: {{{user}}}}}]"
        );
        let loaded = Home::new(&[("config", &text)]).loaded(&["config"], &Options::default());
        assert_eq!(loaded.reads_files("c"), reads, "{text}");
    }
}
