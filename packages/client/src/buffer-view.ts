/**
 * Node.js's internal Buffer constructor, found through `Symbol.species`. Creating a view with it is three times as fast
 * as `subarray`, which looks up the underlying memory each time.
 */
export const BufferView: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer = (
  Buffer as unknown as {
    readonly [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
  }
)[Symbol.species];
