"""Checks packaging/: the Kubernetes manifests, the unit and the configurations agree with each other, and the command
accepts the configurations. Needs nothing but Python and PyYAML.
usage: manifests_test.py ENTAIL     ENTAIL: the command
"""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGING = ROOT / "packaging"
ENTAIL = sys.argv.pop(1)


def manifest(name):
    return yaml.safe_load((PACKAGING / "kubernetes" / name).read_text())


def port_of(endpoint):
    return int(endpoint.rsplit(":", 1)[1])


def seconds(duration):
    return int(re.fullmatch(r"(\d+)s", duration)[1])


def gibibytes(size):
    return int(re.fullmatch(r"(\d+)Gi(?:B)?", size)[1])


class Manifests(unittest.TestCase):
    def setUp(self):
        self.set = manifest("statefulset.yaml")
        self.pod = self.set["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]
        self.config = yaml.safe_load(manifest("configmap.yaml")["data"]["config.yaml"])

    def test_kustomization_names_every_manifest(self):
        names = {file.name for file in (PACKAGING / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual(set(manifest("kustomization.yaml")["resources"]), names)

    def test_selectors_find_the_pods(self):
        labels = self.set["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(self.set["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(manifest("service.yaml")["spec"]["selector"], labels)
        self.assertEqual(manifest("poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.set["spec"]["serviceName"], manifest("service.yaml")["metadata"]["name"])

    def test_ports_are_those_of_the_configuration(self):
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        protocols = self.config["receivers"]["entail"]["protocols"]
        self.assertEqual(ports["otlp-grpc"], port_of(protocols["grpc"]["endpoint"]))
        self.assertEqual(ports["otlp-http"], port_of(protocols["http"]["endpoint"]))
        self.assertEqual(ports["health"], port_of(self.config["extensions"]["health_check"]["endpoint"]))
        reader = self.config["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"]
        self.assertEqual(ports["metrics"], reader["port"])
        for port in manifest("service.yaml")["spec"]["ports"]:
            self.assertEqual(ports[port["targetPort"]], port["port"])
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            self.assertEqual(self.container[probe]["httpGet"]["port"], "health")

    def test_mounted_files_are_those_of_the_configuration(self):
        mounts = {mount["mountPath"]: mount["name"] for mount in self.container["volumeMounts"]}
        self.assertEqual(set(mounts.values()), {volume["name"] for volume in self.pod["volumes"]})
        self.assertIn(self.container["args"][1], mounts)
        for protocol in self.config["receivers"]["entail"]["protocols"].values():
            for file in protocol["tls"].values():
                self.assertIn(str(Path(file).parent), mounts)
        names = {name for name in re.findall(r"\$\{env:(\w+)\}", manifest("configmap.yaml")["data"]["config.yaml"])}
        self.assertLessEqual(names, {entry["name"] for entry in self.container["env"]})

    def test_extensions_are_started(self):
        self.assertEqual(set(self.config["service"]["extensions"]), set(self.config["extensions"]))

    def test_there_is_time_and_memory(self):
        entail = self.config["receivers"]["entail"]
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], seconds(entail["shutdown_timeout"]))
        resources = self.container["resources"]
        self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"])
        # docs/collector.md "Memory and slow senders": 0.7 GiB beside the engine.
        self.assertGreaterEqual(gibibytes(resources["limits"]["memory"]), gibibytes(entail["memory_limit"]) + 0.7)

    def test_pods_have_few_rights(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertFalse(self.container["securityContext"]["allowPrivilegeEscalation"])
        self.assertTrue(self.container["securityContext"]["readOnlyRootFilesystem"])
        user = str(self.pod["securityContext"]["runAsUser"])
        self.assertIn(f"USER {user}:", (PACKAGING / "Containerfile").read_text())
        self.assertIn(f":x:{user}:{user}:", (PACKAGING / "container-build").read_text())

    def test_the_version_is_the_projects(self):
        version = re.search(r"^project\(entail VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
        self.assertEqual(self.container["image"], f"entail-collector:{version}")
        self.assertEqual(yaml.safe_load((PACKAGING / "collector/builder.yaml").read_text())["dist"]["version"], version)


class Package(unittest.TestCase):
    def test_components_of_the_configurations_are_built_in(self):
        built = (PACKAGING / "collector/builder.yaml").read_text()
        for text in ((PACKAGING / "collector/config.yaml").read_text(), manifest("configmap.yaml")["data"]["config.yaml"]):
            config = yaml.safe_load(text)
            for kind, suffix in (("extensions", "extension"), ("receivers", "receiver"), ("exporters", "exporter")):
                for name in config[kind]:
                    self.assertIn(f"{name.replace('_', '')}{suffix}", built)

    def test_the_package_listens_on_localhost_only(self):
        config = yaml.safe_load((PACKAGING / "collector/config.yaml").read_text())
        endpoints = [protocol["endpoint"] for protocol in config["receivers"]["entail"]["protocols"].values()]
        endpoints += [extension["endpoint"] for extension in config["extensions"].values()]
        for endpoint in endpoints:
            self.assertTrue(endpoint.startswith("localhost:"), endpoint)

    def test_the_unit_may_write_where_the_configuration_does(self):
        unit = (PACKAGING / "debian/entail-collector.service").read_text()
        folder = "/var/lib/" + re.search(r"^StateDirectory=(.*)$", unit, re.M)[1]
        config = yaml.safe_load((PACKAGING / "collector/config.yaml").read_text())
        self.assertEqual(str(Path(config["receivers"]["entail"]["decision_log"]).parent), folder)
        self.assertIn("--config /etc/entail-collector/config.yaml", unit)

    def test_the_command_accepts_the_configurations(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as of_kubernetes:
            of_kubernetes.write(manifest("configmap.yaml")["data"]["config.yaml"])
            of_kubernetes.flush()
            for file in (PACKAGING / "collector/config.yaml", of_kubernetes.name, ROOT / "tests/packages/config.yaml"):
                run = subprocess.run([ENTAIL, "config", "check", file, "--env", "BACKEND_ENDPOINT=backend:4317"],
                                     capture_output=True, text=True)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


unittest.main()
