import { assert, nat, property } from 'fast-check';
import { expect, it } from 'vitest';
import { nextVersion } from './session-version.ts';

const NOW = Date.UTC(2026, 0, 1);

it('a version is above the one before, whatever the clock says, and a safe integer', () => {
  assert(
    property(nat(NOW * 1_000), nat(NOW * 2), (base, now) => {
      const version = nextVersion(base, now);
      return version >= base + 1 && version >= now * 1_000 && Number.isSafeInteger(version);
    }),
  );
});

it('two versions that follow the same one at the same time are hardly ever equal', () => {
  const base = nextVersion(0, NOW);
  const drawn = Array.from({ length: 50 }, () => nextVersion(base, NOW));
  expect(new Set(drawn).size).toBeGreaterThan(30);
});
