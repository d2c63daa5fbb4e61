//! What comes out of the VM: R11 to R22, R24, R25.

use netpath::fact::live::Outcome;
use netpath::request::Viewer;
use serde_json::json;

use super::{ADD, FORWARD, NODE_PORT, balanced, colima, lima, lima_k8s, rule};
use crate::machine::http_200;
use crate::said::{reachable, shut, unsure};

const LOOK: &str = "limactl shell k3s sh -c 'command -v kubectl'";

/// R13: a node port comes out at its own number; R15: never at the address inside.
#[test]
fn r13_a_node_port_is_at_localhost() {
    for os in ["macos", "linux"] {
        let mut machine = lima(os, &json!({}));
        machine.doors.push((NODE_PORT, http_200()));
        reachable(&format!("r13-{os}"), &machine, "http://127.0.0.1:30080/");
    }
}

/// R15, near-miss: this computer is in a network of the same range at home. 192.168.5.15 is a
/// stranger there, and is not asked (the machine would refuse to be asked about it).
#[test]
fn r15_a_network_of_the_same_range_is_another_one() {
    let mut machine = lima("linux", &json!({}));
    machine.interfaces.push(("wlan0", "192.168.5.2", 24));
    machine.doors.push(("192.168.5.15:30080", http_200()));
    unsure("r15-stranger", &machine, Some("V121"), &[LOOK, ADD, FORWARD]);
}

/// R18, R24: refused. Why the agent does not see the Service, only the VM tells.
#[test]
fn r18_nothing_listens_for_the_service() {
    unsure("r18", &lima("macos", &json!({})), Some("V121"), &[LOOK, ADD, FORWARD]);
}

/// R25: it accepts and closes: stage 1 is there.
#[test]
fn r25_an_empty_reply_is_not_limas() {
    let mut machine = lima("macos", &json!({}));
    machine.doors.push((NODE_PORT, Outcome::Eof));
    unsure("r25", &machine, None, &[]);
}

/// R13 with a rule: it moves the port.
#[test]
fn a_rule_moves_the_port() {
    let rules = json!({ "portForwards": [rule(("127.0.0.1", 30000, 30100), ("127.0.0.1", 8000, 8100), false)] });
    let mut machine = lima("macos", &rules);
    machine.doors.push(("127.0.0.1:8080", http_200()));
    reachable("moved", &machine, "http://127.0.0.1:8080/");
}

/// R16: a rule keeps it inside. Near-miss: one for loopback alone does not (lima#4403).
#[test]
fn r16_an_ignored_port_stays_inside() {
    let ignored = |guest| json!({ "portForwards": [rule((guest, 1, 65535), ("127.0.0.1", 1, 65535), true)] });
    let mut machine = lima("macos", &ignored("0.0.0.0"));
    // Whoever answers there is not the VM.
    machine.doors.push((NODE_PORT, http_200()));
    shut("r16", &machine, "V122", &[ADD, FORWARD]);
    let mut machine = lima("macos", &ignored("127.0.0.1"));
    machine.doors.push((NODE_PORT, http_200()));
    reachable("r16-loopback-only", &machine, "http://127.0.0.1:30080/");
}

/// R11: plain. Near-miss: a static rule needs no agent.
#[test]
fn r11_a_plain_vm_has_static_rules_only() {
    shut("r11", &lima("macos", &json!({ "plain": true })), "V123", &[ADD, FORWARD]);
    let mut fixed = rule(("127.0.0.1", 30080, 30080), ("127.0.0.1", 8080, 8080), false);
    fixed["static"] = json!(true);
    let mut machine = lima("macos", &json!({ "plain": true, "portForwards": [fixed] }));
    machine.doors.push(("127.0.0.1:8080", http_200()));
    reachable("r11-static", &machine, "http://127.0.0.1:8080/");
}

/// R14: a load balancer comes out at its own port, and not at its node port.
#[test]
fn r14_a_load_balancer_is_at_its_own_port() {
    let mut machine = lima("macos", &json!({}));
    balanced(&mut machine, true);
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("r14", &machine, "http://127.0.0.1:80/");
    let mut machine = lima("macos", &json!({}));
    balanced(&mut machine, true);
    machine.doors.push((NODE_PORT, http_200()));
    let add = ADD.replace("30080", "80");
    unsure("r14-not-the-node-port", &machine, Some("V121"), &[LOOK, &add, FORWARD]);
}

/// R14: nobody serves it inside; Lima listens all the same, and closes.
#[test]
fn r14_without_a_provider_it_is_kubernetes() {
    let patch = r#"kubectl patch service web -p {"spec":{"type":"NodePort"}}"#;
    let mut machine = lima_k8s();
    machine.service("LoadBalancer", "10.96.7.7", None);
    machine.doors.push(("127.0.0.1:80", Outcome::Eof));
    shut("r14-no-provider", &machine, "K115", &[patch, FORWARD]);
}

/// R17: Linux lets nobody listen below the border; macOS does; a lower border does.
#[test]
fn r17_low_ports_of_linux() {
    const BORDER: &str = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    let mut machine = lima("linux", &json!({}));
    balanced(&mut machine, true);
    machine.files.insert(BORDER.into(), "1024\n".into());
    let lower =
        "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80 && limactl stop k3s && limactl start k3s [privileged]";
    // Whoever answers there is not Lima.
    machine.doors.push(("127.0.0.1:80", http_200()));
    shut("r17", &machine, "V125", &[FORWARD, lower]);
    machine.files.insert(BORDER.into(), "80\n".into());
    reachable("r17-lowered", &machine, "http://127.0.0.1:80/");
}

/// R21: a hostPort is no Service's port, and Lima 2 does not see it.
#[test]
fn r21_a_host_port_may_not_come_out() {
    let mut machine = lima("macos", &json!({}));
    machine.object("/api/v1/namespaces/default/pods", |pods| {
        pods["items"][0]["spec"]["containers"][0]["ports"][0]["hostPort"] = json!(30080);
    });
    unsure("r21", &machine, Some("V127"), &["limactl --version", ADD, FORWARD]);
    machine.doors.push((NODE_PORT, http_200()));
    reachable("r21-after-all", &machine, "http://127.0.0.1:30080/");
}

/// R22: ssh carries TCP only. Near-miss: the other forwarder.
#[test]
fn r22_ssh_carries_no_udp() {
    let mut machine = colima("macos");
    machine.port(|port| port["protocol"] = json!("UDP"));
    shut("r22", &machine, "V126", &["colima stop && colima start --port-forwarder grpc"]);
    let file = "~/.colima/_lima/colima/colima.yaml".to_owned();
    machine.files.insert(file, "portForwarder: grpc\n".into());
    unsure("r22-grpc", &machine, None, &[]);
}

/// R13, T3: colima is seen by the whole network, Lima by this computer only.
#[test]
fn who_else_can_see_it() {
    let mut machine = lima("macos", &json!({}));
    machine.viewer = Viewer::Lan;
    let lan = "kubectl port-forward --address 0.0.0.0 service/web 8080:80 [blocks]";
    shut("lan-lima", &machine, "V104", &[lan]);
    let mut machine = colima("macos");
    machine.viewer = Viewer::Lan;
    unsure("lan-colima", &machine, None, &[]);
}
