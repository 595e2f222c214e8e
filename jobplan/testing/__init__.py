"""For tests, ours and those of users.

plugin.py       pytest plugin: `jobplan_inventory`, `plan_preview`, `plan_snapshot`, `plan_json_snapshot`
preview.py      what they give
snapshots.py    syrupy extensions            volatile.py    values that differ from run to run
factories.py    API objects                  strategies.py  hypothesis strategies for jobs
"""
