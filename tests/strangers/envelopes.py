"""Checks envelopes with securesystemslib, models with model-signing, ML-DSA-44 cosignatures with
cryptography: none of them knows of us.

The first argument says which. One line for each folder after it: `accepted`, or `refused: ` and
why.
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path


def envelope(folder: Path) -> None:
    """As many of the listed keys as `threshold` says have signed."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import Key

    listed = json.loads((folder / "keys.json").read_text())
    keys = [
        Key.from_dict(
            keyid, {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}}
        )
        for keyid, public in listed["keys"].items()
    ]
    found = Envelope.from_dict(json.loads((folder / "envelope.json").read_text()))
    if found.payload_type != "application/vnd.in-toto+json":
        raise ValueError(f"payload type {found.payload_type}")
    found.verify(keys, listed["threshold"])


def model(folder: Path) -> None:
    """The files below `model` are those that the export key has signed."""
    from model_signing import verifying

    config = verifying.Config().use_elliptic_key_verifier(public_key=folder / "key.pem")
    config.verify(folder / "model", folder / "model.sig")


def cosignature(folder: Path) -> None:
    """The one line on a checkpoint is the ML-DSA-44 cosignature of the key."""
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

    name, key_id, encoded = (folder / "vkey").read_text().strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if key[0] != 6 or expected.hex() != key_id:
        raise ValueError("not an ML-DSA-44 key")
    text, line = (folder / "checkpoint").read_text().split("\n\n")
    dash, signer, signature = line.strip().split(" ")
    blob = base64.b64decode(signature, validate=True)
    if (dash, signer, blob[:4]) != ("\u2014", name, expected):
        raise ValueError("not signed by the key")
    origin, size, root = text.split("\n")
    message = b"".join(
        [
            b"subtree/v1\n\0",
            bytes([len(name)]) + name.encode(),
            blob[4:12],
            bytes([len(origin)]) + origin.encode(),
            struct.pack(">QQ", 0, int(size)),
            base64.b64decode(root, validate=True),
        ]
    )
    MLDSA44PublicKey.from_public_bytes(key[1:]).verify(blob[12:], message)


CHECKS = {"envelope": envelope, "model": model, "cosignature": cosignature}

if __name__ == "__main__":
    check = CHECKS[sys.argv[1]]
    for folder in sys.argv[2:]:
        try:
            check(Path(folder))
        except ImportError:
            raise
        except Exception as why:  # whatever they refuse with
            print("refused:", type(why).__name__, " ".join(str(why).split())[:200])
        else:
            print("accepted")
