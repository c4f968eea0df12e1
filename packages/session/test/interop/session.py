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


def head_of(record):
    """(where the session's header begins, where its data does), or None: a destroyed session, one that has another id, or one that is not plain JSON."""
    if record[:3] != b"\xe5\x01\x00":
        return None
    at = 16
    if record[at] == 5:  # renewed: the key of the id before, which leads here until this one was used
        at += 2 + record[at + 1]
    if record[at] != 1 or record[at + 1] & ~0x10:
        return None
    return at, at + (25 if record[at + 1] & 0x10 else 20)


def ends_at(record, at):
    """When the session ends, whatever its use: milliseconds since 1970."""
    return int.from_bytes(record[at + 14 : at + 20], "big")


def load(memcached, key):
    """(data, what save needs), or None: no session, or one that this program does not read."""
    record, cas = memcached.gets(key)
    head = record and head_of(record)
    if not head or ends_at(record, head[0]) <= time.time() * 1000:
        return None
    return json.loads(record[head[1] :]), (record, cas)


def save(memcached, key, data, loaded, ttl_seconds):
    """False when somebody else saved or destroyed the session meanwhile: load it again."""
    record, cas = loaded
    at, start = head_of(record)
    if start - at == 25:  # an idle timeout of its own
        ttl_seconds = int.from_bytes(record[at + 20 : at + 24], "big")
    ttl = max(1, min(ttl_seconds, ends_at(record, at) // 1000 - int(time.time()))) + 1
    version = max(int.from_bytes(record[4:12], "big") + 1, int(time.time() * 1000) << 16)
    header = record[:4] + version.to_bytes(8, "big") + ttl.to_bytes(4, "big") + record[16:start]
    return memcached.cas(key, header + json.dumps(data).encode(), cas, ttl)
