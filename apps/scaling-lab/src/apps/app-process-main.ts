/**
 * One application process of the lab: a demo app over the store of a strategy. Started with `fork`; it gets its orders
 * and answers over that channel, and exits when the channel closes, so that no app outlives the lab.
 */
import type { AppConfig, FromApp, ToApp } from './app-messages.ts';
import type { SessionBackend } from './backends/session-backend.ts';

interface RunningApp {
  readonly port: number;
  close(): Promise<void>;
}

// Each process loads only the modules of its store, because many processes start at once.
const BACKENDS: Readonly<Record<AppConfig['store'], (config: AppConfig) => Promise<SessionBackend>>> = {
  'sess-client': async (config) => (await import('./backends/sess-client-backend.ts')).openSessClientBackend(config),
  memjs: async (config) => (await import('./backends/memjs-backend.ts')).openMemjsBackend(config),
  memcached: async (config) => (await import('./backends/memcached-backend.ts')).openMemcachedBackend(config),
  memcache: async (config) => (await import('./backends/memcache-backend.ts')).openMemcacheBackend(config),
};

const FRAMEWORKS: Readonly<
  Record<AppConfig['framework'], (config: AppConfig, backend: SessionBackend) => Promise<RunningApp>>
> = {
  fastify: async ({ secret, port }, { sessions }) => {
    const { buildApp, listen } = await import('@sess/fastify-demo');
    return listen(buildApp({ ...sessions, secret }), { host: '127.0.0.1', port });
  },
  koa: async ({ secret, port }, { sessions }) => {
    const { buildApp, listen } = await import('@sess/koa-demo');
    return listen(buildApp({ ...sessions, secret }), { host: '127.0.0.1', port });
  },
};

let backend: SessionBackend | undefined;
let app: RunningApp | undefined;

// Ctrl-C reaches the whole process group, but the lab decides when its apps end: it closes the channel.
process.on('SIGINT', () => undefined);
process.on('message', (message: ToApp) => {
  if (message.type === 'start') void start(message.config);
  else if (message.type === 'stop') void answer(message.id, close);
  else if (message.type === 'drain') void answer(message.id, () => drain(message.node));
  else void answer(message.id, async () => undefined);
});
process.on('disconnect', () => void stop());

/**
 * Replaces the app that ran here before, if there was one. Reuses the process, because a warm process is faster than a
 * new one.
 */
async function start(config: AppConfig): Promise<void> {
  try {
    await close();
    backend = await BACKENDS[config.store](config);
    await backend.ready();
    app = await FRAMEWORKS[config.framework](config, backend);
    tell({ type: 'listening', port: app.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    tell({ type: 'failed', message: explain(error), code });
  }
}

async function answer(id: number, work: () => Promise<void>): Promise<void> {
  let error: string | undefined;
  try {
    await work();
  } catch (failure) {
    error = explain(failure);
  }
  tell({
    type: 'answer',
    id,
    status: backend?.status() ?? { nodes: [], down: [], restored: undefined, handovers: undefined, misses: [] },
    error,
  });
}

async function drain(node: string): Promise<void> {
  if (backend?.drain === undefined) throw new Error('this strategy has no way to drain a node');
  await backend.drain(node);
}

async function stop(): Promise<void> {
  try {
    await close();
  } finally {
    process.exit();
  }
}

async function close(): Promise<void> {
  await app?.close();
  await backend?.close();
  app = undefined;
  backend = undefined;
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tell(message: FromApp): void {
  if (process.connected) process.send?.(message);
}
