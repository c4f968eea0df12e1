export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** An app that takes requests. */
export interface RunningApp {
  /** The port that it listens on. */
  readonly port: number;
  readonly url: string;
  /** Takes no more requests and resolves when those under way are answered. */
  close(): Promise<void>;
}

/** The address of a server as a URL; one of IPv6 is put into brackets. */
export function urlOf({ host, port }: ListenOptions): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
