import { OPCODE, type RequestHeader } from './frame.ts';

/** The normal opcode of each quiet opcode. */
const LOUD: ReadonlyMap<number, number> = new Map([
  [OPCODE.getq, OPCODE.get],
  [OPCODE.getkq, OPCODE.getk],
  [OPCODE.setq, OPCODE.set],
  [OPCODE.addq, OPCODE.add],
  [OPCODE.replaceq, OPCODE.replace],
  [OPCODE.deleteq, OPCODE.delete],
  [OPCODE.incrementq, OPCODE.increment],
  [OPCODE.decrementq, OPCODE.decrement],
  [OPCODE.quitq, OPCODE.quit],
  [OPCODE.flushq, OPCODE.flush],
  [OPCODE.appendq, OPCODE.append],
  [OPCODE.prependq, OPCODE.prepend],
  [OPCODE.gatq, OPCODE.gat],
  [OPCODE.gatkq, OPCODE.gatk],
]);

export function isQuiet(opcode: number): boolean {
  return LOUD.has(opcode);
}

export function loudOpcode(opcode: number): number {
  return LOUD.get(opcode) ?? opcode;
}

/** Whether the request has exactly the extras, key and value of its command; `undefined` for an unknown command. */
export function isWellFormed({ opcode, keyBytes, extrasBytes, bodyBytes }: RequestHeader): boolean | undefined {
  const keyOnly = keyBytes > 0 && bodyBytes === keyBytes + extrasBytes;
  switch (loudOpcode(opcode)) {
    case OPCODE.version:
    case OPCODE.noop:
    case OPCODE.quit:
    case OPCODE.saslList:
      return bodyBytes === 0;
    case OPCODE.flush:
      return keyBytes === 0 && bodyBytes === extrasBytes && (extrasBytes === 0 || extrasBytes === 4);
    case OPCODE.set:
    case OPCODE.add:
    case OPCODE.replace:
      return extrasBytes === 8 && keyBytes > 0;
    case OPCODE.get:
    case OPCODE.getk:
    case OPCODE.delete:
      return extrasBytes === 0 && keyOnly;
    case OPCODE.increment:
    case OPCODE.decrement:
      return extrasBytes === 20 && keyOnly;
    case OPCODE.append:
    case OPCODE.prepend:
      return extrasBytes === 0 && keyBytes > 0;
    case OPCODE.stat:
      return extrasBytes === 0;
    case OPCODE.saslAuth:
    case OPCODE.saslStep:
      return extrasBytes === 0 && keyBytes > 0;
    case OPCODE.touch:
    case OPCODE.gat:
    case OPCODE.gatk:
      return extrasBytes === 4 && keyBytes > 0;
    default:
      return undefined;
  }
}
