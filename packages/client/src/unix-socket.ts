import type { ClusterNode, Discovery } from '@sess/discovery';

/** Longest path that fits a socket's address with its terminating zero. */
const MAX_PATH_BYTES = 107;

/** Whether `id` is the absolute path of a Unix socket, in printable ASCII. */
export function isSocketPath(id: string): boolean {
  return id.length <= MAX_PATH_BYTES && /^\/[\x20-\x7e]+$/.test(id);
}

/** The id is the path; host and port are placeholders. */
export function socketNode(path: string): ClusterNode & { readonly path: string } {
  return Object.freeze({ id: path, host: 'localhost', port: 11_211, path });
}

/** Discovery of one memcached on a Unix socket. */
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
