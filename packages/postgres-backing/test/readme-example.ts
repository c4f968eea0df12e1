import { createServer } from 'node:http';
import { postgresBacking } from '@sess/postgres-backing';
import { createSessions } from '@sess/session';

declare module '@sess/session' {
  interface SessionData {
    visits?: number;
  }
}

const backing = postgresBacking({ connectionString: process.env.DATABASE_URL });
await backing.migrate();
export const sessions = createSessions({ servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, backing });

export const server = createServer((request, response) => {
  void (async () => {
    const session = await sessions.open(request.headers.cookie, { secure: false, response });
    session.current.data.visits = (session.current.data.visits ?? 0) + 1;
    await session.commit();
    const cookie = session.takeCookie();
    if (cookie !== undefined) response.setHeader('set-cookie', cookie).setHeader('cache-control', 'no-store');
    response.end(`Visit ${session.current.data.visits}\n`);
  })();
}).listen(Number(process.env.PORT ?? 3000));
