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

/** [data, what save needs], or null: no session, a destroyed one, or one that is not plain JSON. */
function load(Memcached $memcached, string $key): ?array
{
    $found = $memcached->get($key, null, Memcached::GET_EXTENDED);
    if ($found === false) return null;
    $record = $found['value'];
    if (substr($record, 0, 3) !== "\xe5\x01\x00" || substr($record, 16, 2) !== "\x01\x00") return null;
    if (milliseconds($record) <= microtime(true) * 1000) return null;
    // Objects stay objects: with arrays an empty {} would come back as [].
    return [json_decode(substr($record, 36), false, 512, JSON_THROW_ON_ERROR), $found];
}

/** When the session ends, whatever its use. */
function milliseconds(string $record): int
{
    return unpack('J', "\0\0" . substr($record, 30, 6))[1];
}

/** false when somebody else saved or destroyed the session meanwhile: load it again. */
function save(Memcached $memcached, string $key, object $data, array $loaded, int $ttlSeconds): bool
{
    $record = $loaded['value'];
    $ttl = max(1, min($ttlSeconds, intdiv(milliseconds($record), 1000) - time()));
    $version = max(unpack('J', $record, 4)[1] + 1, (int) (microtime(true) * 1000) << 16);
    $header = substr($record, 0, 4) . pack('J', $version) . pack('N', $ttl) . substr($record, 16, 20);
    $json = json_encode($data, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
    return $memcached->cas($loaded['cas'], $key, $header . $json, $ttl);
}
