export interface ListenOptions {
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
}

/** A running app. */
export interface RunningApp {
  /** The port on which the app listens. */
  readonly port: number;
  readonly url: string;
  /** Accepts no more requests and resolves when the pending ones are answered. */
  close(): Promise<void>;
}

/** The URL of a server; puts an IPv6 address in brackets. */
export function urlOf({ host, port }: ListenOptions): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
