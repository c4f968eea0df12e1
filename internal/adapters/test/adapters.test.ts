import { adapterConformance } from './suite/adapter-suite.ts';
import { fastifyAdapter } from './fastify-adapter.ts';
import { koaAdapter } from './koa-adapter.ts';

for (const adapter of [fastifyAdapter, koaAdapter]) adapterConformance(adapter);
