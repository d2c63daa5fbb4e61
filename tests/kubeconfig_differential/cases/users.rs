//! Credentials, impersonation and credential plugins.

use super::{PLAIN, user};
use crate::{Case, case};

const NO_PROMPT: &str = "Nobody is asked for a password";
const AS_IT_IS: &str = "An OpenID Connect token is sent as it is";

pub fn users() -> Vec<Case> {
    let oidc = |rest: &str| {
        let config = format!("idp-issuer-url: 'https://127.0.0.1:{{port}}', client-id: a{rest}");
        user(&format!("auth-provider: {{name: oidc, config: {{{config}}}}}"))
    };
    let data = "client-certificate-data: {ann}, client-key-data: {ann-key}";
    vec![
        case("a token", user("token: t1"), PLAIN),
        case("a token file", user("tokenFile: token"), PLAIN).file("token", "t1\n"),
        case("a token file that is not there", user("tokenFile: token"), "refused"),
        case("a token file that is empty", user("tokenFile: token"), "refused").file("token", "\n"),
        case("a token and a token file", user("token: t2, tokenFile: token"), PLAIN).file("token", "t1"),
        case("a token and a token file that is not there", user("token: t1, tokenFile: token"), PLAIN),
        case("--token over a token", user("token: t2"), PLAIN).flags("--token t1"),
        case("--token over a token file", user("tokenFile: token"), "https web auth=t2")
            .file("token", "t2")
            .flags("--token t1"),
        case("--token=", user("token: t1"), PLAIN).flag("--token="),
        case("user name and password", user("username: ann, password: p"), "https web auth=ann:p"),
        case("a password with odd letters", user("username: ann, password: 'p:ä '"), "https web auth=ann:p:ä "),
        case("a user name alone", user("username: ann"), "https web auth=ann:"),
        case("a password alone", user("password: p"), "https web").but_kubectl("refused", NO_PROMPT),
        case("a password and a token", user("token: t1, username: ann, password: p"), "refused"),
        case("a password and --token", user("username: ann, password: p"), "refused").flags("--token t1"),
        case("a certificate", user(data), "https web cert=ann"),
        case("a certificate in files", user("client-certificate: ann.crt, client-key: ann.key"), "https web cert=ann")
            .file("ann.crt", "{ann.crt}")
            .file("ann.key", "{ann.key}"),
        case(
            "a certificate in a file, its key in the kubeconfig",
            user("client-certificate: ann.crt, client-key-data: {ann-key}"),
            "https web cert=ann",
        )
        .file("ann.crt", "{ann.crt}"),
        case(
            "a certificate file that is not there",
            user("client-certificate: ann.crt, client-key-data: {ann-key}"),
            "refused",
        ),
        case("a certificate twice", user(&format!("{data}, client-certificate: ann.crt")), "refused")
            .file("ann.crt", "{ann.crt}"),
        case("a key twice", user(&format!("{data}, client-key: ann.key")), "refused").file("ann.key", "{ann.key}"),
        case("a certificate without a key", user("client-certificate-data: {ann}"), "refused"),
        case("a key without a certificate", user("token: t1, client-key-data: {ann-key}"), PLAIN),
        case(
            "a certificate and another one's key",
            user("client-certificate-data: {ann}, client-key-data: {bob-key}"),
            "refused",
        ),
        case(
            "a certificate that is no base64",
            user("client-certificate-data: '%', client-key-data: {ann-key}"),
            "refused",
        ),
        case("a certificate and a token", user(&format!("{data}, token: t1")), "https web auth=t1 cert=ann"),
        case("a certificate and --token", user(data), "https web auth=t1 cert=ann").flags("--token t1"),
        case(
            "a certificate and a password",
            user(&format!("{data}, username: ann, password: p")),
            "https web auth=ann:p cert=ann",
        ),
        case("--client-certificate and --client-key", user(data), "https web cert=bob")
            .file("bob.crt", "{bob.crt}")
            .file("bob.key", "{bob.key}")
            .flags("--client-certificate bob.crt --client-key bob.key")
            .since(35),
        case("--client-certificate alone", user(data), "refused")
            .file("bob.crt", "{bob.crt}")
            .flags("--client-certificate bob.crt"),
        case("--client-key alone", user(data), "https web cert=ann")
            .file("ann2.key", "{ann.key}")
            .flags("--client-key ann2.key")
            .since(35),
        case("--client-certificate that is not there", user("token: t1"), "refused")
            .file("bob.key", "{bob.key}")
            .flags("--client-certificate bob.crt --client-key bob.key"),
        case("no credential", user(""), "https web").but_kubectl("refused", NO_PROMPT),
        case("a token with a line break", user("token: \"t1\\n\""), "refused"),
        case(
            "impersonation",
            user("token: t1, as: eve, as-uid: '7', as-groups: [g, h], as-user-extra: {Scope: [x]}"),
            "https web auth=t1 as-extra-scope=x as-group=g as-group=h as-uid=7 as-user=eve",
        ),
        case("impersonated groups without a user", user("token: t1, as-groups: [g]"), "refused"),
        case("an impersonated uid without a user", user("token: t1, as-uid: '7'"), "refused"),
        case("--as", user("token: t1, as: eve"), "https web auth=t1 as-user=mallory").flags("--as mallory"),
        case(
            "--as without a blank, and groups",
            user("token: t1"),
            "https web auth=t1 as-group=g as-group=h as-user=eve",
        )
        .flags("--as=eve --as-group g --as-group=h"),
        case(
            "--as-group instead of groups",
            user("token: t1, as: eve, as-groups: [g]"),
            "https web auth=t1 as-group=h as-user=eve",
        )
        .flags("--as-group h"),
        case("--as-group with commas", user("token: t1, as: eve"), "https web auth=t1 as-group=g,h as-user=eve")
            .flags("--as-group g,h"),
        case("--as-uid", user("token: t1, as: eve"), "https web auth=t1 as-uid=9 as-user=eve").flags("--as-uid 9"),
        case("--as-group without a user", user("token: t1"), "refused").flags("--as-group g"),
        case("--as-user-extra", user("token: t1, as: eve"), "https web auth=t1 as-extra-k=v as-user=eve")
            .flags("--as-user-extra k=v")
            .since(35),
        case("an auth-provider that kubectl dropped", user("auth-provider: {name: gcp}"), "refused"),
        case("OpenID Connect without a token", oidc(""), "refused"),
        case("OpenID Connect with a token that is none", oidc(", id-token: t1"), PLAIN)
            .but_kubectl("refused", AS_IT_IS),
        case("an auth-provider beside a token", user("token: t1, auth-provider: {name: gcp}"), "refused"),
    ]
}

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// A credential plugin that says the token `$t`.
fn plugin(version: &str, first: &str) -> String {
    let head = format!("{{\"apiVersion\": \"{version}\", \"kind\": \"ExecCredential\"");
    format!("#!/bin/sh\nt=t1\n{first}\nprintf '{head}, \"status\": {{\"token\": \"%s\"}}}}' \"$t\"\n")
}

pub fn plugins() -> Vec<Case> {
    let says = || plugin(V1, "");
    let echo = plugin(V1, "t=\"$1-$A\"");
    // Fails when it is run a second time.
    let once = plugin(V1, "if [ -e \"$HOME/ran\" ]; then exit 1; fi\n: > \"$HOME/ran\"");
    // Whether its argument is a part of what it is told.
    let info = || plugin(V1, "case $KUBERNETES_EXEC_INFO in *\"$1\"*) t=yes ;; *) t=no ;; esac");
    let certificate = "#!/bin/sh
while IFS= read -r l; do c=\"$c$l\\\\n\"; done < \"$HOME/ann.crt\"
while IFS= read -r l; do k=\"$k$l\\\\n\"; done < \"$HOME/ann.key\"
printf '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", '
printf '\"status\": {\"clientCertificateData\": \"%s\", \"clientKeyData\": \"%s\"}}' \"$c\" \"$k\"
";
    let v1 = |rest: &str| {
        user(&format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: login{rest}}}"
        ))
    };
    let other = |exec: &str| user(&format!("exec: {{{exec}}}"));
    vec![
        case("a plugin", v1(""), PLAIN).file("bin/login", says()),
        case("a plugin that is not there", v1(""), "refused"),
        case("a plugin that fails", v1(""), "refused").file("bin/login", "#!/bin/sh\nexit 1\n"),
        case("a plugin that says nothing", v1(""), "refused").file("bin/login", "#!/bin/sh\n"),
        case("a plugin that says something else", v1(""), "refused").file("bin/login", "#!/bin/sh\necho hello\n"),
        case("a plugin of another version", v1(""), "refused").file("bin/login", plugin(V1BETA1, "")),
        case(
            "a plugin with arguments and variables",
            v1(", args: [x], env: [{name: A, value: z}]"),
            "https web auth=x-z",
        )
        .file("bin/login", echo),
        case("a plugin runs once", v1(""), PLAIN).file("bin/login", once),
        case("a plugin with a certificate", v1(""), "https web cert=ann")
            .file("bin/login", certificate)
            .file("ann.crt", "{ann.crt}")
            .file("ann.key", "{ann.key}"),
        case(
            "a plugin is told of the cluster on demand",
            v1(", args: ['\"server\":\"https://127.0.0.1:{port}\"'], provideClusterInfo: true"),
            "https web auth=yes",
        )
        .file("bin/login", info()),
        case("a plugin is told of no cluster", v1(", args: ['\"server\"']"), "https web auth=no")
            .file("bin/login", info()),
        case(
            "a plugin is told of its version",
            v1(", args: ['\"apiVersion\":\"client.authentication.k8s.io/v1\"']"),
            "https web auth=yes",
        )
        .file("bin/login", info()),
        case("a plugin is told that nobody is there", v1(", args: ['\"interactive\":false']"), "https web auth=yes")
            .file("bin/login", info()),
        case("a plugin of v1beta1", other("apiVersion: client.authentication.k8s.io/v1beta1, command: login"), PLAIN)
            .file("bin/login", plugin(V1BETA1, "")),
        case(
            "a plugin of v1alpha1",
            other("apiVersion: client.authentication.k8s.io/v1alpha1, command: login"),
            "refused",
        )
        .file("bin/login", says()),
        case("a plugin of no version", other("command: login"), "refused").file("bin/login", says()),
        case(
            "a plugin of v1 without interactiveMode",
            other("apiVersion: client.authentication.k8s.io/v1, command: login"),
            "refused",
        )
        .file("bin/login", says()),
        case(
            "a plugin that needs a terminal",
            other("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, command: login"),
            "refused",
        )
        .file("bin/login", says()),
        case(
            "a plugin without a command",
            other("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never"),
            "refused",
        ),
        case("a plugin beside the kubeconfig", v1("").replace("command: login", "command: ./tools/login"), PLAIN)
            .file("tools/login", says()),
        case("a plugin and a token", v1("").replace("{exec", "{token: t2, exec"), "https web auth=t2")
            .file("bin/login", says()),
        case("a plugin and --token", v1(""), "https web auth=t2").file("bin/login", says()).flags("--token t2"),
        case(
            "a plugin and a certificate",
            v1("").replace("{exec", "{client-certificate-data: {ann}, client-key-data: {ann-key}, exec"),
            "https web cert=ann",
        )
        .file("bin/login", says()),
        case(
            "a plugin and a password",
            v1("").replace("{exec", "{username: ann, password: p, exec"),
            "https web auth=ann:p",
        )
        .file("bin/login", says()),
        case("a plugin and an auth-provider", v1("").replace("{exec", "{auth-provider: {name: oidc}, exec"), "refused")
            .file("bin/login", says()),
        case("a plugin over http", v1("").replace("https://127", "http://127"), "http web").file("bin/login", says()),
        case(
            "a plugin and somebody to impersonate",
            v1("").replace("{exec", "{as: eve, exec"),
            "https web auth=t1 as-user=eve",
        )
        .file("bin/login", says()),
    ]
}
