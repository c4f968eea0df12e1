<?php
// Reads and changes sessions of @sess, with php-memcached.

function connect(array $servers): Memcached
{
    $memcached = new Memcached();
    $memcached->setOptions([
        Memcached::OPT_LIBKETAMA_COMPATIBLE => true, // weighted ketama: the ring that @sess uses unless told otherwise
        Memcached::OPT_PREFIX_KEY => '',             // a prefix here would move keys to other nodes: give it to keyOf
        Memcached::OPT_COMPRESSION => false,         // bytes as they are
        Memcached::OPT_USER_FLAGS => 0x5e55,         // what is written carries the flags of a record
    ]);
    $memcached->addServers($servers);
    return $memcached;
}

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** The key of the session whose cookie this is; null for one that was not signed with the secret. */
function keyOf(string $cookie, string $name, string $secret, string $prefix = 's/'): ?string
{
    [$id, $signature] = explode('.', $cookie, 2) + ['', ''];
    $expected = base64url(hash_hmac('sha256', "$name=$id", $secret, true));
    return hash_equals($expected, $signature) ? $prefix . base64url(hash('sha256', $id, true)) : null;
}

/** [where the session's header begins, where its data does], or null: a destroyed session, one that has another id, or one that is not plain JSON. */
function headOf(string $record): ?array
{
    if (substr($record, 0, 3) !== "\xe5\x01\x00") return null;
    $at = 16;
    if (ord($record[$at]) === 5) $at += 2 + ord($record[$at + 1]); // renewed: the key of the id before, which leads here until this one was used
    $encoding = ord($record[$at + 1] ?? "\0");
    if (ord($record[$at]) !== 1 || ($encoding & ~0x10) !== 0) return null;
    return [$at, $at + ($encoding === 0x10 ? 25 : 20)];
}

/** When the session ends, whatever its use: milliseconds since 1970. */
function endsAt(string $record, int $at): int
{
    return unpack('J', "\0\0" . substr($record, $at + 14, 6))[1];
}

/** [data, what save needs], or null: no session, or one that this program does not read. */
function load(Memcached $memcached, string $key): ?array
{
    $found = $memcached->get($key, null, Memcached::GET_EXTENDED);
    $head = $found === false ? null : headOf($found['value']);
    if ($head === null || endsAt($found['value'], $head[0]) <= microtime(true) * 1000) return null;
    // Objects stay objects: with arrays an empty {} would come back as [].
    return [json_decode(substr($found['value'], $head[1]), false, 512, JSON_THROW_ON_ERROR), $found];
}

/** false when somebody else saved or destroyed the session meanwhile: load it again. */
function save(Memcached $memcached, string $key, object $data, array $loaded, int $ttlSeconds): bool
{
    $record = $loaded['value'];
    [$at, $start] = headOf($record);
    if ($start - $at === 25) $ttlSeconds = unpack('N', $record, $at + 20)[1]; // an idle timeout of its own
    $ttl = max(1, min($ttlSeconds, intdiv(endsAt($record, $at), 1000) - time())) + 1;
    $version = max(unpack('J', $record, 4)[1] + 1, (int) (microtime(true) * 1000) << 16);
    $header = substr($record, 0, 4) . pack('J', $version) . pack('N', $ttl) . substr($record, 16, $start - 16);
    $json = json_encode($data, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
    return $memcached->cas($loaded['cas'], $key, $header . $json, $ttl);
}
