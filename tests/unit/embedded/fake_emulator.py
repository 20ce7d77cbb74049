"""Stands in for the emulator with a deployed stack: answers what starting a stack asks, and a simulation's life."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PLACE = Path(os.environ["TMPDIR"]).parent
DESCRIBE_STACKS = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>simcrm</StackName><StackId>1</StackId>
<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>
<member><OutputKey>ApiId</OutputKey><OutputValue>abc</OutputValue></member>
<member><OutputKey>ApiStage</OutputKey><OutputValue>prod</OutputValue></member>
<member><OutputKey>SecretArn</OutputKey><OutputValue>arn:secret</OutputValue></member>
<member><OutputKey>StateMachineArn</OutputKey><OutputValue>arn:machine</OutputValue></member>
</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
COUNTS = {"contacts": 3, "companies": 3, "deals": 2, "notes": 4, "calls": 1, "tasks": 1, "tickets": 0}


def simulation() -> dict[str, object]:
    """A simulation that has ended as the file ``outcome`` says, by default well."""
    outcome = PLACE / "outcome"
    status = outcome.read_text(encoding="utf-8") if outcome.is_file() else "SUCCEEDED"
    error = None if status == "SUCCEEDED" else {"code": "PORTAL_REFUSED", "message": "Mend the token."}
    counts = {"planned": 3, "counts": COUNTS, "failed": 0, "percentComplete": 1, "hubspotCalls": 12}
    return {"ok": True, "simulationId": "sim-1", "status": status, "error": error, **counts}


def executions() -> list[dict[str, object]]:
    """Executions by name and status, as the file ``executions.json`` says; by default none."""
    told = PLACE / "executions.json"
    found = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    arns = {"executionArn": "arn:execution", "stateMachineArn": "arn:machine", "startDate": 1}
    return [{"name": name, "status": status, **arns} for name, status in found.items()]


class Handler(BaseHTTPRequestHandler):
    """The emulator's HTTP interface."""

    def do_GET(self) -> None:
        if self.path.endswith("/api/health"):
            self._answer(503 if (PLACE / "unhealthy").exists() else 200, json.dumps({"ok": True}))
        elif self.path.endswith("/api/simulations/sim-1"):
            self._answer(200, json.dumps(simulation()))
        else:
            self._answer(200, "{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.endswith("/api/simulations"):
            (PLACE / "started.json").write_text(body, encoding="utf-8")
            self._answer(202, json.dumps({"ok": True, "simulationId": "sim-1", "status": "QUEUED"}))
        elif "PutSecretValue" in self.headers.get("X-Amz-Target", ""):
            (PLACE / "secret.json").write_text(json.loads(body)["SecretString"], encoding="utf-8")
            self._answer(200, json.dumps({"ARN": "arn:secret", "Name": "secret"}))
        elif "ListStateMachines" in self.headers.get("X-Amz-Target", ""):
            machine = {
                "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:machine",
                "name": "machine",
            }
            self._answer(200, json.dumps({"stateMachines": [{**machine, "type": "STANDARD", "creationDate": 1}]}))
        elif "ListExecutions" in self.headers.get("X-Amz-Target", ""):
            self._answer(200, json.dumps({"executions": executions()}))
        elif self.path.endswith("/deployments"):
            self._answer(201, json.dumps({"id": "1"}))
        else:
            self._answer(200, DESCRIBE_STACKS)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        (PLACE / "gateway.json").write_text(json.dumps({"path": self.path, **json.loads(body)}), encoding="utf-8")
        self._answer(201, "{}")

    def _answer(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


server = ThreadingHTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Handler)
sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}) + "\n")
sys.stdout.flush()
server.serve_forever()
