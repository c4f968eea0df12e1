import { expect, it } from 'vitest';
import { OpaqueSequence } from './opaque-sequence.ts';

it('numbers from 1', () => {
  const opaques = new OpaqueSequence();
  expect([opaques.next(), opaques.next()]).toEqual([1, 2]);
});

it('passes 2^31 without turning negative', () => {
  const opaques = new OpaqueSequence(0x7fff_fffe);
  expect([opaques.next(), opaques.next(), opaques.next()]).toEqual([0x7fff_ffff, 0x8000_0000, 0x8000_0001]);
});

it('starts again after 2^32 - 1, leaving out 0', () => {
  const opaques = new OpaqueSequence(0xffff_fffe);
  expect([opaques.next(), opaques.next()]).toEqual([0xffff_ffff, 1]);
});
