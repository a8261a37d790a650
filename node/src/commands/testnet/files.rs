//! The files around the nodes of a hosted network: image, compose file, unit, scrape configuration, dashboard.
//!
//! # Must not
//! Contain a secret, or lead one into an image: only the binary enters the build.

use super::{layout::Layout, yaml::to_yaml};
use serde_json::{json, Map, Value};

/// Ports inside a host or container, as by default.
pub(super) const P2P_PORT: u16 = 30333;
pub(super) const RPC_PORT: u16 = 9944;
pub(super) const METRICS_PORT: u16 = 9615;

/// Where a node of a hosted network finds its specification, on a host as in a container.
pub(super) const SPEC_PATH: &str = "/etc/plexus/chain-spec.json";

/// Where a container has its node's base path.
const BASE_PATH: &str = "/var/lib/plexus";

/// The image around the binary.
pub(super) const DOCKERFILE: &str = include_str!("../../../../deploy/Dockerfile");
/// What of the directory enters the image's build: keys must not.
pub(super) const DOCKERIGNORE: &str = "*\n!plexus\n";
/// The systemd unit.
pub(super) const UNIT: &str = include_str!("../../../../deploy/plexus@.service");
/// The Grafana dashboard.
pub(super) const DASHBOARD: &str = include_str!("../../../../deploy/grafana.json");

/// Looks at the node's own readiness. The image has no HTTP client, but bash has sockets.
const HEALTH_PROBE: &str =
	"exec 3<>/dev/tcp/127.0.0.1/9615 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 \
	&& head -n 1 <&3 | grep -q ' 200 '";

/// The compose file. Services are named like the nodes' folders; `hosts` are further names of theirs. A node that has one is
/// on a machine of its own, where others look for it at the usual port; without them all are on one machine.
pub(super) fn compose(layout: &Layout, hosts: &[String], user: (u32, u32)) -> String {
	let mut services: Map<String, Value> = layout
		.members
		.iter()
		.zip(0u16..)
		.map(|(member, index)| {
			(member.name.clone(), service(&member.name, hosts.get(usize::from(index)), index, user))
		})
		.collect();
	services.insert("prometheus".into(), prometheus_service());
	services.insert("grafana".into(), grafana_service());
	let compose = json!({
		"name": layout.spec.id,
		"services": services,
		"volumes": { "prometheus": {}, "grafana": {} },
	});
	format!(
		"# Start: docker compose up --build --detach    With dashboards: docker compose --profile monitoring up --detach\n\
		 # Each node's data and keys are in the folder of its name. Back the keys up; never start one key twice.\n{}",
		to_yaml(&compose)
	)
}

fn service(name: &str, host: Option<&String>, index: u16, (uid, gid): (u32, u32)) -> Value {
	let aliases: Vec<&String> = host.filter(|host| host.as_str() != name).into_iter().collect();
	let index = if aliases.is_empty() { index } else { 0 };
	json!({
		"build": ".",
		"image": "plexus:testnet",
		// The keys belong to whoever made them, and nobody else may read them.
		"user": format!("{uid}:{gid}"),
		"volumes": [
			format!("./{name}:{BASE_PATH}"),
			format!("./chain-spec.json:{SPEC_PATH}:ro"),
		],
		// Inside the container only; what is published is decided below.
		"environment": { "PLEXUS_RPC_ADDR": "0.0.0.0", "PLEXUS_METRICS_ADDR": "0.0.0.0" },
		"ports": [
			format!("{}:{P2P_PORT}", P2P_PORT + index),
			format!("127.0.0.1:{}:{RPC_PORT}", RPC_PORT + index),
		],
		"networks": { "default": { "aliases": aliases } },
		"restart": "unless-stopped",
		"stop_grace_period": "60s",
		"healthcheck": {
			"test": ["CMD", "bash", "-c", HEALTH_PROBE],
			"interval": "15s", "timeout": "5s", "retries": 4, "start_period": "60s",
		},
		"read_only": true,
		"tmpfs": ["/tmp"],
		"cap_drop": ["ALL"],
		"security_opt": ["no-new-privileges:true"],
		"ulimits": { "nofile": 65536 },
		"logging": { "driver": "json-file", "options": { "max-size": "50m", "max-file": "5" } },
	})
}

fn prometheus_service() -> Value {
	json!({
		"image": "prom/prometheus:v3.5.0",
		"profiles": ["monitoring"],
		"volumes": ["./prometheus.yml:/etc/prometheus/prometheus.yml:ro", "prometheus:/prometheus"],
		"ports": ["127.0.0.1:9090:9090"],
		"restart": "unless-stopped",
	})
}

fn grafana_service() -> Value {
	json!({
		"image": "grafana/grafana:12.1.0",
		"profiles": ["monitoring"],
		"volumes": ["grafana:/var/lib/grafana"],
		"ports": ["127.0.0.1:3000:3000"],
		"restart": "unless-stopped",
	})
}

/// What Prometheus asks, every 15 seconds.
pub(super) fn prometheus(layout: &Layout, hosts: &[String]) -> String {
	let targets: Vec<String> =
		hosts.iter().map(|host| format!("{}:{METRICS_PORT}", bracketed(host))).collect();
	to_yaml(&json!({
		"global": { "scrape_interval": "15s" },
		"scrape_configs": [{
			"job_name": "plexus",
			"static_configs": [{ "targets": targets, "labels": { "chain": layout.spec.id } }],
		}],
	}))
}

/// A host in front of a port: IPv6 addresses need brackets.
fn bracketed(host: &str) -> String {
	match host.contains(':') {
		true => format!("[{host}]"),
		false => host.into(),
	}
}

#[cfg(test)]
mod tests {
	use super::{super::layout::tests::example, *};

	#[test]
	fn every_node_has_a_service_with_its_own_data_ports_and_health_check() {
		let (_directory, layout) = example(4);
		let hosts: Vec<String> = layout.members.iter().map(|member| member.name.clone()).collect();
		let text = compose(&layout, &hosts, (1_000, 1_000));
		for (index, name) in hosts.iter().enumerate() {
			assert!(text.contains(&format!("\n  {name}:\n")), "{text}");
			for line in [
				format!("\"./{name}:/var/lib/plexus\""),
				format!("\"127.0.0.1:{}:9944\"", 9944 + index),
				format!("\"{}:30333\"", 30333 + index),
			] {
				assert_eq!(text.matches(&line).count(), 1, "{line} in\n{text}");
			}
		}
		assert_eq!(text.matches("healthcheck:").count(), 4);
		assert_eq!(text.matches("restart: \"unless-stopped\"").count(), 6);
		assert!(!text.contains("accounts"), "no account's secret is mounted");
	}

	#[test]
	fn a_node_on_a_host_of_its_own_publishes_the_port_at_which_others_look_for_it() {
		let (_directory, layout) = example(2);
		let text = compose(&layout, &["a.example".into(), "b.example".into()], (1_000, 1_000));
		assert_eq!(text.matches("\"30333:30333\"").count(), 2, "{text}");
		assert_eq!(text.matches("\"127.0.0.1:9944:9944\"").count(), 2, "{text}");
		assert!(layout.members[1].address("b.example", P2P_PORT).starts_with("/dns4/b.example/tcp/30333/"));
	}

	#[test]
	fn prometheus_asks_every_host() {
		let (_directory, layout) = example(2);
		let text = prometheus(&layout, &["a.example".into(), "2001:db8::1".into()]);
		assert!(text.contains("- \"a.example:9615\"") && text.contains("- \"[2001:db8::1]:9615\""), "{text}");
	}

	#[test]
	fn only_the_binary_enters_the_image() {
		assert_eq!(DOCKERIGNORE, "*\n!plexus\n");
		let copied: Vec<&str> =
			DOCKERFILE.lines().filter(|line| line.starts_with("COPY") || line.starts_with("ADD")).collect();
		assert_eq!(copied, ["COPY plexus /usr/local/bin/plexus"]);
	}
}
