import { connect } from 'node:net';

/** The statistics of a memcached node that the lab uses. */
export interface NodeStats {
  /** `get`, `set`, `touch` and `delete`, and their meta forms, since the node started. */
  readonly commands: number;
  /** Items that the node holds. */
  readonly items: number;
  /** Process id; the same for every start in a container. */
  readonly pid: number;
  /** Seconds since the node started. */
  readonly uptime: number;
}

const COUNTED = ['cmd_get', 'cmd_set', 'cmd_touch', 'delete_hits', 'delete_misses'] as const;

/** Reads a node's `stats`. Rejects if the node does not answer within `timeoutMs`. */
export async function readStats(
  node: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<NodeStats> {
  const rows = await converse(node, 'stats\r\n', 'END\r\n', timeoutMs);
  const values = new Map(
    Array.from(rows.matchAll(/^STAT (\S+) (\S+)\r?$/gm), ([, name, value]) => [name, Number(value)]),
  );
  const valueOf = (name: string): number => values.get(name) ?? 0;
  return {
    commands: COUNTED.reduce((sum, name) => sum + valueOf(name), 0),
    items: valueOf('curr_items'),
    pid: valueOf('pid'),
    uptime: valueOf('uptime'),
  };
}

/** Deletes all items of a node. */
export async function flush(node: { readonly host: string; readonly port: number }, timeoutMs: number): Promise<void> {
  await converse(node, 'flush_all\r\n', 'OK\r\n', timeoutMs);
}

/** Sends `command`, and resolves to the reply when it ends with `end`. */
function converse(
  { host, port }: { readonly host: string; readonly port: number },
  command: string,
  end: string,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(command));
    socket.on('data', (text: string) => {
      reply += text;
      if (reply.endsWith(end)) settle(() => resolve(reply));
    });
    socket.on('error', (error) =>
      settle(() => reject(new Error(`node ${host}:${port}: ${error.message}`, { cause: error }))),
    );
    socket.on('close', () => settle(() => reject(new Error(`node ${host}:${port} closed the connection`))));
  });
}
