"""An independent reference for the known answers of `crates/secagg`.

Standard library only: AES-128 (FIPS 197), HKDF-SHA-256 (RFC 5869), X25519 (RFC 7748) and Shamir's
sharing are written out, each checked against its published vector before anything is printed.

    python3 tests/reference/secagg.py > crates/secagg/tests/vectors/secagg.txt
"""

import hashlib
import hmac

# ---- published building blocks ------------------------------------------------------------------


def gf_tables():
    """Logarithms to the base 3 in GF(2^8) of AES."""
    exp, log, x = [0] * 510, [0] * 256, 1
    for i in range(255):
        exp[i] = exp[i + 255] = x
        log[x] = i
        double = (x << 1) ^ (0x11B if x & 0x80 else 0)
        x ^= double
    return exp, log


EXP, LOG = gf_tables()


def gf_mul(a, b):
    return 0 if a == 0 or b == 0 else EXP[LOG[a] + LOG[b]]


def gf_div(a, b):
    return 0 if a == 0 else EXP[LOG[a] - LOG[b] + 255]


def sbox(x):
    inv = 0 if x == 0 else gf_div(1, x)
    out = 0x63
    for shift in range(5):
        out ^= ((inv << shift) | (inv >> (8 - shift))) & 0xFF
    return out


SBOX = [sbox(x) for x in range(256)]


def aes128(key, block):
    words, rcon = [list(key[i : i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        w = list(words[-1])
        if i % 4 == 0:
            w = [SBOX[b] for b in w[1:] + w[:1]]
            w[0] ^= rcon
            rcon = gf_mul(rcon, 2)
        words.append([a ^ b for a, b in zip(w, words[-4])])
    keys = [sum(words[4 * r : 4 * r + 4], []) for r in range(11)]
    s = [a ^ b for a, b in zip(block, keys[0])]
    for r in range(1, 11):
        s = [SBOX[b] for b in s]
        s = [s[(i + 4 * (i % 4)) % 16] for i in range(16)]
        if r < 10:
            mixed = []
            for c in range(0, 16, 4):
                col = s[c : c + 4]
                for i in range(4):
                    mixed.append(
                        gf_mul(2, col[i])
                        ^ gf_mul(3, col[(i + 1) % 4])
                        ^ col[(i + 2) % 4]
                        ^ col[(i + 3) % 4]
                    )
            s = mixed
        s = [a ^ b for a, b in zip(s, keys[r])]
    return bytes(s)


def ctr(key, counter, length):
    out, at = b"", int.from_bytes(counter, "big")
    while len(out) < length:
        out += aes128(key, at.to_bytes(16, "big"))
        at = (at + 1) % (1 << 128)
    return out[:length]


def hkdf(salt, ikm, info, length):
    prk = hmac.new(salt, ikm, hashlib.sha256).digest()
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + block, i + 1
    return out[:length]


def x25519(scalar, point):
    p = 2**255 - 19
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & ((1 << 255) - 1)) | (1 << 254)
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = (k >> t) & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % p, b * b % p, d * a % p, c * b % p
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + 121665 * e) % p
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


def self_check():
    h = bytes.fromhex
    # FIPS 197, appendix B.
    key, block = h("2b7e151628aed2a6abf7158809cf4f3c"), h("3243f6a8885a308d313198a2e0370734")
    assert aes128(key, block).hex() == "3925841d02dc09fbdc118597196a0b32"
    # SP 800-38A, F.5.1, first block: keystream is plaintext xor ciphertext.
    stream = ctr(key, h("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), 16)
    assert stream.hex() == "ec8cdf7398607cb0f2d21675ea9ea1e4"
    # RFC 5869, A.1.
    okm = hkdf(h("000102030405060708090a0b0c"), b"\x0b" * 22, h("f0f1f2f3f4f5f6f7f8f9"), 42)
    assert okm.hex().startswith("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56")
    # RFC 7748, 5.2.
    k = h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    u = h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    want = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    assert x25519(k, u).hex() == want


# ---- the protocol's own derivations -------------------------------------------------------------


def parts(*items):
    h = hashlib.sha256()
    for item in items:
        h.update(len(item).to_bytes(8, "big") + item)
    return h.digest()


def splitmix(seed):
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def draw(rng, length):
    return b"".join(next(rng).to_bytes(8, "little") for _ in range(length // 8))


def derive(session, secret, label, first, second):
    return hkdf(session, secret, b"concordat-secagg/v1/" + label + bytes([first, second]), 32)


def mask(key, length, bits):
    stream, width = ctr(key[:16], key[16:], length * bits // 8), bits // 8
    return [
        int.from_bytes(stream[i : i + width], "little") for i in range(0, len(stream), width)
    ]


def split(secret, threshold, points, rng):
    rows = [draw(rng, 32) for _ in range(threshold - 1)] + [secret]
    shares = []
    for x in points:
        share = bytearray(32)
        for power, row in enumerate(reversed(rows)):
            factor = 1
            for _ in range(power):
                factor = gf_mul(factor, x)
            for i in range(32):
                share[i] ^= gf_mul(factor, row[i])
        shares.append(bytes(share))
    return shares


def combine(shares):
    secret = bytearray(32)
    for i, (x, share) in enumerate(shares):
        weight = 1
        for j, (y, _) in enumerate(shares):
            if i != j:
                weight = gf_mul(weight, gf_div(y, x ^ y))
        for k in range(32):
            secret[k] ^= gf_mul(weight, share[k])
    return bytes(secret)


def words(values, bits):
    return b"".join(v.to_bytes(bits // 8, "little") for v in values)


# ---- the known answers --------------------------------------------------------------------------


def say(name, value):
    print(f"{name} = {value.hex()}")


def derivations():
    print("# keys and masks: session, secret, then what is derived for points 2 and 5")
    session, secret = bytes(range(32)), bytes(range(100, 132))
    say("session", session)
    say("secret", secret)
    self_key = derive(session, secret, b"self-mask", 2, 0)
    say("self-mask", self_key)
    say("pair-mask", derive(session, secret, b"pair-mask", 2, 5))
    say("share-key", derive(session, secret, b"share-key", 2, 5))
    print("# the first words of the self-mask, little-endian, in both rings")
    say("mask-32", words(mask(self_key, 9, 32), 32))
    say("mask-64", words(mask(self_key, 9, 64), 64))
    print("# a counter that wraps within the first blocks")
    wrapping = self_key[:16] + b"\xff" * 16
    say("wrapping-key", wrapping)
    say("wrapping-mask-32", words(mask(wrapping, 9, 32), 32))


def sharing():
    print("# Shamir: threshold 3, points 1 2 5 100, coefficients from SplitMix64(7)")
    secret = bytes(range(200, 232))
    points = [1, 2, 5, 100]
    shares = split(secret, 3, points, splitmix(7))
    say("shamir-secret", secret)
    for x, share in zip(points, shares):
        say(f"shamir-share-{x}", share)
    assert combine(list(zip(points, shares))[1:]) == secret
    print("# bad: the share of point 5 with its first bit turned; points 1 2 5 combine to this")
    bad = bytes([shares[2][0] ^ 1]) + shares[2][1:]
    say("shamir-bad-share-5", bad)
    say("shamir-bad-secret", combine([(1, shares[0]), (2, shares[1]), (5, bad)]))


def masked_uploads():
    print("# one attempt of alder, aspen and beech; each draws from SplitMix64(1), (2), (3)")
    print("# c_sk, s_sk and b; contributions are x[i] = 1000 * point - i, three elements, 32 bits")
    names = [b"alder", b"aspen", b"beech"]
    ledger = {
        # Ed25519 public keys of the seeds SHA-256(name); fixed here, checked by the test.
        b"alder": bytes.fromhex(LEDGER[0]),
        b"aspen": bytes.fromhex(LEDGER[1]),
        b"beech": bytes.fromhex(LEDGER[2]),
    }
    be = lambda n, w: n.to_bytes(w, "big")
    listed = [item for name in names for item in (name, ledger[name])]
    roster = parts(b"concordat-secagg/v1/roster", *listed)
    numbers = parts(
        b"concordat-secagg/v1/params",
        *[be(n, 4) for n in (3, 3, 1, 0, 32, 3)],
        *[be(n, 8) for n in (10, 1 << 16, 1 << 10)],
    )
    sha = lambda text: hashlib.sha256(text).digest()
    session = parts(
        b"concordat-secagg/v1/session",
        sha(b"agreement"), b"triage", be(3, 4), be(0, 4),
        sha(b"model"), sha(b"quantiser"), roster, numbers,
    )
    say("attempt-session", session)
    base = bytes([9]) + bytes(31)
    secrets, publics = [], []
    for at in range(3):
        rng = splitmix(at + 1)
        c_sk, s_sk, b = draw(rng, 32), draw(rng, 32), draw(rng, 32)
        secrets.append((s_sk, b))
        commitment = parts(b"concordat-secagg/v1/seed", session, names[at], b)
        publics.append((x25519(c_sk, base), x25519(s_sk, base), commitment))
        for what, value in zip(("cipher-key", "mask-key", "commitment"), publics[at]):
            say(f"{names[at].decode()}-{what}", value)
    total = [0] * 3
    for at in range(3):
        own = at + 1
        y = [(1000 * own - i) % 2**32 for i in range(3)]
        total = [(t + v) % 2**32 for t, v in zip(total, y)]
        key = derive(session, secrets[at][1], b"self-mask", own, 0)
        y = [(v + m) % 2**32 for v, m in zip(y, mask(key, 3, 32))]
        for with_ in range(3):
            if with_ == at:
                continue
            low, high = sorted((own, with_ + 1))
            shared = x25519(secrets[at][0], publics[with_][1])
            stream = mask(derive(session, shared, b"pair-mask", low, high), 3, 32)
            sign = 1 if at < with_ else -1
            y = [(v + sign * m) % 2**32 for v, m in zip(y, stream)]
        say(f"{names[at].decode()}-upload", words(y, 32))
    say("attempt-sum", words(total, 32))


# From `ed25519` keys of the seeds SHA-256("alder"), SHA-256("aspen") and SHA-256("beech").
LEDGER = [
    "f12cde71ace6783d48b07fd7f115c59ef28cbf222092d342a9c70931d03bb406",
    "c060c16c268fe581f975b59ffad43f34695664544d473a48232b7d3ef080d7c7",
    "ff8fadc448e7db6ad331c9ff0595fbf746c042baa12aeeeada11318f68a8f4db",
]

if __name__ == "__main__":
    self_check()
    print("# Known answers of crates/secagg, by tests/reference/secagg.py; values in hexadecimal.")
    derivations()
    sharing()
    masked_uploads()
