"""``simcrm down``."""

from simcrm_cli import output
from simcrm_cli.options import AsJson
from simcrm_embedded.polling import interruptible
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import down


def run(*, as_json: AsJson = False) -> None:
    """End the processes of the embedded stack; its data goes with them."""
    with interruptible() as interruption:
        ended = down(find_project(), interruption)
    message = "The stack has been stopped." if ended else "No stack was running."
    output.show({"ok": True, "ended": ended}, as_json=as_json, render=lambda console: console.print(message))
