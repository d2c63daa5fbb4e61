//! All Services of a namespace: the same rules, fed from lists instead of single reads.

mod lists;

use self::lists::Lists;
use super::Frame;
use super::target::of_service;
use crate::answers::Seen;
use crate::ask::Ask;
use crate::diagnose::{Scene, client, unread};
use crate::environment::Place;
use crate::fact::cluster;
use crate::fact::read::PAGE;
use crate::report::{Fact, Overview, Report, State};

/// One line per Service.
pub(super) fn all(frame: &Frame, all_namespaces: bool, selector: Option<&str>) -> Overview {
    let namespace = (!all_namespaces).then_some(frame.context.namespace.as_str());
    let (services, end) = cluster::services_so_far(frame.asking, namespace, selector);
    let slices = cluster::slices(frame.asking, namespace);
    let pods = cluster::bulk_pods(frame.asking, namespace);
    let mut context = frame.context.clone();
    let mut kubectl = frame.kubectl.clone();
    if all_namespaces {
        context.namespace.clear();
        kubectl.namespace = None;
    }
    let mut overview = Overview {
        context,
        environment: frame.environment(),
        items: Vec::new(),
        blocked: None,
        unobserved: Vec::new(),
        took: frame.took(),
    };
    let scene = scene(frame, &frame.context.namespace, &kubectl);
    let place = frame.place.as_deref();
    overview.unobserved.extend(place.map(Place::unobserved).unwrap_or_default());
    let lists = [
        unread(&scene, "services", &end),
        unread(&scene, "endpointslices.discovery.k8s.io", &slices),
        unread(&scene, "pods", &pods),
    ];
    for mut list in lists.into_iter().flatten() {
        if all_namespaces {
            list.settle.iter_mut().for_each(|command| command.push("-A".into()));
        }
        overview.unobserved.push(list);
    }
    if let (Seen::Unavailable(why), true) = (&end, services.is_empty()) {
        let standstill = place.and_then(|place| place.standstill(frame.asking, Some(why)));
        let side = frame.wrong_side(why).map(|side| side.blocked);
        let blocked = side.or(standstill.map(|standstill| standstill.blocked));
        let blocked = blocked.or_else(|| client::blocked(&scene, &frame.context.server, "services", why));
        overview.blocked = blocked.map(|blocked| blocked.found(true, None));
    }
    if all_namespaces {
        frame.asking.look_across();
    }
    let mut waits = end.is_pending() || slices.is_pending() || pods.is_pending();
    if services.len() > EACH {
        // With the other lists, not after them: a pass over all lines takes its time, and an
        // answer that comes meanwhile would count as late.
        waits |= cluster::ingresses(frame.asking, &frame.context.namespace).is_pending();
        waits |= cluster::http_routes(frame.asking, &frame.context.namespace).is_pending();
        frame.asking.refuse(is_about_one);
    }
    // A line is drawn once, from all of its objects: with a page of Pods still to come, each
    // of thousands of Services would be gone through once more for every page.
    if waits {
        return overview;
    }
    let lists = Lists { services, slices, pods };
    let nodes = cluster::nodes(frame.asking);
    // One after the other is decoded and forgotten: its line is all that stays.
    for objects in lists.places().iter().filter_map(|places| lists.objects(places, &nodes)) {
        let own = objects.service.metadata.namespace.clone();
        let mut kubectl = frame.kubectl.clone();
        if all_namespaces {
            kubectl.namespace = Some(own.clone());
        }
        let scene = Scene { namespace: &own, kubectl: &kubectl, asking: frame.asking, place };
        let mut report = line(of_service(frame, &scene, &objects));
        report.target.namespace.clone_from(&own);
        overview.items.push(report);
    }
    overview.items.sort_by(|a, b| (&a.target.namespace, &a.target.name).cmp(&(&b.target.namespace, &b.target.name)));
    overview
}

/// Up to so many Services, an overview looks behind each that does not work.
const EACH: usize = 60;

/// What is asked about a single Service, its Pods or what makes them: as many questions as
/// there are broken Services, while the lists cost the same whatever is in them.
fn is_about_one(ask: &Ask) -> bool {
    match ask {
        Ask::Proxy(_) | Ask::Forward { .. } => true,
        Ask::Api(path) => {
            let makes_pods = path.starts_with("/apis/apps/") || path.starts_with("/apis/batch/");
            let every_pod = path.ends_with(&format!("/pods?limit={PAGE}"));
            makes_pods || every_pod || path.contains("fieldSelector=")
        }
        _ => false,
    }
}

/// What one line needs of a report: thousands of whole ones would be most of the memory.
fn line(mut report: Report) -> Report {
    let context = &mut report.context;
    for text in [&mut context.name, &mut context.cluster, &mut context.namespace, &mut context.server, &mut context.os]
    {
        *text = String::new();
    }
    report.environment.because = Vec::new();
    report.environment.boundaries = Vec::new();
    report.unobserved = Vec::new();
    report.findings.retain(|found| found.root);
    report.findings.shrink_to_fit();
    for found in &mut report.findings {
        found.remedies = Vec::new();
    }
    report.ports.shrink_to_fit();
    for port in &mut report.ports {
        port.roads.truncate(1);
        port.roads.shrink_to_fit();
        for hop in port.roads.iter_mut().flat_map(|road| &mut road.hops) {
            // A line may end with what is missing, or why nothing is known.
            let open = matches!(hop.state, State::Missing | State::Unknown);
            let told = |fact: &Fact| open && !matches!(fact, Fact::Behind { .. });
            hop.evidence =
                std::mem::take(&mut hop.evidence).into_iter().find(|seen| told(&seen.fact)).into_iter().collect();
        }
    }
    report
}

fn scene<'a>(frame: &'a Frame, namespace: &'a str, kubectl: &'a crate::remedy::Kubectl) -> Scene<'a> {
    Scene { asking: frame.asking, place: frame.place.as_deref(), kubectl, namespace }
}
