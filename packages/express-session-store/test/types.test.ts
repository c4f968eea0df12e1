import type fastifySession from '@fastify/session';
import type session from 'express-session';
import type { Session } from 'fastify';
import { describe, expectTypeOf, it } from 'vitest';
import type { SessStore } from '../src/index.ts';

declare module 'express-session' {
  interface SessionData {
    required: { deep: string };
  }
}

declare module 'fastify' {
  interface Session {
    user: string;
  }
}

describe('types', () => {
  it('of express-session take the store, whatever the application declares', () => {
    expectTypeOf<SessStore>().toExtend<NonNullable<session.SessionOptions['store']>>();
  });

  it('of @fastify/session take it, too', () => {
    expectTypeOf<Session['user']>().toBeString();
    expectTypeOf<SessStore>().toExtend<fastifySession.SessionStore>();
  });
});
