//! What brings a port of the VM out that does not come out by itself, and what shows why.

use super::product::Product;
use super::wall::{Forwarding, PRIVILEGED};
use crate::environment::walls::Opened;
use crate::fact::lima::Instance;
use crate::remedy::argv;
use crate::report::{Action, Remedy, TextFile};

impl Forwarding {
    /// What tells why a Service or a hostPort is not reported; where it is, what may help.
    pub(super) fn look(&self, opened: Opened, told: Option<bool>) -> Option<Remedy> {
        let (product, name) = (self.0.product, &self.0.name);
        match opened {
            _ if told == Some(true) => {
                let [stop, start] = self.0.restart();
                let mut restart = Remedy::new(Action::RestartVm, stop);
                restart.commands.push(start);
                Some(restart)
            }
            Opened::Socket(_) => None,
            Opened::HostPort => {
                Some(Remedy::new(Action::ShowVersion { product: "Lima" }, argv(&["limactl", "--version"])))
            }
            Opened::NodePort | Opened::LoadBalancer => {
                Some(Remedy::new(Action::LookForKubectl, product.shell(name, &["sh", "-c", "command -v kubectl"])))
            }
        }
    }

    /// A static rule needs neither guest agent nor kubectl (lima-vm/lima @183a60d7
    /// `pkg/hostagent/hostagent.go:849-867`, since 2.0). `limactl edit` refuses a VM that runs
    /// (`cmd/limactl/edit.go:69`).
    pub(super) fn forward(&self, instance: &Instance, port: u16, host_port: u16) -> Option<Remedy> {
        // Whoever may not listen at a low port may not do so for a static rule either.
        let low = self.0.os == "linux" && host_port < PRIVILEGED;
        let host_port = if low { host_port + 8000 } else { host_port };
        if self.0.product != Product::Lima {
            return self.over_ride(port, host_port);
        }
        let rule = format!("{host_port}:{port},static=true");
        let edit = argv(&["limactl", "edit", &instance.name, "--port-forward", &rule]);
        let mut remedy = Remedy::new(Action::AddForward { port, host_port }, self.0.product.stop(&instance.name));
        remedy.commands.extend([edit, self.0.product.start(&instance.name)]);
        Some(remedy)
    }

    /// colima and Rancher Desktop write the VM's file anew at every start. The rules of
    /// `_config/override.yaml` in their Lima home come before its own (lima-vm/lima @183a60d7
    /// `pkg/limayaml/defaults.go:603`; colima's FAQ, "Are Lima overrides supported?"). A file
    /// that is there stays as it is.
    fn over_ride(&self, port: u16, host_port: u16) -> Option<Remedy> {
        let home = self.0.home.as_deref()?;
        // It stands between double quotes.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._- ".contains(letter);
        let home = home.strip_prefix("~/").map_or_else(|| home.to_owned(), |rest| format!("$HOME/{rest}"));
        if !home.strip_prefix("$HOME").unwrap_or(&home).chars().all(plain) {
            return None;
        }
        let name = format!("netpath-override-{port}.yaml");
        let text = format!("portForwards:\n- guestPort: {port}\n  hostPort: {host_port}\n  static: true\n");
        let copy = format!("mkdir -p \"{home}/_config\" && cp -n {name} \"{home}/_config/override.yaml\"");
        let mut remedy = Remedy::new(Action::AddOverride { port, host_port }, argv(&["sh", "-c", &copy]));
        remedy.commands.extend(self.0.restart());
        Some(Remedy { files: vec![TextFile { name, text }], ..remedy })
    }
}
