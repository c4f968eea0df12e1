import { LocalClusterError } from '../errors.ts';
import type { LocalCluster } from '../local-cluster.ts';
import { COMMANDS, HELP } from './help-text.ts';
import type { NumberedNode, Report, Writer } from './report.ts';

type Steering = (id: string) => Promise<void>;

/** Executes typed commands. */
export class Control {
  readonly #cluster: LocalCluster;
  readonly #report: Report;
  readonly #output: Writer;
  readonly #steering: ReadonlyMap<string, Steering>;
  /** Numbers by node id, in order of appearance, never reused. */
  readonly #numbers: Map<string, number> = new Map();
  #failures = 0;

  constructor(cluster: LocalCluster, report: Report, output: Writer) {
    this.#cluster = cluster;
    this.#report = report;
    this.#output = output;
    this.#steering = new Map<string, Steering>([
      ['remove', (id) => cluster.removeNode(id)],
      ['crash', (id) => cluster.crashNode(id)],
      ['restart', (id) => cluster.restartNode(id)],
      ['pause', (id) => cluster.pauseNode(id)],
      ['resume', (id) => cluster.resumeNode(id)],
    ]);
  }

  /** Number of failed commands. */
  get failures(): number {
    return this.#failures;
  }

  get nodes(): readonly NumberedNode[] {
    return this.#cluster.nodes.map((node) => ({ number: this.#numberOf(node.id), ...node }));
  }

  /** Executes one line of input. Never rejects: reports and counts errors. */
  async run(line: string): Promise<'go on' | 'quit'> {
    const [command = '', ...rest] = line.trim().split(/\s+/);
    try {
      if (command === 'quit' || command === 'exit') return 'quit';
      if (command !== '') await this.#carryOut(command, rest);
    } catch (error) {
      this.#failures++;
      this.#report.failed(
        LocalClusterError.is(error) ? error.code : 'SESS_COMMAND',
        error instanceof Error ? error.message : String(error),
      );
    }
    return 'go on';
  }

  async #carryOut(command: string, rest: readonly string[]): Promise<void> {
    if (command === 'help') return void this.#output.write(HELP);
    const steer = this.#steering.get(command);
    if (steer) await steer(this.#idOf(command, rest));
    else if (command === 'add' && rest.length === 0) await this.#cluster.addNode();
    else if (command !== 'list' || rest.length > 0)
      throw new Error(`unknown command "${[command, ...rest].join(' ')}"; known are ${COMMANDS}`);
    this.#report.nodes(command, this.#cluster, this.nodes);
  }

  #idOf(command: string, rest: readonly string[]): string {
    const [name] = rest;
    if (name === undefined || rest.length > 1)
      throw new Error(`expected one node: ${command} ID, with host:port or a number of the list`);
    if (!/^\d+$/.test(name)) return name;
    const found = this.nodes.find((node) => node.number === Number(name));
    if (found) return found.id;
    const known = this.nodes.map((node) => node.number).join(', ');
    throw new LocalClusterError('SESS_UNKNOWN_NODE', `no node with the number ${name}; the list has ${known}`);
  }

  #numberOf(id: string): number {
    const number = this.#numbers.get(id) ?? this.#numbers.size + 1;
    this.#numbers.set(id, number);
    return number;
  }
}
