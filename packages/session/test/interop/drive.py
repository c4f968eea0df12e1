"""Adds an item to the cart of each session: `drive.py '{"servers", "cookies", "name", "secret", "item"}'`. Prints what it read, and whether it saved."""
import json, sys
from pylibmc import ClientPool, ThreadMappedPool
from session import connect, key_of, load, save

task = json.loads(sys.argv[1])
# Clones of clones, as a pool makes them of what another pool handed out.
with ClientPool(connect(task["servers"]), 1).reserve() as pooled, ThreadMappedPool(pooled).reserve() as clone:
    memcached = clone
answers = []
for cookie in task["cookies"]:
    key = key_of(cookie, task["name"], task["secret"])
    loaded = key and load(memcached, key)
    if not loaded:
        answers.append(None)
        continue
    data, token = loaded
    read = json.dumps(data)
    data.setdefault("cart", []).append(task["item"])
    saved = save(memcached, key, data, token, 3600)
    again = save(memcached, key, data, token, 3600)
    answers.append({"read": json.loads(read), "saved": saved, "again": again})
print(json.dumps(answers))
