import { ExternalStore } from '@sess/external-store';

const store = new ExternalStore({ servers: process.env.SESS_SERVERS }, 'mine/');
await store.ready();

const id = store.newId();
await store.save(id, { session: { user: 'USER_123' }, ttlSeconds: 3600, base: 'new' });
const held = await store.load(id); // undefined: there is none. An outage rejects.
if (held) await store.save(id, { session: { ...held.document, cart: ['sku-1'] }, ttlSeconds: 3600, base: held });
export const saved = (await store.load(id))?.document;
await store.destroy(id);
export const gone = await store.load(id);
await store.close();
