//! What helps with a Pod whose application does not answer as it should.

use crate::diagnose::{Objects, Scene};
use crate::fact::cluster::Pod;
use crate::report::{Action, Remedy};

/// Reads the log of a Pod's container behind a port. Without the container's name kubectl
/// takes the first one, which may be a helper.
pub fn read_logs(scene: &Scene, objects: &Objects, pod: &str, port: u16) -> Remedy {
    let container = named(objects, pod).and_then(|pod| pod.container_at(port));
    let mut words = vec!["logs", pod];
    words.extend(container.iter().flat_map(|container| ["-c", container]));
    Remedy::new(Action::ReadLogs, scene.kubectl.call(&words))
}

/// Opens the workload's own definition: where an application listens is set by its
/// arguments or environment, which netpath never reads. Those of a Pod that runs cannot
/// be changed (kubernetes `pkg/apis/core/validation`, ValidatePodUpdate: image, deadline
/// and tolerations alone), and of what makes Pods these three replace them.
pub fn listen_everywhere(scene: &Scene, objects: &Objects, pod: &str) -> Remedy {
    let maker = named(objects, pod).and_then(Pod::made_by);
    let maker = maker.filter(|(kind, _)| matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet"));
    match maker {
        Some((kind, name)) => {
            let workload = format!("{}/{name}", kind.to_lowercase());
            Remedy::new(Action::ListenOnAllAddresses, scene.kubectl.call(&["edit", &workload]))
        }
        None => Remedy::new(Action::MakePodAgain, scene.kubectl.call(&["get", "pod", pod, "-o", "yaml"])),
    }
}

fn named<'a>(objects: &'a Objects, name: &str) -> Option<&'a Pod> {
    objects.pods.known()?.iter().find(|pod| pod.metadata.name == name).map(|pod| &**pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{Answers, Asking, Seen};
    use crate::fact::cluster::Service;
    use crate::remedy::Kubectl;

    /// The commands for the Pod `web-0` with these owners, labels and containers: to make it
    /// listen everywhere, and to read its log at port 8080.
    fn commands(owners: &str, labels: &str, spec: &str) -> [String; 2] {
        let pod = format!(
            r#"{{"metadata":{{"name":"web-0","labels":{labels},"ownerReferences":[{owners}]}},"spec":{spec}}}"#
        );
        let pod: Pod = serde_json::from_str(&pod).unwrap();
        let objects = Objects {
            service: Service::default().into(),
            slices: Seen::Pending,
            pods: Seen::Known(vec![pod.into()]),
            nodes: Seen::Pending,
        };
        let (answers, kubectl) = (Answers::default(), Kubectl::default());
        let asking = Asking::new(&answers);
        let scene = Scene { asking: &asking, place: None, kubectl: &kubectl, namespace: "web" };
        let said = |remedy: Remedy| remedy.commands[0].join(" ");
        [said(listen_everywhere(&scene, &objects, "web-0")), said(read_logs(&scene, &objects, "web-0", 8080))]
    }

    #[test]
    fn what_makes_the_pod_is_changed_and_not_the_pod() {
        let owner = |kind: &str, name: &str| format!(r#"{{"kind":"{kind}","name":"{name}","controller":true}}"#);
        let hash = r#"{"pod-template-hash":"7c5d"}"#;
        for (owners, labels, wanted) in [
            (owner("ReplicaSet", "web-7c5d"), hash, "edit deployment/web"),
            (owner("StatefulSet", "web"), "{}", "edit statefulset/web"),
            (owner("DaemonSet", "web"), "{}", "edit daemonset/web"),
            // These do not replace what they made.
            (owner("ReplicaSet", "web"), "{}", "get pod web-0 -o yaml"),
            (owner("Job", "web"), "{}", "get pod web-0 -o yaml"),
            (String::new(), "{}", "get pod web-0 -o yaml"),
        ] {
            let [listen, _] = commands(&owners, labels, "{}");
            assert!(listen.ends_with(wanted), "{listen}: {wanted}");
        }
    }

    #[test]
    fn the_log_of_the_container_at_the_port_is_read() {
        let at = |port: u16| format!(r#""ports":[{{"containerPort":{port}}}]"#);
        let (own, other) = (at(8080), at(9090));
        for (spec, wanted) in [
            (r#"{"containers":[{"name":"app"}]}"#.to_owned(), "logs web-0"),
            (format!(r#"{{"containers":[{{"name":"helper",{other}}},{{"name":"app",{own}}}]}}"#), "logs web-0 -c app"),
            (r#"{"containers":[{"name":"one"},{"name":"two"}]}"#.to_owned(), "logs web-0 -c one"),
            (
                format!(
                    r#"{{"containers":[{{"name":"app"}}],
                        "initContainers":[{{"name":"proxy","restartPolicy":"Always",{own}}}]}}"#
                ),
                "logs web-0 -c proxy",
            ),
            (r#"{"containers":[{"name":"app"}],"initContainers":[{"name":"wait"}]}"#.to_owned(), "logs web-0"),
        ] {
            let [_, log] = commands("", "{}", &spec);
            assert!(log.ends_with(wanted), "{log}: {wanted}");
        }
    }
}
