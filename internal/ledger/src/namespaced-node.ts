/**
 * A memcached process in its own network namespace, which can be cut off without either side noticing at once. Needs
 * root on Linux.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { ClusterNode } from '@sess/discovery';

const run = promisify(execFile);
const PORT = 11_211;
const START_MS = 10_000;

export class NamespacedNode {
  readonly listed: ClusterNode;
  readonly #name: string;
  readonly #link: string;
  readonly #process: ChildProcess;

  private constructor(name: string, link: string, address: string) {
    this.#name = name;
    this.#link = link;
    this.listed = { id: `${address}:${PORT}`, host: address, port: PORT };
    const words = [
      'netns',
      'exec',
      name,
      'memcached',
      '-u',
      'nobody',
      '-l',
      address,
      '-p',
      String(PORT),
      '-U',
      '0',
      '-m',
      '64',
    ];
    this.#process = spawn('ip', words, { stdio: 'ignore' });
  }

  /** @param number 1 to 250, determines the addresses; must be unique on this machine */
  static async open(number: number): Promise<NamespacedNode> {
    const name = `sess-${process.pid}-${number}`;
    const [outside, inside] = [`sl${process.pid % 100_000}o${number}`, `sl${process.pid % 100_000}i${number}`];
    const network = `10.213.${number}`;
    await run('ip', ['netns', 'add', name]);
    try {
      await run('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name]);
      await run('ip', ['addr', 'add', `${network}.1/24`, 'dev', outside]);
      await run('ip', ['link', 'set', outside, 'up']);
      await run('ip', ['-n', name, 'addr', 'add', `${network}.2/24`, 'dev', inside]);
      await run('ip', ['-n', name, 'link', 'set', inside, 'up']);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
      const node = new NamespacedNode(name, outside, `${network}.2`);
      await untilAnswering(`${network}.2`);
      return node;
    } catch (error) {
      await run('ip', ['netns', 'del', name]).catch(() => undefined);
      throw error;
    }
  }

  /** Drops all packets in both directions. */
  async cutOff(): Promise<void> {
    for (const chain of ['INPUT', 'OUTPUT']) await this.#iptables('-A', chain, []);
  }

  async reconnect(): Promise<void> {
    for (const chain of ['INPUT', 'OUTPUT']) await this.#iptables('-D', chain, []);
  }

  /** Drops all packets of the current connections, like a NAT that forgot them; new ones work. Returns their number. */
  async forgetConnections(): Promise<number> {
    const ports = await this.#connectedPorts();
    for (const port of ports) {
      await this.#iptables('-A', 'INPUT', ['-p', 'tcp', '--sport', port]);
      await this.#iptables('-A', 'OUTPUT', ['-p', 'tcp', '--dport', port]);
    }
    return ports.length;
  }

  /** Ports of the connected clients. */
  async #connectedPorts(): Promise<readonly string[]> {
    const { stdout } = await run('ip', ['netns', 'exec', this.#name, 'cat', '/proc/net/tcp']);
    const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
    return lines
      .filter(isEstablished)
      .map(([, , remote = '']) => String(Number.parseInt(remote.split(':')[1] ?? '', 16)));
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await once(this.#process, 'exit');
    // Deletes the link as well: connections that were cut off keep the namespace and its addresses for minutes.
    await run('ip', ['link', 'del', this.#link]);
    await run('ip', ['netns', 'del', this.#name]);
  }

  async #iptables(action: '-A' | '-D', chain: string, match: readonly string[]): Promise<void> {
    await run('ip', ['netns', 'exec', this.#name, 'iptables', action, chain, ...match, '-j', 'DROP']);
  }
}

/** Takes the words of a line of `/proc/net/tcp`. */
function isEstablished([, local = '', , state]: readonly string[]): boolean {
  return state === '01' && local.endsWith(`:${PORT.toString(16).toUpperCase()}`);
}

async function untilAnswering(host: string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  for (;;) {
    const socket = connect({ host, port: PORT });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
