"""Has checkpoints cosigned by a witness of ours, with somebody else's client.

witness.py URL CERTIFICATE VKEY reads JSON on stdin, a list of requests in order, each with "note" (a
signed checkpoint), "proofs" (from each old size to its own: lists of hashes in hexadecimal digits) and
"fresh" (whether a client asks that remembers nothing). It prints a line for each: the cosigned size, or
why there is none.
"""

import json
import ssl
import sys

from aics_witness.feeder import FeederError, WitnessClient, WitnessRejected


def main() -> None:
    url, certificate, vkey = sys.argv[1:]
    context = ssl.create_default_context(cafile=certificate)

    def client() -> WitnessClient:
        return WitnessClient(url, vkey, ssl_context=context, max_attempts=1)

    known = client()
    for request in json.load(sys.stdin):
        proofs = {int(old): [bytes.fromhex(h) for h in hashes] for old, hashes in request["proofs"].items()}
        asking = client() if request["fresh"] else known
        try:
            asking.submit(request["note"], lambda old, new, proofs=proofs: proofs[old])
            print("cosigned", request["note"].split("\n")[1])
        except WitnessRejected as why:
            print("refused", why.status)
        except FeederError as why:
            print("failed", type(why).__name__, why)


main()
