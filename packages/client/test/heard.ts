import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { onTestFinished } from 'vitest';

import type { ClientChannels } from '../src/diagnostics.ts';

/** The first message on a channel, from now on, for which `wanted` holds. Ask before you do what brings it about. */
export function heard<Name extends keyof ClientChannels>(
  name: Name,
  wanted: (message: ClientChannels[Name]) => boolean,
): Promise<ClientChannels[Name]> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      if (!wanted(message as ClientChannels[Name])) return;
      unsubscribe(name, listener);
      resolve(message as ClientChannels[Name]);
    };
    subscribe(name, listener);
  });
}

/** The messages on a channel until the test has ended. */
export function allHeard<Name extends keyof ClientChannels>(name: Name): ClientChannels[Name][] {
  const messages: ClientChannels[Name][] = [];
  const listener = (message: unknown): void => void messages.push(message as ClientChannels[Name]);
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return messages;
}
