import sess from '@sess/unstorage-driver';
import { createStorage } from 'unstorage';

const driver = sess({ servers: process.env.SESS_SERVERS, client: { copies: 2 } });
await driver.ready();
export const storage = createStorage({ driver });

await storage.setItem('carts:USER_123', ['sku-1'], { ttl: 3600 }); // seconds
export const cart = await storage.getItem('carts:USER_123'); // null: there is none. An outage rejects.
await storage.removeItem('carts:USER_123');
export const gone = await storage.getItem('carts:USER_123');
await storage.dispose();
