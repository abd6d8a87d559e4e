"""What no ready-made validator knows: that alerts and dashboard use metrics which the program has, with labels
which these have; that the dashboard's queries parse; that versions and copies agree.

    checks.py metrics                 names, kinds and labels used under deploy/ against the source
    checks.py dashboard RULES         layout of the dashboard; its queries, as a rules file for promtool
    checks.py keda MANIFESTS FOLDER   KEDA's objects out of rendered manifests, a file each
    checks.py agreement               versions, image tags, copies and names that must be the same
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parent
ROOT = DEPLOY.parent
# Labels that Prometheus itself adds.
SCRAPED = {"job", "instance"}


def fail(lines):
    for line in lines:
        print(line, file=sys.stderr)
    sys.exit(1 if lines else 0)


def label_sets(source):
    """Each struct that derives EncodeLabelSet, with its fields."""
    found = re.findall(r"derive\([^)]*EncodeLabelSet[^)]*\)\]\s*(?:pub(?:\([^)]*\))? )?struct (\w+) \{(.*?)\}", source, re.S)
    return {name: set(re.findall(r"(\w+):", body)) for name, body in found}


def metrics():
    """What the program exposes: name in the exposition -> labels."""
    exposed = {}
    for path in sorted(ROOT.glob("crates/*/src/**/*.rs")):
        source = path.read_text(encoding="utf-8")
        if "registry.register" not in source:
            continue
        labels = label_sets(source)
        families = dict(re.findall(r"^    (?:pub(?:\([^)]*\))? )?(\w+): ((?:Family<.*>|Counter|Gauge|Histogram)),", source, re.M))
        plain = re.findall(r"\.register\(\s*\"(\w+)\"(.*?)\.(\w+)\.clone\(\)", source, re.S)
        united = re.findall(r"\.register_with_unit\(\s*\"(\w+)\"(.*?)\.(\w+)\.clone\(\)", source, re.S)
        named = [(name, field) for name, _, field in plain]
        for name, text, field in united:
            unit = re.search(r"Unit::(\w+)", text).group(1).lower()
            named.append((f"{name}_{unit}", field))
        for name, field in named:
            kind = families[field]
            family = re.match(r"Family<(\w+), (\w+)", kind)
            of, kind = (labels[family.group(1)], family.group(2)) if family else (set(), kind)
            suffixes = {"Counter": ["_total"], "Gauge": [""], "Histogram": ["_bucket", "_sum", "_count"]}[kind]
            for suffix in suffixes:
                exposed[f"shipbridge_{name}{suffix}"] = of | ({"le"} if suffix == "_bucket" else set())
    return exposed


def panels():
    return json.loads((DEPLOY / "grafana/shipbridge.json").read_text(encoding="utf-8"))["panels"]


def expressions():
    """Every query under deploy/: (where, query)."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]
    for panel in panels():
        for target in panel.get("targets", []):
            yield f"panel {panel['title']!r}", target["expr"]


def misused(where, query, exposed):
    """What a query asks of metrics that they do not have."""
    asked = set()
    for name, matchers in re.findall(r"\b(shipbridge_\w+)(?:\{([^}]*)\})?", query):
        if name not in exposed:
            yield f"{where}: no metric {name}"
            continue
        asked.add(name)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
            if label not in exposed[name] | SCRAPED:
                yield f"{where}: {name} has no label {label}"
    known = set().union(SCRAPED, *(exposed[name] for name in asked))
    for group in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query):
        for label in re.findall(r"\w+", group):
            if label not in known:
                yield f"{where}: none of its metrics has a label {label}"


def check_metrics():
    exposed = metrics()
    problems = [problem for where, query in expressions() for problem in misused(where, query, exposed)]
    tests = (DEPLOY / "prometheus/alerts_test.yaml").read_text(encoding="utf-8")
    problems += [p for series in re.findall(r"series: '([^']*)'", tests) for p in misused("alerts_test.yaml", series, exposed)]
    alerts = re.findall(r"alert: (\w+)", (DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8"))
    firing = set(re.findall(r"alertname: (\w+)\s+exp_alerts:", tests))
    problems += [f"alerts_test.yaml: {alert} never fires in a test" for alert in alerts if alert not in firing]
    if not exposed or not alerts:
        problems.append("found no metric or no alert at all")
    fail(problems)


def check_dashboard(rules):
    problems, taken, ids = [], {}, set()
    for panel in panels():
        place = panel["gridPos"]
        if panel["id"] in ids:
            problems.append(f"panel {panel['title']!r}: its id is taken")
        ids.add(panel["id"])
        if place["x"] + place["w"] > 24:
            problems.append(f"panel {panel['title']!r}: wider than the page")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken:
                    problems.append(f"panel {panel['title']!r}: lies on {taken[x, y]!r}")
                taken[x, y] = panel["title"]
    queries = [t["expr"] for p in panels() for t in p.get("targets", [])]
    queries = [q.replace("$__rate_interval", "5m").replace("$connection", ".*") for q in queries]
    problems += [f"unknown variable in {q}" for q in queries if "$" in q]
    group = {"name": "dashboard", "rules": [{"record": f"panel:{n}", "expr": q} for n, q in enumerate(queries)]}
    Path(rules).write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    fail(sorted(set(problems)))


def extract_keda(manifests, folder):
    documents = yaml.safe_load_all(Path(manifests).read_text(encoding="utf-8"))
    found = [document for document in documents if document["apiVersion"].startswith("keda.sh/")]
    for document in found:
        name = f"{document['kind']}-{document['metadata']['name']}.json".lower()
        (Path(folder) / name).write_text(json.dumps(document), encoding="utf-8")
    fail([] if found else ["no object of KEDA in the manifests"])


def check_agreement():
    def text(path):
        return (DEPLOY / path).read_text(encoding="utf-8")

    def one(pattern, of):
        return re.search(pattern, of, re.M).group(1)

    problems = []

    def same(what, left, right):
        if left != right:
            problems.append(f"{what}: {left} and {right}")

    version = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    channel = tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    same("Dockerfile and Cargo.toml: version", one(r"^ARG VERSION=(.*)$", text("Dockerfile")), version)
    same("Dockerfile and rust-toolchain.toml: Rust", one(r"^ARG RUST_VERSION=(.*)$", text("Dockerfile")), channel)
    same("compose.yaml and Cargo.toml: version", one(r"SHIPBRIDGE_VERSION:-([^}]*)\}", text("compose.yaml")), version)
    same("kustomization.yaml and Cargo.toml: version", one(r"newTag: (.*)$", text("kubernetes/kustomization.yaml")), version)
    if text("shipbridge.toml") != text("kubernetes/shipbridge.toml"):
        problems.append("kubernetes/shipbridge.toml is not a copy of shipbridge.toml (kustomize reads no file outside its folder)")

    settings = tomllib.loads(text("shipbridge.toml"))
    credentials = set(re.findall(r"file:\$\{CREDENTIALS_DIRECTORY\}/(\w+)", text("shipbridge.toml")))
    units = text("systemd/common.conf") + text("systemd/shipbridge-work@.service")
    secret = yaml.safe_load(text("kubernetes/secret.example.yaml"))["stringData"]
    compose = yaml.safe_load(text("compose.yaml"))
    same("secrets of shipbridge.toml and systemd", credentials, set(re.findall(r"LoadCredential=(\w+):", units)))
    same("secrets of shipbridge.toml and secret.example.yaml", credentials, set(secret))
    same("secrets of shipbridge.toml and compose.yaml", credentials, set(compose["x-secrets"]))
    scaled = next(yaml.safe_load_all(text("kubernetes/autoscaling.yaml")))
    queues = {trigger["metadata"]["queueName"] for trigger in scaled["spec"]["triggers"]}
    lanes = {f"shipbridge.{c['name']}.{lane}" for c in settings["connections"] for lane in ("orders", "shipments", "rates")}
    same("queues of shipbridge.toml and autoscaling.yaml", lanes, queues)
    fail(problems)


COMMANDS = {"metrics": check_metrics, "dashboard": check_dashboard, "keda": extract_keda, "agreement": check_agreement}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
