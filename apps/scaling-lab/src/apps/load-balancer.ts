import type { Dispatcher } from 'undici';
import type { AppFleet } from './app-fleet.ts';
import type { Framework } from './app-messages.ts';
import type { AppProcess } from './app-process.ts';

/** One HTTP request, as a browser would send it. */
export interface AppRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly cookie: string | undefined;
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface AppAnswer {
  readonly status: number;
  readonly framework: Framework;
  readonly setCookie: string | string[] | undefined;
  /** The JSON body; `undefined` when there is none. */
  readonly body: unknown;
}

/** Sends requests to an app. */
export interface RequestSender {
  /** Resolves to the answer of a process, preferably one of `framework`. Rejects if none answered. */
  send(request: AppRequest, framework?: Framework): Promise<AppAnswer>;
}

/** Error codes that prove that a request never reached a process, so that another one may get it, even a POST. */
const NEVER_SENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED']);

/**
 * Spreads requests over the processes of a fleet in turn, like a load balancer. If a process does not answer, sends the
 * request to the next one, provided that it did not reach the first, or may be repeated (GET).
 */
export class LoadBalancer implements RequestSender {
  readonly #fleet: AppFleet;
  #turn = 0;

  constructor(fleet: AppFleet) {
    this.#fleet = fleet;
  }

  async send(request: AppRequest, framework?: Framework): Promise<AppAnswer> {
    let failure: unknown = new Error('no app process is running');
    for (const process of this.#order(framework)) {
      try {
        return await sendTo(process, request);
      } catch (error) {
        failure = error;
        if (request.method !== 'GET' && !NEVER_SENT.has(codeOf(error))) break;
      }
    }
    throw failure;
  }

  /** All processes, the next in turn first; those of `framework` before the others. */
  #order(framework: Framework | undefined): readonly AppProcess[] {
    const all = this.#fleet.processes;
    const first = (this.#turn += 1) % Math.max(all.length, 1);
    const inTurn = [...all.slice(first), ...all.slice(0, first)];
    if (framework === undefined) return inTurn;
    return [
      ...inTurn.filter((process) => process.framework === framework),
      ...inTurn.filter((process) => process.framework !== framework),
    ];
  }
}

async function sendTo(process: AppProcess, { method, path, cookie, body }: AppRequest): Promise<AppAnswer> {
  const headers: Record<string, string> = {};
  if (cookie !== undefined) headers['cookie'] = cookie;
  const options: Dispatcher.RequestOptions = { method, path, headers };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const answer = await process.pool.request(options);
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    framework: process.framework,
    setCookie: answer.headers['set-cookie'],
    body: parsed(text),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
