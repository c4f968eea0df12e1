import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSessions, memoryStore } from '@sess/session';

declare module '@sess/session' {
  interface SessionData {
    visits?: number;
  }
}

const sessions = createSessions({ store: memoryStore(), secret: process.env.SESS_SECRET, ttlSeconds: 3600 });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const opened = await sessions.open(request.headers.cookie, { secure: false, response });
  const session = opened.current;
  session.data.visits = (session.data.visits ?? 0) + 1;
  await opened.commit();
  const cookie = opened.takeCookie();
  if (cookie !== undefined) response.setHeader('set-cookie', cookie).setHeader('cache-control', 'no-store');
  response.end(`Visit ${session.data.visits}\n`);
}

export const server = createServer((request, response) => void answer(request, response)).listen(
  Number(process.env.PORT ?? 3000),
);
