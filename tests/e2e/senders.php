<?php

// Sends as analytics-php 3 does, whose registry is out of reach of most machines: {client, url, key, user,
// count, gzip} comes as JSON on the standard input, what went wrong goes as JSON to the standard output.
// The words are ours; the bytes are PHP's own: json_encode, date('c'), libcurl, sockets, gzip. `client` is
// the way in which the library sends: lib_curl and socket send again what is answered with 5xx and 429,
// socket also what has no answer; fork_curl leaves one request to the command curl and never looks back.

declare(strict_types=1);

const FLUSH_AT = 20;
const AGENT = 'analytics-php/3.8.1';
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10000;

/** Return a message with what the library adds; an empty array of PHP's is `[]` in JSON. */
function message(string $type, string $user, array $own): array
{
    return $own + [
        'type' => $type,
        'userId' => $user,
        'integrations' => [],
        'context' => [
            'library' => ['name' => 'analytics-php', 'version' => '3.8.1', 'consumer' => 'LibCurl'],
            'traits' => [],
        ],
        'timestamp' => date('c'),
        'messageId' => vsprintf('%s%s-%s-4%.3s-8%.3s-%s%s%s', str_split(bin2hex(random_bytes(16)), 4)),
    ];
}

/** Send once with PHP's curl; return the status, 0 where there was no answer. */
function with_libcurl(array $told, string $body): int
{
    $handle = curl_init($told['url'] . '/v1/batch');
    $headers = ['Content-Type: application/json', 'User-Agent: ' . AGENT];
    if ($told['gzip']) {
        $headers[] = 'Content-Encoding: gzip';
    }
    curl_setopt_array($handle, [
        CURLOPT_USERPWD => $told['key'] . ':',
        CURLOPT_POSTFIELDS => $told['gzip'] ? gzencode($body) : $body,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true,
    ]);
    curl_exec($handle);
    return (int) curl_getinfo($handle, CURLINFO_HTTP_CODE);
}

/** Send once over a socket, and read the first bytes of the answer, as the library does. */
function with_socket(array $told, string $body): int
{
    ['host' => $host, 'port' => $port] = parse_url($told['url']);
    $content = $told['gzip'] ? gzencode($body) : $body;
    $lines = [
        'POST /v1/batch HTTP/1.1',
        "Host: $host",
        'Content-Type: application/json',
        'Authorization: Basic ' . base64_encode($told['key'] . ':'),
        'Accept: application/json',
        'User-Agent: ' . AGENT,
        ...($told['gzip'] ? ['Content-Encoding: gzip'] : []),
        'Content-length: ' . strlen($content),
    ];
    $socket = fsockopen("tcp://$host", $port, $number, $text, 5);
    fwrite($socket, implode("\r\n", [...$lines, '', $content]));
    $first = explode(' ', (string) fread($socket, 2048), 3);
    fclose($socket);
    return (int) ($first[1] ?? 0);
}

/** Send once with the command curl; gzip is a command of its own, which packs a newline as well. */
function with_fork(array $told, string $body): int
{
    $data = '-d ' . escapeshellarg($body);
    $file = tempnam(sys_get_temp_dir(), 'forked');
    if ($told['gzip']) {
        exec('echo ' . escapeshellarg($body) . ' | gzip > ' . escapeshellarg($file));
        $data = "-H 'Content-Encoding: gzip' --data-binary " . escapeshellarg("@$file");
    }
    $command = 'curl -s -u ' . escapeshellarg($told['key']) . ": -X POST -H 'Content-Type: application/json' $data "
        . escapeshellarg($told['url'] . '/v1/batch') . ' -H ' . escapeshellarg('User-Agent: ' . AGENT);
    exec("$command > /dev/null 2>&1");
    unlink($file);
    return 200;  // it is never looked at
}

/** Send a batch until its answer is final for this way of sending; return the last status. */
function deliver(array $told, string $body): int
{
    $send = ['lib_curl' => 'with_libcurl', 'socket' => 'with_socket', 'fork_curl' => 'with_fork'][$told['client']];
    $again_without_answer = $told['client'] === 'socket';
    for ($pause_ms = FIRST_PAUSE_MS; $pause_ms < LONGEST_PAUSE_MS; $pause_ms *= 2) {
        $status = $send($told, $body);
        $again = $status >= 500 || $status === 429 || ($status === 0 && $again_without_answer);
        if (!$again) {
            return $status;
        }
        usleep($pause_ms * 1000);
    }
    return $status;
}

$told = json_decode(stream_get_contents(STDIN), true);
$wrong = [];
foreach (array_chunk(range(0, $told['count'] - 1), FLUSH_AT) as $numbers) {
    $batch = [message('identify', $told['user'], ['traits' => []])];
    foreach ($numbers as $n) {
        $batch[] = message('track', $told['user'], ['event' => 'Sent', 'properties' => ['n' => $n, 'of' => []]]);
    }
    $status = deliver($told, json_encode(['batch' => $batch, 'sentAt' => date('c')]));
    if ($status >= 400) {
        $wrong[] = "answered $status";
    }
}
echo json_encode($wrong);
