"""Asks pywb's access checker about every capture of two indexes. Called by access.sh."""

import json
import shutil
import subprocess
import sys

from pywb.warcserver.access_checker import AccessChecker
from pywb.warcserver.index.cdxobject import CDXObject

work, output, *keys = sys.argv[1:]
access = f"{output}/pywb-access.aclj"
passed, failed = 0, []


def check(what, is_so):
    global passed
    if is_so:
        passed += 1
    else:
        failed.append(what)


records = {}
for line in open(f"{output}/exports/latest/articles.jsonl"):
    record = json.loads(line)
    records[record["key"]] = record
own = set()
for key in keys:
    for capture in records[key]["captures"]:
        if capture["used_as"] == "article":
            own.add((capture["warc_file"], capture["warc_offset"]))
check("there is something to hide", len(own) >= len(keys))

checker = AccessChecker(access)
for name in ["posts", "own"]:
    shown = set()
    everything = []
    for line in open(f"{work}/{name}.cdxj", "rb"):
        cdx = CDXObject(line)
        everything.append(((cdx["filename"], int(cdx["offset"])), cdx["url"]))
    lines = (CDXObject(line) for line in open(f"{work}/{name}.cdxj", "rb"))
    for cdx in checker.wrap_iter(lines, None):
        shown.add((cdx["filename"], int(cdx["offset"])))
    hidden = 0
    for place, url in everything:
        # The checker knows addresses alone, and all answers of the interface share one.
        if place in own or "/bridge?url=/portal/api/layChiTietBaiViet" in url:
            hidden += 1
            check(f"{name}: {url} is hidden", place not in shown)
        else:
            check(f"{name}: {url} is shown", place in shown)
    check(f"{name}: something is hidden and something shown", hidden and shown)

# A key that begins like a hidden one is another article's.
for key in keys:
    url = records[key]["url"]
    check(f"{url} is hidden", checker.find_access_rule(url)["access"] == "exclude")
    check(f"{url}-1 is shown", checker.find_access_rule(url + "-1")["access"] == "allow")

# pywb's own manager writes a file anew that is not in its order.
copy = f"{work}/copy.aclj"
shutil.copy(access, copy)
told = subprocess.run([f"{sys.prefix}/bin/wb-manager", "acl", "validate", copy], capture_output=True)
check(f"wb-manager acl validate: {told.stderr}", told.returncode == 0)
check("the rules are in pywb's order", open(copy).read() == open(access).read())
turned = open(access).read().splitlines(True)[::-1]
open(copy, "w").writelines(turned)
subprocess.run([f"{sys.prefix}/bin/wb-manager", "acl", "validate", copy], check=True)
check("another order would have been seen", open(copy).read() != "".join(turned))

for what in failed:
    print(f"FAILED {what}")
print(f"{passed} passed, {len(failed)} failed")
sys.exit(1 if failed or not passed else 0)
