export const HELP = `Usage: sess-cluster [options]

Runs memcached nodes and an ElastiCache-style configuration endpoint on this machine, until Ctrl-C,
"quit", or the end of standard input (of a terminal, a pipe or a file; with /dev/null it stays up).

  -n, --nodes N              nodes to start with, 1 to 300 (3)
  -p, --port PORT            port of the configuration endpoint, 0 for any free one (0)
  -r, --runtime RUNTIME      auto, container, memcached or embedded (auto: the first that works)
  -m, --memory MEBIBYTES     item memory of each node, 1 to 1024 (64)
      --engine PROGRAM       container engine (docker, or podman when that does not answer)
      --image IMAGE          image of the containers (docker.io/library/memcached:1.6-alpine)
      --memcached PROGRAM    the memcached to run (memcached)
      --credentials-file F   a line "user:password" that clients have to log in with
      --tls-key F --tls-cert F   PEM files; nodes and endpoint then speak TLS only
      --json                 one JSON object a line instead of text
  -h, --help                 this text
  -v, --version              the version

A stand-in for ElastiCache: the same, and AWS's API to change the nodes, for SDKs and the AWS CLI; checks no credentials:
      --elasticache   [--cluster-id ID (sess-local)] [--api-port PORT] [--time-scale N (60: a minute takes a second)]
                      [--engine-version V (1.6.22; nodes before 1.6.17 list their keys)]

Only the endpoint, over nodes that run elsewhere:
      --endpoint-only --list HOST:PORT,HOST:PORT,...   [--host ADDRESS (127.0.0.1)] [--port PORT]

Commands on standard input; ID is host:port or the node's number:
  list                       the nodes
  add                        start another node
  remove ID                  take a node off the list, then stop it
  crash ID                   kill a node, but leave it on the list
  restart ID                 start it again, empty, on the same port
  pause ID, resume ID        freeze a node: connections stay, nothing answers
  help, quit
With --elasticache, ID is a node's four digits:
  list; crash ID
  announce ID                say in the events that AWS will replace the node
  replace ID                 replace it: empty, at another address, under its name
  metric NAME VALUE          a value for auto scaling to see: metric EngineCPUUtilization 80
  help, quit

Exit code: 0 after quit or the end of input, 1 when something failed, 2 for a wrong option,
130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
`;

export const ELASTICACHE_COMMANDS = 'list, crash ID, announce ID, replace ID, metric NAME VALUE, help, quit';
export const COMMANDS = 'list, add, remove ID, crash ID, restart ID, pause ID, resume ID, help, quit';
