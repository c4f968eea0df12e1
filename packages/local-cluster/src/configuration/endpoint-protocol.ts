import type { ByteQueue } from '../embedded/byte-queue.ts';
import type { Protocol, Step } from '../embedded/protocol.ts';
import type { Reply } from '../embedded/reply.ts';
import type { TextLogin } from '../embedded/text/text-login.ts';
import { splitWords } from '../embedded/text/words.ts';
import { VERSION } from '../version.ts';
import {
  CLUSTER_KEY,
  encodeConfigReply,
  encodeValueReply,
  type ConfigurationListing,
} from './configuration-listing.ts';

/** No known request is longer. */
const LONGEST_LINE = 2_048;

/**
 * The protocol of a configuration endpoint. If the nodes have a login, the endpoint accepts it as well, so that clients
 * can treat all servers alike; it does not require it.
 */
export class EndpointProtocol implements Protocol {
  readonly #listing: () => ConfigurationListing;
  readonly #login: TextLogin | undefined;

  constructor(listing: () => ConfigurationListing, login: TextLogin | undefined) {
    this.#listing = listing;
    this.#login = login;
  }

  step(input: ByteQueue, reply: Reply): Step {
    if (this.#login && (this.#login.underWay || input.view().toString('latin1', 0, 4) === 'set '))
      return this.#login.step(input, reply);
    const line = input.takeLine();
    if (line === undefined) return input.length > LONGEST_LINE ? 'close' : 'wait';
    const request = splitWords(line).join(' ');
    if (request === 'quit') return 'close';
    reply.add(this.#answer(request));
    return 'again';
  }

  #answer(request: string): string {
    if (request === 'config get cluster') return encodeConfigReply(this.#listing());
    if (request === `get ${CLUSTER_KEY}` || request === `gets ${CLUSTER_KEY}`) return encodeValueReply(this.#listing());
    return request === 'version' ? `VERSION ${VERSION}\r\n` : 'ERROR\r\n';
  }
}
