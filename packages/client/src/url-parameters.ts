/** The options that a URL can hold behind its `?`: numbers, words and switches, named as in {@link ClientOptions}. */
import { ketama, modulo, rendezvous } from '@sess/hash-ring';

import { nearestName } from './nearest-name.ts';
import type { ClientOptions, HandoverOptions } from './options.ts';
import { textTransport, type TextTransportOptions } from './transport/text/index.ts';
import type { DistributionFactory } from './membership/view.ts';

const NUMBERS = [
  'timeoutMs',
  'connectTimeoutMs',
  'readyTimeoutMs',
  'maxInFlight',
  'maxQueuedBytes',
  'maxValueBytes',
  'failuresToEject',
  'probeIntervalMs',
  'maxProbePauseMs',
  'copies',
  'historyIntervalMs',
] as const satisfies readonly (keyof ClientOptions)[];

/** Fields of `handover`. */
const HANDOVER_NUMBERS = [
  'windowSeconds',
  'clockSkewMs',
  'keysPerSecond',
] as const satisfies readonly (keyof HandoverOptions)[];

const DISTRIBUTIONS: Readonly<Record<string, DistributionFactory>> = {
  ketama: (nodes) => ketama(nodes),
  modulo: (nodes) => modulo(nodes),
  rendezvous: (nodes) => rendezvous(nodes),
};

const DIALECTS: readonly NonNullable<TextTransportOptions['dialect']>[] = ['auto', 'meta', 'classic'];

/** Parameters that may be given several times. */
const REPEATED: ReadonlySet<string> = new Set(['historySecret']);

const PARAMETERS: readonly string[] = [
  ...NUMBERS,
  ...HANDOVER_NUMBERS,
  'finish',
  'hedgedReads',
  'namespace',
  'zones',
  'zone',
  'reads',
  'historySecret',
  'distribution',
  'dialect',
  'tls',
  'pollIntervalMs',
  'record',
];

/** The values that an error may show: anything else may be a misplaced secret. */
const QUANTITY = /^-?\d{1,15}(?:\.\d{1,3})?(?:ms|s|m|h|d|kb?|mb?)?$/i;
const WORD = /^[a-z]{1,6}$/i;

/** Creates the error of a wrong URL. `shown`: a part of it to show if the URL holds no secret. */
export type Refuse = (what: string, shown?: string, rest?: string) => Error;

/** The parsed parameters. */
export interface UrlParameters {
  readonly options: ClientOptions;
  readonly tls: boolean | undefined;
  /** One zone per node of the URL. */
  readonly zones: readonly string[] | undefined;
  /** For discoveries that poll. */
  readonly pollIntervalMs: number | undefined;
  /** For DNS discovery. */
  readonly record: 'A' | 'AAAA' | undefined;
}

export function readParameters(query: string, refuse: Refuse): UrlParameters {
  const given = new Parameters(query, refuse);
  const hedgedReads = given.word('hedgedReads', ['true', 'false']);
  const finish = given.word('finish', ['true', 'false']);
  const handover = { ...given.numbers(HANDOVER_NUMBERS), ...(finish !== undefined && { finish: finish === 'true' }) };
  const distribution = given.word('distribution', Object.keys(DISTRIBUTIONS));
  const dialect = given.word('dialect', DIALECTS);
  const tls = given.word('tls', ['true', 'false']);
  const reads = given.word('reads', ['owner', 'near']);
  const [zone] = given.all('zone');
  const [namespace] = given.all('namespace');
  const [zones] = given.all('zones');
  return {
    options: {
      ...given.numbers(NUMBERS),
      ...(Object.keys(handover).length > 0 && { handover }),
      ...(given.all('historySecret').length > 0 && { historySecret: given.all('historySecret') }),
      ...(hedgedReads !== undefined && { hedgedReads: hedgedReads === 'true' }),
      ...(namespace !== undefined && { namespace }),
      ...(zone !== undefined && { zone }),
      ...(reads !== undefined && { reads }),
      ...(distribution !== undefined && { distribution: DISTRIBUTIONS[distribution] }),
      ...(dialect !== undefined && { transport: textTransport({ dialect }) }),
    },
    zones: zones?.split(','),
    tls: tls === undefined ? undefined : tls === 'true',
    pollIntervalMs: given.numbers(['pollIntervalMs']).pollIntervalMs,
    record: given.word('record', ['A', 'AAAA']),
  };
}

class Parameters {
  readonly #values = new Map<string, readonly string[]>();
  readonly #refuse: Refuse;

  constructor(query: string, refuse: Refuse) {
    this.#refuse = refuse;
    for (const [index, part] of query.split('&').entries()) {
      if (part === '') continue;
      const [, before = part, after = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
      const name = percentDecoded(before, `the name of parameter ${index + 1}`, refuse);
      if (!PARAMETERS.includes(name)) throw unknownName(name, index, refuse);
      if (this.#values.has(name) && !REPEATED.has(name)) throw refuse(`the parameter ${name} is given twice`);
      this.#values.set(name, [...this.all(name), percentDecoded(after, `the parameter ${name}`, refuse)]);
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  numbers<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
    const numbers: Partial<Record<Name, number>> = {};
    for (const name of names) {
      const [value] = this.all(name);
      if (value === undefined) continue;
      if (!QUANTITY.test(value)) throw this.#refuse(`the parameter ${name} must be a whole number`);
      if (!/^\d{1,15}$/.test(value)) throw this.#refuse(`the parameter ${name} must be a whole number, got`, value);
      numbers[name] = Number(value);
    }
    return numbers;
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const [value] = this.all(name);
    if (value === undefined) return undefined;
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    const expected = `the parameter ${name} must be ${words.join(', ')}`;
    throw WORD.test(value) ? this.#refuse(`${expected}; got`, value) : this.#refuse(expected);
  }
}

/** Shows the name only if it resembles one: it may be a secret whose parameter was left out. */
function unknownName(name: string, index: number, refuse: Refuse): Error {
  const known = `. The parameters are ${PARAMETERS.join(', ')}`;
  const near = nearestName(name, PARAMETERS);
  return near === undefined
    ? refuse(`parameter ${index + 1} has a name that does not exist`, undefined, known)
    : refuse('there is no parameter', name, ` (did you mean "${near}"?)${known}`);
}

/**
 * Decodes `%2B` and the like, and nothing else: unlike in an HTML form, a `+` is a plus. Base64 has many of them, and a
 * secret with spaces in their place would be another one.
 */
export function percentDecoded(text: string, what: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`${what} has a % that does not begin an encoded character: write %25 for a %`);
  }
}
