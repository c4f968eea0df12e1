import { describe, expect, it } from 'vitest';
import { checkNode } from './supported-node.ts';

describe('a version of Node.js', () => {
  it.each(['18.20.8', '20.18.3', '16.0.0'])('%s is refused in one line that says what is needed', (version) => {
    expect(() => checkNode(version)).toThrow(`@sess needs Node.js 20.19 or later; this is ${version}.`);
    expect(() => checkNode(version)).toThrow(expect.objectContaining({ stack: expect.not.stringContaining('\n') }));
  });

  it.each(['20.19.0', '20.20.2', '22.0.0', '26.1.0', process.versions.node])('%s will do', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });
});
