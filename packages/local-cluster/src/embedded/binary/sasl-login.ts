import type { Credentials } from '../../options.ts';
import { sameSecret } from '../same-secret.ts';
import { OPCODE, STATUS, type Request, type Response } from './frame.ts';

/** SASL with the mechanism PLAIN, as in `memcached -S`: before the login, only `version` is answered. */
export class SaslLogin {
  #done = false;
  readonly #credentials: Credentials;
  readonly #tried: (granted: boolean) => void;

  /** @param tried - called after every login attempt */
  constructor(credentials: Credentials, tried: (granted: boolean) => void = () => undefined) {
    this.#credentials = credentials;
    this.#tried = tried;
  }

  admits(opcode: number): boolean {
    return (
      this.#done ||
      opcode === OPCODE.version ||
      opcode === OPCODE.saslList ||
      opcode === OPCODE.saslAuth ||
      opcode === OPCODE.saslStep
    );
  }

  answer(request: Request): Response {
    if (request.opcode === OPCODE.saslList) return { value: Buffer.from('PLAIN') };
    // PLAIN needs no second step.
    if (request.opcode === OPCODE.saslStep || request.key !== 'PLAIN') return { status: STATUS.authError };
    const [, username = '', password = ''] = request.value.toString('latin1').split('\0');
    this.#done = sameSecret(username, this.#credentials.username) && sameSecret(password, this.#credentials.password);
    this.#tried(this.#done);
    return this.#done ? { value: Buffer.from('Authenticated') } : { status: STATUS.authError };
  }
}
