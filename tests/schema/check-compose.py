"""Checks a compose file against compose-spec.json, and first that a planted mistake is found.

The schema is that of https://github.com/compose-spec/compose-spec (Apache-2.0), unchanged. Needs PyYAML and jsonschema;
exits with 77 where they are missing.
"""

import copy
import json
import pathlib
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(missing)
    sys.exit(77)

schema = json.loads((pathlib.Path(__file__).parent / "compose-spec.json").read_text())
compose = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())

planted = copy.deepcopy(compose)
next(iter(planted["services"].values()))["imagee"] = "misspelt"
try:
    jsonschema.validate(planted, schema)
    sys.exit("the schema accepts a misspelt key")
except jsonschema.ValidationError:
    pass

jsonschema.validate(compose, schema)
print(f"{sys.argv[1]}: {len(compose['services'])} services, valid")
