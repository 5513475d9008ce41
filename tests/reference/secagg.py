"""An independent reference for the known answers of `crates/secagg`.

Standard library only: AES-128 (FIPS 197), HKDF-SHA-256 (RFC 5869), X25519 (RFC 7748), Ed25519
(RFC 8032), ChaCha20-Poly1305 (RFC 8439) and Shamir's sharing are written out, each checked against
its published vector before anything is printed. Slow, and not for secrets.

    python3 tests/reference/secagg.py > crates/secagg/tests/vectors/secagg.json
"""

import hashlib
import hmac
import json
import math

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


P25519 = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D25519 = -121665 * pow(121666, P25519 - 2, P25519) % P25519


def edwards_add(p, q):
    """Both in extended coordinates (RFC 8032, 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D25519, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return tuple(v % P25519 for v in (e * f, g * h, f * g, e * h))


def edwards_mul(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = edwards_add(result, point)
        point, scalar = edwards_add(point, point), scalar >> 1
    return result


def edwards_base():
    y = 4 * pow(5, P25519 - 2, P25519) % P25519
    square = (y * y - 1) * pow(D25519 * y * y + 1, P25519 - 2, P25519) % P25519
    x = pow(square, (P25519 + 3) // 8, P25519)
    if x * x % P25519 != square:
        x = x * pow(2, (P25519 - 1) // 4, P25519) % P25519
    x = x if x % 2 == 0 else P25519 - x
    return (x, y, 1, x * y % P25519)


BASE = edwards_base()


def edwards_bytes(point):
    inverse = pow(point[2], P25519 - 2, P25519)
    x, y = point[0] * inverse % P25519, point[1] * inverse % P25519
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


class Ed25519:
    def __init__(self, seed):
        wide = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(wide[:32], "little") & ~7 & ((1 << 254) - 1) | (1 << 254)
        self.prefix = wide[32:]
        self.public = edwards_bytes(edwards_mul(self.scalar, BASE))

    def sign(self, message):
        number = lambda *items: int.from_bytes(hashlib.sha512(b"".join(items)).digest(), "little")
        r = number(self.prefix, message) % ORDER
        first = edwards_bytes(edwards_mul(r, BASE))
        k = number(first, self.public, message)
        return first + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")


def chacha20(key, counter, nonce):
    m = 0xFFFFFFFF
    take = lambda b: [int.from_bytes(b[i : i + 4], "little") for i in range(0, len(b), 4)]
    start = take(b"expand 32-byte k") + take(key) + [counter] + take(nonce)
    s = list(start)

    def quarter(a, b, c, d):
        for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[first] = (s[first] + s[second]) & m
            s[third] ^= s[first]
            s[third] = ((s[third] << turn) | (s[third] >> (32 - turn))) & m

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return b"".join(((a + b) & m).to_bytes(4, "little") for a, b in zip(s, start))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def seal(key, nonce, aad, plain):
    """ChaCha20-Poly1305: the ciphertext, then the tag."""
    stream = b"".join(chacha20(key, 1 + i, nonce) for i in range((len(plain) + 63) // 64))
    cipher = bytes(a ^ b for a, b in zip(plain, stream))
    pad = lambda data: data + bytes(-len(data) % 16)
    lengths = len(aad).to_bytes(8, "little") + len(cipher).to_bytes(8, "little")
    tag = poly1305(chacha20(key, 0, nonce)[:32], pad(aad) + pad(cipher) + lengths)
    return cipher + tag


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
    # RFC 8032, 7.1, test 2.
    seed = h("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Ed25519(seed)
    want = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.public.hex() == want
    assert signer.sign(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b54")
    # RFC 8439, 2.8.2.
    key, nonce = bytes(range(0x80, 0xA0)), h("070000004041424344454647")
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    sealed = seal(key, nonce, h("50515253c0c1c2c3c4c5c6c7"), text)
    assert sealed.hex().startswith("d31a8d34648e60db7b86afbc53ef7ec2")
    assert sealed.hex().endswith("1ae10b594f09e26a7e902ecbd0600691")


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


def derive(session, secret, label, first, second, *keys):
    info = b"concordat-secagg/v1/" + label + bytes([first, second]) + b"".join(keys)
    return hkdf(session, secret, info, 32)


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


def derivations():
    session, secret = bytes(range(32)), bytes(range(100, 132))
    keys = [bytes([i]) * 32 for i in (7, 8)]
    own = derive(session, secret, b"self-mask", 2, 0)
    wrapping = own[:16] + b"\xff" * 16
    return {
        "session": session,
        "secret": secret,
        "public_keys": keys,
        "self_mask_of_2": own,
        "pair_mask_of_2_and_5": derive(session, secret, b"pair-mask", 2, 5, *keys),
        "share_key_from_2_to_5": derive(session, secret, b"share-key", 2, 5, *keys),
        "mask_32": words(mask(own, 9, 32), 32),
        "mask_64": words(mask(own, 9, 64), 64),
        "wrapping_key": wrapping,
        "wrapping_mask_32": words(mask(wrapping, 9, 32), 32),
    }


def sharing():
    secret, points = bytes(range(200, 232)), [1, 2, 5, 100]
    shares = split(secret, 3, points, splitmix(7))
    assert combine(list(zip(points, shares))[1:]) == secret
    bad = bytes([shares[2][0] ^ 1]) + shares[2][1:]
    return {
        "threshold": 3,
        "seed": 7,
        "secret": secret,
        "shares": {str(point): share for point, share in zip(points, shares)},
        "bad_share_of_5": bad,
        "bad_secret": combine([(1, shares[0]), (2, shares[1]), (5, bad)]),
    }


def public_keys():
    """Whether an honest client can advertise a key: of large order and in its one spelling."""
    number = lambda value: value.to_bytes(32, "little")
    h = bytes.fromhex
    small = [
        number(0),
        number(1),
        number(P25519 - 1),
        h("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        h("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ]
    for key in small:
        assert x25519(bytes([1]) * 32, key) == bytes(32)
    spelled = [number(P25519), number(P25519 + 1), number(P25519 + 9), number(2**255 - 1)]
    spelled += [number(9 + 2**255), number(2**256 - 1)]
    good = [number(9), x25519(bytes([5]) * 32, number(9)), number(P25519 - 2)]
    return {"good": good, "bad": small + spelled}


FIELDS = ("clients", "threshold", "colluders", "dropouts", "ring_bits", "dimension")
MORE = ("units_per_round", "levels", "noise")


def judged(n, t, c, d, bits, dimension, units, levels, noise):
    """The first condition that a proposal breaks, or "holds"."""
    m = n - d
    if n < 3:
        return "aggregation-too-few-clients"
    if n > 100:
        return "aggregation-too-many-clients"
    if m < 0:
        return "aggregation-all-may-drop"
    if not c < 2 * t - n:
        return "aggregation-two-lists"
    if t > m:
        return "aggregation-cannot-open"
    if m < c + 2:
        return "aggregation-honest-minority"
    if bits not in (32, 64):
        return "aggregation-unknown-ring"
    if not 1 <= dimension <= 2**28:
        return "aggregation-dimension"
    # The least whole R with R >= 12 * noise * sqrt(n / h).
    h, least = m - c, 0
    while (1 << least) ** 2 * h < 144 * noise**2 * n:
        least += 1
    low, high = 0, 1 << least
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**2 * h >= 144 * noise**2 * n else (middle + 1, high)
    fits = n * units * levels + low < 2 ** (bits - 1)
    return "holds" if fits else "aggregation-would-wrap"


def proposals():
    """Small numbers around every border, and sums around the ring's."""
    rng, cases = splitmix(11), []
    pick = lambda *values: values[next(rng) % len(values)]
    while len(cases) < 160:
        n = pick(2, 3, 3, 4, 5, 7, 10, 50, 100, 101)
        t = max(0, 2 * n // 3 + 1 + pick(-2, -1, 0, 0, 0, 0, 1))
        c = max(0, 2 * t - n - 1 - pick(-1, 0, 0, 1, 2))
        d = max(0, n - t - pick(-1, 0, 0, 1))
        bits = pick(32, 32, 64, 64, 48) if next(rng) % 8 == 0 else pick(32, 64)
        dimension = pick(0, 1, 10**6, 2**28, 2**28 + 1)
        if next(rng) % 4:
            dimension = 1000
        noise = pick(0, 1, 1000, 2**20, 2**50)
        room = max(0, 2 ** (bits - 1) - pick(0, 1, 12 * noise * 2))
        units = pick(1, 3, 1000)
        levels = room // (max(1, n) * units) + pick(-1, 0, 1)
        case = (n, t, c, d, bits, dimension, units, max(0, levels), noise)
        cases.append(case)
    # Twice, or within one of it: the border itself.
    cases.append((4, 3, 1, 1, 32, 6, 1, 2**29, 0))
    cases.append((4, 3, 1, 1, 32, 6, 1, 2**29 - 1, 0))
    # Noise alone: the most that each ring holds for four, one more, and all that 64 bits hold.
    for bits in (32, 64):
        most = math.isqrt((2 ** (bits - 1) - 1) ** 2 // (144 * 2))
        cases += [(4, 3, 1, 1, bits, 6, 1, 0, noise) for noise in (most, most + 1, 2**64 - 1)]
    return [
        dict(zip(FIELDS + MORE, (v if i < 6 else str(v) for i, v in enumerate(case))))
        | {"judged": judged(*case)}
        for case in cases
    ]


def session_of(names, signers, threshold, length):
    """The digest over what an attempt of four, of which one may drop out, is about."""
    be = lambda n, w: n.to_bytes(w, "big")
    sha = lambda text: hashlib.sha256(text).digest()
    label = lambda text: b"concordat-secagg/v1/" + text
    listed = [item for name in names for item in (name.encode(), signers[name].public)]
    numbers = parts(
        label(b"params"),
        *[be(n, 4) for n in (4, threshold, 1, 1, 32, length)],
        *[be(n, 8) for n in (10, 1 << 16, 1 << 10)],
    )
    return parts(
        label(b"session"), sha(b"agreement"), b"triage", be(3, 4), be(0, 4),
        sha(b"model"), sha(b"quantiser"), parts(label(b"roster"), *listed), numbers,
    )


def attempt():
    """Alder, aspen, beech and birch; birch shares and falls silent before its upload.

    Each draws from SplitMix64(1), (2), (3), (4): c_sk, s_sk, b, and the polynomials of s_sk and b.
    Contributions are x[i] = 1000 * point - i, three elements of 32 bits.
    """
    names = ["alder", "aspen", "beech", "birch"]
    silent, threshold, length = "birch", 3, 3
    be = lambda n, w: n.to_bytes(w, "big")
    sha = lambda text: hashlib.sha256(text).digest()
    label = lambda text: b"concordat-secagg/v1/" + text
    signers = {name: Ed25519(sha(name.encode())) for name in names}
    points = {name: at + 1 for at, name in enumerate(names)}
    session = session_of(names, signers, threshold, length)

    def signed(name, step, digest):
        return signers[name].sign(parts(label(b"signed"), session, step, name.encode(), digest))

    base, secrets, public, rngs = bytes([9]) + bytes(31), {}, {}, {}
    for name in names:
        rngs[name] = splitmix(points[name])
        c_sk, s_sk, b = (draw(rngs[name], 32) for _ in range(3))
        secrets[name] = (c_sk, s_sk, b)
        commitment = parts(label(b"seed"), session, name.encode(), b)
        public[name] = (x25519(c_sk, base), x25519(s_sk, base), commitment)
    keys_digest = {name: parts(label(b"keys"), *public[name]) for name in names}
    peers = parts(label(b"peers"), *[i for n in names for i in (n.encode(), keys_digest[n])])

    shares, dealt = {}, {}
    for dealer in names:
        c_sk, s_sk, b = secrets[dealer]
        key_shares = split(s_sk, threshold, list(points.values()), rngs[dealer])
        seed_shares = split(b, threshold, list(points.values()), rngs[dealer])
        dealt[dealer] = {}
        for holder, key_share, seed_share in zip(names, key_shares, seed_shares):
            shares[dealer, holder] = (key_share, seed_share)
            named = lambda kind, share: parts(
                label(b"share"), session, dealer.encode(), holder.encode(), kind, share
            )
            aad = named(b"key", key_share) + named(b"seed", seed_share)
            ends = (points[dealer], points[holder], public[dealer][0], public[holder][0])
            key = derive(session, x25519(c_sk, public[holder][0]), b"share-key", *ends)
            dealt[dealer][holder] = aad + seal(key, bytes(12), aad, key_share + seed_share)

    uploads, total = {}, [0] * length
    for name in names:
        if name == silent:
            continue
        y = [(1000 * points[name] - i) % 2**32 for i in range(length)]
        total = [(t + v) % 2**32 for t, v in zip(total, y)]
        own = mask(derive(session, secrets[name][2], b"self-mask", points[name], 0), length, 32)
        y = [(v + m) % 2**32 for v, m in zip(y, own)]
        for other in names:
            if other == name:
                continue
            low, high = sorted((name, other), key=points.get)
            shared = x25519(secrets[name][1], public[other][1])
            ends = (points[low], points[high], public[low][1], public[high][1])
            stream = mask(derive(session, shared, b"pair-mask", *ends), length, 32)
            sign = 1 if name == low else -1
            y = [(v + sign * m) % 2**32 for v, m in zip(y, stream)]
        uploads[name] = words(y, 32)

    survivors = [name for name in names if name != silent]
    list_digest = parts(label(b"survivors"), *[name.encode() for name in survivors])
    messages = {}
    for name in names:
        flat = [i for h in names for i in (
            h.encode(), dealt[name][h][:32], dealt[name][h][32:64], dealt[name][h][64:])]
        message = {
            "cipher_key": public[name][0],
            "mask_key": public[name][1],
            "commitment": public[name][2],
            "keys_signature": signed(name, b"advertise-keys", keys_digest[name]),
            "dealt": dealt[name],
            "shares_signature": signed(name, b"share-keys", parts(label(b"shares"), *flat)),
        }
        if name in survivors:
            vector = parts(label(b"vector"), be(32, 4), be(length, 8), sha(uploads[name]))
            masked = parts(label(b"masked"), peers, vector)
            revealed, flat = {}, []
            for dealer in names:
                key_share, seed_share = shares[dealer, name]
                kind, share = (b"key", key_share) if dealer == silent else (b"seed", seed_share)
                revealed[dealer] = share
                flat += [dealer.encode(), kind, share]
            reveal = parts(label(b"reveal"), *flat)
            message |= {
                "upload": uploads[name],
                "upload_signature": signed(name, b"masked-input", masked),
                "survivors_signature": signed(name, b"consistency-check", list_digest),
                "reveal": revealed,
                "reveal_signature": signed(name, b"unmasking", reveal),
            }
        messages[name] = message
    return {
        "session": session,
        "peers": peers,
        "silent": silent,
        "messages": messages,
        "opened_key": secrets[silent][1],
        "opened_seeds": {name: secrets[name][2] for name in survivors},
        "sum": words(total, 32),
    }


def three():
    """Four contributors and three aggregators; birch does not reach the neutral one.

    Contributors draw their key from SplitMix64(1) to (4), aggregators from SplitMix64(11) to (13).
    Contributions are x[i] = 1000 * point - i, three elements of 32 bits.
    """
    names, silent, length = ["alder", "aspen", "beech", "birch"], "birch", 3
    runs = {"public": "ministry", "private": "vendor", "neutral": "notary"}
    be = lambda n, w: n.to_bytes(w, "big")
    sha = lambda text: hashlib.sha256(text).digest()
    label = lambda text: b"concordat-secagg/v1/three/" + text
    signers = {name: Ed25519(sha(name.encode())) for name in names + list(runs.values())}
    session = parts(
        label(b"session"), session_of(names, signers, 3, length),
        *[i for role, name in runs.items()
          for i in (role.encode(), name.encode(), signers[name].public)],
    )

    def signed(name, written, step, digest):
        statement = parts(label(b"signed"), session, step, written.encode(), digest)
        return signers[name].sign(statement)

    def vector_digest(data):
        width = b"concordat-secagg/v1/vector", be(32, 4), be(length, 8)
        return parts(*width, sha(data))

    base = bytes([9]) + bytes(31)
    secrets = {role: draw(splitmix(11 + at), 32) for at, role in enumerate(runs)}
    keys = {role: x25519(secret, base) for role, secret in secrets.items()}
    offer = {role: parts(label(b"offer"), key) for role, key in keys.items()}
    offers = parts(label(b"offers"), *keys.values())

    said, masks, uploads, total = {}, {}, {}, [0] * length
    for point, name in enumerate(names, 1):
        own = draw(splitmix(point), 32)
        public = x25519(own, base)
        x = [(1000 * point - i) % 2**32 for i in range(length)]
        if name != silent:
            total = [(t + v) % 2**32 for t, v in zip(total, x)]
        for number, role in enumerate(runs, 1):
            shared = x25519(own, keys[role])
            assert shared == x25519(secrets[role], public)
            key = derive(session, shared, b"three/mask", point, number, public, keys[role])
            masks[name, role] = mask(key, length, 32)
            x = [(v + m) % 2**32 for v, m in zip(x, masks[name, role])]
        uploads[name] = x
        vector = vector_digest(words(x, 32))
        said[name] = (public, parts(label(b"contribution"), public, offers, vector))

    listed = lambda kind, who: parts(
        label(kind), *[i for name in who for i in (name.encode(), said[name][1])]
    )
    roster = [name for name in names if name != silent]
    held = {role: listed(b"held", roster if role == "neutral" else names) for role in runs}
    agreed = listed(b"agreed", roster)
    aggregators, check = {}, [0] * length
    for role, name in runs.items():
        share = [0] * length
        for who in roster:
            if role == "neutral":
                share = [(s + v) % 2**32 for s, v in zip(share, uploads[who])]
            share = [(s - m) % 2**32 for s, m in zip(share, masks[who, role])]
        check = [(c + s) % 2**32 for c, s in zip(check, share)]
        opened = parts(label(b"share"), agreed, vector_digest(words(share, 32)))
        aggregators[role] = {
            "key": keys[role],
            "offer_signature": signed(name, role, b"offer-key", offer[role]),
            "held_signature": signed(name, role, b"hold", held[role]),
            "roster_signature": signed(name, role, b"agree", agreed),
            "share": words(share, 32),
            "share_signature": signed(name, role, b"open", opened),
            "digests": (offer[role], opened),
        }
    assert check == total

    contributors = {
        name: {
            "key": said[name][0],
            "upload": words(uploads[name], 32),
            "signature": signed(name, name, b"contribute", said[name][1]),
        }
        for name in names
    }
    pair = lambda digest, signature: parts(digest, signature)
    transcript = parts(
        label(b"transcript"), session,
        parts(*[pair(a["digests"][0], a["offer_signature"]) for a in aggregators.values()]),
        parts(*[parts(name.encode(), pair(said[name][1], contributors[name]["signature"]))
                for name in roster]),
        parts(*[pair(agreed, a["roster_signature"]) for a in aggregators.values()]),
        parts(*[pair(a["digests"][1], a["share_signature"]) for a in aggregators.values()]),
        vector_digest(words(total, 32)),
    )
    for aggregator in aggregators.values():
        del aggregator["digests"]
    return {
        "session": session,
        "silent": silent,
        "contributors": contributors,
        "aggregators": aggregators,
        "sum": words(total, 32),
        "transcript": transcript,
    }


def written(value):
    """Bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: written(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [written(entry) for entry in value]
    return value


if __name__ == "__main__":
    self_check()
    answers = {
        "made_by": "python3 tests/reference/secagg.py; bytes are hexadecimal",
        "derivations": derivations(),
        "sharing": sharing(),
        "public_keys": public_keys(),
        "attempt": attempt(),
        "three": three(),
        "proposals": proposals(),
    }
    # A line for each proposal, one for each entry elsewhere.
    text = json.dumps(written(answers), indent=1)
    for case in written(answers["proposals"]):
        spread = json.dumps(case, indent=1).replace("\n", "\n  ")
        text = text.replace(spread, json.dumps(case), 1)
    print(text)
