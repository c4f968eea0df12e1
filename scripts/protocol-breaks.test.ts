import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

import { BREAKS, broken } from './protocol-breaks.mjs';

const SIMULATION = fileURLToPath(new URL('../packages/client/test/simulation/main.ts', import.meta.url));

it('every rule of the protocol that --break takes out is found in the code of the simulation', async () => {
  const bundle = await rolldown({ input: SIMULATION, platform: 'node' });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const [{ code }] = output;
  for (const name of Object.keys(BREAKS)) expect(broken(code, name)).not.toBe(code);
});
