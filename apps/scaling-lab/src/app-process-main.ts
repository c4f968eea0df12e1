/**
 * One application process of the lab: a demo app over the store of a strategy. Started with `fork`; it is told what to do and answers over that
 * channel, and ends with it, so that no app outlives the lab, whatever becomes of the lab.
 */
import { buildApp as buildFastifyApp, listen as listenFastify } from '@sess/fastify-demo';
import { buildApp as buildKoaApp, listen as listenKoa } from '@sess/koa-demo';
import type { AppConfig, FromApp, ToApp } from './app-messages.ts';
import { openMemjsBackend } from './memjs-backend.ts';
import { openSessClientBackend } from './sess-client-backend.ts';
import type { SessionBackend } from './session-backend.ts';

interface RunningApp {
  readonly port: number;
  close(): Promise<void>;
}

const BACKENDS: Readonly<Record<AppConfig['store'], (config: AppConfig) => SessionBackend>> = {
  'sess-client': openSessClientBackend,
  'memjs-by-hash': openMemjsBackend,
};

const FRAMEWORKS: Readonly<Record<AppConfig['framework'], (config: AppConfig, backend: SessionBackend) => Promise<RunningApp>>> = {
  fastify: ({ secret, port }, { sessions }) => listenFastify(buildFastifyApp({ ...sessions, secret }), { host: '127.0.0.1', port }),
  koa: ({ secret, port }, { sessions }) => listenKoa(buildKoaApp({ ...sessions, secret }), { host: '127.0.0.1', port }),
};

let backend: SessionBackend | undefined;
let app: RunningApp | undefined;

// Ctrl-C reaches the whole process group; the lab decides when its apps end, and closing the channel is how it says so.
process.on('SIGINT', () => undefined);
process.on('message', (message: ToApp) => {
  if (message.type === 'start') void start(message.config);
  else tell({ type: 'status', id: message.id, status: backend?.status() ?? { nodes: [], down: [] } });
});
process.on('disconnect', () => void stop());

/** In the place of the app that ran here before, if one did: a process that has run for a while is faster than one that begins. */
async function start(config: AppConfig): Promise<void> {
  try {
    await close();
    backend = BACKENDS[config.store](config);
    await backend.ready();
    app = await FRAMEWORKS[config.framework](config, backend);
    tell({ type: 'listening', port: app.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error), code });
  }
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

function tell(message: FromApp): void {
  if (process.connected) process.send?.(message);
}
