import type { NodeAction, ServedNodes } from '../live/served-nodes.ts';

/** A command to type while the lab serves. */
export interface ServeCommand {
  readonly usage: string;
  readonly does: string;
  /** Resolves to a line for people. `id`: the node's id as typed. */
  readonly run: (nodes: ServedNodes, id: string | undefined) => Promise<string>;
}

function command(action: NodeAction, usage: string, does: string): ServeCommand {
  return { usage, does, run: (nodes, id) => nodes.act(action, id) };
}

export const SERVE_COMMANDS: Readonly<Record<string, ServeCommand>> = {
  add: command('add', 'add', 'start a node and list it'),
  remove: command('remove', 'remove [host:port]', 'take a node (the last one) off the list and stop it'),
  crash: command('crash', 'crash [host:port]', 'kill a node (the last that runs); it stays listed'),
  restart: command('restart', 'restart [host:port]', 'start a node (the last that crashed, or else the last), empty'),
  pause: command('pause', 'pause [host:port]', 'freeze a node (the last that runs): nothing answers'),
  resume: command('resume', 'resume [host:port]', 'let a node go on (the last that was paused)'),
  drain: command(
    'drain',
    'drain [host:port]',
    'bring what a node holds to the others (the last), so that it can be removed',
  ),
  nodes: {
    usage: 'nodes',
    does: 'list the nodes',
    run: async ({ nodes }) => nodes.map(({ id, state }) => `${id} ${state}`).join(', '),
  },
};
