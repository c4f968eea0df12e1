import { describe, expect, it } from 'vitest';
import { Cleanup } from './cleanup.ts';

describe('Cleanup', () => {
  it('closes in the reverse order, once', async () => {
    const closed: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add(async () => void closed.push('cluster'));
    cleanup.add(async () => void closed.push('apps'));
    await Promise.all([cleanup.run(), cleanup.run()]);
    expect(closed).toEqual(['apps', 'cluster']);
  });

  it('goes on after a failure, and tells it', async () => {
    const closed: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add(async () => void closed.push('cluster'));
    cleanup.add(() => Promise.reject(new Error('stuck')));
    await expect(cleanup.run()).rejects.toThrow('stuck');
    expect(closed).toEqual(['cluster']);
  });
});
