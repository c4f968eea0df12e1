/** One server in a process of its own. */
import type { ServerModule } from './server.ts';

const [name = '', memcached = ''] = process.argv.slice(2);
const server = (await import(`./servers/${name}.js`)) as ServerModule;
process.on('disconnect', () => process.exit(0));
process.send?.({ port: await server.start(memcached) });
