import { runApp } from '@sess/demo-app';
import { buildApp } from './app.ts';
import { listen } from './listen.ts';

await runApp({ name: 'koa-demo', defaultPort: 3_002, listen: (options, at) => listen(buildApp(options), at) });
