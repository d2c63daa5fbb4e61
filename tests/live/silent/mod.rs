//! What looks like a fault and is none: netpath has to say "reachable" and stay silent.

mod asked_behind_a_gateway;
mod asked_behind_an_ingress;
mod asked_by_deployment;
mod asked_by_name_alone;
mod balancer_pending_but_published;
mod gateway;
mod healthy;
mod ingress;
mod ingress_without_class;
mod local_policy_but_routed;
mod localhost_is_somebody_elses;
mod nodes_unread_but_answered;
mod one_service_of_several_works;
mod policy_admits_everybody;
mod port_not_declared;
mod second_pod_has_no_place;
mod slices_unread_but_answered;
mod tls_by_name;
mod tls_without_a_name;
mod unpublished_but_routed;
