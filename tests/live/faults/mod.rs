//! Every fault, by the object that is at fault. Each file says in its first line what is
//! broken, then changes that one thing, and says what netpath has to say about it.

// Services
mod balancer_class_unserved;
mod balancer_gone;
mod balancer_pending;
mod external_name;
mod external_name_in_a_circle;
mod external_name_is_address;
mod external_name_with_port;
mod headless;
mod internal_only;
mod node_port_not_allocated;
mod one_port_of_two_wrong;
mod port_name_for_udp;
mod selector_misspelt;
mod service_missing;
mod slice_missing;
mod slice_with_another_port_name;
mod slice_with_another_protocol;
mod slice_with_names;
mod target_port_unnamed;
mod target_port_wrong;

// Workloads: why there are no Pods
mod daemon_set_fits_nowhere;
mod job_suspended;
mod quota_used_up;
mod scaled_to_zero;
mod service_account_missing;
mod stateful_set_cannot_create_pods;

// Pods: why one is not ready
mod config_map_missing;
mod crash_loop;
mod image_name_invalid;
mod image_never_pulled;
mod image_only_on_this_computer;
mod init_container_fails;
mod init_container_waits;
mod liveness_probe_kills;
mod not_ready_after_node_restart;
mod pod_fits_nowhere;
mod pod_gated;
mod probe_asks_another_port;
mod readiness_gate_unset;
mod readiness_probe_fails;
mod registry_down;
mod sidecar_not_started;
mod startup_probe_fails;
mod too_much_cpu_wanted;
mod too_much_memory_wanted;
mod two_walls;
mod volume_claim_unbound;

// Several Pods: why only some answer
mod one_pod_of_two_not_ready;
mod one_pod_of_two_refuses;
mod one_workload_of_two_refuses;
mod port_name_on_some_pods;

// The application
mod application_closes;
mod application_resets;
mod application_silent;
mod listens_on_loopback;
mod listens_on_loopback_v6;
mod nothing_listens;

// Ports that this computer publishes
mod cluster_recreated;
mod forwarder;
mod node_port_unpublished;
mod node_port_unpublished_but_another_is_free;
mod probe_matrix;
mod published_for_udp;
mod published_node_has_no_pod;
mod published_on_loopback;
mod published_port_taken;
mod service_port_published;

// Nodes, kube-proxy, API server
mod api_server_frozen;
mod api_server_gone;
mod kube_proxy_kept_away;
mod kube_proxy_late;
mod kubelet_stopped;
mod node_detached;
mod node_paused;
mod node_stopped;

// What was asked about
mod daemon_set_without_service;
mod deployment_missing;
mod deployment_of_a_sick_pod;
mod deployment_with_misspelt_service;
mod deployment_without_service;
mod name_ambiguous;
mod pod_without_service;
mod stateful_set_without_service;

// Ingresses
mod controller_on_another_node;
mod controller_waits_for_label;
mod ingress_backend_missing;
mod ingress_certificate_missing;
mod ingress_class_missing;
mod ingress_controller_internal;
mod ingress_controller_scaled_to_zero;
mod ingress_port_missing;
mod ingress_to_a_misspelt_selector;
mod ingress_to_a_wrong_target_port;
mod ingress_to_nothing_that_listens;
mod ingress_without_controller;
mod ingress_without_paths;

// NetworkPolicies
mod policy_admits_nobody;
mod policy_admits_the_node_only;

// Gateways
mod gateway_backend_missing;
mod gateway_class_missing;
mod gateway_listener_on_another_port;
mod gateway_listens_for_another_host;
mod gateway_missing;
mod gateway_to_a_misspelt_selector;
mod gateway_without_routes;

// Permissions: what may not be read is unknown, never missing
mod may_not_get_services;
mod may_not_list_deployments;
mod may_not_list_events;
mod may_not_list_pods;
mod may_not_list_slices;
mod may_not_list_slices_of_a_broken_service;
mod may_not_port_forward;
mod may_not_use_any_proxy;
mod may_not_use_the_service_proxy;
