import type { ClusterNode, Discovery } from '@sess/discovery';

/** What a socket's address holds, with the zero at its end. */
const MAX_PATH_BYTES = 107;

/** Whether `id` is that of a node on a Unix socket: its absolute path, in printable ASCII. */
export function isSocketPath(id: string): boolean {
  return id.length <= MAX_PATH_BYTES && /^\/[\x20-\x7e]+$/.test(id);
}

/** Its id is the path; host and port are there for those who insist on some. */
export function socketNode(path: string): ClusterNode & { readonly path: string } {
  return Object.freeze({ id: path, host: 'localhost', port: 11_211, path });
}

/** One memcached on a Unix socket. */
export function unixSocket(path: string): Discovery {
  const node = socketNode(path);
  const topology = Object.freeze({ nodes: Object.freeze([node]) });
  return {
    watch(listener) {
      listener.topology(topology);
      return { ready: () => Promise.resolve(topology), refresh: () => Promise.resolve(), close: () => undefined };
    },
  };
}
