import { secondaryStorage } from '@sess/better-auth';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory'; // your database

export const storage = secondaryStorage({ servers: process.env.SESS_SERVERS, client: { copies: 2 } });
await storage.ready();
export const auth = betterAuth({
  baseURL: 'http://localhost:3000',
  secret: process.env.SESS_SECRET,
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  secondaryStorage: storage,
  emailAndPassword: { enabled: true },
});
