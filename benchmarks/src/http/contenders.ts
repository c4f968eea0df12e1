import type { SessionsOptions } from '@sess/session';
import { ROUTES, SECRET, type Route } from './cart.ts';

/** A measured server: its module under `servers/`, and for ours its options. */
export interface Contender {
  readonly label: string;
  readonly module: string;
  /** The measured requests: a server without sessions supports fewer. */
  readonly routes: readonly Route[];
  readonly variant: VariantName;
}

export type VariantName = 'plain' | 'renewal' | 'persistent' | 'compress' | 'encrypt' | 'touch';

/** The variants of the Fastify server that show the cost of an option. To add one, add a name above and a line here. */
export const VARIANTS: Readonly<
  Record<VariantName, { readonly label: string; readonly options: Partial<SessionsOptions> }>
> = {
  plain: { label: 'as it comes', options: {} },
  renewal: { label: 'renewAfterSeconds', options: { renewAfterSeconds: 900 } },
  persistent: { label: 'cookie.persistent', options: { cookie: { secure: false, persistent: true } } },
  compress: { label: 'compress (deflate, whatever the size)', options: { compress: { aboveBytes: 0 } } },
  encrypt: { label: 'encrypt', options: { encrypt: { secret: SECRET } } },
  touch: { label: 'touchAfterSeconds: 0 (a touch with every request)', options: { touchAfterSeconds: 0 } },
};

const SERVERS = {
  'fastify-bare': 'Fastify, no session',
  'fastify-limit': 'Fastify, one raw get or set (the limit)',
  'fastify-sess': 'Fastify, @sess/fastify-plugin',
  'fastify-session': 'Fastify, @fastify/session on memcached',
  'fastify-secure-session': 'Fastify, @fastify/secure-session (cookie only)',
  'koa-bare': 'Koa, no session',
  'koa-limit': 'Koa, one raw get or set (the limit)',
  'koa-sess': 'Koa, @sess/koa-middleware',
  'koa-session': 'Koa, koa-session on memcached',
  'express-session': 'Express, express-session, connect-memcached',
} as const;
const ALL_ROUTES = Object.keys(ROUTES) as Route[];

function routesOf(server: string): readonly Route[] {
  if (server.endsWith('-bare')) return ['read'];
  return server.endsWith('-limit') ? ['read', 'login'] : ALL_ROUTES;
}

/** The contenders by name: the server's name, or `option:<variant>`. */
export const CONTENDERS: ReadonlyMap<string, Contender> = new Map(
  Object.entries(SERVERS).map(([name, label]) => [
    name,
    { label, module: name, routes: routesOf(name), variant: 'plain' },
  ]),
);

export const OPTION_CONTENDERS: ReadonlyMap<string, Contender> = new Map(
  (Object.keys(VARIANTS) as VariantName[]).map((variant) => [
    `option:${variant}`,
    { label: VARIANTS[variant].label, module: 'fastify-sess', routes: ALL_ROUTES, variant },
  ]),
);

/** The compared pairs, and the goal of each. */
export const RATIOS: readonly {
  readonly what: string;
  readonly of: string;
  readonly over: string;
  readonly wanted?: number;
}[] = [
  { what: 'fastify-plugin over bare Fastify', of: 'fastify-sess', over: 'fastify-bare', wanted: 0.75 },
  { what: 'fastify-plugin over the limit', of: 'fastify-sess', over: 'fastify-limit' },
  { what: 'the limit over bare Fastify', of: 'fastify-limit', over: 'fastify-bare' },
  { what: 'fastify-plugin over @fastify/session', of: 'fastify-sess', over: 'fastify-session', wanted: 2.5 },
  { what: 'the limit over @fastify/session', of: 'fastify-limit', over: 'fastify-session' },
  { what: 'koa-middleware over bare Koa', of: 'koa-sess', over: 'koa-bare', wanted: 0.75 },
  { what: 'koa-middleware over the limit', of: 'koa-sess', over: 'koa-limit' },
  { what: 'the limit over bare Koa', of: 'koa-limit', over: 'koa-bare' },
  { what: 'koa-middleware over koa-session', of: 'koa-sess', over: 'koa-session', wanted: 2 },
  { what: 'the limit over koa-session', of: 'koa-limit', over: 'koa-session' },
];
