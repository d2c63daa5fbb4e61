//! All Services of a namespace: the same rules, fed from lists instead of single reads.

use super::Frame;
use super::target::of_service;
use crate::answers::Seen;
use crate::diagnose::{Objects, Scene, client, unread};
use crate::environment::Place;
use crate::fact::cluster::{self, EndpointSlice, Pod, Service, selects};
use crate::fact::read::Shared;
use crate::report::Overview;

/// One line per Service.
pub(super) fn all(frame: &Frame, all_namespaces: bool, selector: Option<&str>) -> Overview {
    let namespace = (!all_namespaces).then_some(frame.context.namespace.as_str());
    let services = cluster::services(frame.asking, namespace, selector);
    let slices = cluster::slices(frame.asking, namespace);
    let pods = cluster::pods(frame.asking, namespace);
    let mut overview = Overview {
        context: frame.context.clone(),
        environment: frame.environment(),
        items: Vec::new(),
        blocked: None,
        unobserved: Vec::new(),
        took: frame.took(),
    };
    let scene = scene(frame, &frame.context.namespace, &frame.kubectl);
    let place = frame.place.as_deref();
    overview.unobserved.extend(place.map(Place::unobserved).unwrap_or_default());
    overview.unobserved.extend(unread(&scene, "services", &services));
    overview.unobserved.extend(unread(&scene, "endpointslices.discovery.k8s.io", &slices));
    overview.unobserved.extend(unread(&scene, "pods", &pods));
    if let Seen::Unavailable(why) = &services {
        let standstill = place.and_then(|place| place.standstill(frame.asking, Some(why)));
        let side = frame.wrong_side(why).map(|side| side.blocked);
        let blocked = side.or(standstill.map(|standstill| standstill.blocked));
        let blocked = blocked.or_else(|| client::blocked(&scene, &frame.context.server, "services", why));
        overview.blocked = blocked.map(|blocked| blocked.found(true, None));
    }
    let Some(services) = services.known() else { return overview };
    for service in services {
        let own = &service.metadata.namespace;
        let mut kubectl = frame.kubectl.clone();
        if all_namespaces {
            kubectl.namespace = Some(own.clone());
        }
        let scene = Scene { namespace: own, kubectl: &kubectl, asking: frame.asking, place };
        let objects = Objects {
            slices: only(&slices, |slice| belongs(slice, service)),
            pods: only(&pods, |pod: &Pod| {
                pod.metadata.namespace == *own && selects(&service.spec.selector, &pod.metadata.labels)
            }),
            nodes: cluster::nodes(frame.asking),
            service: service.clone(),
        };
        let mut report = of_service(frame, &scene, &objects);
        report.target.namespace.clone_from(own);
        overview.items.push(report);
    }
    overview.items.sort_by(|a, b| (&a.target.namespace, &a.target.name).cmp(&(&b.target.namespace, &b.target.name)));
    overview
}

fn scene<'a>(frame: &'a Frame, namespace: &'a str, kubectl: &'a crate::remedy::Kubectl) -> Scene<'a> {
    Scene { asking: frame.asking, place: frame.place.as_deref(), kubectl, namespace }
}

fn belongs(slice: &EndpointSlice, service: &Service) -> bool {
    slice.metadata.namespace == service.metadata.namespace && slice.metadata.labels.service == service.metadata.name
}

fn only<T>(seen: &Seen<Vec<Shared<T>>>, keep: impl Fn(&T) -> bool) -> Seen<Vec<Shared<T>>> {
    match seen {
        Seen::Known(all) => Seen::Known(all.iter().filter(|item| keep(item)).cloned().collect()),
        Seen::Pending => Seen::Pending,
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why.clone()),
    }
}
