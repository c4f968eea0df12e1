import { runApp } from '@sess/demo-app';
import { buildApp } from './app.ts';
import { listen } from './listen.ts';

await runApp({ name: 'fastify-demo', defaultPort: 3_001, listen: (options, at) => listen(buildApp(options), at) });
