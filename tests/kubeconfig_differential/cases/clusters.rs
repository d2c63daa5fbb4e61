//! Contexts, servers and proxies.

use super::{HERE, PLAIN, cluster, config, user};
use crate::{Case, case};

const NO_DEFAULT: &str = "There is no server by default";
const TUNNEL: &str = "A proxy is always asked for a tunnel";
const NO_PROMPT: &str = "Nobody is asked for a password";

fn two() -> String {
    format!(
        "current-context: c
contexts:
- {{name: c, context: {{cluster: one, user: u, namespace: web}}}}
- {{name: d, context: {{cluster: two, user: v}}}}
- {{name: e, context: {{cluster: one, user: v, namespace: ''}}}}
- {{name: nobody, context: {{cluster: one, namespace: web}}}}
- {{name: stranger, context: {{cluster: one, user: gone, namespace: web}}}}
- {{name: nowhere, context: {{user: u, namespace: web}}}}
- {{name: lost, context: {{cluster: gone, user: u, namespace: web}}}}
clusters:
- {{name: one, cluster: {{{HERE}}}}}
- name: two
  cluster: {{server: 'https://localhost:{{port}}', certificate-authority-data: {{ca}}, tls-server-name: kubernetes}}
users:
- {{name: u, user: {{token: t1}}}}
- {{name: v, user: {{token: t2}}}}
"
    )
}

pub fn contexts() -> Vec<Case> {
    vec![
        case("the current context", two(), PLAIN),
        case("--context", two(), "https default name=kubernetes auth=t2").flags("--context d"),
        case("--context=", two(), PLAIN).flag("--context="),
        case("--context that is not there", two(), "refused").flags("--context none"),
        case("current-context that is not there", two().replace("text: c\n", "text: none\n"), "refused"),
        case("no current-context", two().replace("current-context: c\n", ""), "refused"),
        case(
            "no current-context but --cluster and --user",
            two().replace("current-context: c\n", ""),
            "https default auth=t2",
        )
        .flags("--cluster one --user v"),
        case("a namespace that is empty", two(), "https default auth=t2").flags("--context e"),
        case("-n", two(), "https other auth=t1").flags("-n other"),
        case("-n without a blank", two(), "https other auth=t1").flags("-nother"),
        case("--namespace=", two(), PLAIN).flag("--namespace="),
        case("a context without a user", two(), "https web")
            .flags("--context nobody")
            .but_kubectl("refused", NO_PROMPT),
        case("a context without a user, and a token", two(), "https web auth=t3").flags("--context nobody --token t3"),
        case("a context of a user that is not there", two(), "refused").flags("--context stranger"),
        case("a user that is not there, and a token", two(), "https web auth=t3")
            .flags("--context stranger --token t3"),
        case("a context without a cluster", two(), "refused").flags("--context nowhere"),
        case("a context of a cluster that is not there", two(), "refused").flags("--context lost"),
        case("a cluster that is not there, and a server", two(), "http web")
            .flags("--context lost --server http://127.0.0.1:{port}"),
        case("--cluster", two(), "https web name=kubernetes auth=t1").flags("--cluster two"),
        case("--cluster that is not there", two(), "refused").flags("--cluster none"),
        case("--cluster that is not there, and --server", two(), "refused")
            .flags("--cluster none --server https://127.0.0.1:{port}"),
        case("--user", two(), "https web auth=t2").flags("--user v"),
        case("--user that is not there", two(), "refused").flags("--user none"),
        case("--user that is not there, and --token", two(), "refused").flags("--user none --token t3"),
        case("--server without a kubeconfig", "", "http default").flags("--server http://127.0.0.1:{port}"),
        case("--server without a scheme and kubeconfig", "", "http default").flags("-s 127.0.0.1:{port}"),
        case("no kubeconfig at all", "", "refused"),
        case("a server by KUBERNETES_MASTER", "", "refused")
            .env("KUBERNETES_MASTER", "http://127.0.0.1:{port}")
            .but_kubectl("http default", NO_DEFAULT),
        case("a context without a cluster, and KUBERNETES_MASTER", two(), "refused")
            .flags("--context nowhere")
            .env("KUBERNETES_MASTER", "http://127.0.0.1:{port}")
            .but_kubectl("http web", NO_DEFAULT),
    ]
}

pub fn servers() -> Vec<Case> {
    let server = |url: &str| cluster(&format!("server: '{url}', certificate-authority-data: {{ca}}"));
    let bare = |rest: &str| cluster(&format!("server: 'https://127.0.0.1:{{port}}', {rest}"));
    vec![
        case("no scheme is http, whatever else is said", server("127.0.0.1:{port}"), "http web"),
        case("no scheme and a name", server("localhost:{port}"), "http web"),
        case("a credential does not go over http", server("http://127.0.0.1:{port}"), "http web"),
        case(
            "nor does a password",
            config("server: 'http://127.0.0.1:{port}'", "username: ann, password: p"),
            "http web",
        ),
        case(
            "the user to impersonate does",
            config("server: 'http://127.0.0.1:{port}'", "token: t1, as: eve"),
            "http web as-user=eve",
        ),
        case(
            "a token file that is not there, over http",
            config("server: 'http://127.0.0.1:{port}'", "tokenFile: none"),
            "http web",
        ),
        case("a name", server("https://localhost:{port}"), "https web name=localhost auth=t1"),
        case("capitals", server("HTTPS://LOCALHOST:{port}"), "https web name=localhost auth=t1"),
        case("a path", server("https://127.0.0.1:{port}/k8s/c1"), "https web prefix=/k8s/c1 auth=t1"),
        case("a path that ends with /", server("https://127.0.0.1:{port}/k8s/c1/"), "https web prefix=/k8s/c1 auth=t1"),
        case("a / at the end", server("https://127.0.0.1:{port}/"), PLAIN),
        case("a path and a query", server("https://127.0.0.1:{port}/k8s?a=b#c"), "https web prefix=/k8s auth=t1"),
        case("blanks around", server(" https://127.0.0.1:{port} "), "refused"),
        case("another scheme", server("ftp://127.0.0.1:{port}"), "refused"),
        case("no host", server("https://"), "refused"),
        case(
            "user and password in the URL",
            config("server: 'https://me:p@127.0.0.1:{port}', certificate-authority-data: {ca}", "as: eve, token: t1"),
            "https web auth=me:p as-user=eve",
        ),
        case(
            "user and password in the URL, over http",
            config("server: 'http://me:p%40@127.0.0.1:{port}'", "token: t1"),
            "http web auth=me:p@",
        ),
        case("an empty server", cluster("server: ''"), "refused"),
        case("the authority in a file beside the kubeconfig", bare("certificate-authority: ca.crt"), PLAIN)
            .file("ca.crt", "{ca.crt}"),
        case("the authority in a file elsewhere", "", PLAIN)
            .list("there/k2")
            .file("there/k2", bare("certificate-authority: ../ca.crt"))
            .file("ca.crt", "{ca.crt}"),
        case("the authority in a file that is not there", bare("certificate-authority: ca.crt"), "refused"),
        case(
            "the authority in a file and in the kubeconfig",
            bare("certificate-authority: ca.crt, certificate-authority-data: {ca}"),
            "refused",
        )
        .file("ca.crt", "{ca.crt}"),
        case("an authority that is no base64", bare("certificate-authority-data: '%%%'"), "refused"),
        case("an authority that is no certificate", bare("certificate-authority-data: aGVsbG8="), "refused"),
        case("an empty authority", bare("certificate-authority-data: '', insecure-skip-tls-verify: true"), PLAIN),
        case("two authorities in a file, and text", bare("certificate-authority: ca.crt"), PLAIN)
            .file("ca.crt", "the stranger:\n{stranger.crt}and ours:\n{ca.crt}"),
        case("another authority", bare("certificate-authority-data: {stranger}"), "refused"),
        case("no authority at all", bare(""), "refused"),
        case("insecure", bare("insecure-skip-tls-verify: true"), PLAIN),
        case("insecure: yes, as YAML 1.1 writes it", bare("insecure-skip-tls-verify: yes"), PLAIN),
        case("insecure in quotes", bare("insecure-skip-tls-verify: 'true'"), "refused"),
        case("insecure with an authority", cluster(&format!("{HERE}, insecure-skip-tls-verify: true")), "refused"),
        case("--insecure-skip-tls-verify over an authority", bare("certificate-authority-data: {stranger}"), PLAIN)
            .flags("--insecure-skip-tls-verify"),
        case("--insecure-skip-tls-verify=true", bare("certificate-authority-data: {stranger}"), PLAIN)
            .flags("--insecure-skip-tls-verify=true"),
        case("--insecure-skip-tls-verify=false leaves it", bare("insecure-skip-tls-verify: true"), PLAIN)
            .flags("--insecure-skip-tls-verify=false"),
        case("--certificate-authority over another one", bare("certificate-authority-data: {stranger}"), PLAIN)
            .file("ca.crt", "{ca.crt}")
            .flags("--certificate-authority ca.crt"),
        case("--certificate-authority over insecure", bare("insecure-skip-tls-verify: true"), "refused")
            .file("ca.crt", "{stranger.crt}")
            .flags("--certificate-authority ca.crt"),
        case("both flags of trust", bare(""), "refused")
            .file("ca.crt", "{ca.crt}")
            .flags("--certificate-authority ca.crt --insecure-skip-tls-verify"),
        case(
            "tls-server-name",
            cluster(&format!("{HERE}, tls-server-name: kubernetes")),
            "https web name=kubernetes auth=t1",
        ),
        case("another tls-server-name", cluster(&format!("{HERE}, tls-server-name: other")), "refused"),
        case(
            "--tls-server-name",
            cluster(&format!("{HERE}, tls-server-name: other")),
            "https web name=kubernetes auth=t1",
        )
        .flags("--tls-server-name kubernetes"),
        case("--server clears the name", cluster(&format!("{HERE}, tls-server-name: other")), PLAIN)
            .flags("-s https://127.0.0.1:{port}"),
        case(
            "--server and --tls-server-name",
            cluster(&format!("{HERE}, tls-server-name: other")),
            "https web name=kubernetes auth=t1",
        )
        .flags("-s https://127.0.0.1:{port} --tls-server-name kubernetes"),
        case("--request-timeout in seconds", user("token: t1"), PLAIN).flags("--request-timeout 5"),
        case("--request-timeout in hours", user("token: t1"), PLAIN).flags("--request-timeout 1h30m"),
        case("--request-timeout with a fraction", user("token: t1"), PLAIN).flags("--request-timeout=2.5s"),
        case("--request-timeout=0", user("token: t1"), PLAIN).flags("--request-timeout=0"),
        case("--request-timeout that is no time", user("token: t1"), "refused").flags("--request-timeout soon"),
    ]
}

pub fn proxies() -> Vec<Case> {
    const VIA: &str = "https web name=api.example.invalid auth=t1 via=http api.example.invalid";
    let elsewhere = |rest: &str| {
        cluster(&format!("server: 'https://api.example.invalid', certificate-authority-data: {{ca}}{rest}"))
    };
    let here = |rest: &str| cluster(&format!("{HERE}{rest}"));
    vec![
        case("proxy-url", elsewhere(", proxy-url: 'http://127.0.0.1:{port}'"), VIA),
        case(
            "proxy-url with a password",
            elsewhere(", proxy-url: 'http://me:p@127.0.0.1:{port}'"),
            "https web name=api.example.invalid auth=t1 via=http me:p@api.example.invalid",
        ),
        case(
            "proxy-url for loopback",
            here(", proxy-url: 'http://127.0.0.1:{port}'"),
            "https web auth=t1 via=http 127.0.0.1",
        ),
        case(
            "proxy-url of SOCKS",
            elsewhere(", proxy-url: 'socks5://127.0.0.1:{port}'"),
            "https web name=api.example.invalid auth=t1 via=socks5 api.example.invalid",
        ),
        case("proxy-url of another scheme", elsewhere(", proxy-url: 'ftp://127.0.0.1:{port}'"), "refused"),
        case("proxy-url without a scheme", elsewhere(", proxy-url: '127.0.0.1:{port}'"), "refused"),
        case("proxy-url goes over NO_PROXY", elsewhere(", proxy-url: 'http://127.0.0.1:{port}'"), VIA)
            .env("NO_PROXY", "*"),
        case("HTTPS_PROXY", elsewhere(""), VIA).env("HTTPS_PROXY", "http://127.0.0.1:{port}"),
        case("https_proxy", elsewhere(""), VIA).env("https_proxy", "http://127.0.0.1:{port}"),
        case("HTTPS_PROXY goes before https_proxy", elsewhere(""), VIA)
            .env("HTTPS_PROXY", "http://127.0.0.1:{port}")
            .env("https_proxy", "http://127.0.0.1:1"),
        case("HTTPS_PROXY without a scheme", elsewhere(""), VIA).env("HTTPS_PROXY", "127.0.0.1:{port}"),
        case("HTTP_PROXY is for http", elsewhere(""), "refused").env("HTTP_PROXY", "http://127.0.0.1:{port}"),
        case("HTTP_PROXY", cluster("server: 'http://api.example.invalid:80'"), "http web via=http api.example.invalid")
            .env("HTTP_PROXY", "http://127.0.0.1:{port}")
            .but_kubectl("http web via=api.example.invalid", TUNNEL),
        case("ALL_PROXY is nothing", elsewhere(""), "refused").env("ALL_PROXY", "http://127.0.0.1:{port}"),
        case("loopback has no proxy of the environment", here(""), PLAIN).env("HTTPS_PROXY", "http://127.0.0.1:1"),
        case(
            "nor has localhost",
            cluster("server: 'https://localhost:{port}', certificate-authority-data: {ca}"),
            "https web name=localhost auth=t1",
        )
        .env("HTTPS_PROXY", "http://127.0.0.1:1"),
        case("NO_PROXY with the domain", elsewhere(""), "refused")
            .env("HTTPS_PROXY", "http://127.0.0.1:{port}")
            .env("NO_PROXY", "example.invalid"),
        case("NO_PROXY with another domain and odd commas", elsewhere(""), VIA)
            .env("HTTPS_PROXY", "http://127.0.0.1:{port}")
            .env("NO_PROXY", ", other.invalid,,"),
        case("NO_PROXY with another port", elsewhere(""), VIA)
            .env("HTTPS_PROXY", "http://127.0.0.1:{port}")
            .env("NO_PROXY", "api.example.invalid:6443"),
        case("a proxy that is no URL, for loopback", here(""), PLAIN).env("HTTPS_PROXY", "http://[oops"),
        case(
            "a SOCKS proxy of the environment",
            elsewhere(""),
            "https web name=api.example.invalid auth=t1 via=socks5 api.example.invalid",
        )
        .env("HTTPS_PROXY", "socks5h://127.0.0.1:{port}"),
    ]
}
