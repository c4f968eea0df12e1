import { adapterConformance } from './suite/adapter-suite.ts';
import { expressAdapters } from './express-adapter.ts';
import { fastifyAdapter } from './fastify-adapter.ts';
import { koaAdapter } from './koa-adapter.ts';

for (const adapter of [fastifyAdapter, koaAdapter, ...expressAdapters]) adapterConformance(adapter);
