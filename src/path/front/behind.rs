//! What is behind a front, where the front does not bring its answer.

use super::Front;
use crate::diagnose::Objects;
use crate::diagnose::app::{self, App};
use crate::diagnose::finding::Finding;
use crate::diagnose::stage_two::StageTwo;
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::fact::live::{Outcome, Proxied};
use crate::path::Trip;
use crate::report::{Action, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State};

/// How long a page is waited for, in seconds; the shell's own limit.
const PATIENCE: u32 = 2;

/// Whether a Service is no more than a name for something outside of the cluster: it has
/// neither selector nor endpoints, and lacks nothing.
pub(super) fn leads_away(objects: &Objects) -> bool {
    objects.service.spec.kind == "ExternalName"
}

/// Stage 2 of such a Service: the front goes there by itself.
pub(super) fn nothing(objects: &Objects) -> StageTwo {
    let name = objects.service.spec.external_name.clone().unwrap_or_default();
    let hop = Hop {
        id: HopId::Service,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state: State::NotNeeded,
        evidence: vec![Evidence::new(Source::Api("Service"), Fact::ExternalName { name })],
        finding: None,
    };
    StageTwo { hops: vec![hop], ..StageTwo::default() }
}

/// What is wrong with an application that does not answer the API server either.
pub(super) fn application(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    direct: Option<&Proxied>,
) -> Option<App> {
    let direct = direct.filter(|direct| !direct.is_answer())?;
    let silent = *direct == Proxied::TimedOut;
    let mut app = app::ask(trip.scene, objects, port, &two.ready, silent.then_some(&Outcome::Silent), silent);
    // It answers at its root: then the page that was asked for is the slow one.
    if silent && app.state == State::Present {
        let backend = two.ready.iter().find(|backend| backend.pod.is_some())?;
        let pod = backend.pod.clone()?;
        let logs = Remedy::new(Action::ReadLogs, trip.scene.kubectl.call(&["logs", &pod]));
        let finding = Finding::AppSilent { pod, port: backend.port, seconds: PATIENCE };
        app.blocked = Some(Blocked { finding, remedies: vec![logs] });
        app.state = State::Unknown;
        let fact = Fact::Proxied {
            target: format!("svc/{}:{}", objects.service.metadata.name, port.port),
            outcome: direct.clone(),
        };
        app.evidence.insert(0, Evidence::new(Source::ServiceProxy, fact));
    }
    Some(app)
}

/// Everything is there, and the front answers in its own name all the same, or not at all.
pub(super) fn answers_itself(front: &Front, status: Option<u16>, direct: Option<&Proxied>) -> Blocked {
    let own = match direct {
        Some(Proxied::Response { status }) => Some(*status),
        _ => None,
    };
    Blocked {
        finding: Finding::IngressAnswersItself { route: front.route.clone(), status, direct: own },
        remedies: Vec::new(),
    }
}
