"""MiniStack, the emulated AWS."""

from collections.abc import Mapping
from pathlib import Path

from simcrm_embedded.environment import credentials, service_environment
from simcrm_embedded.errors import MissingToolError
from simcrm_embedded.external_ledgers import bucket_folder
from simcrm_embedded.local_portal import user_portal
from simcrm_embedded.loopback import get_json
from simcrm_embedded.ports import LOOPBACK
from simcrm_embedded.project import Project

_MAIN = Path(__file__).with_name("emulator_main.py")
_SETTINGS = {
    "BIND_HOST": LOOPBACK,
    "PERSIST_STATE": "0",
    "LAMBDA_EXECUTOR": "local",
    "IOT_MTLS_ENABLED": "0",  # otherwise it opens port 8883 on every interface
    "SFTP_ENABLED": "0",
    "DOCKER_HOST": "unix:///nonexistent/simcrm.sock",  # otherwise it removes other emulators' containers
    "LOG_LEVEL": "INFO",
}


def emulator_command(project: Project) -> list[str]:
    """Return the command that runs the emulator.

    Raises:
        MissingToolError: its environment is not set up.
    """
    if not (project.emulator_python.is_file() and project.emulator_python.with_name("ministack").is_file()):
        raise MissingToolError("MiniStack", "run `make setup`")
    return [str(project.emulator_python), str(_MAIN)]


def emulator_environment(env: Mapping[str, str], port: int, scratch: Path, token: str) -> dict[str, str]:
    """Return its settings, which functions inherit: the token that admits them is the only secret allowed here.

    Port 0 takes a free port, which the emulator prints.
    """
    place = {"GATEWAY_PORT": str(port), "STATE_DIR": str(scratch / "aws"), "S3_DATA_DIR": str(bucket_folder(scratch))}
    # The ledger of what is written to the user's own portal must survive this process.
    persistence = {"S3_PERSIST": "0" if user_portal(env) is None else "1"}
    return {**service_environment(env, scratch), **credentials(token), **_SETTINGS, **place, **persistence}


def is_ready(endpoint: str) -> bool:
    """Whether the emulator responds."""
    return get_json(f"{endpoint}/_ministack/ready", timeout=2) is not None
