#!/usr/bin/env python3
"""agree.py  -- reads one {"instance": ..., "solution": ...} a line and prints what check.py thinks of it: valid, invalid, or refused.
An instance of null is that of the line before. Refused is exit 2 of check.py, and an exception: a field that is missing or of a wrong type."""
import contextlib, io, json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check import Inst, check

instance = None
for line in sys.stdin:
    pair = json.loads(line)
    if pair['instance'] is not None: instance = Inst(pair['instance'])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            violations, _ = check(instance, pair['solution'])
        print('invalid' if violations else 'valid')
    except SystemExit:
        print('refused')
    except Exception:
        print('refused')
