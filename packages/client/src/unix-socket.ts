import type { ClusterNode, Discovery } from '@sess/discovery';

/** One memcached on a Unix socket. Its id is the path; host and port are there for those who insist on some. */
export function unixSocket(path: string): Discovery {
  const node: ClusterNode & { readonly path: string } = Object.freeze({ id: path, host: 'localhost', port: 11_211, path });
  const topology = Object.freeze({ nodes: Object.freeze([node]) });
  return {
    watch(listener) {
      listener.topology(topology);
      return { ready: () => Promise.resolve(topology), refresh: () => Promise.resolve(), close: () => undefined };
    },
  };
}
