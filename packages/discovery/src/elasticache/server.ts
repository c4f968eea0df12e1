/** A server to ask, by the name that people and certificates use. */
export interface Server {
  /** `host:port` */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}
