//! kube-proxy's configuration.

use serde::{Deserialize, Deserializer, Serialize};

use crate::fact::read::Object;

/// The ConfigMap `kube-system/kube-proxy`. Its other key holds a kubeconfig: there is no
/// field for it, so it cannot be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KubeProxyConfigMap {
    /// Its keys.
    pub data: KubeProxyData,
}

/// The one key that is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KubeProxyData {
    /// The configuration; `None` where the ConfigMap is another tool's.
    #[serde(rename = "config.conf", deserialize_with = "slim")]
    pub config: Option<KubeProxyConfig>,
}

/// The fields of `KubeProxyConfiguration` that decide where node ports are served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KubeProxyConfig {
    /// iptables, ipvs, nftables; empty means the platform's default, which is iptables up
    /// to 1.36 (kubeadm writes it out from 1.37 on, kubernetes#139777).
    pub mode: String,
    /// Networks whose addresses node ports are served at, or the word `primary`.
    pub node_port_addresses: Option<Vec<String>>,
}

/// The API server has the file's text, a recording what was kept of it.
fn slim<'de, D: Deserializer<'de>>(from: D) -> Result<Option<KubeProxyConfig>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Text(String),
        Slim(KubeProxyConfig),
    }
    Ok(match Option::<Wire>::deserialize(from)? {
        // By way of an untyped value: one decoder of YAML in the program is enough.
        Some(Wire::Text(text)) => serde_yaml::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|value| KubeProxyConfig::deserialize(value).ok()),
        Some(Wire::Slim(config)) => Some(config),
        None => None,
    })
}

impl Object for KubeProxyConfigMap {
    const KIND: &'static str = "ConfigMap";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(conf: &str) -> KubeProxyConfigMap {
        let wire = serde_json::json!({ "data": { "config.conf": conf, "kubeconfig.conf": "CANARY" } });
        let read: KubeProxyConfigMap = serde_json::from_value(wire).unwrap();
        let kept = serde_json::to_string(&read).unwrap();
        assert!(!kept.contains("CANARY"), "{kept}");
        // What was kept reads back as the same.
        assert_eq!(serde_json::from_str::<KubeProxyConfigMap>(&kept).unwrap(), read);
        read
    }

    #[test]
    fn two_fields_are_kept() {
        let config =
            read("kind: KubeProxyConfiguration\nmode: iptables\nnodePortAddresses: [10.0.0.0/8]\nclusterCIDR: x\n");
        let addresses = Some(vec!["10.0.0.0/8".to_owned()]);
        assert_eq!(
            config.data.config,
            Some(KubeProxyConfig { mode: "iptables".into(), node_port_addresses: addresses })
        );
    }

    #[test]
    fn not_set_is_not_empty_text() {
        let config = read("mode: \"\"\nnodePortAddresses: null\n");
        assert_eq!(config.data.config, Some(KubeProxyConfig::default()));
    }

    #[test]
    fn what_makes_no_sense_is_unknown() {
        assert_eq!(read("mode: [").data.config, None);
        assert_eq!(serde_json::from_str::<KubeProxyConfigMap>(r#"{"data":{}}"#).unwrap().data.config, None);
    }
}
