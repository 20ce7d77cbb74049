"""The daily walk as the stack runs it: by the maintenance machine, with the built function and the emulated bucket."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

from integration.driving import Api, aws_client, wait_for

from simcrm_embedded.state import StackState

OBJECTS = 1_100


def test_a_walk_deletes_what_nobody_knows_any_more_and_keeps_what_has_just_ended(state: StackState) -> None:
    storage, bucket = aws_client(state, "s3"), state.outputs["BucketName"]
    ended = Api(state, state.operator_token).run(totalRecords=2, dryRun=True, activities={"enabled": False})
    kept = f"simulations/{ended['simulationId']}/plan.json"
    gone = f"simulations/{uuid.uuid4().hex}/"
    with ThreadPoolExecutor(8) as pool:
        keys = [f"{gone}records/{number:06d}.jsonl" for number in range(OBJECTS)]
        list(pool.map(lambda key: storage.put_object(Bucket=bucket, Key=key, Body=b"{}"), keys))

    steps = aws_client(state, "stepfunctions")
    machines = {item["name"]: item["stateMachineArn"] for item in steps.list_state_machines()["stateMachines"]}
    (machine,) = [arn for name, arn in machines.items() if name.endswith("-maintenance")]
    arn = steps.start_execution(stateMachineArn=machine, input=json.dumps({"action": "expire", "after": ""}))[
        "executionArn"
    ]
    wait_for(lambda: steps.describe_execution(executionArn=arn)["status"] != "RUNNING")

    done = steps.describe_execution(executionArn=arn)
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"after": "", "done": True})
    assert storage.list_objects_v2(Bucket=bucket, Prefix=gone)["KeyCount"] == 0
    assert storage.list_objects_v2(Bucket=bucket, Prefix=kept)["KeyCount"] == 1
