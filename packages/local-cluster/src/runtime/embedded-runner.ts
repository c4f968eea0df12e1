import type { ConfigurationListing } from '../configuration/configuration-listing.ts';
import { EmbeddedNode } from '../embedded/embedded-node.ts';
import type { NodeSettings } from '../options.ts';
import type { NodeRunner } from './node-runner.ts';

/** Runs each node inside this process. */
export function embeddedRunner(settings: NodeSettings, listing: () => ConfigurationListing): NodeRunner {
  const running = new Set<EmbeddedNode>();
  return {
    runtime: 'embedded',
    async start(address) {
      const node = new EmbeddedNode(settings, listing);
      await node.listen(address);
      running.add(node);
      return {
        async kill() {
          if (!running.delete(node)) return;
          await node.kill();
        },
        pause: () => node.pause(),
        resume: () => node.resume(),
      };
    },
    async close() {
      const left = [...running];
      running.clear();
      await Promise.all(left.map((node) => node.kill()));
    },
  };
}
