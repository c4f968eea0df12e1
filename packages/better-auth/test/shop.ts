import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import type { SessSecondaryStorage } from '../src/index.ts';

const ORIGIN = 'http://127.0.0.1:3000';
const PASSWORD = 'a long enough password';

/** What the application servers of a shop share besides the cluster. */
export class Shop {
  readonly #database = { user: [], session: [], account: [], verification: [] };
  /** Tokens of the links that were mailed to reset a password. */
  readonly mailed: string[] = [];

  /** Starts another application server, with the real Better Auth. */
  server(storage: SessSecondaryStorage, { limitsRates = false } = {}): Server {
    const auth = betterAuth({
      baseURL: ORIGIN,
      secret: 'a secret of at least thirty-two bytes',
      database: memoryAdapter(this.#database),
      secondaryStorage: storage,
      emailAndPassword: {
        enabled: true,
        // No hashing: it is by far the slowest step, and not under test.
        password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
        sendResetPassword: async ({ token }) => void this.mailed.push(token),
      },
      // Every read of a session stores it.
      session: { updateAge: 0 },
      rateLimit: { enabled: limitsRates },
      logger: { disabled: true },
      telemetry: { enabled: false },
    });
    return new Server((request) => auth.handler(request));
  }
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Names of the cookies that the response sets or clears. */
  readonly cookies: readonly string[];
}

/** Sends requests to one application server. */
export class Server {
  readonly #handle: (request: Request) => Promise<Response>;

  constructor(handle: (request: Request) => Promise<Response>) {
    this.#handle = handle;
  }

  /** Signs up a new user, and returns the cookie of the session. */
  async signUp(email: string): Promise<string> {
    const response = await this.#post('/sign-up/email', { email, password: PASSWORD, name: email });
    return cookieOf(response);
  }

  /** Logs in, and returns the status and the cookie, which is empty if the login was refused. */
  async signIn(email: string, password = PASSWORD): Promise<{ readonly status: number; readonly cookie: string }> {
    const response = await this.#post('/sign-in/email', { email, password });
    return { status: response.status, cookie: cookieOf(response) };
  }

  async signOut(cookie: string): Promise<Answer> {
    return answered(await this.#post('/sign-out', {}, cookie));
  }

  async post(path: string, body: object, cookie = ''): Promise<Answer> {
    return answered(await this.#post(path, body, cookie));
  }

  /** The e-mail address of the session's user; `null` if there is no session; the status if the request failed. */
  async whoIs(cookie: string): Promise<string | number | null> {
    const { status, body } = await this.look(cookie);
    if (status >= 400) return status;
    return (body as { user: { email: string } } | null)?.user.email ?? null;
  }

  async look(cookie: string): Promise<Answer> {
    return answered(await this.#handle(new Request(`${ORIGIN}/api/auth/get-session`, { headers: { cookie } })));
  }

  async sessionsOf(cookie: string): Promise<number> {
    const response = await this.#handle(new Request(`${ORIGIN}/api/auth/list-sessions`, { headers: { cookie } }));
    return ((await response.json()) as unknown[]).length;
  }

  #post(path: string, body: object, cookie = ''): Promise<Response> {
    const headers = { cookie, origin: ORIGIN, 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1' };
    return this.#handle(
      new Request(`${ORIGIN}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    );
  }
}

function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

async function answered(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    cookies: response.headers.getSetCookie().map((line) => line.split('=')[0] ?? ''),
  };
}
