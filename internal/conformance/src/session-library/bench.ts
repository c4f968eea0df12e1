import { hash } from 'node:crypto';
import { createClient, type CacheRecord, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster, type Runtime } from '@sess/local-cluster';
import { Browser, type Answer } from '../browser.ts';
import type { LibraryApp, SessionLibrarySubject } from './subject.ts';

/** One library's application over a cluster of its own. */
export class LibraryBench implements AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly #subject: SessionLibrarySubject;
  readonly #app: LibraryApp;
  readonly #gates: Gate[];

  private constructor(
    subject: SessionLibrarySubject,
    cluster: LocalCluster,
    client: Client,
    app: LibraryApp,
    gates: Gate[],
  ) {
    this.#subject = subject;
    this.cluster = cluster;
    this.client = client;
    this.#app = app;
    this.#gates = gates;
  }

  static async open(
    subject: SessionLibrarySubject,
    runtime: Runtime,
    nodes: number,
    timeoutMs = 2_000,
  ): Promise<LibraryBench> {
    const cluster = await startLocalCluster({ nodes, runtime });
    const client = createClient({
      servers: `${cluster.url}?pollIntervalMs=20`,
      timeoutMs,
      probeIntervalMs: 50,
      maxProbePauseMs: 50,
      historyIntervalMs: 1_000,
    });
    await client.ready();
    const gates: Gate[] = [];
    const gate = (): Promise<void> => {
      const next = gates.shift();
      next?.reached();
      return next?.opened ?? Promise.resolve();
    };
    const app = await subject.start({ client, gate });
    return new LibraryBench(subject, cluster, client, app, gates);
  }

  /** All errors that reached the application. */
  get errors(): readonly unknown[] {
    return this.#app.errors;
  }

  browser(): Browser {
    return new Browser(this.#app.origin);
  }

  /** A logged-in visitor. */
  async loggedIn(): Promise<Browser> {
    const browser = this.browser();
    await browser.json('/login');
    return browser;
  }

  /**
   * Sends a request and resolves when it has loaded its session; `finish` lets it continue, and resolves to its
   * response.
   */
  async running(browser: Browser, path: string): Promise<{ finish: () => Promise<Answer> }> {
    const gate = new Gate();
    this.#gates.push(gate);
    const answer = browser.copy().get(path);
    await Promise.race([gate.arrival, answer]);
    return {
      finish() {
        gate.open();
        return answer;
      },
    };
  }

  /** The storage key of the browser's session. */
  keyOf(browser: Browser): string {
    const [value] = [...browser.cookies.values()];
    if (value === undefined) throw new Error('the browser has no session');
    return this.#subject.keyPrefix + hash('sha256', this.#subject.sessionId(decodeURIComponent(value)), 'base64url');
  }

  async stored(browser: Browser): Promise<CacheRecord> {
    const record = await this.client.get(this.keyOf(browser));
    if (record === undefined) throw new Error('nothing is stored for the session');
    return record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
    await this.client.close();
    await this.cluster.close();
  }
}

/** A meeting point: a request waits for the test, and the test for the request. */
class Gate {
  readonly arrival: Promise<void>;
  readonly opened: Promise<void>;
  #reached: (() => void) | undefined;
  #open: (() => void) | undefined;

  constructor() {
    this.arrival = new Promise((resolve) => {
      this.#reached = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  reached(): void {
    this.#reached?.();
  }

  open(): void {
    this.#open?.();
  }
}
