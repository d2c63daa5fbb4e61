//! An image that is not in the node and cannot be had. It may well be in the engine of
//! this computer: the node is a container of its own and does not see those images.

use serde::Serialize;

use super::said::Said;
use super::{NotReady, state};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerStatus, Pod};
use crate::report::{Action, Remedy};

/// Waiting reasons that mean "the image cannot be had" (kubernetes
/// `pkg/kubelet/images/types.go`).
const REASONS: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
    "SignatureValidationFailed",
];

/// Why an image could not be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullCause {
    /// The registry has no such image or tag.
    NotFound,
    /// The registry does not say which: there is none, or it is private.
    NotFoundOrPrivate,
    /// The registry wants credentials.
    CredentialsNeeded,
    /// The registry has had enough of us for now.
    RateLimited,
    /// The registry does not answer, or not as a registry.
    RegistryUnreachable,
    /// It is there, for another kind of processor.
    OtherPlatform,
    /// The name is no name of an image.
    InvalidName,
    /// Nobody knows.
    Unknown,
}

/// What containerd and the registries say (seen on 1.34.4 with containerd 2: no such host,
/// refused, invalid name; the rest after containerd `core/remotes/docker` and the
/// distribution specification's error codes).
const WORDS: [(&str, PullCause); 24] = [
    ("no such host", PullCause::RegistryUnreachable),
    ("connection refused", PullCause::RegistryUnreachable),
    ("i/o timeout", PullCause::RegistryUnreachable),
    ("deadline exceeded", PullCause::RegistryUnreachable),
    ("network is unreachable", PullCause::RegistryUnreachable),
    ("no route to host", PullCause::RegistryUnreachable),
    ("connection reset", PullCause::RegistryUnreachable),
    ("temporary failure in name resolution", PullCause::RegistryUnreachable),
    ("server misbehaving", PullCause::RegistryUnreachable),
    ("server gave http response to https client", PullCause::RegistryUnreachable),
    ("x509: ", PullCause::RegistryUnreachable),
    ("toomanyrequests", PullCause::RateLimited),
    ("429 too many requests", PullCause::RateLimited),
    ("pull access denied", PullCause::NotFoundOrPrivate),
    ("insufficient_scope", PullCause::NotFoundOrPrivate),
    ("no match for platform", PullCause::OtherPlatform),
    ("no matching manifest for", PullCause::OtherPlatform),
    ("unauthorized", PullCause::CredentialsNeeded),
    ("authentication required", PullCause::CredentialsNeeded),
    ("no basic auth credentials", PullCause::CredentialsNeeded),
    ("403 forbidden", PullCause::CredentialsNeeded),
    ("manifest unknown", PullCause::NotFound),
    ("name unknown", PullCause::NotFound),
    (": not found", PullCause::NotFound),
];

/// Why, from the kubelet's reason and the registry's words.
fn cause(image: &str, reason: &str, message: &str) -> PullCause {
    match reason {
        "InvalidImageName" => return PullCause::InvalidName,
        "RegistryUnavailable" => return PullCause::RegistryUnreachable,
        _ => {}
    }
    // The name is quoted in the message, and it may hold any word.
    let said = message.replace(image, "").to_lowercase();
    let cause = WORDS.iter().find(|(words, _)| said.contains(words)).map_or(PullCause::Unknown, |(_, cause)| *cause);
    // Docker Hub's own images, which have no slash in their name, are never private.
    match cause {
        PullCause::NotFoundOrPrivate if registry(image) == DOCKER_HUB && !image.contains('/') => PullCause::NotFound,
        cause => cause,
    }
}

/// Where an image comes from whose name does not say.
pub const DOCKER_HUB: &str = "docker.io";

/// The registry that an image's name leads to: the part before the first slash, if it looks
/// like a host (distribution `reference/normalize.go`, splitDockerDomain).
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => DOCKER_HUB,
    }
}

/// Why a container has no image, if that is what it waits for.
pub fn explain(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    let waiting = status.state.waiting.as_ref().filter(|waiting| REASONS.contains(&waiting.reason.as_str()))?;
    let (name, container, reason) = (pod.metadata.name.clone(), status.name.clone(), waiting.reason.clone());
    let owner = pod.port_owners().find(|owner| owner.name == container);
    let image = owner.map(|owner| owner.image.clone()).unwrap_or_default();
    let load = scene.place.and_then(|place| place.load_image(&image));
    let describe = Remedy::new(Action::DescribePod, scene.kubectl.call(&["describe", "pod", &name]));
    // The policy says never to pull, so there is one place for it to be: the node.
    if reason == "ErrImageNeverPull" {
        let finding = Finding::ImageNotInNode { pod: name, container, image };
        let remedies = load.into_iter().chain([describe]).collect();
        return Some(NotReady::of(Blocked { finding, remedies }, state(pod, &reason, &waiting.message)));
    }
    let mut message = waiting.message.clone();
    if cause(&image, &reason, &message) == PullCause::Unknown {
        // Older kubelets say no more than "Back-off pulling image" here.
        let pulled = |message: &str| message.starts_with("Failed to pull image");
        let said = Said::about(scene, pod);
        let event = said.newest(|event| event.reason == "Failed" && pulled(&event.message));
        message = event.map_or(message, |event| event.message.trim().to_owned());
    }
    let cause = cause(&image, &reason, &message);
    // A name that is no name cannot be loaded either.
    let load = load.filter(|_| cause != PullCause::InvalidName);
    let registry = registry(&image).to_owned();
    let evidence = state(pod, &reason, &message);
    let finding = Finding::ImagePullFailed { pod: name, container, image, reason, cause, registry, message };
    let remedies = load.into_iter().chain([describe]).collect();
    Some(NotReady::of(Blocked { finding, remedies }, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_words_are_told_apart() {
        let hub = r#"failed to pull and unpack image "docker.io/library/my-app:1": failed to resolve reference "docker.io/library/my-app:1": "#;
        for (image, reason, message, wanted) in [
            ("My_App:1", "InvalidImageName", "must be lowercase".to_owned(), PullCause::InvalidName),
            ("my-app:1", "ErrImagePull", format!("{hub}failed to do request: Head \"https://registry-1.docker.io\": dial tcp: lookup registry-1.docker.io on 127.0.0.11:53: no such host"), PullCause::RegistryUnreachable),
            ("my-app:1", "ErrImagePull", format!("{hub}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"), PullCause::NotFound),
            ("me/my-app:1", "ImagePullBackOff", "Back-off pulling image: ErrImagePull: pull access denied, repository does not exist or may require authorization".into(), PullCause::NotFoundOrPrivate),
            ("nginx:1.999", "ErrImagePull", "failed to resolve reference \"docker.io/library/nginx:1.999\": docker.io/library/nginx:1.999: not found".into(), PullCause::NotFound),
            ("ghcr.io/me/app:1", "ErrImagePull", "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized".into(), PullCause::CredentialsNeeded),
            ("nginx:1", "ErrImagePull", "429 Too Many Requests - toomanyrequests: You have reached your pull rate limit".into(), PullCause::RateLimited),
            ("app:1", "ErrImagePull", "no match for platform in manifest: not found".into(), PullCause::OtherPlatform),
            // The name of the image is not what the registry says.
            ("my/unauthorized:1", "ImagePullBackOff", "Back-off pulling image \"my/unauthorized:1\"".into(), PullCause::Unknown),
        ] {
            assert_eq!(cause(image, reason, &message), wanted, "{message}");
        }
        for (image, host) in [
            ("nginx", "docker.io"),
            ("me/app", "docker.io"),
            ("localhost:5000/a", "localhost:5000"),
            ("ghcr.io/a/b", "ghcr.io"),
        ] {
            assert_eq!(registry(image), host);
        }
    }
}
