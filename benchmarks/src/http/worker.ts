/** One server in its own process. Reports its port, and its CPU time on request. */
import type { VariantName } from './contenders.ts';
import type { ServerModule } from './server.ts';

const [name = '', memcached = '', variant = 'plain'] = process.argv.slice(2);
const server = (await import(`./servers/${name}.js`)) as ServerModule;
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
process.send?.({ port: await server.start(memcached, variant as VariantName) });
