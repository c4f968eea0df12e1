<?php
// Adds an item to the cart of each session: `drive.php '{"servers", "cookies", "name", "secret", "item"}'`. Prints what it read, and whether it saved.
require __DIR__ . '/session.php';

$task = json_decode($argv[1], true);
$memcached = connect(array_map(fn($server) => explode(':', $server), $task['servers']));
$answers = [];
foreach ($task['cookies'] as $cookie) {
    $key = keyOf($cookie, $task['name'], $task['secret']);
    $loaded = $key === null ? null : load($memcached, $key);
    if ($loaded === null) {
        $answers[] = null;
        continue;
    }
    [$data, $token] = $loaded;
    $read = json_encode($data);
    $data->cart[] = $task['item'];
    $saved = save($memcached, $key, $data, $token, 3600);
    $again = save($memcached, $key, $data, $token, 3600);
    $answers[] = ['read' => json_decode($read), 'saved' => $saved, 'again' => $again];
}
echo json_encode($answers), "\n";
