"""Reads and changes sessions of @sess, with pylibmc."""
import base64, hashlib, hmac, json, time
import pylibmc

RECORD = 0x5E550000  # memcached's client flags of a record


class Memcached(pylibmc.Client):
    """Values are bytes as they are; what is written carries the flags of a record."""

    def serialize(self, value):
        return value, RECORD

    def deserialize(self, value, flags):
        return value

    def clone(self):
        # pylibmc's clone loses ketama_weighted, and with it the nodes of about half of the keys: its pools hand out clones.
        copy = super().clone()
        copy.behaviors = {"ketama_weighted": True}
        return copy


def connect(servers):
    # libmemcached's weighted ketama: the ring that @sess uses unless told otherwise.
    return Memcached(servers, behaviors={"ketama_weighted": True, "cas": True})


def base64url(digest):
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def key_of(cookie, name, secret, prefix="s/"):
    """The key of the session whose cookie this is; None for one that was not signed with the secret."""
    session_id, _, signature = cookie.partition(".")
    expected = hmac.new(secret.encode(), f"{name}={session_id}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(signature.encode(), base64url(expected).encode()):
        return None
    return prefix + base64url(hashlib.sha256(session_id.encode()).digest())


def load(memcached, key):
    """(data, what save needs), or None: no session, a destroyed one, or one that is not plain JSON."""
    record, cas = memcached.gets(key)
    if record is None or record[:3] != b"\xe5\x01\x00" or record[16:18] != b"\x01\x00":
        return None
    if int.from_bytes(record[30:36], "big") <= time.time() * 1000:
        return None
    return json.loads(record[36:]), (record, cas)


def save(memcached, key, data, loaded, ttl_seconds):
    """False when somebody else saved or destroyed the session meanwhile: load it again."""
    record, cas = loaded
    ends = int.from_bytes(record[30:36], "big") // 1000 - int(time.time())
    ttl = max(1, min(ttl_seconds, ends))
    version = max(int.from_bytes(record[4:12], "big") + 1, int(time.time() * 1000) << 16)
    header = record[:4] + version.to_bytes(8, "big") + ttl.to_bytes(4, "big") + record[16:36]
    return memcached.cas(key, header + json.dumps(data).encode(), cas, ttl)
